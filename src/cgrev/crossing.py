"""The rules across rows, after every file of a call was read: findings, rejects, accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from cgrev.across import Across, Fetch
from cgrev.breach import row_findings
from cgrev.examined import REJECTED, Examined
from cgrev.findings import Severity, Totals
from cgrev.layout import RevenueType
from cgrev.matches import folded
from cgrev.parsing.names import fold
from cgrev.places import AT
from cgrev.rounding import exact_total
from cgrev.rules.across import NEAR_MISS_ACCOUNT, NEW_ACCOUNT
from cgrev.task import Task

if TYPE_CHECKING:
    from cgrev.accounts import KnownAccounts

_FIXES = {"CGR402": pl.col("first_text"), "CGR507": pl.lit(RevenueType.ARR.value)}
"""What the cell should hold, by rule."""


def cross(files: Sequence[Examined]) -> None:
    """Hold the rows of these files against each other; add findings, and move rows to the rejected.

    Rows of files that were read `apart` are held against those of their own file alone.
    """
    if not files:
        return
    across = Across(apart=files[0].run.apart)
    for file in files:
        across.extend(file.collected.across)

    def fetch(places: pl.Series) -> pl.DataFrame:
        parts = [(file, _own(places, file.run.number)) for file in files]
        return pl.concat([file.run.rows_at(own, file) for file, own in parts if len(own)], how="diagonal")

    sets = [([one], one.collected.across) for one in files] if across.apart else [(list(files), across)]
    for together, rows in sets:
        task = together[0].run.task
        if task.known is not None:
            _unknown_accounts(together, task, task.known, rows, fetch)
    on = {code for file in files for code, level in file.run.task.severities.items() if level is not None}
    found, full = across.settle(fetch, on)
    if found.is_empty():
        return
    texts = full.select(AT, "row", "account_name.text", "start_date.text", "revenue_type.text")
    found = found.join(texts, on=AT, how="left", maintain_order="left")
    for file in files:
        mine = found.filter(pl.col(AT) // (1 << 32) == file.run.number) if len(files) > 1 else found
        if mine.height:
            _add(mine, full, file, [file] if across.apart else files)


def _unknown_accounts(
    files: Sequence[Examined], task: Task, known: KnownAccounts, across: Across, fetch: Fetch
) -> None:
    """CGR404 for each row of an account that is nearly a known one, CGR405 once for any other new account."""
    names = {
        file.run.number: fold(pl.concat(file.collected.names)).unique()
        for file in files
        if file.collected.names
    }
    fresh = {number: keys.filter(~keys.is_in(list(known.names))) for number, keys in names.items()}
    asked = sorted({key for keys in fresh.values() for key in keys})
    near = known.nearest(asked)
    places = across.places_of(list(near))
    if len(places):
        told = pl.DataFrame(
            [(key, one.name, one.score, one.rival) for key, one in near.items()],
            schema={"key": pl.String, "near": pl.String, "score": pl.Int64, "rival": pl.String},
            orient="row",
        )
        _near_misses(folded(fetch(places)).join(told, on="key"), files, task)
    if task.severities[NEW_ACCOUNT.code] is not None:
        _new_accounts([key for key in asked if key not in near], fresh, files, task, across, fetch)


def _near_misses(rows: pl.DataFrame, files: Sequence[Examined], task: Task) -> None:
    rule, severity = task.rules[NEAR_MISS_ACCOUNT.code], task.severities[NEAR_MISS_ACCOUNT.code]
    message = pl.format(rule.message.format(score="{}", near="{}"), "score", "near")
    clear = pl.col("rival").is_null()
    listing = rows.sort(AT).select(
        AT,
        "row",
        value=pl.col("account_name.text"),
        message=pl.when(clear).then(message).otherwise(pl.format("{} (or '{}')", message, "rival")),
        fix_value=pl.when(clear).then("near"),
    )
    for file in files:
        mine = listing.filter(pl.col(AT) // (1 << 32) == file.run.number)
        file.findings.append(row_findings(mine, rule, "account_name", file.run.where, severity))
        if severity is Severity.ERROR and mine.height:
            _reject(rows.filter(pl.col(AT).is_in(mine[AT].implode())), file)


def _new_accounts(
    keys: Sequence[str],
    fresh: Mapping[int, pl.Series],
    files: Sequence[Examined],
    task: Task,
    across: Across,
    fetch: Fetch,
) -> None:
    """Listed at the first row of each where infos are listed, counted otherwise."""
    rule, severity = task.rules[NEW_ACCOUNT.code], task.severities[NEW_ACCOUNT.code]
    if severity is Severity.INFO and not task.show_info:
        left = set(keys)
        for file in files:
            own = left.intersection(fresh.get(file.run.number, pl.Series(dtype=pl.String)))
            left -= own
            if own:
                infos = file.collected.infos
                infos[rule.code] = infos.get(rule.code, 0) + len(own)
        return
    places = across.places_of(keys)
    if not len(places):
        return
    rows = folded(fetch(places).sort(AT)).filter(pl.col("key").is_in(list(keys)))
    firsts = rows.unique("key", keep="first", maintain_order=True)
    for file in files:
        mine = firsts.filter(pl.col(AT) // (1 << 32) == file.run.number)
        listing = mine.select("row", value=pl.col("account_name.text"), message=pl.lit(rule.message))
        file.findings.append(row_findings(listing, rule, "account_name", file.run.where, severity))
        if severity is Severity.ERROR and mine.height:
            _reject(mine, file)


def _own(places: pl.Series, number: int) -> pl.Series:
    return places.filter((places // (1 << 32)) == number)


def _add(found: pl.DataFrame, rows: pl.DataFrame, file: Examined, files: Sequence[Examined]) -> None:
    where, task = file.run.where, file.run.task
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
