"""From breaches of rules to findings: words, severities, fixes, all in columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from cgrev.across import AT
from cgrev.baseline import ROW_KEY
from cgrev.findings import FINDING_FIELDS, Severity
from cgrev.layout import BY_ID, IDS
from cgrev.report import finding_schema
from cgrev.rules.rule import Rule
from cgrev.schema import rule_failed

ORDER = {**finding_schema(), AT: pl.UInt64, "place": pl.UInt8}
"""Columns of a frame of findings inside the pipeline: those of a report, and where to sort them."""
_NO_PLACE = len(IDS)


@dataclass(frozen=True, slots=True)
class Where:
    """The file that findings are about: shown path, sheet, its own headings by canonical id."""

    path: str
    sheet: str | None
    labels: Mapping[str, str]
    unit: int = 0


def no_findings() -> pl.DataFrame:
    return pl.DataFrame(schema=ORDER)


def cell_findings(
    failed: pl.DataFrame,
    frame: pl.DataFrame,
    where: Where,
    rules: Mapping[str, Rule],
    severities: Mapping[str, Severity | None],
) -> pl.DataFrame:
    """Findings of the breaches (code, column, index) in a canonical frame."""
    parts = []
    for (code, column), group in failed.group_by("code", "column", maintain_order=True):
        severity = severities.get(str(code))
        if severity is not None:
            rows = frame[group["index"]]
            try:
                parts.append(_findings(rows, rules[str(code)], str(column), where, severity))
            except Exception as cause:  # the words or the fix of a rule are expressions of its own
                raise rule_failed(str(code), f"{type(cause).__name__}: {cause}") from cause
    return _one_mind(pl.concat(parts)) if parts else no_findings()


def _one_mind(findings: pl.DataFrame) -> pl.DataFrame:
    """The fixes of a cell are safe together or not at all: whatever rule offers it, the text is the same."""
    known = findings["fix_safe"].drop_nulls().unique()
    if known.len() < 2:
        return findings
    return findings.with_columns(fix_safe=pl.col("fix_safe") & pl.col("fix_safe").all().over(AT, "place"))


def _findings(rows: pl.DataFrame, rule: Rule, column: str, where: Where, severity: Severity) -> pl.DataFrame:
    fixed = pl.lit(None, dtype=pl.String)
    if rule.fix != "none" and rule.fixed is not None:
        fixed = rule.fixed(column)
    keeps = rule.keeps(column).fill_null(False) if rule.keeps is not None else pl.lit(True)
    return _ordered(
        rows.select(
            keeps=keeps,
            row=pl.col("row"),
            value=pl.col(f"{column}.text") + "",  # a copy: else the whole piece's text stays alive
            message=rule.text(column),
            fix_value=fixed,
            at=pl.col(AT),
        ),
        rule,
        column,
        where,
        severity,
    )


def _ordered(
    rows: pl.DataFrame, rule: Rule, column: str | None, where: Where, severity: Severity
) -> pl.DataFrame:
    known = BY_ID.get(column or "")
    keeps = pl.col("keeps") if "keeps" in rows.columns else pl.lit(True)
    constants: dict[str, str | None] = {
        "path": where.path,
        "sheet": where.sheet,
        "column": known.heading if known else None,
        "source_column": where.labels.get(column or ""),
        "code": rule.code,
        "name": rule.name,
        "severity": severity.value,
        "help": rule.help,
    }
    safe = pl.when(pl.col("fix_value").is_not_null()).then(keeps & (rule.fix == "safe"))
    place = IDS.index(column) if column in IDS else _NO_PLACE
    made = {
        **{name: pl.lit(value, dtype=pl.String) for name, value in constants.items()},
        "fix_safe": safe,
        "place": pl.lit(place, dtype=pl.UInt8),
    }
    types = rows.schema
    return rows.select(
        made[name].alias(name)
        if name in made
        else (pl.col(name) if types[name] == dtype else pl.col(name).cast(dtype))
        for name, dtype in ORDER.items()
    )


def row_findings(
    rows: pl.DataFrame, rule: Rule, column: str | None, where: Where, severity: Severity | None
) -> pl.DataFrame:
    """Findings of one rule from a frame of row, value, message and perhaps fix_value."""
    if severity is None or rows.is_empty():
        return no_findings()
    fixed = pl.col("fix_value") if "fix_value" in rows.columns else pl.lit(None, dtype=pl.String)
    number = where.unit << 32
    return _ordered(
        rows.select(
            "row", "value", "message", fix_value=fixed, at=pl.col("row").fill_null(0).cast(pl.UInt64) + number
        ),
        rule,
        column,
        where,
        severity,
    )


def one_finding(
    rule: Rule,
    where: Where,
    severity: Severity | None,
    *,
    message: str | None = None,
    help: str | None = None,
    row: int | None = None,
    column: str | None = None,
    value: str | None = None,
    source_column: str | None = None,
    fix: str | None = None,
) -> pl.DataFrame:
    """A single finding as a frame."""
    frame = pl.DataFrame(
        {"row": [row], "value": [value], "message": [message or rule.message], "fix_value": [fix]},
        schema={"row": pl.UInt32, "value": pl.String, "message": pl.String, "fix_value": pl.String},
    )
    out = row_findings(frame, rule, column, where, severity)
    if help is not None:
        out = out.with_columns(help=pl.lit(help))
    if source_column is not None:
        out = out.with_columns(source_column=pl.lit(source_column))
    return out


def with_places(findings: pl.DataFrame, unit: int) -> pl.DataFrame:
    """A frame of findings (as in a report) with where each is sorted: by row, then column."""
    places = {BY_ID[name].heading: number for number, name in enumerate(IDS)}
    place = pl.col("column").replace_strict(places, default=_NO_PLACE, return_dtype=pl.UInt8)
    at = pl.col("row").fill_null(0).cast(pl.UInt64) + (unit << 32)
    return findings.with_columns(at.alias(AT), place=place).select(
        pl.col(n).cast(t) for n, t in ORDER.items()
    )


def listed(findings: pl.DataFrame, row_keys: bool = False) -> pl.DataFrame:
    """In the order of a report: by place, then column, then code; what concerns the whole file first."""
    extra = [ROW_KEY] if row_keys else []
    return findings.sort(AT, "place", "code", maintain_order=True).select(*FINDING_FIELDS, *extra)
