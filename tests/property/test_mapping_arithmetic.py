from __future__ import annotations

import calendar
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from cgrev.mapping.arithmetic import (
    end_after_months,
    less_percent,
    minor_units,
    per_months,
    times,
    whole_months,
)

AMOUNT = pl.Decimal(38, 18)
EXACT = Context(prec=120)
UNIT = Decimal(1).scaleb(-18)

amounts = st.decimals(-(10**15), 10**15, places=4)
wide = st.one_of(amounts, st.decimals(-(10**19), 10**19, places=18))
days = st.dates(date(1970, 1, 1), date(2100, 12, 31))


def evaluated(expression: pl.Expr, **columns: tuple[object, pl.DataType]) -> object:
    frame = pl.DataFrame(
        {name: [value] for name, (value, _) in columns.items()},
        schema={name: dtype for name, (_, dtype) in columns.items()},
    )
    return frame.select(expression.alias("x"))["x"][0]


def rounded(value: Decimal) -> Decimal:
    return value.quantize(UNIT, rounding=ROUND_HALF_EVEN, context=EXACT)


@given(wide, wide)
def test_a_product_is_exact_or_null_where_it_does_not_fit(one: Decimal, other: Decimal) -> None:
    found = evaluated(times(pl.col("a"), pl.col("b")), a=(one, AMOUNT), b=(other, AMOUNT))
    wanted = rounded(EXACT.multiply(one, other))
    if found is None:
        assert abs(wanted) > Decimal("9.8e19")
    else:
        assert found == wanted


@given(amounts, st.integers(1, 120), st.sampled_from([1, 12]))
def test_a_term_price_per_month_or_year_is_rounded_once(amount: Decimal, months: int, to: int) -> None:
    found = evaluated(per_months(pl.col("a"), pl.col("m"), to), a=(amount, AMOUNT), m=(months, pl.Int64()))
    assert found == rounded(EXACT.divide(EXACT.multiply(amount, Decimal(to)), Decimal(months)))


@given(amounts, st.decimals(0, 100, places=2))
def test_a_discount_leaves_the_rest(amount: Decimal, share: Decimal) -> None:
    found = evaluated(less_percent(pl.col("a"), pl.col("p")), a=(amount, AMOUNT), p=(share, AMOUNT))
    assert found == rounded(EXACT.divide(EXACT.multiply(amount, 100 - share), Decimal(100)))


@given(st.integers(-(10**15), 10**15), st.integers(0, 4))
def test_minor_units_lose_nothing(cents: int, digits: int) -> None:
    found = evaluated(minor_units(pl.col("a"), digits), a=(Decimal(cents), AMOUNT))
    assert found == Decimal(cents).scaleb(-digits)


@given(days, st.integers(1, 120))
def test_a_term_ends_the_day_before_its_last_month_is_full(start: date, months: int) -> None:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    wanted = date(year, month + 1, min(start.day, last)) - timedelta(days=1)
    columns = {"s": (start, pl.Date()), "m": (months, pl.Int64())}
    end = evaluated(end_after_months(pl.col("s"), pl.col("m")), **columns)
    assert end == wanted
    back = whole_months(pl.col("s"), pl.col("e"))
    assert evaluated(back, s=(start, pl.Date()), e=(end, pl.Date())) == months


@given(days, days)
def test_months_of_a_period_are_whole_or_null(start: date, end: date) -> None:
    months = evaluated(whole_months(pl.col("s"), pl.col("e")), s=(start, pl.Date()), e=(end, pl.Date()))
    if months is not None:
        columns = {"s": (start, pl.Date()), "m": (months, pl.Int64())}
        assert evaluated(end_after_months(pl.col("s"), pl.col("m")), **columns) == end
