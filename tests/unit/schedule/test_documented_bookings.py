"""The documented examples, month ends and leap years, odd cents: by record and for whole files."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise

import polars as pl
import pytest

from cgrev.booking import MonthCount, book, count_months
from cgrev.errors import SettingsError
from cgrev.schedule import (
    booked_total,
    is_long_arr,
    monthly,
    monthly_pieces,
    monthly_rows,
    months_in_period,
    spread_reading,
)

Record = tuple[str, int, date, date, str]


def frame(*records: Record) -> pl.DataFrame:
    types = {
        "account_name": pl.String,
        "amount": pl.Int64,
        "start_date": pl.Date,
        "end_date": pl.Date,
        "revenue_type": pl.String,
    }
    return pl.DataFrame(records, schema=types, orient="row").with_columns(
        description=pl.lit(None, dtype=pl.String), row=pl.int_range(2, pl.len() + 2, dtype=pl.UInt32)
    )


def year(amount: int, kind: str, months: int = 12, name: str = "Acme") -> Record:
    last = {6: date(2016, 6, 30), 12: date(2016, 12, 31), 18: date(2017, 6, 30), 36: date(2018, 12, 31)}[
        months
    ]
    return (name, amount, date(2016, 1, 1), last, kind)


@pytest.mark.parametrize("month_count", ["calendar", "anniversary"])
@pytest.mark.parametrize(
    ("record", "each", "total"),
    [
        (year(12_000, "ARR"), "1000.00", "12000.00"),
        (year(12_000, "MRR"), "12000.00", "144000.00"),
        (year(12_000, "Other", 6), "2000.00", "12000.00"),
        (year(12_000, "ARR", 6), "2000.00", "12000.00"),
        (year(12_000, "ARR", 36), "1000.00", "36000.00"),
        (year(-12_000, "ARR"), "-1000.00", "-12000.00"),
    ],
)
def test_documented_examples(month_count: MonthCount, record: Record, each: str, total: str) -> None:
    booked = monthly(frame(record), month_count)
    assert booked["amount"].to_list() == [Decimal(each)] * booked.height
    assert booked.schema["amount"] == pl.Decimal(38, 2)
    assert booked["month"][0] == date(2016, 1, 1)
    assert booked["month"][-1] == record[3].replace(day=1)
    assert booked_total(frame(record), month_count).to_list() == [Decimal(total)]
    assert book(*record[1:], month_count=month_count) == dict(
        zip(booked["month"], booked["amount"], strict=True)
    )


def test_one_time_is_booked_whole_in_the_month_of_its_start() -> None:
    once = ("Acme", 500, date(2016, 2, 29), date(2016, 12, 31), "One Time")
    assert monthly(frame(once)).rows() == [("Acme", "One Time", date(2016, 2, 1), Decimal("500.00"))]
    assert booked_total(frame(once)).to_list() == [Decimal("500.00")]


def test_odd_cents_go_to_the_earlier_months_of_each_cycle() -> None:
    booked = list(book(100, date(2016, 3, 1), date(2018, 2, 28), "ARR").values())
    assert booked[:12] == [Decimal("8.34")] * 4 + [Decimal("8.33")] * 8
    assert booked[12:] == booked[:12]
    assert sum(booked[:12]) == 100
    assert list(book(-100, date(2016, 3, 1), date(2018, 2, 28), "ARR").values()) == [
        -cents for cents in booked
    ]
    thirds = list(book(100, date(2016, 1, 1), date(2016, 3, 31), "Other").values())
    assert thirds == [Decimal("33.34"), Decimal("33.33"), Decimal("33.33")]


def test_shares_below_a_cent_leave_months_with_nothing() -> None:
    booked = monthly(frame(("Acme", 1, date(1970, 1, 1), date(2100, 12, 31), "Other")))
    assert booked.height == 131 * 12
    assert booked["amount"].head(101).to_list() == [Decimal("0.01")] * 100 + [Decimal("0.00")]


def test_a_cycle_that_ends_early_books_the_shares_of_its_first_months() -> None:
    record = frame(year(100, "ARR", 18))
    assert booked_total(record).to_list() == [Decimal("150.02")]
    assert monthly(record)["amount"].sum() == Decimal("150.02")


@pytest.mark.parametrize("amount", [2**63 - 1, -(2**63)])
def test_the_largest_amounts_are_exact(amount: int) -> None:
    record = frame(("Acme", amount, date(1970, 1, 1), date(2100, 12, 31), "MRR"))
    assert booked_total(record).to_list() == [Decimal(amount * 131 * 12)]
    assert monthly(pl.concat([record] * 3))["amount"].to_list() == [Decimal(amount * 3)] * (131 * 12)


@pytest.mark.parametrize(
    ("start", "end", "calendar", "anniversary"),
    [
        (date(2023, 1, 31), date(2023, 2, 27), 2, 1),  # 31 January + 1 month is 28 February
        (date(2024, 1, 31), date(2024, 2, 27), 2, 1),  # not yet a month, but the least is one
        (date(2024, 1, 31), date(2024, 3, 29), 3, 1),
        (date(2024, 1, 31), date(2024, 3, 30), 3, 2),
        (date(2023, 1, 31), date(2023, 3, 30), 3, 2),
        (date(2023, 12, 31), date(2024, 2, 28), 3, 2),  # + 2 months is 29 February
        (date(2023, 12, 31), date(2024, 2, 27), 3, 1),
        (date(2024, 2, 29), date(2025, 2, 26), 13, 11),
        (date(2024, 2, 29), date(2025, 2, 27), 13, 12),  # + 12 months is 28 February
        (date(2024, 2, 29), date(2025, 2, 28), 13, 12),
        (date(2024, 1, 15), date(2024, 2, 14), 2, 1),
        (date(2024, 1, 15), date(2024, 2, 13), 2, 1),
        (date(2024, 1, 15), date(2024, 3, 1), 3, 1),  # the trailing partial month does not count
        (date(2024, 1, 1), date(2024, 1, 1), 1, 1),
        (date(2024, 1, 1), date(2024, 1, 31), 1, 1),
        (date(2024, 1, 1), date(2024, 2, 1), 2, 1),
        (date(2024, 1, 31), date(2024, 2, 1), 2, 1),
        (date(2100, 12, 1), date(2100, 12, 31), 1, 1),
    ],
)
def test_months_of_a_period(start: date, end: date, calendar: int, anniversary: int) -> None:
    dates = pl.DataFrame({"start": [start], "end": [end]})
    expected: list[tuple[MonthCount, int]] = [("calendar", calendar), ("anniversary", anniversary)]
    for month_count, months in expected:
        assert count_months(start, end, month_count) == months
        counted = dates.select(months=months_in_period(pl.col("start"), pl.col("end"), month_count))
        assert counted.rows() == [(months,)]
        assert counted.schema["months"] == pl.Int64


def test_both_readings_of_a_long_arr_are_there() -> None:
    records = frame(
        year(12_000, "ARR", 36), year(1_200, "ARR", 12, "Beta"), year(12_000, "Other", 36, "Gamma")
    )
    assert records.filter(is_long_arr())["account_name"].to_list() == ["Acme"]
    documented, other = monthly(records), spread_reading(records)
    assert other.filter(pl.col("account_name") != "Acme").equals(
        documented.filter(pl.col("account_name") != "Acme")
    )
    spread = other.filter(pl.col("account_name") == "Acme")["amount"]
    assert spread.to_list() == [Decimal("333.34")] * 12 + [Decimal("333.33")] * 24
    assert spread.sum() == 12_000
    assert booked_total(records, reading="spread").to_list() == [12_000, 1_200, 12_000]
    assert booked_total(records).to_list() == [36_000, 1_200, 12_000]


def test_months_are_added_up_by_account_type_and_month_in_order() -> None:
    records = frame(
        ("beta", 100, date(2024, 1, 1), date(2024, 2, 29), "MRR"),
        ("Acme", 30, date(2024, 2, 1), date(2024, 2, 29), "Other"),
        ("Beta", 11, date(2024, 2, 1), date(2024, 2, 29), "MRR"),
        ("Acme", 40, date(2024, 2, 1), date(2024, 2, 29), "ARR"),
    ).with_columns(folded=pl.col("account_name").str.to_lowercase())
    assert monthly(records, account_key="folded").rows() == [
        ("Acme", "ARR", date(2024, 2, 1), Decimal(40)),
        ("Acme", "Other", date(2024, 2, 1), Decimal(30)),
        ("beta", "MRR", date(2024, 1, 1), Decimal(100)),
        ("beta", "MRR", date(2024, 2, 1), Decimal(111)),
    ]
    assert monthly(records)["account_name"].unique().sort().to_list() == ["Acme", "Beta", "beta"]


def test_the_months_of_each_record_keep_row_order() -> None:
    records = frame(year(12, "MRR", 6, "Zoe"), year(5, "One Time", 6, "Acme"))
    (piece,) = monthly_rows(records)
    assert piece.columns == ["row", "account_name", "revenue_type", "month", "amount"]
    assert piece["row"].to_list() == [2] * 6 + [3]
    assert piece["amount"].to_list() == [Decimal(12)] * 6 + [Decimal(5)]


def test_slices_hold_together_what_belongs_together() -> None:
    """Long periods of few accounts: several slices, one account across two of them, nothing lost."""
    long = ("A", 7, date(1970, 1, 1), date(2100, 12, 31), "MRR")
    records = pl.concat([frame(long)] * 1500).with_columns(
        account_name=pl.format("account {}", pl.int_range(pl.len()) // 500)
    )
    pieces = list(monthly_pieces(records))
    assert len(pieces) > 2
    booked = pl.concat(pieces)
    assert booked.height == 3 * 131 * 12
    assert booked["amount"].unique().to_list() == [Decimal(7 * 500)]
    keys = list(booked.select("account_name", "month").iter_rows())
    assert all(one < other for one, other in pairwise(keys))
    assert sum(piece.height for piece in monthly_rows(records)) == 1500 * 131 * 12


def test_no_records_book_nothing() -> None:
    assert monthly(frame()).rows() == []
    assert monthly(frame()).schema == monthly(frame(year(1, "ARR"))).schema
    assert booked_total(frame()).to_list() == []
    assert list(monthly_rows(frame())) == []


def test_what_rules_should_have_caught_is_refused() -> None:
    backwards = ("Acme", 1, date(2024, 2, 1), date(2024, 1, 31), "ARR")
    for month_count in ("calendar", "anniversary"):
        with pytest.raises(ValueError, match="before"):
            monthly(frame(backwards), month_count)
        with pytest.raises(ValueError, match="before"):
            book(*backwards[1:], month_count=month_count)
    with pytest.raises(ValueError, match="'Annual' is no revenue type"):
        monthly(frame(year(1, "Annual")))
    with pytest.raises(ValueError, match="Annual"):
        book(*year(1, "Annual")[1:])
    with pytest.raises(SettingsError, match="'weeks' does not exist"):
        monthly(frame(year(1, "ARR")), "weeks")  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="'weeks' does not exist"):
        book(*year(1, "ARR")[1:], month_count="weeks")  # type: ignore[arg-type]
