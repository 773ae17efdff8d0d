"""Rows of cells that the file itself typed, as pieces: shared by all readers of sheets.

A sheet is a rectangle: every cell is there, "" where it is blank. Blank rows behind the last row with
data are formatting and are left out; blank rows in between stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

import polars as pl
from msgspec import Struct

from cgrev.errors import InputRefused
from cgrev.findings import SUMMARY_SHEET, Decision
from cgrev.limits import Limits, long_cell
from cgrev.table import ROW, Kind, cells


class ErrorText(str):
    """What a spreadsheet shows where a formula fails, such as "#N/A"."""


class NoValue(str):
    """The blank text of a formula whose value was never stored."""


class NumberText(str):
    """A number already in its shortest decimal form."""


class DateText(str):
    """YYYY-MM-DD"""


class DateTimeText(str):
    """YYYY-MM-DDTHH:MM:SS"""


class BooleanText(str):
    """TRUE or FALSE"""


Value = str | int | float | bool | date | datetime | time | timedelta

PIECE_CELLS = 5_000_000
"""Cells of one piece: rows of very wide sheets come in smaller pieces."""
BLOCK_ROWS = 4096
"""Rows turned into columns at once."""

KINDS: dict[type, Kind] = {
    float: Kind.NUMBER,
    int: Kind.NUMBER,
    NumberText: Kind.NUMBER,
    date: Kind.DATE,
    DateText: Kind.DATE,
    datetime: Kind.DATETIME,
    DateTimeText: Kind.DATETIME,
    bool: Kind.BOOLEAN,
    BooleanText: Kind.BOOLEAN,
    ErrorText: Kind.ERROR,
    NoValue: Kind.FORMULA,
}
"""By the type of a value; what is not listed is text: a time of day and a duration are neither a date
nor an amount. A datetime of midnight is a date."""


def number_text(value: float | int) -> str:
    """The shortest decimal form that gives the same number, without exponent: 1234, 0.1, 0."""
    if isinstance(value, int):
        return str(value)
    if value != value or value in (float("inf"), float("-inf")):
        return "#NUM!"
    text = format(Decimal(repr(value)), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def duration_text(value: timedelta) -> str:
    """Hours, minutes and seconds, as a spreadsheet shows a duration: 30:05:00."""
    total = round(value.total_seconds())
    sign = "-" if total < 0 else ""
    minutes, seconds = divmod(abs(total), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours}:{minutes:02}:{seconds:02}"


def clock_text(value: time) -> str:
    """A time of day to the full second."""
    return value.replace(microsecond=0).isoformat()


CONVERT: dict[type, Callable[[Any], str]] = {
    int: str,
    bool: lambda value: "TRUE" if value else "FALSE",
    time: clock_text,
    timedelta: duration_text,
}


NATIVE: dict[type, pl.DataType] = {float: pl.Float64(), date: pl.Date(), datetime: pl.Datetime("us")}
"""Types whose values become text in bulk."""
MIDNIGHT = "T00:00:00"


class Column:
    """One column, filled block by block: a series for each type, null where a value is of another."""

    def __init__(self) -> None:
        self.height = 0
        self.series: dict[type, list[pl.Series]] = {}

    def add(self, values: Sequence[Value]) -> None:
        types = list(map(type, values))
        present = set(types)
        usual = max(present, key=types.count)
        split: dict[type, list[Value | None]] = {kind: [None] * len(values) for kind in present}
        split[usual] = list(values)
        if len(present) > 1:
            for place, kind in enumerate(types):
                if kind is not usual:
                    split[kind][place] = values[place]
                    split[usual][place] = None
        for kind, own in split.items():
            self._extend(kind, native(kind, own))
        self.height += len(values)

    def _extend(self, kind: type, series: pl.Series) -> None:
        parts = self.series.setdefault(kind, [])
        missing = self.height - sum(map(len, parts))
        parts += [series.clear(missing), series] if missing else [series]

    def text(self) -> tuple[pl.Series, pl.Series | None]:
        """The column as text, and its native marks (None when all is text)."""
        texts: list[pl.Series] = []
        marks: list[pl.Expr] = []
        for kind, parts in self.series.items():
            self._extend(kind, parts[0].clear())
            found = texts_of(pl.concat(parts, rechunk=True))
            mark = pl.lit(int(KINDS.get(kind, Kind.TEXT)), pl.UInt8)
            if kind is datetime:  # midnight is a plain date, said as one
                midnight = found.str.ends_with(MIDNIGHT)
                found = found.str.strip_suffix(MIDNIGHT)
                mark = pl.when(midnight).then(pl.lit(int(Kind.DATE), pl.UInt8)).otherwise(mark)
            texts.append(found)
            marks.append(pl.when(found.is_not_null()).then(mark))
        text = texts[0] if len(texts) == 1 else pl.select(pl.coalesce(texts)).to_series()
        if not any(KINDS.get(kind) for kind in self.series):
            return text, None
        return text, pl.select(pl.coalesce(marks)).to_series()


def native(kind: type, values: Sequence[Any]) -> pl.Series:
    """Values of one type, and None where there is none."""
    if kind in CONVERT:
        convert = CONVERT[kind]
        values = [None if value is None else convert(value) for value in values]
    return pl.Series(values, dtype=NATIVE.get(kind, pl.String()))


def texts_of(series: pl.Series) -> pl.Series:
    """The texts of a column `native` made."""
    if series.dtype == pl.Float64:
        return number_texts(series)
    if series.dtype == pl.Date:
        return series.dt.to_string("iso")
    if series.dtype == pl.Datetime:
        # To the full second. A fraction is cut, never rounded up: the last moment of a day, 23:59:59.997,
        # must not become the next day.
        return series.dt.to_string("%Y-%m-%dT%H:%M:%S")
    return series


def number_texts(numbers: pl.Series) -> pl.Series:
    """`number_text` of a column: in bulk, but for the few that need an exponent."""
    texts = numbers.cast(pl.String).str.strip_suffix(".0")
    rare = texts.str.contains("[eNi]|^-0$").fill_null(False)
    if rare.any():
        texts = texts.scatter(rare.arg_true(), [number_text(value) for value in numbers.filter(rare)])
    return texts


def frame(rows: Iterator[Sequence[Value]], first: int, width: int, limits: Limits) -> pl.DataFrame:
    """Rows of equal length as a piece, without columns where there is none; `first` is the first's number.

    They are taken in blocks that the processor's cache holds, because a row is one object a cell.
    """
    columns = [Column() for _ in range(width)]
    while block := list(islice(rows, BLOCK_ROWS)):
        for column, values in zip(columns, zip(*block, strict=True), strict=True):
            column.add(values)
    height = columns[0].height
    if not height:
        return pl.DataFrame()
    numbers = pl.int_range(first, first + height, dtype=pl.UInt32, eager=True)
    texts: list[pl.Series] = []
    marks: list[pl.Series] = []
    for index, column in enumerate(columns):
        text, mark = column.text()
        longest = text.str.len_chars().max()
        if isinstance(longest, int) and longest > limits.cell_length:
            row = first + (text.str.len_chars().arg_max() or 0)
            raise long_cell(row, limits.cell_length)
        texts.append(text.alias(f"c{index}"))
        if mark is not None:
            marks.append(mark.alias(f"k{index}"))
    return pl.DataFrame([numbers.alias(ROW), *texts, *marks])


def pieces(
    rows: Iterable[Sequence[Value]], first: int, width: int, size: int, limits: Limits
) -> Iterator[pl.DataFrame]:
    """Rows in pieces of `size`, without the blank ones at the end."""
    source = iter(rows)
    size = max(1, min(size, PIECE_CELLS // width))
    held: list[pl.DataFrame] = []  # blank so far: given out only when data follow
    seen = 0
    while (piece := frame(islice(source, size), first + seen, width, limits)).height:
        seen += piece.height
        limits.check_rows(seen)
        last = last_filled(piece, width)
        if last < 0:
            held.append(piece)
            continue
        yield from held
        held = []
        if last + 1 < piece.height:
            held = [piece[last + 1 :]]
            piece = piece[: last + 1]
        yield piece


def last_filled(piece: pl.DataFrame, width: int) -> int:
    """Index of the last row with anything in it, -1 when there is none."""
    filled = [pl.col(name) != "" for name in cells(width)]
    filled += [pl.col(name) == int(Kind.FORMULA) for name in piece.columns if name.startswith("k")]
    places = piece.select(pl.any_horizontal(filled).arg_true()).to_series()
    return int(places[-1]) if len(places) else -1


def column_letters(index: int) -> str:
    """0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, digit = divmod(index - 1, 26)
        letters = chr(65 + digit) + letters
    return letters


