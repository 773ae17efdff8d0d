"""Fixing delimited text changes the cells asked for and not one byte more."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from cgrev import fixing
from cgrev.fixing import CellFix
from cgrev.fixing.spans import records, unquoted, written
from cgrev.table import OpenTable

ALPHABET = st.sampled_from([*"abXY019 ,;\"'-\té", "Ω", "\u00a0", "日"])
CELL = st.text(ALPHABET, max_size=8)
PARTS = st.one_of(ALPHABET, st.sampled_from(["\n", "\r\n", "\r", '""']))
QUOTED_CELL = st.lists(PARTS, max_size=8).map("".join)


@st.composite
def raw_cells(draw: st.DrawFn, delimiter: str) -> str:
    """A cell as it stands in a file: bare, in quotes, or in quotes without need."""
    if draw(st.booleans()):
        return '"' + draw(QUOTED_CELL).replace('"', '""') + '"'
    bare = draw(CELL).replace(delimiter, "")
    return bare.lstrip('"')


@st.composite
def raw_files(draw: st.DrawFn) -> tuple[str, str]:
    """Text and delimiter: rows of any length, mixed line ends, blank lines, with or without a last one."""
    delimiter = draw(st.sampled_from([",", ";", "\t", "|"]))
    rows = draw(st.lists(st.lists(raw_cells(delimiter), min_size=1, max_size=4), max_size=6))
    ends = draw(
        st.lists(st.sampled_from(["\n", "\r\n", "\n\n", "\r"]), min_size=len(rows), max_size=len(rows))
    )
    if rows and draw(st.booleans()):
        ends[-1] = ""
    return "".join(delimiter.join(row) + end for row, end in zip(rows, ends, strict=True)), delimiter


def table(delimiter: str, encoding: str = "utf-8") -> OpenTable:
    return OpenTable("csv", 1, lambda rows: iter(()), delimiter=delimiter, encoding=encoding)


def values(text: str, delimiter: str) -> list[list[str]]:
    found = []
    for record in records(text, delimiter):
        found.append([unquoted(text[cell.start : cell.end]) for cell in record.cells])
    return found


@given(raw_files())
@settings(max_examples=150, deadline=None)
def test_cells_are_those_of_the_csv_module(file: tuple[str, str]) -> None:
    text, delimiter = file
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False)
    assert values(text, delimiter) == [row for row in reader if row]


@given(raw_files())
@settings(max_examples=80, deadline=None)
def test_records_are_numbered_by_the_line_they_start_on(file: tuple[str, str]) -> None:
    text, delimiter = file
    for record in records(text, delimiter):
        before = text[: record.cells[0].start].replace("\r\n", "\n").replace("\r", "\n")
        assert record.line == before.count("\n") + 1


@given(CELL | QUOTED_CELL, st.booleans(), st.sampled_from([",", ";", "\t"]))
def test_a_written_cell_is_read_as_it_was_meant(value: str, quoted: bool, delimiter: str) -> None:
    text = f"x{delimiter}{written(value, delimiter, quoted=quoted)}{delimiter}y\n"
    assert values(text, delimiter) == [["x", value, "y"]]


@st.composite
def fixed_files(draw: st.DrawFn) -> tuple[str, str, list[CellFix]]:
    text, delimiter = draw(raw_files())
    places = [
        (record.line, index) for record in records(text, delimiter) for index in range(len(record.cells))
    ]
    chosen = draw(st.lists(st.sampled_from(places), unique=True, max_size=4)) if places else []
    return text, delimiter, [CellFix(row, column, draw(CELL | QUOTED_CELL)) for row, column in chosen]


@given(fixed_files(), st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]), st.booleans())
@settings(max_examples=120, deadline=None)
def test_only_the_cells_asked_for_change(
    file: tuple[str, str, list[CellFix]], encoding: str, marked: bool
) -> None:
    text, delimiter, fixes = file
    source = ("\ufeff" if marked else "") + text
    with TemporaryDirectory() as folder:
        path = Path(folder) / "in.csv"
        path.write_bytes(source.encode(encoding))
        opened = table(delimiter, encoding)
        fixed = fixing.apply(path, fixes, opened)
        after = fixed.data.decode(encoding)
        # cut the cells out of both texts: what is left is equal, byte for byte
        wanted = {(fix.row, fix.column) for fix in fixes}
        assert without(source, delimiter, wanted) == without_in_order(after, delimiter, source, wanted)
        by_place = {(fix.row, fix.column): fix.text for fix in fixes}
        expected = [
            [by_place.get((record.line, index), unquoted(source[cell.start : cell.end]))
             for index, cell in enumerate(record.cells)]
            for record in records(source, delimiter)
        ]  # fmt: skip
        assert values(after, delimiter) == expected
        path.write_bytes(fixed.data)
        again = renumbered(source, after, delimiter, fixes)
        assert fixing.apply(path, again, opened).data == fixed.data


def without(text: str, delimiter: str, wanted: set[tuple[int, int]]) -> list[str]:
    """The text between the cells named."""
    parts, position = [], 0
    for record in records(text, delimiter):
        for index, cell in enumerate(record.cells):
            if (record.line, index) in wanted:
                parts.append(text[position : cell.start])
                position = cell.end
    return [*parts, text[position:]]


def without_in_order(after: str, delimiter: str, source: str, wanted: set[tuple[int, int]]) -> list[str]:
    """As `without`, by the place of the record: a new text with line breaks moves the lines below it."""
    lines = [record.line for record in records(source, delimiter)]
    places = [record.line for record in records(after, delimiter)]
    moved = dict(zip(lines, places, strict=True))
    return without(after, delimiter, {(moved[row], column) for row, column in wanted})


def renumbered(source: str, after: str, delimiter: str, fixes: list[CellFix]) -> list[CellFix]:
    moved = dict(
        zip(
            (record.line for record in records(source, delimiter)),
            (record.line for record in records(after, delimiter)),
            strict=True,
        )
    )
    return [CellFix(moved[fix.row], fix.column, fix.text, old=fix.text) for fix in fixes]
