"""Laws of rounding: totals are kept, nothing moves further than one unit, order never matters."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from cgrev.rounding import EXACT, Mode, exact_total, keep_total, round_units

DECIMAL_MODES = {"half-up": ROUND_HALF_UP, "half-even": ROUND_HALF_EVEN, "down": ROUND_DOWN}
modes = st.sampled_from(["half-up", "half-even", "down"])
exact_amounts = st.integers(-(2**63 - 2) * 10**18, (2**63 - 2) * 10**18).map(lambda n: Decimal(f"{n}E-18"))
cents = st.integers(-500, 500).map(lambda n: Decimal(n) / 100)
halves = st.integers(-7, 7).map(lambda n: Decimal(n) / 2)
rows = st.tuples(
    st.sampled_from(["Acme", "Beta", "Gamma"]),
    st.one_of(halves, cents),
    st.sampled_from(["", "a", "b", None]),
)


def nearest(value: Fraction) -> int:
    sign = -1 if value < 0 else 1
    return sign * int((abs(value) * 2 + 1) // 2)


def frame_of(records: list[tuple[str, Decimal, str | None]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "row": pl.Series(range(len(records)), dtype=pl.UInt32),
            "account_name": pl.Series([record[0] for record in records], dtype=pl.String),
            "amount": pl.Series([record[1] for record in records], dtype=EXACT),
            "start_date": pl.Series([date(2024, 1, 1)] * len(records), dtype=pl.Date),
            "end_date": pl.Series([date(2024, 12, 31)] * len(records), dtype=pl.Date),
            "revenue_type": pl.Series(["ARR"] * len(records), dtype=pl.String),
            "description": pl.Series([record[2] for record in records], dtype=pl.String),
        }
    )


@settings(deadline=None)
@given(st.lists(exact_amounts, min_size=1, max_size=20), modes)
def test_rounding_agrees_with_decimal_arithmetic(amounts: list[Decimal], mode: Mode) -> None:
    with localcontext() as context:
        context.prec = 60
        expected = [int(amount.quantize(Decimal(1), rounding=DECIMAL_MODES[mode])) for amount in amounts]
        total = sum(amounts, Decimal())
    series = pl.Series("amount", amounts, dtype=EXACT)
    assert round_units(series, mode).to_list() == expected
    assert exact_total(series) == total


@settings(deadline=None)
@given(st.lists(rows, max_size=30), modes, st.sampled_from(["account", "file"]))
def test_each_group_keeps_its_total_and_rows_move_by_one_unit(
    records: list[tuple[str, Decimal, str | None]], mode: Mode, group: str
) -> None:
    frame = frame_of(records)
    kept = keep_total(frame, group, mode)  # type: ignore[arg-type]
    plain = round_units(frame["amount"], mode).to_list()
    assert all(abs(after - before) <= 1 for before, after in zip(plain, kept.units, strict=True))
    assert all(abs(after - record[1]) < 1 for after, record in zip(kept.units, records, strict=True))
    groups: dict[str, list[int]] = {}
    for place, record in enumerate(records):
        groups.setdefault(record[0] if group == "account" else "", []).append(place)
    for places in groups.values():
        total = sum((Fraction(records[place][1]) for place in places), Fraction())
        assert sum(kept.units[place] for place in places) == nearest(total)
    listed = {(row, before, after) for row, before, after in kept.moved.rows()}
    assert listed == {
        (place, before, after)
        for place, (before, after) in enumerate(zip(plain, kept.units, strict=True))
        if before != after
    }


@settings(deadline=None)
@given(
    st.lists(rows, max_size=30).flatmap(lambda found: st.tuples(st.just(found), st.permutations(found))),
    modes,
)
def test_the_order_of_rows_never_matters(
    pair: tuple[list[tuple[str, Decimal, str | None]], list[tuple[str, Decimal, str | None]]], mode: Mode
) -> None:
    def outcome(records: list[tuple[str, Decimal, str | None]]) -> Counter[tuple[str, Decimal, str, int]]:
        units = keep_total(frame_of(records), "account", mode).units
        return Counter(
            (name, amount, text or "", unit)
            for (name, amount, text), unit in zip(records, units, strict=True)
        )

    first, second = pair
    assert outcome(first) == outcome(second)
