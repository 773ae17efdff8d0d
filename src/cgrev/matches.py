"""Rows compared in full: which of some rows are the same, spell their account otherwise, share days, or
state a rate that their account's other rows make unlikely.

Frames have `at` and the canonical columns, and `key` (see `folded`); the answers are frames of
`ACROSS_FIELDS`: the row that is blamed and the `first`, the row it is held against.
"""

from __future__ import annotations

import polars as pl

from cgrev.layout import MIN_DATE, RevenueType
from cgrev.parsing.names import fold
from cgrev.places import AT
from cgrev.rules.meaning import grouped, money, times

ACROSS_FIELDS = {
    "code": pl.String,
    "column": pl.String,
    AT: pl.UInt64,
    "first": pl.UInt64,
    "first_text": pl.String,
}
YEARLY = (10, 14)
"""An MRR that is this many times what its account's other rows book a month looks like a year's amount."""


def folded(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with `key`: the account as the server matches it (case and width do not matter)."""
    names = frame["account_name"].unique()
    keys = pl.DataFrame({"account_name": names, "key": fold(names)})
    return frame.join(keys, on="account_name", how="left", nulls_equal=True, maintain_order="left")


_SIX = ["key", "units", "start_date", "end_date", "revenue_type", "description"]


def duplicates(rows: pl.DataFrame) -> pl.DataFrame:
    """Later rows equal to an earlier one in all six columns (the account as the server matches it)."""
    whole = rows.drop_nulls(_SIX)
    return (
        whole.with_columns(first=pl.col(AT).min().over(_SIX))
        .filter(pl.col(AT) > pl.col("first"))
        .select(
            code=pl.lit("CGR401"),
            column=pl.lit(None, dtype=pl.String),
            at=AT,
            first="first",
            first_text=pl.lit(None, dtype=pl.String),
        )
    )


def respellings(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows that spell their account otherwise than the first row of that account."""
    named = rows.filter(pl.col("key").is_not_null())
    return (
        named.with_columns(
            first=pl.col(AT).first().over("key"), first_text=pl.col("account_name").first().over("key")
        )
        .filter(pl.col("account_name") != pl.col("first_text"))
        .select(
            code=pl.lit("CGR402"),
            column=pl.lit("account_name"),
            at=AT,
            first="first",
            first_text="first_text",
        )
    )


def overlaps(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows that share days with another of the same account and type; the later row is blamed.

    One Time rows take no part: their amount is booked in one month, whatever the period. In the order of
    account, type and start, a row overlaps when an earlier one of its group reaches its start."""
    group = ["key", "revenue_type"]
    regular = rows.filter(
        (pl.col("revenue_type") != RevenueType.ONE_TIME)
        & (pl.col("start_date") <= pl.col("end_date"))
        & pl.col("key").is_not_null()
    ).sort(*group, "start_date", AT)
    numbered = regular.select(AT, "start_date", "end_date", group=pl.struct(group).rle_id().cast(pl.Int64))
    # far more days than there are between two dates lie between two groups: one running maximum serves all
    end, start = (
        pl.col("group") * 4 * 65_536 + (pl.col(name) - pl.lit(MIN_DATE)).dt.total_days()
        for name in ("end_date", "start_date")
    )
    reach = numbered.with_columns(start=start, reach=end.cum_max())
    before = reach.with_columns(before=pl.col("reach").shift(1))
    holder = (
        pl.when(pl.col("before").is_null() | (pl.col("reach") > pl.col("before")))
        .then(pl.col(AT))
        .forward_fill()
    )
    marked = before.with_columns(holder=holder.shift(1)).filter(
        (pl.col("before") >= pl.col("start")) & (pl.col("group") == pl.col("group").shift(1))
    )
    return _overlap_rows(
        marked.select(at=pl.max_horizontal(AT, "holder"), first=pl.min_horizontal(AT, "holder"))
    )


def _overlap_rows(pairs: pl.DataFrame) -> pl.DataFrame:
    return (
        pairs.group_by(AT)
        .agg(pl.col("first").min())
        .select(
            code=pl.lit("CGR403"),
            column=pl.lit("start_date"),
            at=AT,
            first="first",
            first_text=pl.lit(None, dtype=pl.String),
        )
    )


def annual_rates(rows: pl.DataFrame) -> pl.DataFrame:
    """MRR rows of 10 to 14 times what a month of the account's rows usually books (the lower median).

    An ARR row books a twelfth of its amount. `first` is the row that is the median, `first_text` the
    evidence. Integers throughout: amounts are compared times twelve."""
    kind, units = pl.col("revenue_type"), pl.col("units").cast(pl.Int128)
    rates = (
        rows.filter(
            kind.is_in([RevenueType.MRR.value, RevenueType.ARR.value])
            & (pl.col("units") > 0)
            & pl.col("key").is_not_null()
        )
        .with_columns(yearly=pl.when(kind == RevenueType.MRR).then(units * 12).otherwise(units))
        .sort("key", "yearly", AT)
    )
    middle = (pl.len() - 1) // 2
    usual = rates.group_by("key").agg(usual=pl.col("yearly").get(middle), first=pl.col(AT).get(middle))
    low, high = YEARLY
    return (
        rates.filter(kind == RevenueType.MRR)
        .join(usual, on="key", how="left")
        .filter((pl.col("yearly") >= pl.col("usual") * low) & (pl.col("yearly") <= pl.col("usual") * high))
        .select(
            code=pl.lit("CGR507"),
            column=pl.lit("revenue_type"),
            at=AT,
            first="first",
            first_text=pl.format(
                "{} a month is {}x the {}",
                grouped(pl.col("units")),
                times(pl.col("yearly"), pl.col("usual")),
                money((pl.col("usual") * 100 + 6) // 12),
            ),
        )
    )
