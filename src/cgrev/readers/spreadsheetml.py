"""SpreadsheetML 2003: the XML workbook that several ERP systems save under the name .xls.

Cells and rows may leave gaps (`Index`), cells may span (`MergeAcross`, `MergeDown`): the first of a
span holds the value, the others are blank. Every cell states its type. Prefixes do not matter. As in
other workbooks `row` is the row of the sheet, and c0 is the first column that is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

import polars as pl
from msgspec import Struct, field

from cgrev.errors import InputRefused
from cgrev.findings import Decision
from cgrev.limits import Limits, long_cell
from cgrev.readers import grid
from cgrev.readers.grid import (
    BooleanText,
    DateText,
    DateTimeText,
    ErrorText,
    NoValue,
    NumberText,
    SheetInfo,
    Value,
    choose_sheet,
)
from cgrev.readers.markup import declared_encoding, run
from cgrev.readers.source import Source
from cgrev.table import OpenTable

MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(?:\.\d+)?)?Z?")
NO_DAY = ("1899-12-30", "1899-12-31")
LAST_ROW = 1_048_576


def typed(kind: str, text: str) -> Value:
    """A cell's text with the type it states; text that does not fit its type stays text."""
    if kind == "Number":
        return _number(text)
    if kind == "DateTime":
        match = MOMENT.fullmatch(text.strip())
        if match is None:
            return text
        day, clock = match.groups()
        if day in NO_DAY and clock:
            return clock
        return DateText(day) if clock in (None, "00:00:00") else DateTimeText(f"{day}T{clock}")
    if kind == "Boolean":
        return {"1": BooleanText("TRUE"), "0": BooleanText("FALSE")}.get(text.strip(), text)
    return ErrorText(text) if kind == "Error" else text


def _number(text: str) -> Value:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return text
    if not number.is_finite() or abs(number.adjusted()) > 400:
        return text
    plain = format(number, "f")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return NumberText("0" if number == 0 else plain)


class Extent(Struct):
    """What the first pass sees of a sheet; columns count from 0."""

    name: str
    hidden: bool = False
    left: int = 1 << 30
    right: int = -1
    top: int = 0
    bottom: int = 0
    full_rows: int = 0


class Reader(Struct):
    """Both passes: finds the place of each cell. The first pass keeps the extent of each sheet, the
    second (`wanted` is the number of the sheet, from 0; `extents` is what the first saw) the rows in
    `done`."""

    limits: Limits
    name: str
    wanted: int | None = None
    extents: list[Extent] = field(default_factory=list)
    sheets: list[Extent] = field(default_factory=list)
    done: list[tuple[int, dict[int, Value]]] = field(default_factory=list)
    row: int = 0
    next_row: int = 1
    column: int = 0
    merged: int = 0
    down: dict[int, int] = field(default_factory=dict)
    cells: dict[int, Value] = field(default_factory=dict)
    ignored: int = 0
    inside: str = ""
    kind: str = ""
    formula: bool = False
    parts: list[str] = field(default_factory=list)
    length: int = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self.ignored:
            self.ignored += 1
        elif name in ("Comment", "NamedCell", "PhoneticText"):
            self.ignored = 1
        elif name == "Worksheet":
            self.sheets.append(Extent(attributes.get("Name", f"Sheet{len(self.sheets) + 1}")))
            self.row, self.next_row, self.down = 0, 1, {}
        elif name == "Row":
            self._start_row(attributes)
        elif name == "Cell":
            self._start_cell(attributes)
        elif name == "Data" and self.inside == "Cell":
            self.inside, self.kind = "Data", attributes.get("Type", "String")
        elif name == "Visible":
            self.inside, self.parts = "Visible", []

    def _start_row(self, attributes: dict[str, str]) -> None:
        self.row = self._index(attributes, "Index", self.next_row, LAST_ROW)
        if self.row < self.next_row:
            raise self._odd(f"row {self.row} comes after row {self.next_row - 1}")
        self.next_row = self.row + 1 + self._index(attributes, "Span", 0, LAST_ROW)
        self.column, self.cells = 0, {}

    def _start_cell(self, attributes: dict[str, str]) -> None:
        if self.row == 0:
            raise self._odd("a cell outside of a row")
        index = self._index(attributes, "Index", 0, self.limits.columns)
        if index:
            if index <= self.column:
                raise self._odd(f"column {index} comes after column {self.column} in row {self.row}")
            self.column = index - 1
        else:
            while self.down.get(self.column, 0) >= self.row:
                self.column += 1
        self.merged = self._index(attributes, "MergeAcross", 0, self.limits.columns)
        self.limits.check_columns(self.column + self.merged + 1)
        below = self._index(attributes, "MergeDown", 0, LAST_ROW)
        if below:
            for column in range(self.column, self.column + self.merged + 1):
                self.down[column] = self.row + below
        self.inside, self.kind = "Cell", ""
        self.formula = "Formula" in attributes
        self.parts, self.length = [], 0

    def _index(self, attributes: dict[str, str], key: str, default: int, limit: int) -> int:
        text = attributes.get(key)
        if text is None:
            return default
        if not text.isascii() or not text.isdigit() or len(text) > 9:
            raise self._odd(f"{key} '{text[:20]}' is no number")
        if int(text) > limit:
            raise InputRefused(
                "CGR004", f"{key} {text} is more than {limit:,}", help="export it again", path=self.name
            )
        return int(text)

    def _odd(self, reason: str) -> InputRefused:
        return InputRefused("CGR001", f"damaged workbook: {reason}", help="export it again", path=self.name)

    def text(self, data: str) -> None:
        if self.inside in ("Data", "Visible") and not self.ignored:
            self.parts.append(data)
            self.length += len(data)
            if self.length > self.limits.cell_length:
                raise long_cell(self.row, self.limits.cell_length)

    def end(self, name: str) -> None:
        if self.ignored:
            self.ignored -= 1
        elif name == "Data" and self.inside == "Data":
            self.inside = "Cell"
        elif name == "Cell":
            self._end_cell()
        elif name == "Row" and self.sheets:
            self._end_row()
        elif name == "Visible" and self.sheets:
            self.sheets[-1].hidden = "".join(self.parts).strip() in ("SheetHidden", "SheetVeryHidden")
            self.inside = ""

    def _end_cell(self) -> None:
        value = typed(self.kind, "".join(self.parts)) if self.kind else ""
        if self.formula and not self.kind:
            value = NoValue()
        if value != "" or isinstance(value, NoValue):
            self.cells[self.column] = value
        self.column += 1 + self.merged
        self.inside = ""

    def _end_row(self) -> None:
        place = len(self.sheets) - 1
        if self.wanted is None:
            extent = self.sheets[place]
            if self.cells:
                extent.left = min(extent.left, *self.cells)
                extent.right = max(extent.right, *self.cells)
                extent.top = extent.top or self.row
                extent.bottom = self.row
                extent.full_rows += len(self.cells) > 1
        elif self.wanted == place and self.extents[place].top <= self.row <= self.extents[place].bottom:
            self.done.append((self.row, self.cells))


