"""Workbooks: XLSX, XLSB and XLS, read by calamine.

Cells that the file typed stay typed: numbers in their shortest decimal form (a spreadsheet has only
binary fractions), dates as dates whatever they are displayed as, booleans, errors, and formulas whose
value was never stored. A time of day or a duration is text. calamine gives errors and formulas without
a value as blank cells, so they are looked up in the file itself (XLS and XLSB: errors only). Of merged
cells the first holds the value.

What calamine would trust without a check is checked before it sees the file: how far an archive
expands, how far cells lie apart, whether the chains and counts of a binary workbook can be true.

`row` is the row of the sheet. c0 is the first column that is used, which is not always column A (the
decision "first column" says so then); rows above the first used one do not appear.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TypeVar

import polars as pl
from msgspec import Struct
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
from cgrev.limits import Limits
from cgrev.readers import grid
from cgrev.readers.archive import Archive, damaged
from cgrev.readers.biff import Damaged, Special, check_xls, check_xlsb
from cgrev.readers.content import unsupported
from cgrev.readers.grid import SheetInfo, Value, choose_sheet
from cgrev.readers.ole import Broken, Container, pack
from cgrev.readers.sheetxml import SheetLook, find_special
from cgrev.readers.source import Source
from cgrev.table import OpenTable

T = TypeVar("T")
ROWS_AT_ONCE = 256
UNLOCK = "save it without a password, or save it again as XLSX"


class Book(Struct):
    """An opened workbook. `looks` are by name of sheet and only for XLSX; `special` gives the cells of
    a sheet that calamine leaves blank."""

    workbook: CalamineWorkbook
    reader: str
    name: str
    looks: dict[str, SheetLook]
    special: Callable[[str], Special]

    def sheet(self, name: str) -> CalamineSheet:
        return guarded(lambda: self.workbook.get_sheet_by_name(name), self.name)

    def sheets(self) -> list[SheetInfo]:
        """All worksheets; charts and macro sheets are none."""
        found = []
        for number, meta in enumerate(self.workbook.sheets_metadata, start=1):
            if meta.typ not in (SheetTypeEnum.WorkSheet, SheetTypeEnum.DialogSheet):
                continue
            look = self.looks.get(meta.name)
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
        has_data = any(filled) or bool(self.special(name))
        return has_data, sum(count > 1 for count in filled) > 1


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
    return (
        _open_archive(data, source.name, limits)
        if kind == "archive"
        else _open_xls(data, source.name, limits)
    )


def _open_archive(data: bytes, name: str, limits: Limits) -> Book:
    archive = Archive(data, name, limits)
    reader = archive.kind()
    looks = archive.look()
    parts = archive.sheet_parts()
    if reader == "xlsb":
        try:
            cells = {
                sheet: check_xlsb(b"".join(archive.inflate(part)), limits)
                for sheet, part in parts.items()
                if part in archive.parts
            }
        except Damaged:
            raise damaged(name, "a sheet cannot be read") from None
        workbook = guarded(lambda: CalamineWorkbook.from_filelike(io.BytesIO(data)), name)
        return Book(workbook, reader, name, {}, lambda sheet: cells.get(sheet, {}))
    by_name = {sheet: looks[part] for sheet, part in parts.items() if part in looks}

    def special(sheet: str) -> Special:
        look = by_name.get(sheet)
        return find_special(archive.inflate(parts[sheet])) if look is not None and look.special else {}

    workbook = guarded(lambda: CalamineWorkbook.from_filelike(io.BytesIO(data)), name)
    return Book(workbook, reader, name, by_name, special)


def _open_xls(data: bytes, name: str, limits: Limits) -> Book:
    try:
        container = Container(data)
        names = container.names
        stream = container.stream("Workbook", "Book", "WORKBOOK", "BOOK")
    except Broken:
        raise InputRefused(
            "CGR003", "password-protected or damaged workbook", help=UNLOCK, path=name
        ) from None
    if "EncryptedPackage" in names or "EncryptionInfo" in names:
        raise InputRefused("CGR003", "password-protected workbook", help=UNLOCK, path=name)
    if stream is None:
        word = "WordDocument" in names
        raise unsupported("Word document" if word else "file of Microsoft Office without a workbook")
    try:
        body = bytearray(stream)
        sheets = check_xls(body, limits)
        packed = pack(bytes(body))
    except (Damaged, Broken):
        raise damaged(name, "its records cannot be read") from None
    if sheets.protected:
        raise InputRefused("CGR003", "password-protected workbook", help=UNLOCK, path=name)
    workbook = guarded(lambda: CalamineWorkbook.from_filelike(io.BytesIO(packed)), name)
    cells = dict(zip(workbook.sheet_names, sheets.special, strict=False))
    return Book(workbook, "xls", name, {}, lambda sheet: cells.get(sheet, {}))


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
    width = right - left + 1
    limits.check_columns(width)
    decisions = [decision]
    if left:
        evidence = (f"the {left} columns before it are blank",) if left > 1 else ("column A is blank",)
        decisions.append(Decision("first column", grid.column_letters(left), "evidence", evidence))

    def pieces(rows: int) -> Iterator[pl.DataFrame]:
        values = _rows(cells, source.name)
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


def _rows(cells: CalamineSheet, name: str) -> Iterator[list[Value]]:
    """The rows of the used range, a few at a time: they take many times the room of the sheet they are of."""
    if cells.start is None:
        return
    rows = islice(guarded(cells.iter_rows, name), cells.start[0], None)
    while some := guarded(lambda: list(islice(rows, ROWS_AT_ONCE)), name):
        yield from some


def _with_special(
    rows: Iterator[list[Value]], cells: CalamineSheet, special: Special, extent: tuple[int, int, int, int]
) -> Iterator[list[Value]]:
    """The rows with the values put in that calamine leaves out, which may lie outside of its range."""
    top, left, bottom, right = extent
    first_row, first_column = cells.start or (bottom + 1, left)
    before: list[Value] = [""] * (first_column - left)
    width = right - left + 1
    for number in range(top, bottom + 1):
        row = next(rows, []) if number >= first_row else []
        if len(row) != width:
            row = [*before, *row]
            row += [""] * (width - len(row))
        for column, value in special.get(number, {}).items():
            row[column - left] = value
        yield row
