"""CGR5xx: what a record makes the server book, where that is seldom what was meant.

Months and amounts are those of `cgrev.booking`; revenue.md section 5. Cells are marked once a piece
(`cgrev.meaning`), so that a file which breaches none of these rules pays for one look at its dates.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from cgrev.findings import Severity
from cgrev.layout import RevenueType
from cgrev.parsing.flags import MeaningFlag
from cgrev.rules.rule import GOOD, Family, Rule, example

if TYPE_CHECKING:
    import polars as pl

    from cgrev.booking import MonthCount


def _months(month_count: MonthCount) -> pl.Expr:
    import polars as pl

    from cgrev.schedule import months_in_period

    return months_in_period(pl.col("start_date"), pl.col("end_date"), month_count)


def grouped(number: pl.Expr) -> pl.Expr:
    """Whole numbers as a person reads them: `-12,000`."""
    import polars as pl

    whole = number.cast(pl.Int128)
    digits = whole.abs().cast(pl.String).str.reverse().str.replace_all(r"(\d{3})", "${1},")
    text = digits.str.strip_chars_end(",").str.reverse()
    return pl.when(whole < 0).then("-" + text).otherwise(text)


def money(cents: pl.Expr) -> pl.Expr:
    """Int128 cents as a person reads them: no cents where there are none."""
    import polars as pl

    size = cents.abs()
    rest = (size % 100).cast(pl.String).str.zfill(2)
    text = pl.when(size % 100 == 0).then(grouped(size // 100)).otherwise(grouped(size // 100) + "." + rest)
    return pl.when(cents < 0).then("-" + text).otherwise(text)


def times(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """A positive factor with one digit behind the mark, two where they tell more: `3.0`, `1.08`."""
    import polars as pl

    hundredths = (numerator.cast(pl.Int128) * 100 + denominator.cast(pl.Int128) // 2) // denominator.cast(
        pl.Int128
    )
    rest = (hundredths % 100).cast(pl.String).str.zfill(2)
    short = pl.when(hundredths % 10 == 0).then(rest.str.head(1)).otherwise(rest)
    return (hundredths // 100).cast(pl.String) + "." + short


def _over_year(month_count: MonthCount, column: str) -> Mapping[str, pl.Expr]:
    """What an ARR of more than 12 months books: amount/12 in each, odd cents in the first of each cycle."""
    import polars as pl

    months = _months(month_count).cast(pl.Int128)
    cents = pl.col("units").cast(pl.Int128) * 100
    size, begun = cents.abs(), months % 12
    booked = size * (months // 12) + size // 12 * begun + pl.min_horizontal(size % 12, begun)
    return {
        "amount": grouped(pl.col("units")),
        "months": months,
        "booked": money(cents.sign() * booked),
        "factor": times(months, pl.lit(12)),
    }


def _under_year(month_count: MonthCount, column: str) -> Mapping[str, pl.Expr]:
    import polars as pl

    months = _months(month_count)
    cents = pl.col("units").cast(pl.Int128) * 100
    share = cents.sign() * ((cents.abs() + months - 1) // months)
    return {
        "amount": grouped(pl.col("units")),
        "months": months,
        "share": money(share),
        "twelfth": money(cents.sign() * ((cents.abs() + 11) // 12)),
    }


def _counts(column: str) -> Mapping[str, pl.Expr]:
    return {"touched": _months("calendar"), "whole": _months("anniversary")}


def _end(month_count: MonthCount, column: str) -> Mapping[str, pl.Expr]:
    import polars as pl

    return {"end": pl.col("end_date"), "before": _day_before(column), "months": _months(month_count)}


def _day_before(column: str) -> pl.Expr:
    import polars as pl

    return (pl.col("end_date") - pl.duration(days=1)).dt.strftime("%Y-%m-%d")


def _one_time(column: str) -> Mapping[str, pl.Expr]:
    import polars as pl

    return {"month": pl.col("start_date").dt.strftime("%Y-%m"), "end": pl.col("end_date")}


def _closed(first_open: date | None, column: str) -> Mapping[str, pl.Expr]:
    """The closed months that a record books in, from its first on."""
    import polars as pl

    closed = (first_open or date.max) - timedelta(days=1)
    once = pl.col("revenue_type") == RevenueType.ONE_TIME.value
    last = pl.when(once).then("start_date").otherwise(pl.min_horizontal("end_date", pl.lit(closed)))
    return {
        "first": pl.col("start_date").dt.strftime("%Y-%m"),
        "last": last.dt.strftime("%Y-%m"),
        "closed": pl.lit(f"{closed:%Y-%m}"),
    }


def _word(word: str, column: str) -> pl.Expr:
    import polars as pl

    return pl.lit(word)


ARR_OVER_YEAR = Rule(
    "CGR501",
    "arr-over-twelve-months",
    Severity.WARNING,
    Family.MEANING,
    "{amount} ARR x {months} months books {booked} ({factor}x); if {amount} is the contract total, use Other",
    "write the amount of one year, or use the type Other to spread the amount over the period",
    "Warns about an ARR record over more than 12 months, and says what it books. An end on the first of the "
    "13th month is CGR504 alone.",
    "The server books a twelfth of the amount in every month of the period, so a contract total over "
    "three years is booked three times.",
    bad=example("Acme Ltd,12000,2024-01-01,2026-12-31,ARR,Gold plan"),
    good=GOOD,
    columns=("revenue_type",),
    bits=MeaningFlag.ARR_OVER_YEAR,
    parts=partial(_over_year, "calendar"),
    fix="unsafe",
    fixed=partial(_word, RevenueType.OTHER.value),
)
ARR_UNDER_YEAR = Rule(
    "CGR502",
    "arr-under-twelve-months",
    Severity.INFO,
    Family.MEANING,
    "{amount} ARR over {months} months books {share} a month, not the {twelfth} of a year",
    "leave it if the amount is for the period; write a period of 12 months if it is for a year",
    "Tells of an ARR record over fewer than 12 months, and what it books a month.",
    "The server books the whole amount within the period: an annual amount over six months doubles each "
    "month.",
    bad=example("Acme Ltd,12000,2024-01-01,2024-06-30,ARR,Gold plan"),
    good=GOOD,
    columns=("revenue_type",),
    bits=MeaningFlag.ARR_UNDER_YEAR,
    parts=partial(_under_year, "calendar"),
)
PARTIAL_MONTHS = Rule(
    "CGR503",
    "partial-months",
    Severity.INFO,
    Family.MEANING,
    "the period is not whole calendar months: it touches {touched}, and holds {whole} counted from its "
    "start day",
    "from the first to the last day of a month, every way of counting gives the same number",
    "Tells of a period that does not run from the first to the last day of calendar months (CGR504 has those "
    "that end on a first).",
    "How the server counts the months of such a period is its own choice (setting month-count), and the "
    "number of months decides what is booked.",
    bad=example("Acme Ltd,1000,2024-01-15,2024-03-31,MRR,Gold plan"),
    good=GOOD,
    columns=("end_date",),
    bits=MeaningFlag.PARTIAL_MONTHS,
    parts=_counts,
)
ENDS_ON_FIRST = Rule(
    "CGR504",
    "end-on-first-of-month",
    Severity.WARNING,
    Family.MEANING,
    "the period ends on the first of a month and books {months} months; if {end} is the first day after it, "
    "write {before}",
    "write the last day of the period",
    "Warns about a period that ends on the first of a month.",
    "Many systems give the first day after the period; the server counts the end date in, and books one "
    "month more.",
    bad=example("Acme Ltd,1000,2024-01-01,2024-07-01,MRR,Gold plan"),
    good=GOOD,
    columns=("end_date",),
    bits=MeaningFlag.ENDS_ON_FIRST,
    parts=partial(_end, "calendar"),
    fix="unsafe",
    fixed=_day_before,
)
ONE_TIME_PERIOD = Rule(
    "CGR505",
    "one-time-with-period",
    Severity.INFO,
    Family.MEANING,
    "One Time books the whole amount in {month}; the end date {end} does not count",
    "use Other to spread the amount over the period",
    "Tells of a One Time record whose end date is not its start date.",
    "The server books a One Time amount in the month of the start date, whatever the period.",
    bad=example("Acme Ltd,500,2024-03-01,2024-08-31,One Time,Set-up"),
    good=GOOD,
    columns=("end_date",),
    bits=MeaningFlag.ONE_TIME_PERIOD,
    parts=_one_time,
)
CLOSED_MONTH = Rule(
    "CGR506",
    "closed-month-changed",
    Severity.ERROR,
    Family.MEANING,
    "the record books in {first} to {last}, and months through {closed} are closed",
    "start the period in an open month, or move `closed-through` if the month is open after all",
    "Reports a record that books in a month that is closed by the setting `closed-through`; off without it.",
    "Figures that were reported already would change.",
    bad=example("Acme Ltd,12000,2024-01-01,2024-12-31,ARR,Gold plan"),
    good=example("Acme Ltd,12000,2024-04-01,2025-03-31,ARR,Gold plan"),
    columns=("start_date",),
    bits=MeaningFlag.CLOSED_MONTH,
    parts=partial(_closed, None),
    settings={"closed-through": "2024-03"},
)
MRR_LOOKS_ANNUAL = Rule(
    "CGR507",
    "mrr-looks-annual",
    Severity.WARNING,
    Family.MEANING,
    "{first_text} that row {first} books a month; if the amount is for a year, use ARR",
    "use ARR for an annual amount, or divide it by 12",
    "Warns about an MRR amount of 10 to 14 times what the account's other ARR and MRR rows book a month.",
    "An annual amount sent as MRR is booked twelve times.",
    bad=example(
        "Acme Ltd,500,2024-01-01,2024-12-31,MRR,Gold plan",
        "Acme Ltd,6000,2025-01-01,2025-12-31,MRR,Gold plan",
    ),
    good=example(
        "Acme Ltd,500,2024-01-01,2024-12-31,MRR,Gold plan",
        "Acme Ltd,6000,2025-01-01,2025-12-31,ARR,Gold plan",
    ),
    fix="unsafe",
)
MOSTLY_NEGATIVE = Rule(
    "CGR508",
    "mostly-negative",
    Severity.WARNING,
    Family.MEANING,
    "{negative} of {counted} amounts are negative: the signs of the file look turned",
    "check the sign: accounting systems such as SAP list revenue as negative; a profile can turn it",
    "Warns about a file in which more than half of the amounts are negative.",
    "A file with turned signs takes revenue away from every account in it.",
    bad=example(
        "Acme Ltd,-12000,2024-01-01,2024-12-31,ARR,Gold plan",
        "Beta GmbH,-6000,2024-01-01,2024-12-31,ARR,Gold plan",
        "Gamma SA,-900,2024-01-01,2024-12-31,ARR,Gold plan",
    ),
    good=GOOD,
    settings={"ignore": ["CGR303"]},
)
MOSTLY_NEGATIVE_ROWS = 3
"""Amounts that are not zero below which a file says nothing about its signs."""

RULES = (
    ARR_OVER_YEAR,
    ARR_UNDER_YEAR,
    PARTIAL_MONTHS,
    ENDS_ON_FIRST,
    ONE_TIME_PERIOD,
    CLOSED_MONTH,
    MRR_LOOKS_ANNUAL,
    MOSTLY_NEGATIVE,
)


@cache
def settled(month_count: MonthCount, first_open: date | None) -> Mapping[str, Rule]:
    """The rules whose evidence depends on settings, by code, with these settings."""
    counted = (
        (ARR_OVER_YEAR, partial(_over_year, month_count)),
        (ARR_UNDER_YEAR, partial(_under_year, month_count)),
        (ENDS_ON_FIRST, partial(_end, month_count)),
        (CLOSED_MONTH, partial(_closed, first_open)),
    )
    return {rule.code: replace(rule, parts=parts) for rule, parts in counted}
