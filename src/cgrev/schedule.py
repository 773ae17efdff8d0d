"""What the server books for a whole file: months by account and type, vectorised, in bounded slices.

The arithmetic is `cgrev.booking`'s, on Int128 cents; see there for the rules. Frames are canonical:
`account_name`, `amount` Int64, `start_date`, `end_date`, `revenue_type` (and `row`, where named), without
nulls but in the description, each period ending on or after its start.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from cgrev.booking import YEAR, MonthCount, Reading, calendar_months, require_month_count, share
from cgrev.layout import RevenueType

CENTS = pl.Decimal(38, 2)
"""Type of booked amounts."""
SLICE = 1_000_000
"""Booked months worked on at a time: what bounds the memory, whatever the length of the periods."""

_COLUMNS = ("account_name", "amount", "start_date", "end_date", "revenue_type")
_TYPE = pl.Enum([kind.value for kind in RevenueType])


def months_in_period(start: pl.Expr, end: pl.Expr, month_count: MonthCount = "calendar") -> pl.Expr:
    """Months of a period as Int64, as `booking.count_months` has them."""
    touched = calendar_months(_year(start), _month(start), _year(end), _month(end))
    if require_month_count(month_count) == "calendar":
        return touched
    after = end + pl.duration(days=1)
    begins = pl.min_horizontal(start.dt.day(), after.dt.month_end().dt.day())
    months = calendar_months(_year(start), _month(start), _year(after), _month(after)) - 1
    return pl.max_horizontal(months - (begins > after.dt.day()).cast(pl.Int64), pl.lit(1, pl.Int64))


def is_long_arr(month_count: MonthCount = "calendar") -> pl.Expr:
    """True for the records whose two readings differ: ARR over more than 12 months."""
    months = months_in_period(pl.col("start_date"), pl.col("end_date"), month_count)
    return (pl.col("revenue_type") == RevenueType.ARR.value) & (months > YEAR)


def monthly(
    frame: pl.DataFrame,
    month_count: MonthCount = "calendar",
    *,
    account_key: str = "account_name",
    reading: Reading = "documented",
) -> pl.DataFrame:
    """The months booked, added up by account, type and month.

    Answers `account_name`, `revenue_type`, `month` (Date, the first) and `amount` (Decimal(38, 2)), sorted
    by name, type in the order of the layout, month. Records are of one account where `account_key` (a
    column, such as the folded name) is equal; the first spelling in row order is shown. Raises ValueError
    for a period that ends before it starts or an unknown type, SettingsError for another `month_count`.
    """
    pieces = list(monthly_pieces(frame, month_count, account_key=account_key, reading=reading))
    return pl.concat(pieces)


def monthly_pieces(
    frame: pl.DataFrame,
    month_count: MonthCount = "calendar",
    *,
    account_key: str = "account_name",
    reading: Reading = "documented",
) -> Iterator[pl.DataFrame]:
    """`monthly` piece by piece, for whoever writes it out: the same rows in the same order.

    Records are taken account by account, so that only one slice and the sums of the account it ends in
    are held at a time. At least one piece is yielded, an empty one for no records.
    """
    keyed = frame.select(*_COLUMNS, pl.col(account_key).alias("key"))
    accounts = (
        keyed.group_by("key", maintain_order=True)
        .agg(pl.col("account_name").first())
        .sort("account_name", maintain_order=True)
        .with_row_index("code")
    )
    coded = keyed.join(accounts.select("key", "code"), on="key", how="left").sort("code")
    open_ = _sums(_months_of(_plan(coded.head(0), ("code",), month_count, reading), ("code",)))
    for booked in _slices(_plan(coded, ("code",), month_count, reading), ("code",)):
        sums = _sums(pl.concat([open_, booked.select(open_.columns)]))
        last = pl.col("code") == sums["code"].max()
        open_ = sums.filter(last)
        yield _listed(sums.filter(~last), accounts)
    yield _listed(open_, accounts)


def spread_reading(
    frame: pl.DataFrame, month_count: MonthCount = "calendar", *, account_key: str = "account_name"
) -> pl.DataFrame:
    """The months another page of the vendor would have booked: ARR spread over the whole period.

    Same shape as `monthly`; differs from it only where `is_long_arr`. Shown next to the documented
    reading, never booked.
    """
    return monthly(frame, month_count, account_key=account_key, reading="spread")


def monthly_rows(
    frame: pl.DataFrame, month_count: MonthCount = "calendar", *, reading: Reading = "documented"
) -> Iterator[pl.DataFrame]:
    """The months of each record, not added up, in row order, in pieces of about `SLICE` months.

    Yields `row`, `account_name`, `revenue_type`, `month`, `amount`; `frame` has `row`.
    """
    carried = ("row", "account_name")
    for booked in _slices(_plan(frame, carried, month_count, reading), carried):
        yield booked.select(
            *carried, pl.col("revenue_type").cast(pl.String), _first_of("month"), _amount("cents")
        )


def booked_total(
    frame: pl.DataFrame, month_count: MonthCount = "calendar", *, reading: Reading = "documented"
) -> pl.Series:
    """What each record books over its whole period, Decimal(38, 2), in the frame's order."""
    plan = _plan(frame, (), month_count, reading)
    size, parts, count = pl.col("size"), pl.col("parts"), pl.col("count").cast(pl.Int128)
    # whole cuts add up to the amount; of a cut begun, the first months have the larger shares
    begun = count % parts
    total = size * (count // parts) + size // parts * begun + pl.min_horizontal(size % parts, begun)
    return plan.select(booked=pl.col("sign") * total).select(_amount("booked", "booked"))["booked"]


def _year(day: pl.Expr) -> pl.Expr:
    return day.dt.year().cast(pl.Int64)


def _month(day: pl.Expr) -> pl.Expr:
    return day.dt.month().cast(pl.Int64)


def _plan(
    frame: pl.DataFrame, carried: tuple[str, ...], month_count: MonthCount, reading: Reading
) -> pl.DataFrame:
    """One line a record: sign and size in cents, `parts` of a cut, `count` of months, and the `first` one."""
    if (frame["end_date"] < frame["start_date"]).any():
        raise ValueError("a period ends before it starts")
    kinds = frame["revenue_type"].cast(pl.String)
    unknown = kinds.filter(~kinds.is_in([kind.value for kind in RevenueType]))
    if len(unknown):
        raise ValueError(f"{unknown[0]!r} is no revenue type")
    start, end = pl.col("start_date"), pl.col("end_date")
    kind, months = pl.col("revenue_type"), pl.col("months")
    spread = [RevenueType.OTHER.value, *([RevenueType.ARR.value] if reading == "spread" else [])]
    cents = pl.col("amount").cast(pl.Int128) * 100
    return frame.with_columns(months=months_in_period(start, end, month_count), cents=cents).select(
        *carried,
        kind.cast(_TYPE),
        sign=pl.col("cents").sign(),
        size=pl.col("cents").abs(),
        parts=pl.when(kind.is_in(spread))
        .then(months)
        .when(kind == RevenueType.ARR.value)
        .then(pl.min_horizontal(months, pl.lit(YEAR, pl.Int64)))
        .otherwise(pl.lit(1, pl.Int64))
        .cast(pl.Int128),
        count=pl.when(kind == RevenueType.ONE_TIME.value).then(pl.lit(1, pl.Int64)).otherwise(months),
        first=_year(start) * YEAR + _month(start) - 1,
    )


def _slices(plan: pl.DataFrame, carried: tuple[str, ...]) -> Iterator[pl.DataFrame]:
    """Records to months, about `SLICE` of them at a time; a record is never cut."""
    ends = plan["count"].cum_sum()
    start = 0
    while start < plan.height:
        before = int(ends[start - 1]) if start else 0
        stop = max(int(ends.search_sorted(before + SLICE, side="right")), start + 1)
        yield _months_of(plan[start:stop], carried)
        start = stop


def _months_of(plan: pl.DataFrame, carried: tuple[str, ...]) -> pl.DataFrame:
    """One line a booked month: `carried`, `revenue_type`, `month` number, `cents`."""
    place = pl.col("place").cast(pl.Int128)
    return (
        plan.with_columns(place=pl.int_ranges(0, pl.col("count")))
        .explode("place")
        .select(
            *carried,
            "revenue_type",
            month=pl.col("first") + pl.col("place"),
            cents=share(pl.col("sign"), pl.col("size"), pl.col("parts"), place % pl.col("parts")),
        )
    )


def _sums(booked: pl.DataFrame) -> pl.DataFrame:
    return booked.group_by("code", "revenue_type", "month").agg(pl.col("cents").sum())


def _listed(sums: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    return (
        sums.sort("code", "revenue_type", "month")
        .join(accounts.select("code", "account_name"), on="code", how="left", maintain_order="left")
        .select("account_name", pl.col("revenue_type").cast(pl.String), _first_of("month"), _amount("cents"))
    )


def _first_of(month: str) -> pl.Expr:
    number = pl.col(month)
    return pl.date(number // YEAR, number % YEAR + 1, 1).alias("month")


def _amount(cents: str, name: str = "amount") -> pl.Expr:
    """Int128 cents as the decimal they are: the same integer under another type."""
    return pl.col(cents).reinterpret(dtype=CENTS).alias(name)