class SheetInfo(Struct, frozen=True):
    """A sheet of a workbook. `number` counts from 1 in the order of the workbook; `is_table` when at
    least two of its rows have two values or more, so that it is not only a note or a heading."""

    name: str
    number: int
    visible: bool
    has_data: bool
    is_table: bool


def choose_sheet(sheets: Sequence[SheetInfo], wanted: str | None, name: str) -> tuple[SheetInfo, Decision]:
    """The sheet that is read: the one asked for, else the only visible one with a table, else the only
    visible one with any data, else the same among the hidden ones.

    Raises CGR009 when that leaves a choice, CGR006 when no sheet has data.
    """
    if wanted is not None:
        return _asked_for(sheets, wanted, name)
    own = [sheet for sheet in sheets if sheet.name == SUMMARY_SHEET]  # an error workbook, read in again
    visible = [sheet for sheet in sheets if sheet.visible and sheet.has_data and sheet not in own]
    hidden = [sheet for sheet in sheets if not sheet.visible and sheet.has_data and sheet not in own]
    filled = visible or hidden
    if not filled:
        raise InputRefused("CGR006", "the workbook holds no data", help="export it again", path=name)
    candidates = [sheet for sheet in filled if sheet.is_table] or filled
    if len(candidates) > 1:
        raise InputRefused(
            "CGR009",
            f"several sheets hold data: {listed(candidates)}",
            help="choose one with --sheet NAME",
            path=name,
        )
    chosen = candidates[0]
    evidence = ["the only sheet" if len(sheets) == 1 else "the only sheet with data"]
    if len(filled) > 1:
        notes = [sheet for sheet in filled if sheet is not chosen]
        evidence = [f"the only sheet with a table; a note or heading in {listed(notes)}"]
    if not chosen.visible:
        evidence.append("it is hidden")
    elif hidden:
        evidence.append(f"hidden sheets left out: {listed(hidden)}")
    return chosen, Decision("sheet", chosen.name, "evidence", tuple(evidence))


def _asked_for(sheets: Sequence[SheetInfo], wanted: str, name: str) -> tuple[SheetInfo, Decision]:
    """By name, by name without regard to case, by number: in this order."""
    by_name = [sheet for sheet in sheets if sheet.name == wanted]
    by_case = [sheet for sheet in sheets if sheet.name.casefold() == wanted.casefold()]
    by_number = [sheet for sheet in sheets if str(sheet.number) == wanted]
    found = next(iter(by_name or by_case or by_number), None)
    if found is None:
        help = f"the sheets are {listed(sheets)}"
        raise InputRefused("CGR009", f"there is no sheet '{wanted}'", help=help, path=name)
    if not found.has_data:
        raise InputRefused("CGR006", f"sheet '{found.name}' holds no data", help="choose another", path=name)
    return found, Decision("sheet", found.name, "declared", ("--sheet",))


def listed(sheets: Sequence[SheetInfo]) -> str:
    """Names in quotes, not more than a message holds."""
    names = [f"'{sheet.name}'" for sheet in sheets[:12]]
    return ", ".join(names) + (f" and {len(sheets) - 12} more" if len(sheets) > 12 else "")
