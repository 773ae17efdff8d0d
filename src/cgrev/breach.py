"""From breaches of rules to findings: words, severities, fixes, all in columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl
from msgspec import Struct

from cgrev.baseline import ROW_KEY
from cgrev.findings import FINDING_FIELDS, Severity
from cgrev.layout import BY_ID, IDS
from cgrev.places import AT
from cgrev.report import finding_schema
from cgrev.rules.rule import Rule
from cgrev.schema import rule_failed

ORDER = {**finding_schema(), AT: pl.UInt64, "place": pl.UInt8}
"""Columns of a frame of findings inside the pipeline: those of a report, and where to sort them."""
_NO_PLACE = len(IDS)


class Where(Struct, frozen=True):
    """The file that findings are about: shown path, sheet, its own headings by canonical id."""

    path: str
    sheet: str | None
    labels: Mapping[str, str]
    unit: int = 0


def no_findings() -> pl.DataFrame:
    return pl.DataFrame(schema=ORDER)


class Told(Struct, frozen=True):
    """A file, and the severities of the rules whose breaches are told of it; others are not listed."""

    where: Where
    severities: Mapping[str, Severity]


def cell_findings(
    failed: pl.DataFrame, frame: pl.DataFrame, files: Sequence[Told], rules: Mapping[str, Rule]
) -> pl.DataFrame:
    """Findings of the breaches (code, column, index) in canonical rows of these files."""
    parts = []
    for (code, column), group in failed.group_by("code", "column", maintain_order=True):
        rows = frame[group["index"]]
        try:
            parts.append(_worded(rows, rules[str(code)], str(column)))
        except Exception as cause:  # the words or the fix of a rule are expressions of its own
            raise rule_failed(str(code), f"{type(cause).__name__}: {cause}") from cause
    if not parts:
        return no_findings()
    pairs = failed.select("code", "column").unique().rows()
    facts = pl.DataFrame(
        [
            (file.where.unit, code, column, file.where.path, file.where.sheet, *_told(file, code, column))
            for file in files
            for code, column in pairs
            if code in file.severities
        ],
        schema=_FACTS,
        orient="row",
    )
    found = pl.concat(parts).join(facts, on=["unit", "code", "field"], how="inner", maintain_order="left")
    return _one_mind(found.select(*ORDER))


_FACTS = {
    "unit": pl.UInt64,
    "code": pl.String,
    "field": pl.String,
    **dict.fromkeys(("path", "sheet", "source_column", "severity"), pl.String),
}


def _told(file: Told, code: str, column: str) -> tuple[str | None, str]:
    return file.where.labels.get(column), file.severities[code].value


def _one_mind(findings: pl.DataFrame) -> pl.DataFrame:
    """The fixes of a cell are safe together or not at all: whatever rule offers it, the text is the same."""
    known = findings["fix_safe"].drop_nulls().unique()
    if known.len() < 2:
        return findings
    return findings.with_columns(fix_safe=pl.col("fix_safe") & pl.col("fix_safe").all().over(AT, "place"))


def _worded(rows: pl.DataFrame, rule: Rule, column: str) -> pl.DataFrame:
    """What a rule says of rows that breach it, wherever they are."""
    fixed = pl.lit(None, dtype=pl.String)
    if rule.fix != "none" and rule.fixed is not None:
        fixed = rule.fixed(column)
    keeps = rule.keeps(column).fill_null(False) if rule.keeps is not None else pl.lit(True)
    known = BY_ID.get(column)
    return rows.select(
        AT,
        row=pl.col("row").cast(pl.UInt32),
        value=f"{column}.text",
        message=rule.text(column),
        fix_value=fixed.cast(pl.String),
        fix_safe=pl.when(fixed.is_not_null()).then(keeps & (rule.fix == "safe")),
        unit=pl.col(AT) // (1 << 32),
        field=pl.lit(column),
        column=pl.lit(known.heading if known else None, dtype=pl.String),
        code=pl.lit(rule.code),
        name=pl.lit(rule.name),
        help=pl.lit(rule.help, dtype=pl.String),
        place=pl.lit(_placed(column), dtype=pl.UInt8),
    )


def _placed(column: str | None) -> int:
    return IDS.index(column) if column in IDS else _NO_PLACE


def row_findings(
    rows: pl.DataFrame, rule: Rule, column: str | None, where: Where, severity: Severity | None
) -> pl.DataFrame:
    """Findings of one rule from a frame of row, value, message and perhaps fix_value."""
    if severity is None or rows.is_empty():
        return no_findings()
    known = BY_ID.get(column or "")
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
    fixed = pl.col("fix_value") if "fix_value" in rows.columns else pl.lit(None, dtype=pl.String)
    made = {
        **{name: pl.lit(value, dtype=pl.String) for name, value in constants.items()},
        "fix_value": fixed,
        "fix_safe": pl.when(fixed.is_not_null()).then(pl.lit(rule.fix == "safe")),
        "place": pl.lit(_placed(column), dtype=pl.UInt8),
        AT: pl.col("row").fill_null(0).cast(pl.UInt64) + (where.unit << 32),
    }
    return rows.select(made.get(name, pl.col(name)).cast(dtype).alias(name) for name, dtype in ORDER.items())


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
