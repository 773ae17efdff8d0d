"""A timetable as a workbook: months side by side, source and booked, both readings, what is not booked.

Texts are written as texts, so that none of them runs as a formula. An amount with more digits than a
spreadsheet keeps is written as text, too: a wrong last digit is worse than a cell that cannot be summed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

import polars as pl
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from cgrev.errors import UsageError
from cgrev.report import Report
from cgrev.reporters.text import line as finding_line
from cgrev.reporters.text import refusal
from cgrev.timetables.text import spans_of
from cgrev.timetables.timetable import Timetable, View

MAX_ROWS = 1_048_575
MAX_SPANS = 16_000
ERRORS = 10_000
_EXACT = 10**13
"""Units from which a spreadsheet's number (15 digits) loses cents."""
_MADE = datetime(2000, 1, 1)  # a workbook must say when it was made; the same figures give the same bytes


def workbook(timetable: Timetable, view: View, report: Report) -> bytes:
    """The whole file. Raises UsageError when a sheet cannot hold the figures."""
    buffer = BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    with Workbook(buffer, options) as book:
        book.set_properties({"created": _MADE, "title": "Booked months", "author": "cgrev"})
        writer = _Writer(book)
        writer.sheet("Booked", *_booked(timetable, view))
        writer.sheet("Source and booked", *_whole(timetable))
        long = timetable.long_arr()
        if long.height:
            writer.sheet("ARR over 12 months", *_long(timetable, long))
            readings = timetable.readings(view)
            rows = ([f"{month:%Y-%m}", booked, spread] for month, booked, spread in readings.iter_rows())
            writer.sheet("Both readings", ["month", "documented", "spread"], rows)
        told = [line for file in report.files for line in refusal(file)]
        told += [finding_line(one) for one in list(report)[:ERRORS]]
        if told:
            writer.sheet("Not booked", ["what is wrong"], ([line] for line in told))
    return buffer.getvalue()


Value = str | int | Decimal | None


class _Writer:
    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._head = book.add_format({"bold": True, "bottom": 1})
        self._money = book.add_format({"num_format": "#,##0.00;[Red]-#,##0.00"})

    def sheet(self, name: str, heads: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
        sheet = self._book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, 0, 36)
        sheet.set_column(1, len(heads), 13)
        for column, head in enumerate(heads):
            sheet.write_string(0, column, head, self._head)
        for number, row in enumerate(rows, 1):
            if number > MAX_ROWS:
                raise UsageError(
                    f"the sheet '{name}' cannot hold more than {MAX_ROWS:,} rows",
                    help="use --output-format csv, or sum over accounts with --by",
                )
            for column, value in enumerate(row):
                self._write(sheet, number, column, value)

    def _write(self, sheet: Worksheet, row: int, column: int, value: Value) -> None:
        if value is None:
            return
        if isinstance(value, str):
            sheet.write_string(row, column, value[:32_767])
        elif value >= _EXACT or value <= -_EXACT:
            sheet.write_string(row, column, str(value))
        elif isinstance(value, int):
            sheet.write_number(row, column, value)
        else:
            sheet.write_number(row, column, float(value), self._money)


def _booked(timetable: Timetable, view: View) -> tuple[list[str], Iterable[Sequence[Value]]]:
    """The figures, with the months side by side where they are told apart."""
    keys = [name for name in view.columns if name != "month"]
    if "month" not in view.by:
        rows = (row for piece in timetable.pieces(view) for row in piece.iter_rows())
        return [*keys, "amount"], rows
    months = timetable.frame(View(("month",), view.first, view.last))
    if months.is_empty():
        return [*keys, "total"], []
    spans = spans_of(months["month"].dt.strftime("%Y-%m"))
    if len(spans) > MAX_SPANS:
        raise UsageError("a sheet cannot hold so many months", help="give --from-month and --to-month")
    return [*keys, *spans, "total"], _side_by_side(timetable, view, keys, spans)


def _side_by_side(
    timetable: Timetable, view: View, keys: list[str], spans: list[str]
) -> Iterable[Sequence[Value]]:
    places = {span: place for place, span in enumerate(spans)}
    current: tuple[str, ...] | None = None
    amounts: list[Value] = []
    total = Decimal()
    for piece in timetable.pieces(view):
        for row in piece.select(*keys, "month", "amount").iter_rows():
            own, month, amount = row[:-2], row[-2], row[-1]
            if own != current:
                if current is not None:
                    yield [*current, *amounts, total]
                current, amounts, total = own, [None] * len(spans), Decimal()
            assert isinstance(month, date)
            amounts[places[f"{month:%Y-%m}"]] = amount
            total += amount
    if current is not None:
        yield [*current, *amounts, total]


def _whole(timetable: Timetable) -> tuple[list[str], Iterable[Sequence[Value]]]:
    rows = (
        [one.revenue_type, one.records, one.source, one.booked, None if one.factor is None else one.factor]
        for one in timetable.whole()
    )
    return ["type", "records", "in the files", "booked", "factor"], rows


def _long(timetable: Timetable, long: pl.DataFrame) -> tuple[list[str], Iterable[Sequence[Value]]]:
    names = ("account_name", "file", "row", "amount", "months", "booked")
    rows = (
        [account, timetable.files[file], row, amount, months, booked, amount]
        for account, file, row, amount, months, booked in long.select(names).iter_rows()
    )
    heads = ["account", "file", "row", "ARR", "months", "booked as documented", "spread over the period"]
    return heads, rows
