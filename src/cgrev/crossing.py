"""The rules across rows, after every file of a call was read: findings, rejects, accounts."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import polars as pl

from cgrev.across import AT, Across
from cgrev.breach import row_findings
from cgrev.findings import Severity, Totals
from cgrev.layout import RevenueType
from cgrev.pipeline import REJECTED, Examined
from cgrev.rounding import exact_total
from cgrev.task import Task

_FIXES = {"CGR402": pl.col("first_text"), "CGR507": pl.lit(RevenueType.ARR.value)}
"""What the cell should hold, by rule."""


def cross(files: Sequence[Examined], task: Task) -> None:
    """Hold the rows of these files against each other; add findings, and move rows to the rejected.

    `check` calls it for each file alone, `convert` for all files whose rows go up together.
    """
    across = Across()
    for file in files:
        across.extend(file.collected.across)

    def fetch(places: pl.Series) -> pl.DataFrame:
        parts = [(file, _own(places, file.run.number)) for file in files]
        return pl.concat([file.run.rows_at(own, file) for file, own in parts if len(own)], how="diagonal")

    found, rows = across.settle(fetch, {code for code, level in task.severities.items() if level is not None})
    if found.is_empty():
        return
    texts = rows.select(AT, "row", "account_name.text", "start_date.text", "revenue_type.text")
    found = found.join(texts, on=AT, how="left", maintain_order="left")
    for file in files:
        mine = found.filter(pl.col(AT) // (1 << 32) == file.run.number)
        if mine.height:
            _add(mine, rows, file, files, task)


def _own(places: pl.Series, number: int) -> pl.Series:
    return places.filter((places // (1 << 32)) == number)


def _add(
    found: pl.DataFrame, rows: pl.DataFrame, file: Examined, files: Sequence[Examined], task: Task
) -> None:
    where = file.run.where
    for (code, column), group in found.group_by("code", "column", maintain_order=True):
        rule, severity = task.rules[str(code)], task.severities[str(code)]
        first = _first_shown(group, file, files)
        shown = {"first": first, "first_text": pl.col("first_text")}
        message = pl.format(
            rule.message.replace("{first_text}", "{}").replace("{first}", "{}"),
            *(shown[name] for name in _names(rule.message)),
        )
        text = pl.col(f"{column}.text") if column else pl.lit(None, dtype=pl.String)
        fix = _FIXES.get(str(code), pl.lit(None, dtype=pl.String))
        listing = group.select("row", value=text, message=message, fix_value=fix)
        file.findings.append(row_findings(listing, rule, str(column) if column else None, where, severity))
        if severity is Severity.ERROR:
            _reject(rows.filter(pl.col(AT).is_in(group[AT].implode())), file)


def _names(message: str) -> list[str]:
    from string import Formatter

    return [name for _, name, _, _ in Formatter().parse(message) if name]


def _first_shown(group: pl.DataFrame, file: Examined, files: Sequence[Examined]) -> pl.Expr:
    """The earlier row as a person finds it: its number, with the file where that is another one."""
    row = (pl.col("first") & 0xFFFFFFFF).cast(pl.String)
    if len(files) == 1:
        return row
    names = {other.run.number: other.run.path for other in files}
    unit = pl.col("first") // (1 << 32)
    other = pl.format("{} of {}", row, unit.replace_strict(names, default="", return_dtype=pl.String))
    return pl.when(unit == file.run.number).then(row).otherwise(other)


def _reject(rows: pl.DataFrame, file: Examined) -> None:
    """Move accepted rows to the rejected; those rejected already stay as they are."""
    fresh = rows.filter(~pl.col(AT).is_in(file.rejected_at().implode())) if file.rejected else rows
    if fresh.is_empty():
        return
    file.rejected.append(fresh.select(pl.col(name).cast(dtype) for name, dtype in REJECTED.items()))
    report = file.report
    report.rows.written -= fresh.height
    report.rows.rejected += fresh.height
    units = Decimal(int(fresh["units"].cast(pl.Int128).sum() or 0))
    report.totals.add(Totals(written=-units, rejected=exact_total(fresh["amount"])))
