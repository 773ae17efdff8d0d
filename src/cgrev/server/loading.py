"""From the bytes of an upload to rows: what the documented server reads, and nothing more lenient.

Cells are judged here on purpose without the parser the client uses: the sandbox is the other side,
and a mistake shared by both would never show.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import PurePosixPath

from cgrev.errors import CgrevError
from cgrev.layout import (
    ACCOUNT_NAME,
    COLUMNS,
    DESCRIPTION,
    HEADINGS,
    MAX_AMOUNT,
    MAX_DATE,
    MIN_AMOUNT,
    MIN_DATE,
    Column,
    RevenueType,
)
from cgrev.readers import ReadOptions, open_table
from cgrev.server.records import BadContent, LoadedFile, LoggedRow, Row
from cgrev.server.settings import SandboxSettings
from cgrev.table import ROW, Kind, OpenTable, cells

READERS = {"csv": "csv", "xls": "xls", "xlsx": "xlsx", "xml": "xml"}
"""Extensions the vendor names, and what the content must then be. JSON is refused by its article."""
_PIECE_ROWS = 2_000
_WHOLE = re.compile(r"-?[0-9]{1,40}")
_DECIMAL = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TYPES = {kind.value.casefold(): kind for kind in RevenueType}
_HEADER = {heading.casefold() for heading in HEADINGS}
_NO_CELL = ("", Kind.TEXT)


class _BadCell(Exception):
    """The message of a row that is left out."""


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    kind: Kind

    @property
    def blank(self) -> bool:
        return not self.text.strip() and self.kind is not Kind.FORMULA


def load(data: bytes, name: str, settings: SandboxSettings) -> LoadedFile:
    """All rows of a file. Raises `BadContent` for a file that is not taken at all: unreadable, of another
    type than its name says, without a single good row, or with more records than the limit."""
    rows: list[Row] = []
    logged: list[LoggedRow] = []
    n = 0
    try:
        for cells_of_row in _data_rows(_open(data, name, settings)):
            n += 1
            if n > settings.max_records:
                raise BadContent(f"the file has more than {settings.max_records} records")
            try:
                rows.append(_row(n, cells_of_row, settings))
            except _BadCell as bad:
                logged.append(LoggedRow(n, str(bad)))
    except CgrevError as error:
        raise BadContent(error.message) from error
    if not rows:
        raise BadContent("no row of the file can be loaded")
    return LoadedFile(tuple(rows), tuple(logged))


def _open(data: bytes, name: str, settings: SandboxSettings) -> OpenTable:
    extension = PurePosixPath(name).suffix.lower().removeprefix(".")
    reader = READERS.get(extension)
    if reader is None:
        raise BadContent("the file type is none of CSV, XLS, XLSX and XML")
    delimiter = settings.delimiter if reader == "csv" and settings.delimiter != "either" else None
    table = open_table(data, options=ReadOptions(delimiter=delimiter), name=name)
    if table.reader != reader:
        raise BadContent(f"the content is {table.reader}, the name says {extension}")
    if reader == "csv":
        if table.encoding != "UTF-8":
            raise BadContent(f"the text is {table.encoding}, not UTF-8")
        if table.delimiter not in (",", ";"):
            raise BadContent("the fields are separated by neither comma nor semicolon")
    return table


def _data_rows(table: OpenTable) -> Iterator[Sequence[_Cell]]:
    """The rows that are not blank, without the header row if the first one is one."""
    first = True
    for row in _rows(table):
        if all(cell.blank for cell in row):
            continue
        if first:
            first = False
            if {cell.text.strip().casefold() for cell in row[: len(COLUMNS)]} == _HEADER:
                continue
        yield row


def _rows(table: OpenTable) -> Iterator[Sequence[_Cell]]:
    for piece in table.pieces(_PIECE_ROWS):
        names = [column for column in piece.columns if column != ROW]
        width = sum(name.startswith("c") for name in names)
        kinds = {name for name in names if name.startswith("k")}
        for values in piece.iter_rows(named=True):
            yield [
                _Cell(values[text] or "", Kind(values[mark] or 0) if mark in kinds else Kind.TEXT)
                for text, mark in ((name, f"k{index}") for index, name in enumerate(cells(width)))
            ]


def _row(n: int, row: Sequence[_Cell], settings: SandboxSettings) -> Row:
    """By position, whatever the header says. Raises `_BadCell`."""
    if any(not cell.blank for cell in row[len(COLUMNS) :]):
        raise _BadCell(f"more than {len(COLUMNS)} fields")
    padded = [*row[: len(COLUMNS)], *[_Cell(*_NO_CELL)] * (len(COLUMNS) - len(row))]
    for column, cell in zip(COLUMNS, padded, strict=True):
        if cell.kind in (Kind.ERROR, Kind.FORMULA):
            raise _BadCell(f"{column.heading} has no value")
        if column.required and cell.blank:
            raise _BadCell(f"{column.heading} is missing")
    account, amount, start, end, revenue_type, description = padded
    first, last = _date(start, "Revenue start date"), _date(end, "Revenue end date")
    if last < first:
        raise _BadCell("Revenue end date is before Revenue start date")
    return Row(
        n=n,
        account=_text(account, ACCOUNT_NAME),
        amount=_amount(amount, settings),
        start=first,
        end=last,
        revenue_type=_type(revenue_type),
        description=_text(description, DESCRIPTION),
    )


def _text(cell: _Cell, column: Column) -> str:
    text = cell.text.strip()
    if column.max_length is not None and len(text) > column.max_length:
        raise _BadCell(f"{column.heading} is longer than {column.max_length} characters")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise _BadCell(f"{column.heading} holds control characters")
    return text


def _amount(cell: _Cell, settings: SandboxSettings) -> int:
    text = cell.text.strip()
    rounds = settings.amounts == "round"
    pattern = _DECIMAL if rounds or cell.kind is Kind.NUMBER else _WHOLE
    if cell.kind not in (Kind.TEXT, Kind.NUMBER) or not pattern.fullmatch(text):
        raise _BadCell("Revenue amount is not a whole number without separators")
    exact = Decimal(text)
    amount = int(exact.to_integral_value(ROUND_HALF_UP))
    if amount != exact and not rounds:
        raise _BadCell("Revenue amount has decimals")
    if not MIN_AMOUNT <= amount <= MAX_AMOUNT:
        raise _BadCell("Revenue amount is too large")
    return amount


def _date(cell: _Cell, heading: str) -> date:
    text = cell.text.strip()
    if cell.kind not in (Kind.TEXT, Kind.DATE) or not _DAY.fullmatch(text):
        raise _BadCell(f"{heading} is not a date written YYYY-MM-DD")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise _BadCell(f"{heading} is not a day of the calendar") from None
    if not MIN_DATE <= day <= MAX_DATE:
        raise _BadCell(f"{heading} is outside {MIN_DATE.year} to {MAX_DATE.year}")
    return day


def _type(cell: _Cell) -> RevenueType:
    kind = _TYPES.get(" ".join(cell.text.split()).casefold())
    if kind is None:
        raise _BadCell("Revenue type is none of ARR, MRR, One Time and Other")
    return kind
