"""A timetable as one page: a chart, the same as a table, accounts, and what needs a second look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice

import polars as pl

from cgrev.pages import cell, document, escape, section, table
from cgrev.report import Report
from cgrev.reporters.text import line as finding_line
from cgrev.reporters.text import refusal
from cgrev.timetables import text
from cgrev.timetables.chart import stacked
from cgrev.timetables.timetable import Timetable, View

ACCOUNTS = 500
LINES = 2_000
LONG_ARR = 200
ERRORS = 200
MONTHS = 120
"""Months drawn one by one; longer spans are drawn by year."""


def page(timetable: Timetable, view: View, report: Report) -> Iterator[bytes]:
    """The page piece by piece, as UTF-8."""
    look = "error" if report.findings.height or any(file.error for file in report.files) else ""
    for part in document("Booked months", text.headline(timetable), _sections(timetable, view, report), look):
        yield part.encode("utf-8", "backslashreplace")


def _sections(timetable: Timetable, view: View, report: Report) -> Iterator[str]:
    yield from _unbooked(report)
    if timetable.records.is_empty():
        return
    booked = timetable.frame(View(("type", "month"), view.first, view.last))
    if booked.height:
        yield section("Months by type", *_months(booked))
    yield section("Source and booked", *_whole(timetable))
    if (readings := _readings(timetable, view)) is not None:
        yield readings
    if view.by == View().by:
        yield section("Accounts", *_accounts(timetable, view))
    else:
        yield section("Figures by " + ", ".join(view.by), *_figures(timetable, view))
    files = "".join(f"<li>{escape(path)}</li>" for path in timetable.files[:LINES])
    yield section("Files", f'<ul class="value">{files}</ul>')


def _unbooked(report: Report) -> Iterator[str]:
    """What keeps rows from being booked."""
    told = [line for file in report.files for line in refusal(file)]
    told += [finding_line(one) for one in islice(report, ERRORS)]
    if not told:
        return
    more = report.findings.height - ERRORS
    items = "".join(f"<li>{escape(line)}</li>" for line in told)
    rest = f"<p>{more:,} more are not shown; `cgrev check` lists them.</p>" if more > 0 else ""
    yield section("Not booked", f'<ul class="error">{items}</ul>{rest}')


def _months(booked: pl.DataFrame) -> Iterator[str]:
    spans, kinds, cells = text.pivot(booked, MONTHS)
    caption = f"Booked by {'month' if len(spans[0]) == 7 else 'year'} and type, {spans[0]} to {spans[-1]}"
    yield stacked(caption, spans, kinds, cells)
    rows = []
    for span in spans:
        own = [cells.get((span, kind)) for kind in kinds]
        sums = sum((amount for amount in own if amount is not None), Decimal())
        rows.append(_row(span, [*own, sums]))
    total = [sum((cells.get((span, kind), Decimal()) for span in spans), Decimal()) for kind in kinds]
    rows.append(_row("total", [*total, sum(total, Decimal())]))
    yield table(caption, ("month", *(f"#{kind}" for kind in kinds), "#total"), rows, "sheet")


def _row(first: str, amounts: Sequence[Decimal | None], second: str | None = None) -> str:
    figures = "".join(cell(text.money(amount) if amount is not None else "", "number") for amount in amounts)
    return (
        f'<tr><th scope="row">{escape(first)}</th>{cell(second) if second is not None else ""}{figures}</tr>'
    )


def _whole(timetable: Timetable) -> Iterator[str]:
    """Amounts in the files beside what they book over their whole periods."""
    rows = []
    for one in timetable.whole():
        factor = "" if one.factor is None else f"{text.times_of(one.factor)}x"
        differs = one.booked != one.source
        rows.append(
            f'<tr><th scope="row">{escape(one.revenue_type)}</th>{cell(f"{one.records:,}", "number")}'
            f"{cell(text.money(one.source), 'number')}{cell(text.money(one.booked), 'number')}"
            f"{cell(factor, 'number warning' if differs else 'number')}</tr>"
        )
    heads = ("type", "#records", "#in the files", "#booked", "#factor")
    yield table("Amounts in the files and booked over their whole periods", heads, rows)


def _readings(timetable: Timetable, view: View) -> str | None:
    long = timetable.long_arr()
    if long.is_empty():
        return None
    rows = []
    for file, row, account, amount, months, booked in (
        long.select("file", "row", "account_name", "amount", "months", "booked").head(LONG_ARR).iter_rows()
    ):
        rows.append(
            f'<tr><th scope="row">{escape(account)}</th>{cell(f"{timetable.files[file]}:{row}", "value")}'
            f"{cell(f'{amount:,}', 'number')}{cell(f'{months}', 'number')}"
            f"{cell(text.money(booked), 'number')}"
            f"{cell(text.times_of(Decimal(months) / 12) + 'x', 'number warning')}"
            f"{cell(f'{amount:,}', 'number')}</tr>"
        )
    heads = (
        "account",
        "row",
        "#ARR",
        "#months",
        "#booked as documented",
        "#factor",
        "#spread over the period",
    )
    parts = [
        "<p>The documentation books a twelfth of an ARR in every month of its period; that is what is booked"
        " here. Another page of the vendor spreads the amount over the period.</p>",
        table("ARR over more than 12 months", heads, rows),
    ]
    if long.height > LONG_ARR:
        parts.append(f"<p>{long.height - LONG_ARR:,} more are not shown.</p>")
    monthly = [
        _row(f"{month:%Y-%m}", [booked, spread])
        for month, booked, spread in timetable.readings(view).iter_rows()
    ]
    months = table("Both readings of these records by month", ("month", "#documented", "#spread"), monthly)
    parts.append(f"<details><summary>Both readings by month</summary>{months}</details>")
    return section("Two readings of ARR over more than 12 months", *parts)


def _accounts(timetable: Timetable, view: View) -> Iterator[str]:
    best, count = timetable.accounts(view, ACCOUNTS)
    chosen = timetable.of_accounts(best["account"].unique().to_list())
    booked = pl.concat(chosen.pieces(View(("account", "type", "month"), view.first, view.last)))
    if booked.is_empty():
        yield "<p>Nothing is booked in these months.</p>"
        return
    label = text.label(booked, 24)
    spanned = booked.group_by("account", "revenue_type", span=label).agg(pl.col("amount").sum())
    spans = text.spans_of(spanned["span"])
    cells = {(account, kind, span): amount for account, kind, span, amount in spanned.iter_rows()}
    rows = [
        _row(account, [*(cells.get((account, kind, span)) for span in spans), total], kind)
        for account, kind, total in best.iter_rows()
    ]
    heads = ("account", "type", *(f"#{span}" for span in spans), "#total")
    yield table("Booked by account and type, the largest first", heads, rows, "sheet")
    if count > best.height:
        yield f"<p>{count - best.height:,} more are not shown; the CSV and JSON formats list all.</p>"


def _figures(timetable: Timetable, view: View) -> Iterator[str]:
    rows: list[str] = []
    count = 0
    for piece in timetable.pieces(view):
        for values in islice(piece.iter_rows(), max(LINES - len(rows), 0)):
            shown = [f"{value:%Y-%m}" if isinstance(value, date) else str(value) for value in values[:-1]]
            keys = "".join(cell(value) for value in shown)
            rows.append(f"<tr>{keys}{cell(text.money(values[-1]), 'number')}</tr>")
        count += piece.height
    yield table("Booked by " + ", ".join(view.by), (*view.by, "#amount"), rows, "sheet")
    if count > len(rows):
        yield f"<p>{count - len(rows):,} more are not shown; the CSV and JSON formats list all.</p>"
