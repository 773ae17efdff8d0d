"""A difference as one page: months that change as a chart and a table, then the rows."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from cgrev.differences import text
from cgrev.differences.comparison import Difference
from cgrev.layout import HEADINGS, IDS
from cgrev.pages import cell, document, escape, section, table
from cgrev.timetables.chart import stacked
from cgrev.timetables.text import money, pivot

ROWS = 1_000
MONTHS = 120


def page(difference: Difference) -> Iterator[bytes]:
    """The page piece by piece, as UTF-8."""
    look = "good" if difference.is_empty else "warning"
    for part in document("What changes", text.headline(difference), _sections(difference), look):
        yield part.encode("utf-8", "backslashreplace")


def _sections(difference: Difference) -> Iterator[str]:
    rows = "".join(
        f'<tr><th scope="row">{name}</th>{cell(f"{side.records:,}", "number")}'
        f"{cell(money(side.total), 'number')}{cell(money(side.booked), 'number')}"
        f"{cell(', '.join(side.files[:20]) + (' ...' if len(side.files) > 20 else ''), 'value')}</tr>"
        for name, side in (("old", difference.old), ("new", difference.new))
    )
    heads = ("", "#records", "#amounts", "#booked", "files")
    yield section("The two sides", table("Records, amounts and booked totals", heads, [rows]))
    if difference.months.height:
        yield section("Months that book something else", *_months(difference.months))
    for name, frame, files in (
        ("Removed", difference.removed, difference.old.files),
        ("Added", difference.added, difference.new.files),
    ):
        if frame.height:
            yield section(f"{name} rows", *_rows(name, frame, files))
    if difference.changed.height:
        yield section("Changed rows", *_changed(difference))


def _months(months: pl.DataFrame) -> Iterator[str]:
    changes = months.select("revenue_type", "month", amount="difference")
    spans, kinds, cells = pivot(changes, MONTHS)
    yield stacked(f"Change of booked amounts, {spans[0]} to {spans[-1]}", spans, kinds, cells)
    rows = (
        f'<tr><th scope="row">{month:%Y-%m}</th>{cell(kind)}{cell(money(old), "number")}'
        f"{cell(money(new), 'number')}{cell(text.signed(change), 'number')}</tr>"
        for kind, month, old, new, change in months.head(ROWS).iter_rows()
    )
    yield table("Months by type", ("month", "type", "#old", "#new", "#change"), rows, "sheet")
    if months.height > ROWS:
        yield f"<p>{months.height - ROWS:,} more are not shown; the JSON format lists all.</p>"


def _rows(name: str, frame: pl.DataFrame, files: tuple[str, ...]) -> Iterator[str]:
    rows = (
        f"<tr>{cell(text.place(files, row[0], row[1]), 'value')}"
        + "".join(_cell(value) for value in row[2:])
        + "</tr>"
        for row in frame.head(ROWS).iter_rows()
    )
    yield table(f"{name} rows", ("place", *HEADINGS), rows)
    yield from _more(frame)


def _changed(difference: Difference) -> Iterator[str]:
    yield f"<p>Rows of the same {escape(', '.join(difference.key))}; what changed is marked.</p>"
    rows = []
    for row in difference.changed.head(ROWS).iter_rows():
        half = len(row) // 2
        cells = []
        for old, new in zip(row[2:half], row[half + 2 :], strict=True):
            if old == new:
                cells.append(_cell(new))
            else:
                cells.append(
                    f'<td class="mark-warning"><del>{escape(_told(old))}</del> '
                    f"<ins>{escape(_told(new))}</ins></td>"
                )
        where = text.place(difference.new.files, row[half], row[half + 1])
        rows.append(f"<tr>{cell(where, 'value')}{''.join(cells)}</tr>")
    assert len(HEADINGS) == len(IDS)
    yield table("Changed rows", ("place", *HEADINGS), rows)
    yield from _more(difference.changed)


def _cell(value: object) -> str:
    return cell(_told(value), "number" if isinstance(value, int) else "")


def _told(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _more(frame: pl.DataFrame) -> Iterator[str]:
    if frame.height > ROWS:
        yield f"<p>{frame.height - ROWS:,} more are not shown; the JSON format lists all.</p>"
