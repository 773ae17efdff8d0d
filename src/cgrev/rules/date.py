"""CGR230 to CGR249: start and end dates. The vendor: dates "must" be YYYY-MM-DD."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cgrev.findings import Severity
from cgrev.parsing.flags import DateFlag
from cgrev.rules.rule import GOOD, Family, Rule, example

if TYPE_CHECKING:
    import polars as pl

_DATES = ("start_date", "end_date")


def _iso(column: str) -> pl.Expr:
    import polars as pl

    return pl.col(column).dt.strftime("%Y-%m-%d")


def _serial(column: str) -> pl.Expr:
    """Day numbers count from 1899-12-30 (1900 date system, the default of workbooks)."""
    import polars as pl

    days = pl.col(f"{column}.text").str.extract(r"^(\d{1,6})").cast(pl.Int32, strict=False)
    return (pl.date(1899, 12, 30) + pl.duration(days=days)).dt.strftime("%Y-%m-%d")


def _row(start: str, end: str = "2024-12-31") -> str:
    return example(f"Acme Ltd,12000,{start},{end},ARR,Gold plan")


RULES = (
    Rule(
        "CGR230",
        "missing-date",
        Severity.ERROR,
        Family.CELL,
        "the date is missing",
        "write the date as YYYY-MM-DD",
        "Reports a record without a start or end date.",
        "The period decides in which months the amount is booked.",
        bad=_row(""),
        good=GOOD,
        columns=_DATES,
        bits=DateFlag.MISSING | DateFlag.NO_VALUE,
        blocking=True,
    ),
    Rule(
        "CGR231",
        "impossible-date",
        Severity.ERROR,
        Family.CELL,
        "there is no such day",
        "correct the day, month or year",
        "Reports a date that is not in the calendar, such as 2023-02-29 or 0000-00-00.",
        "Programs turn it into another day, or into none.",
        bad=_row("2024-02-30"),
        good=GOOD,
        columns=_DATES,
        bits=DateFlag.IMPOSSIBLE,
        blocking=True,
    ),
    Rule(
        "CGR232",
        "date-not-iso",
        Severity.ERROR,
        Family.CELL,
        "the date is not written as YYYY-MM-DD",
        "write the date as YYYY-MM-DD",
        "Reports a date in any other form than YYYY-MM-DD.",
        "In other forms day and month are swapped without anybody noticing.",
        bad=_row("01.01.2024"),
        good=GOOD,
        in_convert="off",
        columns=_DATES,
        bits=DateFlag.NOT_ISO | DateFlag.MIDNIGHT,
        fix="safe",
        fixed=_iso,
    ),
    Rule(
        "CGR233",
        "ambiguous-date-order",
        Severity.ERROR,
        Family.CELL,
        "day and month cannot be told apart",
        "say which it is with --date-order",
        "Reports dates such as 01/02/2024 in a file where no date shows which part is the day.",
        "Half of the revenue would move to other months.",
        bad=example("Acme Ltd,12000,01/02/2024,03/04/2024,ARR,Gold plan"),
        good=GOOD,
        blocking=True,
    ),
    Rule(
        "CGR234",
        "two-digit-year",
        Severity.ERROR,
        Family.CELL,
        "the year has two digits",
        "write the year with four digits, or declare two-digit years in a profile",
        "Reports a date with a two-digit year.",
        "Written like 01/02/03 it can be six different days.",
        bad=_row("31/01/24"),
        good=GOOD,
        columns=_DATES,
        bits=DateFlag.TWO_DIGIT_YEAR,
        blocking=True,
    ),
    Rule(
        "CGR235",
        "serial-date",
        Severity.ERROR,
        Family.CELL,
        "the date is a spreadsheet's day number",
        "format the column as a date in the spreadsheet and export again",
        "Reports a day number such as 45292 where a date belongs.",
        "Two systems count from different days (1900 and 1904).",
        bad=_row("45292"),
        good=GOOD,
        columns=_DATES,
        bits=DateFlag.SERIAL,
        fix="unsafe",
        fixed=_serial,
        blocking=True,
    ),
    Rule(
        "CGR236",
        "date-with-time",
        Severity.ERROR,
        Family.CELL,
        "the date has a time of day, which is dropped",
        "write the date alone; check that the time zone did not move the day",
        "Reports a time of day that is not midnight.",
        "A time often means a time zone, and that can move the day, and so the month.",
        bad=_row("2024-01-01T23:30:00Z"),
        good=GOOD,
        in_convert=Severity.WARNING,
        columns=_DATES,
        bits=DateFlag.HAS_TIME,
        fix="unsafe",
        fixed=_iso,
    ),
    Rule(
        "CGR237",
        "implausible-date",
        Severity.ERROR,
        Family.CELL,
        "the date is outside 1970 to 2100",
        "correct the year",
        "Reports a date before 1970 or after 2100.",
        "Such dates are placeholders or typing errors and book revenue for decades.",
        bad=_row("2024-01-01", "9999-12-31"),
        good=GOOD,
        columns=_DATES,
        bits=DateFlag.IMPLAUSIBLE,
        blocking=True,
    ),
    Rule(
        "CGR238",
        "not-a-date",
        Severity.ERROR,
        Family.CELL,
        "the text is not a date",
        "write the date as YYYY-MM-DD",
        "Reports text that is no date in any form that is read.",
        "Nothing is guessed about dates.",
        bad=_row("soon"),
        good=GOOD,
        columns=_DATES,
        bits=DateFlag.NOT_A_DATE | DateFlag.ERROR_CELL,
        blocking=True,
    ),
    Rule(
        "CGR239",
        "contradictory-date-order",
        Severity.ERROR,
        Family.CELL,
        "some dates have the day first, others the month",
        "make the dates uniform in the source, or say which it is with --date-order",
        "Reports a file with evidence for both orders of day and month.",
        "One of the two kinds of dates would be wrong.",
        bad=example("Acme Ltd,12000,31/01/2024,12/31/2024,ARR,Gold plan"),
        good=GOOD,
        blocking=True,
    ),
)
