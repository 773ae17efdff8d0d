"""The streamed CSV reader agrees with Python's csv module, whatever the block size."""

from __future__ import annotations

import csv
import io
import re

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cgrev.limits import Limits
from cgrev.readers.csv import open_csv
from cgrev.readers.records import read_records, swallowing_cell
from cgrev.readers.sniff import sniff
from cgrev.readers.source import Source
from cgrev.table import ROW, OpenTable, cells

PART = st.sampled_from(["a", "é", "1", " ", '"', '""', ",", ";", "\n", "\r\n", "\r", "x y", "", "€"])
RAGGED = st.lists(PART, max_size=60).map("".join)
CELL = st.one_of(
    st.text(alphabet='ab,"\n é', max_size=6),
    st.sampled_from(["", "Gold plan", "12.50", 'say "hi"', "two\nlines", "two\r\nlines", "a,b"]),
)


def written(rows: list[list[str]], all_quoted: bool, ends: str) -> str:
    stream = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL
    csv.writer(stream, quoting=quoting, lineterminator=ends).writerows(rows)
    return stream.getvalue()


def open_text(text: str, block_bytes: int | None = None, codec: str = "utf-8") -> OpenTable:
    """UTF-8 is read in blocks that end with a line, other encodings in blocks that end anywhere."""
    data = text.encode(codec)
    source = Source("text.csv", None, data, len(data))
    return open_csv(source, encoding=codec, delimiter=",", limits=Limits(), block_bytes=block_bytes)


def expected(text: str) -> list[tuple[int, list[str]]]:
    """Records and the lines they start on, by the csv module; lone carriage returns are line feeds."""
    unified = re.sub(r"\r(?!\n)", "\n", text)
    reader = csv.reader(io.StringIO(unified, newline=""))
    records = []
    start = 1
    for record in reader:
        records.append((start, record or [""]))
        start = reader.line_num + 1
    return records


def got(table: OpenTable, rows: int = 1000) -> list[tuple[int, list[str]]]:
    frame = pl.concat(list(table.pieces(rows)))
    assert frame.columns == [ROW, *cells(table.width)]
    out = []
    for row, *values in frame.rows():
        present = [value for value in values if value is not None]
        assert values[: len(present)] == present, "a cell that is not there stands before one that is"
        out.append((row, present))
    return out


def cut(records: list[tuple[int, list[str]]], width: int) -> list[tuple[int, list[str]]]:
    return [(row, record[:width]) for row, record in records]


@settings(max_examples=400, deadline=None)
@given(text=RAGGED.filter(str.strip), size=st.integers(1, 40), codec=st.sampled_from(["utf-8", "utf-16-le"]))
@example(text="a,b\r\n1,2\r\n", size=8, codec="utf-16-le")
@example(text='a,b\n1,"x', size=3, codec="utf-8")
@example(text='"a"x,b\r\n"\r\n",""\n\n', size=2, codec="utf-8")
@example(text=',\n",', size=1, codec="utf-8")
@example(text='a,b\n"1,2"\n1,2\n', size=64, codec="utf-8")
@example(text="a,b,c\n1,2\n1,2,3,4\n", size=64, codec="utf-8")
@example(text='a,b\n"1""",2\n,\n"",""\n', size=64, codec="utf-8")
def test_any_text_gives_the_records_of_the_csv_module(text: str, size: int, codec: str) -> None:
    table = open_text(text, size, codec)
    assert got(table) == cut(expected(text), table.width)


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=12),
    all_quoted=st.booleans(),
    ends=st.sampled_from(["\n", "\r\n"]),
    size=st.sampled_from([1, 7, 30, 200, 5000]),
)
def test_written_rows_come_back_cell_by_cell(
    rows: list[list[str]], all_quoted: bool, ends: str, size: int
) -> None:
    text = written(rows, all_quoted, ends)
    if not text.strip():
        return
    table = open_text(text, size)
    unified = [[re.sub(r"\r(?!\n)", "\n", cell) for cell in row] for row in rows]
    assert [record for _, record in got(table)] == unified


@settings(max_examples=100, deadline=None)
@given(text=RAGGED.filter(str.strip), rows=st.integers(1, 5))
def test_pieces_of_any_size_hold_the_same_rows(text: str, rows: int) -> None:
    table = open_text(text)
    assert got(table, rows) == got(table, 10_000)
    assert all(piece.height <= rows + rows // 2 or piece.height == 1 for piece in table.pieces(rows))


LINES = st.lists(
    st.sampled_from(
        ["A,1,x", 'A,1,"x', '"A,1,x', 'A,1,"x"', 'x"', '"', 'B,2,y"', "plain", "a,b", 'A,"1,x', ""]
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=300, deadline=None)
@given(lines=LINES, size=st.integers(1, 40), ends=st.sampled_from(["\n", "\r\n"]), last=st.booleans())
def test_the_same_lines_are_called_swallowed_as_record_by_record(
    lines: list[str], size: int, ends: str, last: bool
) -> None:
    text = ends.join(["name,amount,note", *lines]) + (ends if last else "")
    table = open_text(text, size)
    seen = pl.concat(list(table.pieces(1000)))
    assert seen.height > 0
    data = text.encode("utf-8")
    want = []
    line = 1
    place = 0
    for record in read_records(data, b",", final=True, limit=1000):
        taken = data.count(b"\n", place, record.end)
        over = taken > 1 or (taken == 1 and not data[place : record.end].endswith(b"\n"))
        cell = swallowing_cell(record, b",", usual_width(data)) if over else None
        if cell is not None:
            want.append(line + sum(c.count(b"\n") for c in record.cells[:cell]))
        line += taken
        place = record.end
    assert [notice.row for notice in table.notices if notice.code == "CGR008"] == want


def usual_width(data: bytes) -> int:
    return sniff(data, final=True, declared=",").usual


@given(
    text=st.one_of(
        RAGGED,
        st.lists(st.lists(CELL, min_size=1, max_size=4), max_size=8).map(
            lambda rows: written(rows, False, "\n")
        ),
    ),
    block=st.integers(1, 80),
    asked=st.sets(st.integers(1, 20), max_size=6),
)
@settings(max_examples=150)
def test_rows_that_are_asked_for_are_those_of_the_whole(text: str, block: int, asked: set[int]) -> None:
    if not text.strip():
        return
    table = open_text(text)
    whole = pl.concat(table.pieces(1000), how="diagonal")
    numbers = pl.Series(ROW, sorted(asked), dtype=pl.UInt32)
    wanted = whole.filter(pl.col(ROW).is_in(numbers.implode()))
    for source in (table, open_text(text, block)):
        assert source.at is not None
        # a number that is no row (a line inside a cell) is not asked for: places come from rows
        known = numbers.filter(numbers.is_in(whole[ROW].implode()))
        found = [frame for frame in source.at(known) if frame.height]
        assert (pl.concat(found, how="diagonal") if found else wanted.clear()).rows() == wanted.rows()
