"""CGR3xx: cells of one row against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cgrev.findings import Severity
from cgrev.rules.rule import GOOD, Family, Rule, example

if TYPE_CHECKING:
    import polars as pl


def _end_before_start(column: str) -> pl.Expr:
    import polars as pl

    return pl.col("end_date") < pl.col("start_date")


def _start(column: str) -> dict[str, pl.Expr]:
    import polars as pl

    return {"start": pl.col("start_date")}


def _zero(column: str) -> pl.Expr:
    import polars as pl

    return pl.col("units") == 0


def _negative(column: str) -> pl.Expr:
    import polars as pl

    return pl.col("units") < 0


RULES = (
    Rule(
        "CGR301",
        "end-before-start",
        Severity.ERROR,
        Family.ROW,
        "the period ends before it starts ({start})",
        "correct the start or the end date; check that day and month are not swapped",
        "Reports a period that ends before it starts.",
        "There is no month to book the amount in.",
        bad=example("Acme Ltd,12000,2024-02-01,2024-01-31,ARR,Gold plan"),
        good=GOOD,
        columns=("end_date",),
        breach=_end_before_start,
        parts=_start,
        blocking=True,
    ),
    Rule(
        "CGR302",
        "zero-amount",
        Severity.WARNING,
        Family.ROW,
        "the amount is zero in whole units",
        "leave the record out unless zero is meant",
        "Warns about an amount that is zero, or rounds to zero.",
        "It books nothing, yet creates the account.",
        bad=example("Acme Ltd,0,2024-01-01,2024-12-31,ARR,Gold plan"),
        good=GOOD,
        columns=("amount",),
        breach=_zero,
    ),
    Rule(
        "CGR303",
        "negative-amount",
        Severity.WARNING,
        Family.ROW,
        "the amount is negative",
        "check that it is a credit; sources such as SAP turn the sign of revenue",
        "Warns about a negative amount.",
        "It lowers the booked revenue: right for a credit note, wrong for a turned sign.",
        bad=example("Acme Ltd,-12000,2024-01-01,2024-12-31,ARR,Gold plan"),
        good=GOOD,
        columns=("amount",),
        breach=_negative,
    ),
)
