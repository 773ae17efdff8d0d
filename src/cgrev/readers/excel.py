"""Workbooks: XLSX, XLSB and XLS, read by calamine.

Cells that the file typed stay typed: numbers in their shortest decimal form (a spreadsheet has only
binary fractions), dates as dates whatever they are displayed as, booleans, errors, and formulas whose
value was never stored. A time of day or a duration is text. calamine gives errors and formulas without
a value as blank cells, so in XLSX they are looked up in the sheet's own XML; XLS and XLSB leave them
blank. Of merged cells the first holds the value.

`row` is the row of the sheet. c0 is the first column that is used, which is not always column A (the
decision "first column" says so then); rows above the first used one do not appear.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar
from xml.sax.saxutils import unescape

import polars as pl
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from cgrev.errors import InputRefused
from cgrev.findings import Decision
from cgrev.readers import grid
from cgrev.readers.archive import Archive, SheetPart, column_number, damaged
from cgrev.readers.content import unsupported
from cgrev.readers.grid import ErrorText, NoValue, SheetInfo, Value, choose_sheet
from cgrev.readers.limits import Limits
from cgrev.readers.source import Source
from cgrev.table import OpenTable

ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
BOOKS = tuple(name.encode("utf-16-le") for name in ("Workbook", "Book"))
WORD = "WordDocument".encode("utf-16-le")
T = TypeVar("T")
UNLOCK = "save it without a password, or save it again as XLSX"

CELL_OPEN = rb"<(?:\w+:)?c\b([^>/]*)>"
CELL_CLOSE = rb"</(?:\w+:)?c>"
ERROR_CELL = re.compile(
    rb"<(?:\w+:)?c\b([^>/]*\bt=[\"']e[\"'][^>/]*)>(?:(?!</(?:\w+:)?c>).)*?<(?:\w+:)?v>([^<]*)<", re.DOTALL
)
VALUELESS = re.compile(
    CELL_OPEN
    + rb"\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"
    + rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*"
    + CELL_CLOSE
)
REFERENCE = re.compile(rb"\br=[\"']([A-Z]{1,3})(\d+)[\"']")
STRING_RESULT = re.compile(rb"\bt=[\"']str[\"']")
Special = dict[int, dict[int, Value]]
"""Values that calamine leaves out, by row and column counted from 0."""


@dataclass(slots=True)
class Book:
    """An opened workbook: `looks` is empty unless it is XLSX."""

    workbook: CalamineWorkbook
    reader: str
    name: str
    archive: Archive | None
    looks: dict[str, SheetPart]

    def sheet(self, name: str) -> CalamineSheet:
        return guarded(lambda: self.workbook.get_sheet_by_name(name), self.name)

    def sheets(self) -> list[SheetInfo]:
        """All worksheets; charts and macro sheets are none."""
        parts = dict(self.archive.sheet_parts()) if self.archive and self.looks else {}
        found = []
        for number, meta in enumerate(self.workbook.sheets_metadata, start=1):
            if meta.typ not in (SheetTypeEnum.WorkSheet, SheetTypeEnum.DialogSheet):
                continue
            look = self.looks.get(parts.get(meta.name, ""))
            if look is not None:
                has_data, is_table = look.has_data, look.full_rows > 1
            else:
                has_data, is_table = self._values(meta.name)
            visible = meta.visible == SheetVisibleEnum.Visible
            found.append(SheetInfo(meta.name, number, visible, has_data, is_table))
        return found

    def _values(self, name: str) -> tuple[bool, bool]:
        """Whether a sheet has data, and whether two rows have two values."""
        sheet = self.sheet(name)
        rows = guarded(sheet.to_python, self.name)
        filled = [sum(value != "" for value in row) for row in rows]
        return any(filled), sum(count > 1 for count in filled) > 1

    def special(self, name: str) -> Special:
        """Errors and formulas without a value of a sheet."""
        if self.archive is None or not self.looks:
            return {}
        part = dict(self.archive.sheet_parts()).get(name, "")
        look = self.looks.get(part)
        if look is None or not look.special:
            return {}
        return find_special(self.archive.inflate(part))


def is_library_fault(error: BaseException) -> bool:
    """True for what the workbook library raises on a broken file: its errors, those of values out of
    range, and its panics, which are no `Exception`."""
    panic = type(error).__name__ == "PanicException"
    return panic or isinstance(error, (CalamineError, ValueError, OSError, OverflowError, MemoryError))


def guarded(call: Callable[[], T], name: str) -> T:
    """Call the workbook library; what it raises on a broken file is CGR001."""
    try:
        return call()
    except PasswordError:
        raise InputRefused("CGR003", "password-protected workbook", help=UNLOCK, path=name) from None
    except BaseException as error:
        if not is_library_fault(error):
            raise
        raise damaged(name, "its parts cannot be read") from None


def open_book(source: Source, limits: Limits, kind: str) -> Book:
    """Open a workbook; `kind` is "archive" or "ole".

    Raises CGR001 (damaged), CGR002 (not a workbook), CGR003 (password), CGR004 (unsafe).
    """
    data = source.whole(limits)
    if kind == "archive":
        archive = Archive(data, source.name, limits)
        reader = archive.kind()
        looks = archive.look()
        workbook = guarded(lambda: CalamineWorkbook.from_filelike(io.BytesIO(data)), source.name)
        return Book(workbook, reader, source.name, archive, looks)
    if ENCRYPTED in data:
        raise InputRefused("CGR003", "password-protected workbook", help=UNLOCK, path=source.name)
    if WORD in data:
        raise unsupported("Word document")
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
    except PasswordError:
        raise InputRefused("CGR003", "password-protected workbook", help=UNLOCK, path=source.name) from None
    except BaseException as error:
        if not is_library_fault(error):
            raise
        if any(book in data for book in BOOKS):
            raise damaged(source.name, "its parts cannot be read") from None
        raise InputRefused(
            "CGR003", "password-protected or damaged workbook", help=UNLOCK, path=source.name
        ) from None
    return Book(workbook, "xls", source.name, None, {})


def find_special(blocks: Iterator[bytes]) -> Special:
    """Look for error cells and formulas without a value, row by row as they stream in."""
    found: Special = {}
    rest = b""
    for block in blocks:
        text = rest + block
        end = max(text.rfind(b"</row>"), text.rfind(b":row>"))
        if end < 0:
            rest = text
            continue
        end = text.find(b">", end) + 1
        part, rest = text[:end], text[end:]
        for match in ERROR_CELL.finditer(part):
            _keep(found, match[1], ErrorText(unescape(match[2].decode("utf-8", "replace"))))
        for match in VALUELESS.finditer(part):
            if not STRING_RESULT.search(match[1]):
                _keep(found, match[1], NoValue())
    return found


def _keep(found: Special, attributes: bytes, value: Value) -> None:
    reference = REFERENCE.search(attributes)
    if reference is not None:
        row, column = int(reference[2]) - 1, column_number(reference[1]) - 1
        found.setdefault(row, {})[column] = value


def list_book(source: Source, limits: Limits, kind: str) -> tuple[SheetInfo, ...]:
    """The sheets of a workbook. Raises as `open_book`."""
    return tuple(open_book(source, limits, kind).sheets())


def open_excel(source: Source, *, sheet: str | None, limits: Limits, kind: str) -> OpenTable:
    """Open one sheet of a workbook. Raises as `open_book`, and CGR006, CGR009 for the choice."""
    book = open_book(source, limits, kind)
    chosen, decision = choose_sheet(book.sheets(), sheet, source.name)
    cells = book.sheet(chosen.name)
    special = book.special(chosen.name)
    top, left, bottom, right = _extent(cells, special)
    width, height = right - left + 1, bottom - top + 1
    limits.check_columns(width)
    decisions = [decision]
    if left:
        evidence = (f"the {left} columns before it are blank",) if left > 1 else ("column A is blank",)
        decisions.append(Decision("first column", grid.column_letters(left), "evidence", evidence))

    def pieces(rows: int) -> Iterator[pl.DataFrame]:
        values = _rows(cells, height <= rows, source.name)
        filled = _with_special(values, cells, special, (top, left, bottom, right)) if special else values
        return grid.pieces(filled, top + 1, width, rows, limits)

    return OpenTable(
        reader=book.reader, width=width, pieces=pieces, sheet=chosen.name, decisions=tuple(decisions)
    )


def _extent(cells: CalamineSheet, special: Special) -> tuple[int, int, int, int]:
    """First and last row and column with a value, counted from 0, both ends included."""
    corners = [(row, column) for row, columns in special.items() for column in columns]
    if cells.start is not None and cells.end is not None:
        corners += [cells.start, cells.end]
    if not corners:  # only blank text
        raise InputRefused("CGR006", "the sheet holds no data", help="choose another (--sheet)")
    rows, columns = [row for row, _ in corners], [column for _, column in corners]
    return min(rows), min(columns), max(rows), max(columns)


def _rows(cells: CalamineSheet, whole: bool, name: str) -> Iterator[list[Value]]:
    """The rows of the used range. All at once is faster; one by one holds less in memory."""
    if cells.start is None:
        return iter(())
    if whole:
        rows: list[list[Value]] = guarded(lambda: cells.to_python(), name)
        return iter(rows)
    return islice(guarded(lambda: cells.iter_rows(), name), cells.start[0], None)


def _with_special(
    rows: Iterator[list[Value]], cells: CalamineSheet, special: Special, extent: tuple[int, int, int, int]
) -> Iterator[list[Value]]:
    """The rows with the values put in that calamine leaves out, which may lie outside of its range."""
    top, left, bottom, right = extent
    first_row, first_column = cells.start or (bottom + 1, left)
    before: list[Value] = [""] * (first_column - left)
    width = right - left + 1
    for number in range(top, bottom + 1):
        values = next(rows, []) if number >= first_row else []
        row = [*before, *values]
        row += [""] * (width - len(row))
        for column, value in special.get(number, {}).items():
            row[column - left] = value
        yield row
