"""What the server books for one record, in plain Python, and the arithmetic `schedule` shares with it.

Rules (the vendor's article on the Revenue file API; revenue.md section 5): ARR books amount/12 in each
month of the period, with fewer than 12 months amount/months; MRR the amount in each month; One Time the
whole amount in the month of the start date; Other amount/months. Cents are exact: shares are rounded by
largest remainder, earlier month first. Standard library only, so that the sandbox can use it row by row.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeVar

from cgrev.errors import SettingsError
from cgrev.layout import RevenueType

if TYPE_CHECKING:
    import polars as pl

MonthCount = Literal["calendar", "anniversary"]
Reading = Literal["documented", "spread"]
"""How an ARR of more than 12 months is read: amount/12 a month (what the server is documented to book),
or, as another page of the vendor has it, the amount spread over the whole period."""

MONTH_COUNTS: tuple[MonthCount, ...] = ("calendar", "anniversary")
YEAR = 12

Number = TypeVar("Number", int, "pl.Expr")


def share(sign: Number, size: Number, parts: Number, place: Number) -> Number:
    """Cents of the part at `place` (0 is the earliest) when `size` cents are cut in `parts`.

    All shares of a cut are equal before rounding, so the largest remainder is the earlier month: the first
    `size mod parts` get a cent more and all parts add up to `size`. A negative amount is mirrored (`sign`
    is -1). Written with `+ - * //` alone: integers and whole columns go through the same line.
    """
    return sign * ((size + parts - 1 - place) // parts)


def calendar_months(first_year: Number, first_month: Number, year: Number, month: Number) -> Number:
    """Calendar months touched from one month to another, both ends inclusive."""
    return (year - first_year) * YEAR + month - first_month + 1


def count_months(start: date, end: date, month_count: MonthCount = "calendar") -> int:
    """Months of a period, both days inclusive; at least 1.

    `calendar`: the calendar months touched. `anniversary`: whole months counted from the start day; a
    month that starts on a day its month does not have starts on the last day (31 January + 1 month is 28
    or 29 February); days after the last whole month count for nothing, a period shorter than one is one.
    Raises ValueError when the end is before the start, SettingsError for another `month_count`.
    """
    if end < start:
        raise ValueError(f"the end {end} is before the start {start}")
    touched = calendar_months(start.year, start.month, end.year, end.month)
    if require_month_count(month_count) == "calendar":
        return touched
    length = monthrange(end.year, end.month)[1]
    # the day after the end: whole months end the day before one starts
    if end.day == length:
        whole = touched if start.day == 1 else touched - 1
    else:
        whole = touched - 1 if min(start.day, length) <= end.day + 1 else touched - 2
    return max(whole, 1)


def book(
    amount: int,
    start: date,
    end: date,
    revenue_type: str,
    *,
    month_count: MonthCount = "calendar",
    reading: Reading = "documented",
) -> dict[date, Decimal]:
    """What one record books: the first of each month, in order, with its amount to the cent.

    `amount` is in whole units, `revenue_type` one of the four words as written into a file. Months that
    get nothing (shares of less than a cent) stand there with 0.00. Raises ValueError for another word or a
    period that ends before it starts.
    """
    kind = RevenueType(revenue_type)
    months = count_months(start, end, month_count)
    booked = 1 if kind is RevenueType.ONE_TIME else months
    parts = 1
    if kind is RevenueType.OTHER or (kind is RevenueType.ARR and reading == "spread"):
        parts = months
    elif kind is RevenueType.ARR:
        parts = min(months, YEAR)
    sign, size = (-1, -amount * 100) if amount < 0 else (1, amount * 100)
    first = start.year * YEAR + start.month - 1
    return {
        date((first + place) // YEAR, (first + place) % YEAR + 1, 1): Decimal(
            f"{share(sign, size, parts, place % parts)}E-2"
        )
        for place in range(booked)
    }


def require_month_count(month_count: str) -> str:
    """The setting as it is. Raises SettingsError when it is none of the two."""
    if month_count not in MONTH_COUNTS:
        raise SettingsError(
            f"month count {month_count!r} does not exist",
            help="use calendar or anniversary (setting month_count)",
        )
    return month_count
