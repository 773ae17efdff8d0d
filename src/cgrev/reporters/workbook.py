"""The error workbook: the person's own sheet with the cells marked, to be corrected and read in again.

Values stay as the file has them: text is text even where it starts with `=`, a native number keeps all
its digits, a native date stays one. Two things are added, and both are left out again when the workbook
is read: the column headed `cgrev findings` and the sheet named `cgrev summary`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from io import BytesIO
from typing import Any

import polars as pl
from msgspec import Struct, field
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from cgrev.errors import SettingsError
from cgrev.findings import FINDINGS_HEADING, SUMMARY_SHEET, Finding, Severity
from cgrev.report import Report, finding
from cgrev.reporters import text
from cgrev.reporters.options import ReportOptions
from cgrev.reporters.source import SourceSheet
from cgrev.reporters.summary_sheet import Key, Link, Summaries
from cgrev.table import PIECE_ROWS, ROW, Kind

MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384
MAX_COMMENTS = 10_000
"""Comments of one workbook: spreadsheet programs slow down beyond; the findings column has every text."""
LONGEST = 32_767
"""UTF-16 units a cell can hold."""
_MADE = datetime(2000, 1, 1)  # a workbook must say when it was made; the same report gives the same bytes
_FILL = {
    Severity.ERROR: {"bg_color": "#FFC7CE", "font_color": "#7A0008"},
    Severity.WARNING: {"bg_color": "#FFEB9C", "font_color": "#5C3D00"},
    Severity.INFO: {"bg_color": "#DDEBF7", "font_color": "#1F3864"},
}
_ERRORS = frozenset({"#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!"})
_NO_SHEET_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


class _Exact(float):
    """A number written with all the digits it has; the library would round to 16."""

    def __format__(self, spec: str) -> str:
        return repr(float(self))


class _Marks(Struct):
    """The findings of one row: by cell place, and those of the row as a whole."""

    cells: dict[int, list[Finding]] = field(default_factory=dict)
    all: list[Finding] = field(default_factory=list)

    @property
    def worst(self) -> Severity:
        return min((one.severity for one in self.all), key=lambda severity: severity.rank)


def pieces(report: Report, options: ReportOptions) -> Iterator[bytes]:
    listing = report.listing(show_info=options.show_info, max_findings=options.max_findings)
    buffer = BytesIO()
    settings = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    with Workbook(buffer, settings) as workbook:  # closed on a fault, too: it holds temporary files
        workbook.set_properties({"created": _MADE, "title": "cgrev findings", "author": "cgrev"})
        _fill(workbook, report, options, listing)
    yield buffer.getvalue()


def _fill(workbook: Workbook, report: Report, options: ReportOptions, listing: pl.DataFrame) -> None:
    formats = _Formats(workbook)
    links: dict[Key, Link] = {}
    sheets: dict[str, str] = {}
    comments = _Comments()
    cut = 0
    for path, source in options.sources.items():
        frame = listing.filter(pl.col("path") == path)
        marks = _marks(frame, source)
        name = _sheet_name(source, path, sheets.values())
        sheets[path] = name
        sheet = _SheetWriter(workbook.add_worksheet(name), source, formats, comments)
        cut += sheet.write(marks)
        links.update(sheet.links(path, name, marks))
    Summaries(workbook, report, options, listing, sheets, links).write(SUMMARY_SHEET, comments.left_out, cut)


def _marks(frame: pl.DataFrame, source: SourceSheet) -> dict[int, _Marks]:
    marks: dict[int, _Marks] = {}
    for row in frame.filter(pl.col(ROW).is_not_null()).iter_rows():
        one = finding(row)
        assert one.row is not None
        mark = marks.setdefault(one.row, _Marks())
        mark.all.append(one)
        index = source.index(one)
        if index is not None:
            mark.cells.setdefault(index, []).append(one)
    return marks


def _sheet_name(source: SourceSheet, path: str, taken: Iterable[str]) -> str:
    stem = re.split(r"[\\/]", path)[-1].rsplit(".", 1)[0]
    wanted = _NO_SHEET_NAME.sub("_", source.table.sheet or stem).strip("' ")[:31] or "Sheet1"
    used = {name.casefold() for name in taken} | {SUMMARY_SHEET, "history"}
    name, number = wanted, 2
    while name.casefold() in used:
        name = f"{wanted[: 30 - len(str(number))]}_{number}"
        number += 1
    return name


class _Formats:
    """One cell format for each severity and kind of value."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._made: dict[tuple[Severity | None, str], Any] = {}

    def of(self, severity: Severity | None, number: str = "General") -> Any:
        key = (severity, number)
        if key not in self._made:
            look: dict[str, Any] = {} if severity is None else dict(_FILL[severity])
            self._made[key] = self._workbook.add_format({**look, "num_format": number})
        return self._made[key]

    def heading(self) -> Any:
        key = (None, "heading")
        if key not in self._made:
            self._made[key] = self._workbook.add_format({"bold": True, "bg_color": "#E7E6E6"})
        return self._made[key]


