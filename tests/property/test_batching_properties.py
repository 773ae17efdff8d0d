"""Laws of batching: nothing lost, nothing doubled, order and sizes held, cuts of the input invisible."""

from __future__ import annotations

import csv
import io
from datetime import date
from itertools import pairwise
from xml.etree import ElementTree

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from cgrev.batching import Batch, BatchOptions, batches
from cgrev.writers import FileOptions, Format
from cgrev.writers.canonical import SCHEMA

Record = tuple[str, int, date, date, str, str | None]

texts = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff\ufeff"),
    min_size=1,
    max_size=12,
).filter(lambda text: text.strip() == text)
dates = st.dates(date(1970, 1, 1), date(2100, 12, 31))
records = st.tuples(
    texts | st.sampled_from(['a,b"c;', "=1+1", "a\nb", "12", "2024-01-01"]),
    st.integers(-(2**63), 2**63 - 1) | st.integers(-100, 100),
    dates,
    dates,
    st.sampled_from(["ARR", "MRR", "One Time", "Other"]),
    st.none() | texts,
)
formats = st.sampled_from(["csv", "xml", "xlsx"])


def frame_of(rows: list[Record]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def read_back(batch: Batch, format: Format) -> list[list[str]]:
    """The cells of a finished file as text, by a reader that shares nothing with the writer."""
    if format == "csv":
        return list(csv.reader(io.StringIO(batch.data.decode(), newline=""), strict=True))[1:]
    if format == "xml":
        return [[cell.text or "" for cell in record] for record in ElementTree.fromstring(batch.data)]
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(batch.data)).get_sheet_by_index(0).to_python()
    return [[str(int(cell)) if isinstance(cell, float) else str(cell) for cell in row] for row in sheet[1:]]


def as_text(rows: list[Record]) -> list[list[str]]:
    return [["" if cell is None else str(cell) for cell in row] for row in rows]


@settings(deadline=None, max_examples=60)
@given(st.lists(records, max_size=25), formats, st.integers(1, 8), st.integers(0, 400))
def test_files_read_back_as_the_rows_in_order_within_the_limits(
    rows: list[Record], format: Format, max_records: int, spare: int
) -> None:
    singles = batches(frame_of(rows), BatchOptions(FileOptions(format), max_records=1))
    max_bytes = max((len(batch.data) for batch in singles), default=1) + spare
    options = BatchOptions(FileOptions(format), max_records, max_bytes)
    made = list(batches(frame_of(rows), options))
    assert [line for batch in made for line in read_back(batch, format)] == as_text(rows)
    assert all(1 <= batch.records <= max_records and len(batch.data) <= max_bytes for batch in made)
    assert sum(batch.records for batch in made) == len(rows)
    assert sum(batch.total for batch in made) == sum(row[1] for row in rows)
    assert list(batches(frame_of(rows), options)) == made


@settings(deadline=None, max_examples=60)
@given(
    st.lists(records, max_size=40),
    st.sampled_from(["csv", "xml"]),
    st.lists(st.integers(0, 40), max_size=6),
    st.integers(1, 9),
)
def test_how_the_rows_were_cut_into_pieces_leaves_no_trace(
    rows: list[Record], format: Format, cuts: list[int], max_records: int
) -> None:
    options = BatchOptions(FileOptions(format), max_records, max_bytes=1500)
    bounds = [0, *sorted(cuts), len(rows)]
    pieces = [frame_of(rows[first:last]) for first, last in pairwise(bounds) if first <= last]
    assert list(batches(pieces, options)) == list(batches(frame_of(rows), options))


@settings(deadline=None, max_examples=40)
@given(st.lists(records, min_size=1, max_size=25), st.sampled_from(["csv", "xml"]), st.integers(600, 1500))
def test_a_batch_is_full(rows: list[Record], format: Format, max_bytes: int) -> None:
    """One more record would not have fitted."""
    made = list(batches(frame_of(rows), BatchOptions(FileOptions(format), max_bytes=max_bytes)))
    done = 0
    for batch in made[:-1]:
        done += batch.records
        longer = frame_of(rows[done - batch.records : done + 1])
        (whole,) = batches(longer, BatchOptions(FileOptions(format)))
        assert len(whole.data) > max_bytes
