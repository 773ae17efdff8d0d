"""Laws of the statement: it holds for any rows rounded by us, and one unit changed anywhere is seen."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from cgrev.rounding import EXACT, Group, Mode, exact_total, keep_total
from cgrev.tally import reconcile

accounts = st.sampled_from(["Acme", "ACME", "Beta", "Zoë"])
types = st.sampled_from(["ARR", "MRR", "One Time", "Other"])
currencies = st.sampled_from([None, "EUR", "USD"])
amounts = st.integers(-(10**36), 10**36).map(lambda number: Decimal(f"{number}E-18")) | st.integers(
    -999, 999
).map(lambda number: Decimal(f"{number}E-2"))
rows = st.lists(st.tuples(accounts, types, currencies, amounts), min_size=1, max_size=25)
lost = st.lists(
    st.tuples(st.none() | accounts, st.none() | types, currencies, st.none() | amounts), max_size=10
)
Row = tuple[str | None, str | None, str | None, Decimal | None]


def frame_of(made: list[Row]) -> pl.DataFrame:
    columns = ["account_name", "revenue_type", "currency", "amount"]
    schema = dict.fromkeys(columns, pl.String()) | {"amount": EXACT}
    return pl.DataFrame(made, schema=schema, orient="row")


def rounded(frame: pl.DataFrame, group: Group, mode: Mode) -> pl.DataFrame:
    canonical = frame.with_row_index("row").with_columns(
        start_date=pl.lit("2024-01-01"), end_date=pl.lit("2024-12-31"), description=pl.lit("")
    )
    return frame.with_columns(units=keep_total(canonical, group, mode, within=["currency"]).units)


@settings(deadline=None, max_examples=60)
@given(
    rows,
    lost,
    st.sampled_from(["none", "account", "file"]),
    st.sampled_from(["half-up", "half-even", "down"]),
    st.randoms(use_true_random=False),
)
def test_every_unit_is_explained_and_a_unit_changed_is_seen(
    taken: list[Row], rejected: list[Row], group: Group, mode: Mode, chance: object
) -> None:
    accepted = rounded(frame_of(taken), group, mode)
    left = frame_of(rejected).with_columns(code=pl.lit("CGR211"))
    read = pl.concat([accepted.drop("units"), left.drop("code")])
    source = {
        currency: exact_total(read.filter(pl.col("currency").eq_missing(currency))["amount"])
        for currency in read["currency"].unique()
    }
    sent = sum(accepted["units"])
    statement = reconcile(accepted, left, source=source, sent=sent)
    assert statement.gate() == []
    lines = list(statement.lines())
    assert all(line.unexplained == 0 for line in lines)
    assert sum(Fraction(line.source) for line in lines) == sum(Fraction(total) for total in source.values())
    assert sum(line.sent for line in lines) == sent
    assert sum(line.rows for line in lines) == read.height
    place = chance.randrange(accepted.height)  # type: ignore[attr-defined]
    step = chance.choice([-1, 1])  # type: ignore[attr-defined]
    changed = accepted.with_columns(
        units=pl.col("units") + (pl.int_range(pl.len()) == place).cast(pl.Int64) * step
    )
    assert reconcile(changed, left, source=source, sent=sent).gate() != []
    assert reconcile(accepted.slice(1), left, source=source, sent=sent).gate() != [] or (
        accepted["amount"][0] == 0 and accepted["units"][0] == 0
    )
