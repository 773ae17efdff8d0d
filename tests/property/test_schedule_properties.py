"""10,000 random records booked three ways: by record, for the whole file, and here by fractions."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor

import polars as pl
import pytest

from cgrev.booking import MonthCount, Reading, book
from cgrev.schedule import booked_total, monthly, monthly_rows, spread_reading

Record = tuple[str, int, date, date, str]

DAYS = (date(2100, 12, 31) - date(1970, 1, 1)).days


def records(count: int, seed: int) -> list[Record]:
    chance = random.Random(seed)
    made: list[Record] = []
    for _ in range(count):
        start = date(1970, 1, 1) + timedelta(chance.randrange(DAYS))
        if chance.random() < 0.3:  # month ends are where counting goes wrong
            start = start.replace(day=1) - timedelta(1) if start > date(1970, 2, 1) else start
        end = start + timedelta(
            int(
                chance.choice([31, 400, 400, 800, 1500, 6000 if chance.random() < 0.1 else 60])
                * chance.random()
            )
        )
        if chance.random() < 0.3:
            end = max(start, end.replace(day=1) - timedelta(1))
        amount = chance.choice([chance.randrange(-500, 500), chance.randrange(-(2**63), 2**63), 12_000])
        kind = chance.choice(["ARR", "MRR", "One Time", "Other"])
        made.append((f"account {chance.randrange(300)}", amount, start, min(end, date(2100, 12, 31)), kind))
    return made


def following(month: date) -> date:
    return (month + timedelta(31)).replace(day=1)


def nth_anniversary(start: date, months: int) -> date:
    year, month_before = divmod(start.year * 12 + start.month - 1 + months, 12)
    month = date(year, month_before + 1, 1)
    return month.replace(day=min(start.day, (following(month) - timedelta(1)).day))


def months_of(start: date, end: date, month_count: MonthCount) -> list[date]:
    months = [start.replace(day=1)]
    if month_count == "calendar":
        while following(months[-1]) <= end:
            months.append(following(months[-1]))
    else:
        while nth_anniversary(start, len(months) + 1) <= end + timedelta(1):
            months.append(following(months[-1]))
    return months


def cut(total: Fraction, parts: int) -> list[Fraction]:
    """Largest remainder in cents: floors, then a cent each to the largest remainders, earlier first."""
    sign = -1 if total < 0 else 1
    exact = [abs(total) * 100 / parts] * parts
    cents = [floor(value) for value in exact]
    missing = abs(total) * 100 - sum(cents)
    order = sorted(range(parts), key=lambda place: (-(exact[place] - cents[place]), place))
    for place in order[: int(missing)]:
        cents[place] += 1
    return [Fraction(sign * value, 100) for value in cents]


def by_fractions(
    record: Record, month_count: MonthCount, reading: Reading = "documented"
) -> dict[date, Fraction]:
    _, amount, start, end, kind = record
    months = months_of(start, end, month_count)
    total = Fraction(amount)
    if kind == "One Time":
        return {months[0]: total}
    if kind == "MRR":
        return dict.fromkeys(months, total)
    if kind == "ARR" and len(months) >= 12 and reading == "documented":
        cycle = cut(total, 12)
        return {month: cycle[place % 12] for place, month in enumerate(months)}
    return dict(zip(months, cut(total, len(months)), strict=True))


def frame_of(made: list[Record]) -> pl.DataFrame:
    types = {
        "account_name": pl.String,
        "amount": pl.Int64,
        "start_date": pl.Date,
        "end_date": pl.Date,
        "revenue_type": pl.String,
    }
    return pl.DataFrame(made, schema=types, orient="row").with_columns(
        row=pl.int_range(pl.len(), dtype=pl.UInt32)
    )


@pytest.mark.parametrize(("month_count", "seed"), [("calendar", 1), ("anniversary", 2)])
def test_three_calculations_agree_on_five_thousand_records_each(month_count: MonthCount, seed: int) -> None:
    made = records(5_000, seed)
    expected = [by_fractions(record, month_count) for record in made]
    for record, months in zip(made, expected, strict=True):
        booked = book(*record[1:], month_count=month_count)
        assert {month: Fraction(amount) for month, amount in booked.items()} == months, record
    frame = frame_of(made)
    listed: dict[int, dict[date, Fraction]] = defaultdict(dict)
    for piece in monthly_rows(frame, month_count):
        for row, month, amount in piece.select("row", "month", "amount").iter_rows():
            listed[row][month] = Fraction(amount)
    assert [listed[row] for row in range(len(made))] == expected
    totals = booked_total(frame, month_count).to_list()
    assert [Fraction(total) for total in totals] == [sum(months.values()) for months in expected]
    sums: dict[tuple[str, str, date], Fraction] = defaultdict(Fraction)
    for record, months in zip(made, expected, strict=True):
        for month, amount in months.items():
            sums[record[0], record[4], month] += amount
    booked_file = monthly(frame, month_count)
    assert {row[:3]: Fraction(row[3]) for row in booked_file.iter_rows()} == sums


def test_the_other_reading_agrees_too() -> None:
    made = records(500, 3)
    expected: dict[tuple[str, str, date], Fraction] = defaultdict(Fraction)
    for record in made:
        for month, amount in by_fractions(record, "calendar", "spread").items():
            expected[record[0], record[4], month] += amount
    assert {row[:3]: Fraction(row[3]) for row in spread_reading(frame_of(made)).iter_rows()} == expected


def test_whole_cuts_add_up_to_the_amount() -> None:
    for record in records(1_000, 4):
        _, amount, start, end, kind = record
        shares = list(book(amount, start, end, kind).values())
        if kind == "Other" or (kind == "ARR" and len(shares) < 12):
            assert sum(map(Fraction, shares)) == amount
        elif kind == "ARR":
            whole = len(shares) // 12 * 12
            for first in range(0, whole, 12):
                assert sum(map(Fraction, shares[first : first + 12])) == amount
        assert all(share == share.quantize(Decimal("0.01")) for share in shares[:3] if abs(share) < 10**20)
