"""CGR201 to CGR209: account names and descriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cgrev.findings import Severity
from cgrev.parsing.flags import TextFlag
from cgrev.rules.rule import GOOD, Family, Rule, example

if TYPE_CHECKING:
    import polars as pl


def _cleaned(column: str) -> pl.Expr:
    import polars as pl

    return pl.col(column)


def _length(column: str) -> dict[str, pl.Expr]:
    import polars as pl

    return {"length": pl.col(f"{column}.text").str.len_chars()}


RULES = (
    Rule(
        "CGR201",
        "blank-account",
        Severity.ERROR,
        Family.CELL,
        "the account name is blank",
        "write the account's name",
        "Reports a record without an account name.",
        "Revenue is booked by account; without one there is nowhere to book it.",
        bad=example(",12000,2024-01-01,2024-12-31,ARR,Gold plan"),
        good=GOOD,
        columns=("account_name",),
        bits=TextFlag.MISSING | TextFlag.NO_VALUE,
        blocking=True,
    ),
    Rule(
        "CGR202",
        "too-long-text",
        Severity.ERROR,
        Family.CELL,
        "the text has {length} characters, at most 255 are kept",
        "shorten the text",
        "Reports an account name or description of more than 255 characters.",
        "What is cut off can make two accounts one.",
        bad=example(f"{'x' * 256},12000,2024-01-01,2024-12-31,ARR,Gold plan"),
        good=GOOD,
        columns=("account_name", "description"),
        bits=TextFlag.TOO_LONG,
        parts=_length,
        blocking=True,
    ),
    Rule(
        "CGR203",
        "long-account-name",
        Severity.WARNING,
        Family.CELL,
        "the account name is {length} characters long; newer importers take 128",
        "shorten the name where you can",
        "Warns about an account name of more than 128 characters.",
        "The vendor's newer importer keeps 128 characters a field.",
        bad=example(f"{'x' * 129},12000,2024-01-01,2024-12-31,ARR,Gold plan"),
        good=GOOD,
        columns=("account_name",),
        bits=TextFlag.LONG,
        parts=_length,
    ),
    Rule(
        "CGR204",
        "invisible-characters",
        Severity.WARNING,
        Family.CELL,
        "the text holds characters nobody sees (no-break space, zero-width, decomposed accent)",
        "take the cleaned text",
        "Warns about no-break spaces, zero-width characters and decomposed letters.",
        "They make two names of one account that look the same.",
        bad=example("Acme\u00a0Ltd,12000,2024-01-01,2024-12-31,ARR,Gold plan"),
        good=GOOD,
        in_convert="off",
        columns=("account_name", "description"),
        bits=TextFlag.INVISIBLE | TextFlag.DECOMPOSED,
        fix="safe",
        fixed=_cleaned,
    ),
    Rule(
        "CGR205",
        "control-characters",
        Severity.ERROR,
        Family.CELL,
        "the text holds a control character",
        "remove the character",
        "Reports control characters inside a text.",
        "XML cannot carry them and the server's reading of them is unknown.",
        bad=example("Acme\x07 Ltd,12000,2024-01-01,2024-12-31,ARR,Gold plan"),
        good=GOOD,
        columns=("account_name", "description"),
        bits=TextFlag.CONTROL,
        blocking=True,
    ),
    Rule(
        "CGR206",
        "formula-like-text",
        Severity.WARNING,
        Family.CELL,
        "the text starts like a spreadsheet formula",
        "check the text; it is sent as it is and never becomes a formula in a workbook written here",
        "Warns about text that starts with = + - @, tab or carriage return.",
        "A spreadsheet that opens the file may run it.",
        bad=example('"=1+1 Ltd",12000,2024-01-01,2024-12-31,ARR,Gold plan'),
        good=GOOD,
        columns=("account_name", "description"),
        bits=TextFlag.FORMULA,
    ),
    Rule(
        "CGR207",
        "loose-spaces",
        Severity.WARNING,
        Family.CELL,
        "the text has surrounding or repeated spaces, or a line break",
        "take the cleaned text",
        "Warns about white space around a text, repeated inside it, or line breaks.",
        'The server compares names as they are: "Acme  Ltd" becomes a second account.',
        bad=example('"Acme  Ltd ",12000,2024-01-01,2024-12-31,ARR,Gold plan'),
        good=GOOD,
        in_convert="off",
        columns=("account_name", "description"),
        bits=TextFlag.SPACES | TextFlag.LINE_BREAK,
        fix="safe",
        fixed=_cleaned,
    ),
    Rule(
        "CGR208",
        "error-cell",
        Severity.ERROR,
        Family.CELL,
        "the cell holds a spreadsheet error",
        "mend the formula in the workbook and save it",
        "Reports a spreadsheet error such as #N/A or #REF! in any column.",
        "It stands for a value that is not known.",
        bad=example("#REF!,12000,2024-01-01,2024-12-31,ARR,Gold plan"),
        good=GOOD,
        columns=("account_name", "description"),
        bits=TextFlag.ERROR_CELL,
        blocking=True,
    ),
    Rule(
        "CGR209",
        "unmatched-key",
        Severity.WARNING,
        Family.CELL,
        "the key is in no row of the further file",
        "export the further file again with all its rows, or correct the key",
        "Warns about a row whose key is not found in the file it is joined with (--with).",
        "What the join should bring, such as the account's name, stays blank.",
        good=GOOD,
    ),
)
