"""Rounding to whole units: ties, extremes, and sums that the decimal type itself would wrap."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from hashlib import blake2b

import polars as pl
import pytest

from cgrev.rounding import EXACT, Mode, content_digests, exact_total, keep_total, round_units, units


def exact(*texts: str | None) -> pl.Series:
    return pl.Series("amount", [None if text is None else Decimal(text) for text in texts], dtype=EXACT)


def rows(amounts: list[str], accounts: list[str] | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "row": pl.Series(range(2, len(amounts) + 2), dtype=pl.UInt32),
            "account_name": accounts or ["Acme"] * len(amounts),
            "amount": exact(*amounts),
            "start_date": [date(2024, 1, 1)] * len(amounts),
            "end_date": [date(2024, 12, 31)] * len(amounts),
            "revenue_type": ["ARR"] * len(amounts),
            "description": pl.Series([f"line {place}" for place in range(len(amounts))], dtype=pl.String),
        }
    )


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("half-up", [1, -1, 2, -2, 3, -3, 0, 0, 1, None]),
        ("half-even", [0, 0, 2, -2, 2, -2, 0, 0, 1, None]),
        ("down", [0, 0, 1, -1, 2, -2, 0, 0, 0, None]),
    ],
)
def test_ties_and_signs_per_mode(mode: Mode, expected: list[int | None]) -> None:
    amounts = exact(
        "0.5", "-0.5", "1.5", "-1.5", "2.5", "-2.5", "0.499999999999999999", "-0.499999999999999999",
        "0.500000000000000001", None,
    )  # fmt: skip
    rounded = round_units(amounts, mode)
    assert rounded.to_list() == expected
    assert rounded.dtype == pl.Int64


def test_units_next_to_the_limits_of_64_bits_are_exact() -> None:
    amounts = exact("9223372036854775807.499999999999999999", "-9223372036854775808.499999999999999999")
    assert round_units(amounts, "half-up").to_list() == [2**63 - 1, -(2**63)]


def test_units_beyond_64_bits_are_refused_and_found_as_null() -> None:
    amounts = exact("9223372036854775807.5", "1")
    with pytest.raises(OverflowError, match="9223372036854775808"):
        round_units(amounts, "half-up")
    assert amounts.to_frame().select(units(pl.col("amount"), "half-up"))["amount"].to_list() == [None, 1]
    assert round_units(amounts, "down").to_list() == [2**63 - 1, 1]


def test_a_word_that_is_no_mode_and_a_float_series_are_refused() -> None:
    with pytest.raises(ValueError, match="half-down"):
        round_units(exact("1"), "half-down")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not Float64"):
        round_units(pl.Series("amount", [1.5]), "half-up")


def test_exact_total_of_a_million_large_amounts_keeps_every_digit() -> None:
    amounts = pl.concat([exact("9000000000000000000.000000000000000001")] * 1000)
    million = pl.concat([amounts] * 1000)
    assert exact_total(million) == Decimal("9000000000000000000000000.000000000001000000")
    assert exact_total(exact()) == 0
    assert exact_total(exact("-0.1", None, "0.3")) == Decimal("0.2")


def test_without_a_group_nothing_moves() -> None:
    kept = keep_total(rows(["0.4", "0.4", "0.4"]), "none", "half-up")
    assert kept.units.to_list() == [0, 0, 0]
    assert kept.moved.is_empty()
    assert kept.moved.columns == ["row", "from", "to"]


def test_the_largest_remainders_take_the_residual_and_are_listed() -> None:
    kept = keep_total(rows(["0.4", "0.3", "0.45", "0.2"]), "file", "half-up")
    assert kept.units.to_list() == [0, 0, 1, 0]
    assert kept.moved.rows() == [(4, 0, 1)]


def test_a_total_rounded_too_high_is_taken_back_from_the_smallest_remainders() -> None:
    kept = keep_total(rows(["0.5", "0.6", "0.5"]), "file", "half-up")
    assert sum(kept.units.to_list()) == 2
    assert kept.units[1] == 1
    assert kept.moved["from"].to_list() == [1]
    assert kept.moved["to"].to_list() == [0]


def test_the_kept_total_is_the_nearest_unit_whatever_rounds_the_rows() -> None:
    for mode in ("half-up", "half-even", "down"):
        assert sum(keep_total(rows(["0.9", "0.8", "0.8"]), "file", mode).units) == 3
        assert sum(keep_total(rows(["-0.9", "-0.8", "-0.8"]), "file", mode).units) == -3


def test_accounts_keep_their_totals_apart_by_key_and_by_currency() -> None:
    frame = rows(["0.4", "0.4", "0.4", "0.4"], ["ACME", "acme", "Beta", "Beta"]).with_columns(
        folded=pl.col("account_name").str.to_lowercase(), currency=pl.Series(["EUR", "EUR", "EUR", "USD"])
    )
    kept = keep_total(frame, "account", "half-up", account_key="folded")
    assert sum(kept.units[:2]) == 1
    assert sum(kept.units[2:]) == 1
    apart = keep_total(frame, "account", "half-up", account_key="folded", within=["currency"])
    assert sum(apart.units[:2]) == 1
    assert apart.units[2:].to_list() == [0, 0]
    assert keep_total(frame, "file", "half-up", within=["currency"]).units.sum() == 1


def test_digests_are_stable_and_tell_contents_apart() -> None:
    frame = rows(["1.5", "1.5"])
    first, second = content_digests(frame)
    assert first != second
    text = "4:Acme\x1f20:1.500000000000000000\x1f10:2024-01-01\x1f10:2024-12-31\x1f3:ARR\x1f6:line 0"
    assert first == blake2b(text.encode(), digest_size=16).digest()
    shifted = frame.with_columns(account_name=pl.lit("Acme1"), description=pl.lit(None, dtype=pl.String))
    assert len({first, second, *content_digests(shifted)}) == 3
    blank = frame.with_columns(description=pl.lit(""))
    null = frame.with_columns(description=pl.lit(None, dtype=pl.String))
    assert content_digests(blank) == content_digests(null)