class _Comments(Struct):
    """How many comments the workbook has, and how many cells went without."""

    written: int = 0
    left_out: int = 0

    def take(self) -> bool:
        if self.written < MAX_COMMENTS:
            self.written += 1
            return True
        self.left_out += 1
        return False


class _SheetWriter:
    """Writes one source as a sheet, row by row as the pieces come."""

    def __init__(self, sheet: Worksheet, source: SourceSheet, formats: _Formats, comments: _Comments) -> None:
        self._sheet = sheet
        self._source = source
        self._formats = formats
        self._comments = comments
        self._column = source.used_width()
        if FINDINGS_HEADING in source.labels:  # a workbook of an earlier run: its column is written anew
            self._column = source.labels.index(FINDINGS_HEADING)
        self._left = source.table.first_column
        self._places: dict[int, int] = {}
        self._next = 0
        self._cut = 0
        if self._left + self._column >= MAX_COLUMNS:
            raise _too_large(f"{self._column:,} columns", f"{MAX_COLUMNS - 1:,} columns")

    def write(self, marks: dict[int, _Marks]) -> int:
        """Write all rows; the answer is how many texts were too long for a cell and are cut."""
        source, sheet = self._source, self._sheet
        first, last = self._left, self._left + self._column
        sheet.set_column(first, max(last - 1, first), 20)
        sheet.set_column(last, last, 60)
        sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{MAX_ROWS}"})
        header = None
        if source.header_row is None:
            header = self._next
            for index, label in enumerate(source.headings()):
                sheet.write_string(header, first + index, label, self._formats.heading())
            sheet.write_string(header, last, FINDINGS_HEADING, self._formats.heading())
            self._next += 1
        for piece in source.table.pieces(PIECE_ROWS):
            for row in _rows(piece, source.table.width):
                place = self._place(row.number)
                if row.number == source.header_row:
                    header = place
                    sheet.write_string(place, last, FINDINGS_HEADING, self._formats.heading())
                self._row(place, row, marks.get(row.number))
        if header is not None:
            sheet.freeze_panes(header + 1, 0)
            sheet.autofilter(header, first, max(self._next - 1, header), last)
        return self._cut

    def links(self, path: str, name: str, marks: dict[int, _Marks]) -> dict[Key, Link]:
        """Where each finding's cell stands in the workbook."""
        found: dict[Key, Link] = {}
        for number, mark in marks.items():
            place = self._places.get(number)
            if place is None:
                continue
            for one in mark.all:
                index = self._source.index(one)
                cell = Link(name, place, self._left + (self._column if index is None else index))
                found[path, number, one.column, one.source_column] = cell
        return found

    def _place(self, number: int) -> int:
        """The row of the workbook, from 0. Rows of a sheet keep their number; lines close up."""
        place = self._next
        if self._source.table.sheet is not None and self._source.header_row is not None:
            place = max(place, number - 1)
        if place >= MAX_ROWS:
            raise _too_large("more rows", f"{MAX_ROWS:,} rows")
        self._next = place + 1
        return place

    def _row(self, place: int, row: _Row, mark: _Marks | None) -> None:
        cells = mark.cells if mark is not None else {}
        for index, (value, kind) in enumerate(zip(row.values, row.kinds, strict=True)):
            if index == self._column:
                continue
            found = cells.get(index)
            severity = min((one.severity for one in found), key=lambda s: s.rank) if found else None
            self._cell(place, self._left + index, value, kind, severity)
            if found and self._comments.take():
                self._comment(place, self._left + index, found)
        if mark is not None:
            self._places[row.number] = place
            said = "; ".join(_short(one) for one in mark.all)[:LONGEST]
            column = self._left + self._column
            self._sheet.write_string(place, column, said, self._formats.of(mark.worst))

    def _cell(self, row: int, column: int, value: str | None, kind: int, severity: Severity | None) -> None:
        sheet, formats = self._sheet, self._formats
        if not value:
            if severity is not None:
                sheet.write_blank(row, column, None, formats.of(severity))
            return
        if kind == Kind.NUMBER and _number(value):
            sheet.write_number(row, column, _Exact(value), formats.of(severity))
        elif kind == Kind.DATE and value >= "1900-03-01":
            day = date.fromisoformat(value)
            sheet.write_datetime(row, column, day, formats.of(severity, "yyyy-mm-dd"))
        elif kind == Kind.DATETIME and value >= "1900-03-01":
            moment = datetime.fromisoformat(value)
            sheet.write_datetime(row, column, moment, formats.of(severity, "yyyy-mm-dd hh:mm:ss"))
        elif kind == Kind.BOOLEAN:
            sheet.write_boolean(row, column, value == "TRUE", formats.of(severity))
        elif kind == Kind.ERROR and value in _ERRORS:
            sheet.write_formula(row, column, f"={value}", formats.of(severity), value)
        elif sheet.write_string(row, column, value, formats.of(severity, "@")) != 0:
            self._cut += 1

    def _comment(self, row: int, column: int, found: list[Finding]) -> None:
        parts = []
        for one in found:
            lines = [f"{one.code} {one.name}", text.visible(one.message)]
            if one.help:
                lines.append(f"what to do: {text.visible(one.help)}")
            if one.fix is not None:
                kind = "fix" if one.fix.safe else "unsafe fix"
                lines.append(f"{kind}: {text.quoted(one.fix.value)}")
            parts.append("\n".join(lines))
        said = "\n\n".join(parts)[:2_000]
        height = 18 * (said.count("\n") + 2 + len(said) // 45)
        self._sheet.write_comment(
            row, column, said, {"author": "cgrev", "width": 320, "height": min(height, 400)}
        )


class _Row(Struct, frozen=True):
    number: int
    values: tuple[str | None, ...]
    kinds: tuple[int, ...]


def _rows(piece: pl.DataFrame, width: int) -> Iterator[_Row]:
    names = [f"c{index}" for index in range(width) if f"c{index}" in piece.columns]
    kinds = [
        pl.col(f"k{name[1:]}")
        if f"k{name[1:]}" in piece.columns
        else pl.lit(0, pl.UInt8).alias(f"k{name[1:]}")
        for name in names
    ]
    for number, *values in piece.select(ROW, *names, *kinds).iter_rows():
        yield _Row(number, tuple(values[: len(names)]), tuple(values[len(names) :]))


def _number(value: str) -> bool:
    """Whether a text is a number that a spreadsheet can hold without losing a digit."""
    try:
        exact = Decimal(value)
        return exact.is_finite() and Decimal(repr(float(value))) == exact
    except (InvalidOperation, ValueError, OverflowError):
        return False


def _short(one: Finding) -> str:
    column = one.column or one.source_column
    return f"{one.code}{' ' + text.visible(column) if column else ''}: {text.visible(one.message)}"


def _too_large(what: str, limit: str) -> SettingsError:
    return SettingsError(
        f"a workbook cannot hold {what}: a sheet has at most {limit}",
        help="choose another output format, such as html or json",
    )
