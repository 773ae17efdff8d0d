"""Rows are compared by hash; every pair compared in full says the same, even where all hashes are equal."""

from __future__ import annotations

from datetime import date, timedelta
from unittest import mock

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cgrev import across
from cgrev.across import Across
from cgrev.layout import RevenueType
from cgrev.parsing.names import fold_name
from cgrev.places import place

FIRST = date(2024, 1, 1)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["Acme", "ACME", "Bolt", "Café", None]),
        st.sampled_from([5, 60, 65, -5, None]),
        st.sampled_from([0, 31, 60, 90, 27_000, -20_000, None]),
        st.sampled_from([0, 30, 59, 364, 27_030, None]),
        st.sampled_from([*(kind.value for kind in RevenueType), None]),
        st.sampled_from(["", "Gold", None]),
    ),
    min_size=1,
    max_size=24,
)
UNIT = 3
LONG_AGO = -20_000
"""Before 1970: a row with such a day is refused, and is held against none."""


def frame_of(rows: list[tuple[object, ...]]) -> pl.DataFrame:
    def day(offset: object) -> date | None:
        return FIRST + timedelta(days=int(str(offset))) if offset is not None else None

    return pl.DataFrame(
        {
            "row": list(range(2, len(rows) + 2)),
            "account_name": [row[0] for row in rows],
            "units": [row[1] for row in rows],
            "start_date": [day(row[2]) for row in rows],
            "end_date": [day(row[3]) for row in rows],
            "revenue_type": [row[4] for row in rows],
            "description": [row[5] for row in rows],
        },
        schema={
            "row": pl.UInt32,
            "account_name": pl.String,
            "units": pl.Int64,
            "start_date": pl.Date,
            "end_date": pl.Date,
            "revenue_type": pl.String,
            "description": pl.String,
        },
    ).with_columns(at=place(UNIT, pl.col("row")))


def expected(rows: list[tuple[object, ...]]) -> tuple[set[int], set[tuple[int, int]]]:
    """Duplicates, and pairs of rows that overlap: each row against each."""
    seen: dict[tuple[object, ...], int] = {}
    doubled: set[int] = set()
    for number, (name, units, start, end, kind, text) in enumerate(rows, 2):
        six = (fold_name(str(name)) if name else None, units, start, end, kind, text or "")
        if None in six:
            continue
        if six in seen:
            doubled.add(number)
        seen.setdefault(six, number)
    alone = [
        (number, fold_name(str(row[0])), row[4], row[2], row[3])
        for number, row in enumerate(rows, 2)
        if number not in doubled
        and None not in row[:5]
        and row[4] != RevenueType.ONE_TIME.value
        and LONG_AGO < row[2] <= row[3]  # type: ignore[operator]
    ]
    pairs = [
        (one, two)
        for one in alone
        for two in alone
        if one[0] < two[0] and one[1:3] == two[1:3] and one[3] <= two[4] and two[3] <= one[4]  # type: ignore[operator]
    ]
    return doubled, {(one[0], two[0]) for one, two in pairs}


def yearly_amounts(rows: list[tuple[object, ...]], doubled: set[int]) -> set[int]:
    """MRR of 10 to 14 times the lower median of what the account's rates book a month."""
    rates: dict[str, list[int]] = {}
    for name, units, _, _, kind, _ in rows:
        if name is not None and kind in ("ARR", "MRR") and isinstance(units, int) and units > 0:
            rates.setdefault(fold_name(str(name)), []).append(units * (12 if kind == "MRR" else 1))
    usual = {key: sorted(amounts)[(len(amounts) - 1) // 2] for key, amounts in rates.items()}
    return {
        number
        for number, (name, units, _, _, kind, _) in enumerate(rows, 2)
        if name is not None
        and kind == "MRR"
        and isinstance(units, int)
        and units > 0
        and number not in doubled
        if 10 * usual[fold_name(str(name))] <= units * 12 <= 14 * usual[fold_name(str(name))]
    }


def found(frame: pl.DataFrame, cut: int, code: str) -> pl.DataFrame:
    rows = Across()
    for part in (frame.head(cut), frame.slice(cut)):
        if part.height:
            rows.add(UNIT, part)
    breaches, _ = rows.settle(lambda places: frame.filter(pl.col("at").is_in(places.implode())), {code})
    return breaches.with_columns(pl.col("at", "first") & 0xFFFFFFFF)


def one_hash(names: pl.Series, known: object, seed: int) -> tuple[pl.Series, pl.Series]:
    same = pl.when(pl.lit(names).is_not_null()).then(pl.lit(1 << 40, dtype=pl.UInt64))
    return pl.select(same).to_series(), names.hash(seed)


@pytest.mark.parametrize("hashes", [across._accounts, one_hash], ids=["own hashes", "one hash for all"])
@settings(max_examples=150, deadline=None)
@given(ROWS, st.integers(0, 24), st.integers(1, 30))
@example(
    [
        ("Acme", 5, 0, 30, "MRR", ""),
        ("Acme", 60, 31, 59, "MRR", ""),
        *(("Bolt", 60, 0, 30, "MRR", text) for text in ("", "Gold", None)),
        ("Bolt", 60, 31, 59, "MRR", ""),
        ("Bolt", 60, 60, 364, "MRR", ""),
    ],
    0,
    30,
)
def test_hashes_find_what_every_pair_says(hashes, rows, cut, part) -> None:  # type: ignore[no-untyped-def]
    frame = frame_of(rows)
    doubled, overlapping = expected(rows)
    with mock.patch.object(across, "_accounts", hashes), mock.patch.object(across, "PART_ROWS", part):
        assert set(found(frame, cut, "CGR401")["at"]) == doubled
        pairs = found(frame, cut, "CGR403")
        spelt = set(found(frame, cut, "CGR402")["at"])
        assert set(found(frame, cut, "CGR507")["at"]) == yearly_amounts(rows, doubled)
    assert set(pairs.select("first", "at").iter_rows()) <= overlapping
    assert bool(overlapping) == bool(pairs.height)
    first: dict[str, str] = {}
    for name, *_ in rows:
        if name is not None:
            first.setdefault(fold_name(name), name)
    assert spelt == {
        number
        for number, (name, *_) in enumerate(rows, 2)
        if name is not None and first[fold_name(name)] != name
    }


@settings(max_examples=60, deadline=None)
@given(ROWS, ROWS)
def test_files_apart_are_held_against_themselves_alone(first, second) -> None:  # type: ignore[no-untyped-def]
    codes = {"CGR401", "CGR402", "CGR403", "CGR507"}
    files = [frame_of(first), frame_of(second).with_columns(at=place(UNIT + 1, pl.col("row")))]
    whole = pl.concat(files)

    def settled(units: list[int]) -> pl.DataFrame:
        rows = Across(apart=True)
        for unit in units:
            rows.add(UNIT + unit, files[unit])
        found, _ = rows.settle(lambda places: whole.filter(pl.col("at").is_in(places.implode())), codes)
        return found

    assert settled([0, 1]).equals(pl.concat([settled([0]), settled([1])]))
