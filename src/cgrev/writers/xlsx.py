"""XLSX for upload: one sheet, texts as text, never a formula, a link or a guessed number.

Dates are text `YYYY-MM-DD`: the server asks for that spelling, and a native date would be shown in the
format of whoever opens the file. An amount is a number only where every program reads it back the same: a
spreadsheet keeps 15 digits, so a longer one is text.
"""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

import polars as pl
from xlsxwriter import Workbook

from cgrev.layout import COLUMNS, HEADINGS
from cgrev.writers.canonical import canonical

MAX_NUMBER = 10**15 - 1
"""The largest amount written as a number: 15 digits, what a spreadsheet keeps (and below 2^53)."""

_SHEET = "Revenue"
_MADE = datetime(2000, 1, 1)  # a workbook must state when it was made; the same content gives the same bytes
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
_WIDTHS = {"name": 40, "amount": 18, "date": 18, "type": 14, "text": 40}


def write_xlsx(frame: pl.DataFrame, *, header: bool = True) -> bytes:
    """A canonical frame as the bytes of one XLSX workbook."""
    frame = canonical(frame)
    buffer = BytesIO()
    workbook = Workbook(buffer, dict(_OPTIONS))
    workbook.set_properties({"created": _MADE, "title": _SHEET})
    sheet = workbook.add_worksheet(_SHEET)
    text = workbook.add_format({"num_format": "@"})
    whole = workbook.add_format({"num_format": "0"})
    for place, column in enumerate(COLUMNS):
        sheet.set_column(place, place, _WIDTHS[column.role], whole if column.role == "amount" else text)
    first = 0
    if header:
        first = 1
        for place, heading in enumerate(HEADINGS):
            sheet.write_string(0, place, heading, text)
    amount = next(place for place, column in enumerate(COLUMNS) if column.role == "amount")
    texts = frame.select(pl.all().cast(pl.String))
    for place, (cells, value) in enumerate(zip(texts.iter_rows(), frame["amount"], strict=True), first):
        for column_place, cell in enumerate(cells):
            if column_place == amount and abs(value) <= MAX_NUMBER:
                sheet.write_number(place, column_place, value, whole)
            elif cell is not None:
                sheet.write_string(place, column_place, cell, text)
    workbook.close()
    return buffer.getvalue()
