"""CGR250 to CGR259: revenue types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cgrev.findings import Severity
from cgrev.parsing.flags import TypeFlag
from cgrev.rules.rule import GOOD, Family, Rule, example

if TYPE_CHECKING:
    import polars as pl

_TYPE = ("revenue_type",)


def _value(column: str) -> pl.Expr:
    import polars as pl

    return pl.col(column)


def _suggestion(column: str) -> dict[str, pl.Expr]:
    import polars as pl

    near = pl.format("; did you mean {}?", _suggested(column))
    return {"hint": pl.when(pl.col(f"{column}.text").is_not_null()).then(near.fill_null(""))}


def _suggested(column: str) -> pl.Expr:
    import polars as pl

    from cgrev.parsing.revenue_types import suggest_type

    def suggested(words: pl.Series) -> pl.Series:
        known = {word: suggest_type(word) for word in words.unique().drop_nulls()}
        return pl.Series(words.name, [known.get(word) for word in words], dtype=pl.String)

    text = pl.col(f"{column}.text")
    return text.map_batches(suggested, return_dtype=pl.String, is_elementwise=True)


def _row(word: str) -> str:
    return example(f"Acme Ltd,12000,2024-01-01,2024-12-31,{word},Gold plan")


RULES = (
    Rule(
        "CGR250",
        "missing-type",
        Severity.ERROR,
        Family.CELL,
        "the revenue type is missing",
        "write ARR, MRR, One Time or Other",
        "Reports a record without a revenue type.",
        "The type decides how the amount is spread over the months.",
        bad=_row(""),
        good=GOOD,
        columns=_TYPE,
        bits=TypeFlag.MISSING,
        blocking=True,
    ),
    Rule(
        "CGR251",
        "unknown-type",
        Severity.ERROR,
        Family.CELL,
        "the revenue type is none of ARR, MRR, One Time, Other{hint}",
        "write one of the four, or map the source's words in a profile (values.revenue_type)",
        "Reports any other word than the four types.",
        "The server knows four words; another is refused or booked as something else.",
        bad=_row("Annual"),
        good=GOOD,
        columns=_TYPE,
        bits=TypeFlag.UNKNOWN | TypeFlag.ERROR_CELL,
        parts=_suggestion,
        fix="unsafe",
        fixed=_suggested,
        blocking=True,
    ),
    Rule(
        "CGR252",
        "type-spelt-otherwise",
        Severity.WARNING,
        Family.CELL,
        "the revenue type is spelt otherwise",
        "write ARR, MRR, One Time or Other",
        "Warns about another spelling of one of the four types (arr, ONE-TIME, onetime).",
        "The server is said to ignore letter case; hyphens and spaces are not documented.",
        bad=_row("arr"),
        good=GOOD,
        in_convert="off",
        columns=_TYPE,
        bits=TypeFlag.RESPELT,
        fix="safe",
        fixed=_value,
    ),
)