def survey(source: Source, limits: Limits) -> tuple[list[Extent], str, int, Decision]:
    """First pass: the sheets with their extents; codec, mark length and decision of the encoding."""
    codec, skip, encoding = declared_encoding(source)
    limits.check_file(source.size, document=True)
    reader = Reader(limits, source.name)
    for _ in run(source, reader, limits, codec, skip):
        pass
    return reader.sheets, codec, skip, encoding


def infos(extents: list[Extent]) -> list[SheetInfo]:
    return [
        SheetInfo(extent.name, number, not extent.hidden, extent.right >= 0, extent.full_rows > 1)
        for number, extent in enumerate(extents, start=1)
    ]


def list_spreadsheetml(source: Source, limits: Limits) -> tuple[SheetInfo, ...]:
    """The sheets of the workbook."""
    return tuple(infos(survey(source, limits)[0]))


def open_spreadsheetml(source: Source, *, sheet: str | None, limits: Limits) -> OpenTable:
    """Open one sheet. Raises CGR001, CGR004, CGR005 as `markup.run`; CGR006, CGR009 for the choice."""
    extents, codec, skip, encoding = survey(source, limits)
    chosen, decision = choose_sheet(infos(extents), sheet, source.name)
    extent = extents[chosen.number - 1]
    width = extent.right - extent.left + 1
    decisions = [encoding, decision]
    if extent.left:
        letters = grid.column_letters(extent.left)
        decisions.append(Decision("first column", letters, "evidence", ("the columns before it are blank",)))

    limits.check_cells(extent.bottom - extent.top + 1, width)

    def rows() -> Iterator[list[Value]]:
        reader = Reader(limits, source.name, chosen.number - 1, extents)
        following = extent.top
        for _ in run(source, reader, limits, codec, skip):
            for row, values in reader.done:
                for _ in range(following, row):
                    yield [""] * width
                yield [values.get(column, "") for column in range(extent.left, extent.right + 1)]
                following = row + 1
            reader.done.clear()

    def pieces(size: int) -> Iterator[pl.DataFrame]:
        return grid.pieces(rows(), extent.top, width, size, limits)

    return OpenTable(
        reader="spreadsheetml",
        width=width,
        pieces=pieces,
        sheet=chosen.name,
        decisions=tuple(decisions),
        encoding=encoding.value,
    )
