"""From the bytes of an upload to rows: what the documented server reads, and nothing more lenient.

Cells are judged here on purpose without the parser the client uses: the sandbox is the other side,
and a mistake shared by both would never show.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import PurePosixPath

import polars as pl
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse

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
from cgrev.table import Kind, OpenTable, cells

EXTENSIONS = ("csv", "xls", "xlsx", "xml")
"""The types the vendor names, as extensions and as names of readers. Its article refuses JSON."""
_PIECE_ROWS = 2_000
_XML_DEPTH = 64
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
        for cells_of_row in _data_rows(_all_rows(data, name, settings)):
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


def _all_rows(data: bytes, name: str, settings: SandboxSettings) -> Iterator[Sequence[_Cell]]:
    """The rows that are not blank, by the type the name says."""
    extension = PurePosixPath(name).suffix.lower().removeprefix(".")
    if extension not in EXTENSIONS:
        raise BadContent("the file type is none of CSV, XLS, XLSX and XML")
    if extension == "xml":
        return _xml_rows(data)
    delimiter = settings.delimiter if extension == "csv" and settings.delimiter != "either" else None
    table = open_table(data, options=ReadOptions(delimiter=delimiter), name=name)
    if table.reader != extension:
        raise BadContent(f"the content is {table.reader}, the name says {extension}")
    if extension == "csv":
        if table.encoding != "UTF-8":
            raise BadContent(f"the text is {table.encoding}, not UTF-8")
        if table.delimiter not in (",", ";"):
            raise BadContent("the fields are separated by neither comma nor semicolon")
    return _table_rows(table)


def _data_rows(rows: Iterator[Sequence[_Cell]]) -> Iterator[Sequence[_Cell]]:
    """All rows but the first if it is a header: one that carries the six headings."""
    first = next(rows, None)
    if first is None:
        return
    if {cell.text.strip().casefold() for cell in first[: len(COLUMNS)]} != _HEADER:
        yield first
    yield from rows


def _xml_rows(data: bytes) -> Iterator[Sequence[_Cell]]:
    """Each element below the root is a record; its children are the fields by their place, "even for XML",
    whatever their names. (The reader of the client lines children up by name.)"""
    depth = 0
    try:
        for event, element in iterparse(io.BytesIO(data), events=("start", "end"), forbid_dtd=True):
            depth += 1 if event == "start" else -1
            if depth > _XML_DEPTH:
                raise BadContent("the elements are nested too deeply")
            if event == "end" and depth == 1:
                row = [_Cell("".join(child.itertext()), Kind.TEXT) for child in element]
                element.clear()
                if not all(cell.blank for cell in row):
                    yield row
    except (ParseError, DefusedXmlException, LookupError, ValueError) as error:
        raise BadContent("the XML cannot be read") from error


def _table_rows(table: OpenTable) -> Iterator[Sequence[_Cell]]:
    for piece in table.pieces(_PIECE_ROWS):
        texts = cells(sum(name.startswith("c") for name in piece.columns))
        marks = [f"k{index}" if f"k{index}" in piece.columns else None for index in range(len(texts))]
        filled = [pl.col(text).str.strip_chars() != "" for text in texts]
        filled += [pl.col(mark) == Kind.FORMULA.value for mark in marks if mark is not None]
        # Two megabytes can hold two million blank lines: they are dropped before Python sees them.
        for values in piece.filter(pl.any_horizontal(filled)).iter_rows(named=True):
            yield [
                _Cell(values[text] or "", Kind(values[mark] or 0) if mark is not None else Kind.TEXT)
                for text, mark in zip(texts, marks, strict=True)
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
