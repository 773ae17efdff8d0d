"""CGR210 to CGR229: revenue amounts. The server takes whole units without separators or decimals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cgrev.findings import Severity
from cgrev.layout import FRACTION_DIGITS
from cgrev.parsing.flags import AmountFlag
from cgrev.rules.rule import GOOD, Family, Rule, example

if TYPE_CHECKING:
    import polars as pl

_AMOUNT = ("amount",)


def _whole(column: str) -> pl.Expr:
    import polars as pl

    return pl.col("units").cast(pl.String)


def _exact(column: str) -> pl.Expr:
    """Where the whole units are the amount itself. Cents that rounding takes off a file are gone for good."""
    import polars as pl

    return pl.col(column) == pl.col("units").cast(pl.Decimal(38, FRACTION_DIGITS))


def _row(amount: str) -> str:
    return example(f'Acme Ltd,"{amount}",2024-01-01,2024-12-31,ARR,Gold plan')


TOTAL_DIFFERS = Rule(
    "CGR223",
    "total-differs-from-file",
    Severity.WARNING,
    Family.CELL,
    "the total that the file states is not the sum of its rows",
    "look for rows that are missing, stand twice or were changed by hand; then export the file again",
    "Compares each total row of a source with the exact sum of the rows it counts, those that are left out "
    "as no revenue among them.",
    "A total that does not add up says that rows are missing, doubled or misread.",
)
"""A finding of the file, made where its totals are compared."""

RULES = (
    Rule(
        "CGR210",
        "missing-amount",
        Severity.ERROR,
        Family.CELL,
        "the amount is missing",
        "write whole currency units; a formula needs a stored value: save the workbook in its program",
        "Reports a record without an amount, or a formula cell without a stored value.",
        "A missing amount is not zero.",
        bad=_row(""),
        good=GOOD,
        columns=_AMOUNT,
        bits=AmountFlag.MISSING | AmountFlag.NO_VALUE,
        blocking=True,
    ),
    Rule(
        "CGR211",
        "amount-not-a-number",
        Severity.ERROR,
        Family.CELL,
        "the amount is not a number",
        "write digits only, with a minus in front where it is negative",
        "Reports an amount that is no number: words, percentages, NaN, several signs, foreign digits.",
        "Nothing is guessed about money.",
        bad=_row("twelve"),
        good=GOOD,
        columns=_AMOUNT,
        bits=AmountFlag.NOT_A_NUMBER
        | AmountFlag.NON_FINITE
        | AmountFlag.PERCENT
        | AmountFlag.NON_ASCII_DIGITS
        | AmountFlag.MANY_SIGNS
        | AmountFlag.ERROR_CELL
        | AmountFlag.BOOLEAN
        | AmountFlag.DATE_CELL,
        blocking=True,
    ),
    Rule(
        "CGR212",
        "amount-with-separators",
        Severity.ERROR,
        Family.CELL,
        "the amount has thousands separators",
        "write the digits without separators",
        "Reports thousands separators in an amount.",
        "The vendor asks for none; 1,234 can be read as 1.234.",
        bad=_row("1,234,567"),
        good=GOOD,
        in_convert="off",
        columns=_AMOUNT,
        bits=AmountFlag.SEPARATORS,
        fix="safe",
        fixed=_whole,
        keeps=_exact,
    ),
    Rule(
        "CGR213",
        "amount-with-decimals",
        Severity.ERROR,
        Family.CELL,
        "the amount has decimals",
        "write whole currency units; 1234.12 is given as 1234",
        "Reports a decimal mark in an amount.",
        "The vendor takes whole units only: 1,234.12 must be provided as 1234.",
        bad=_row("1234.12"),
        good=GOOD,
        in_convert="off",
        columns=_AMOUNT,
        bits=AmountFlag.DECIMALS,
        unless=AmountFlag.SCIENTIFIC,  # the mark of 1.2E+03 says nothing about decimals
        fix="safe",
        fixed=_whole,
        keeps=_exact,
    ),
    Rule(
        "CGR214",
        "ambiguous-decimal-mark",
        Severity.ERROR,
        Family.CELL,
        "the decimal mark of the column is ambiguous",
        "say which it is with --decimal-mark",
        "Reports a column whose only evidence is like 1,234: thousands or thousandths.",
        "The two readings differ by a factor of a thousand.",
        bad=_row("1,234"),
        good=GOOD,
        blocking=True,
    ),
    Rule(
        "CGR215",
        "mixed-currencies",
        Severity.ERROR,
        Family.CELL,
        "the column holds more than one currency",
        "convert one currency at a time; the layout has no currency column",
        "Reports two different currencies in one column.",
        "The layout has no currency: 100 USD and 100 EUR would be booked as 200.",
        bad=example(
            "Acme Ltd,100 USD,2024-01-01,2024-12-31,ARR,Gold plan",
            "Beta GmbH,100 EUR,2024-01-01,2024-12-31,ARR,Gold plan",
        ),
        good=GOOD,
        blocking=True,
    ),
    Rule(
        "CGR216",
        "amount-in-scientific-notation",
        Severity.ERROR,
        Family.CELL,
        "the amount is in scientific notation; digits may have been lost",
        "take the amount from the source again, formatted as a number",
        "Reports an amount such as 1.2E+03 in text, what a spreadsheet leaves behind in a CSV.",
        "The digits behind the shown ones are gone.",
        bad=_row("12E+03"),
        good=GOOD,
        in_convert=Severity.WARNING,
        columns=_AMOUNT,
        bits=AmountFlag.SCIENTIFIC,
        fix="unsafe",
        fixed=_whole,
    ),
    Rule(
        "CGR217",
        "too-large-amount",
        Severity.ERROR,
        Family.CELL,
        "the amount is beyond 64 bits (9223372036854775807)",
        "check the amount; it is larger than any revenue",
        "Reports an amount beyond the range of a 64-bit integer.",
        "Beyond it sums overflow.",
        bad=_row("9223372036854775808"),
        good=GOOD,
        columns=_AMOUNT,
        bits=AmountFlag.TOO_LARGE,
        blocking=True,
    ),
    Rule(
        "CGR218",
        "amount-written-otherwise",
        Severity.ERROR,
        Family.CELL,
        "the amount is written otherwise than the server asks",
        "write digits only, with a minus in front where it is negative",
        "Reports leading zeros, a plus sign, parentheses, a trailing minus or spaces in an amount.",
        "The server answers yes or no and explains nothing; only plain digits are documented.",
        bad=_row("00012"),
        good=GOOD,
        in_convert="off",
        columns=_AMOUNT,
        bits=AmountFlag.REWRITTEN,
        fix="safe",
        fixed=_whole,
        keeps=_exact,
    ),
    Rule(
        "CGR219",
        "contradictory-decimal-marks",
        Severity.ERROR,
        Family.CELL,
        "the column uses the point and the comma as decimal mark",
        "make the column uniform in the source, or say which it is with --decimal-mark",
        "Reports a column with evidence for both decimal marks.",
        "One of the two kinds of amounts would be wrong by a factor.",
        bad=example(
            'Acme Ltd,"1,234.50",2024-01-01,2024-12-31,ARR,Gold plan',
            'Beta GmbH,"1.234,50",2024-01-01,2024-12-31,ARR,Gold plan',
        ),
        good=GOOD,
        blocking=True,
    ),
    Rule(
        "CGR220",
        "too-precise-amount",
        Severity.WARNING,
        Family.CELL,
        "the amount has more than 18 decimals; the rest was rounded",
        "nothing to do for float noise; else check the source",
        "Warns about an amount with more than 18 digits behind the mark, usually float noise of a workbook.",
        "Exact totals are kept to 18 decimals.",
        bad=_row("1.1234567890123456789"),
        good=GOOD,
        settings={"ignore": ["CGR213"]},
        columns=_AMOUNT,
        bits=AmountFlag.TOO_PRECISE,
    ),
    Rule(
        "CGR221",
        "amount-with-currency",
        Severity.ERROR,
        Family.CELL,
        "the amount has a currency symbol or code",
        "write the digits alone",
        "Reports a currency symbol or code in an amount.",
        "The vendor asks for plain digits.",
        bad=_row("$12000"),
        good=GOOD,
        in_convert="off",
        columns=_AMOUNT,
        bits=AmountFlag.SYMBOL,
        fix="safe",
        fixed=_whole,
        keeps=_exact,
    ),
    TOTAL_DIFFERS,
)
