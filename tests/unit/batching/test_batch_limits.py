"""Batches: both limits inclusive and measured on the finished file, whatever the pieces."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from hashlib import sha256

import polars as pl
import pytest

from cgrev.batching import BatchOptions, batches
from cgrev.errors import SettingsError
from cgrev.layout import MAX_BYTES, MAX_RECORDS
from cgrev.writers import FileOptions, Format


def rows(count: int, name: str = "Acme") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "account_name": pl.Series([name] * count, dtype=pl.String),
            "amount": pl.Series(range(count), dtype=pl.Int64),
            "start_date": pl.Series([date(2024, 1, 1)] * count, dtype=pl.Date),
            "end_date": pl.Series([date(2024, 12, 31)] * count, dtype=pl.Date),
            "revenue_type": pl.Series(["ARR"] * count, dtype=pl.String),
            "description": pl.Series([None] * count, dtype=pl.String),
        }
    )


def test_the_limits_are_those_of_the_layout() -> None:
    assert (BatchOptions().max_records, BatchOptions().max_bytes) == (MAX_RECORDS, MAX_BYTES)


def test_a_thousand_records_are_one_batch_and_one_more_are_two() -> None:
    assert [batch.records for batch in batches(rows(1000))] == [1000]
    assert [batch.records for batch in batches(rows(1001))] == [1000, 1]


def test_no_rows_give_no_batch() -> None:
    assert list(batches(rows(0))) == []
    assert list(batches([])) == []


def test_a_batch_states_its_total_and_digest() -> None:
    extreme = rows(3).with_columns(amount=pl.Series([2**63 - 1, 2**63 - 1, -5]))
    (batch,) = batches(extreme)
    assert batch.total == 2 * (2**63 - 1) - 5
    assert batch.sha256 == sha256(batch.data).hexdigest()


@pytest.mark.parametrize("format", ["csv", "xml", "xlsx"])
def test_the_byte_limit_is_exact_and_inclusive(format: Format) -> None:
    file = FileOptions(format)
    (whole,) = batches(rows(40), BatchOptions(file))
    assert [batch.records for batch in batches(rows(40), BatchOptions(file, max_bytes=len(whole.data)))] == [
        40
    ]
    cut = list(batches(rows(40), BatchOptions(file, max_bytes=len(whole.data) - 1)))
    assert len(cut) == 2
    assert sum(batch.records for batch in cut) == 40
    assert all(len(batch.data) < len(whole.data) for batch in cut)
    if format != "xlsx":
        assert cut[0].records == 39


def test_wide_characters_count_by_their_bytes() -> None:
    wide = list(batches(rows(1000, "株" * 255)[:1000], BatchOptions(max_bytes=100_000)))
    assert sum(batch.records for batch in wide) == 1000
    assert all(len(batch.data) <= 100_000 for batch in wide)
    assert all(len(batch.data) > 99_000 for batch in wide[:-1])


def test_a_record_larger_than_a_file_is_named() -> None:
    large = pl.concat([rows(7), rows(1, "x" * 200)])
    with pytest.raises(
        SettingsError, match=r"record 8 alone makes a file of 3\d\d bytes, above the limit of 200"
    ):
        list(batches(large, BatchOptions(max_bytes=200)))


def test_limits_below_one_are_refused() -> None:
    with pytest.raises(SettingsError, match="at most 0 records"):
        BatchOptions(max_records=0)
    with pytest.raises(SettingsError, match="at most -1 bytes"):
        BatchOptions(max_bytes=-1)


def test_batches_leave_while_rows_still_come() -> None:
    taken = []

    def pieces() -> Iterator[pl.DataFrame]:
        for place in range(10):
            taken.append(place)
            yield rows(500)

    stream = batches(pieces())
    next(stream)
    assert taken == [0, 1]
    assert sum(batch.records for batch in stream) == 4000


@pytest.mark.parametrize("format", ["csv", "xml"])
def test_line_feeds_in_texts_do_not_end_a_record(format: Format) -> None:
    texts = ["one", "two\nlines", "\r\n", 'a "\n\n"', "cr\rhere", None, "last\n"]
    lined = rows(len(texts)).with_columns(description=pl.Series(texts, dtype=pl.String))
    file = FileOptions(format)
    alone = [next(batches(lined[place], BatchOptions(file))) for place in range(len(texts))]
    assert list(batches(lined, BatchOptions(file, max_records=1))) == alone
    (whole,) = batches(lined, BatchOptions(file))
    assert [cut.records for cut in batches(lined, BatchOptions(file, max_bytes=len(whole.data) - 1))] == [
        6,
        1,
    ]


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_a_large_frame_is_taken_part_by_part(format: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    options = BatchOptions(FileOptions(format), max_records=9)
    whole = list(batches(rows(40), options))
    monkeypatch.setattr("cgrev.batching.PIECE_ROWS", 7)
    assert list(batches(rows(40), options)) == whole
