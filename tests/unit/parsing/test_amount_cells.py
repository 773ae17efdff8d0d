"""Single amount cells: what each means with the point and with the comma as the decimal mark."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest

from cgrev.parsing.amount_columns import read_column
from cgrev.parsing.amounts import Amount, Need, read_amount
from cgrev.parsing.flags import AmountFlag as Flag

PLAIN, GROUPED, MARKED = 0, int(Flag.SEPARATORS), int(Flag.DECIMALS)
SYMBOL, OTHERWISE, EXPONENT = int(Flag.SYMBOL), int(Flag.REWRITTEN), int(Flag.SCIENTIFIC)

NO_MARK_NEEDED = [
    ("1234", "1234", PLAIN),
    ("-5", "-5", PLAIN),
    ("0", "0", PLAIN),
    ("9223372036854775807", "9223372036854775807", PLAIN),
    ("-9223372036854775808", "-9223372036854775808", PLAIN),
    ("-0", "0", OTHERWISE),
    ("00012", "12", OTHERWISE),
    ("+7", "7", OTHERWISE),
    ("5-", "-5", OTHERWISE),
    ("- 5", "-5", OTHERWISE),
    (" 5", "5", OTHERWISE),
    ("5\n", "5", OTHERWISE),
    ("5\u200b", "5", OTHERWISE),
    ("\u22125", "-5", OTHERWISE),
    ("\u20135", "-5", OTHERWISE),
    ("(5)", "-5", OTHERWISE),
    ("( 5 )", "-5", OTHERWISE),
    ("1 234", "1234", GROUPED),
    ("1\u00a0234\u00a0567", "1234567", GROUPED),
    ("1\u202f234", "1234", GROUPED),
    ("1\u2009234", "1234", GROUPED),
    ("1'234", "1234", GROUPED),
    ("1\u2019234\u2019567", "1234567", GROUPED),
    ("1\u00b4234", "1234", GROUPED),
    ("$5", "5", SYMBOL),
    ("-$5", "-5", SYMBOL),
    ("$-5", "-5", SYMBOL),
    ("$5-", "-5", SYMBOL | OTHERWISE),
    ("($5)", "-5", SYMBOL | OTHERWISE),
    ("$ (5)", "-5", SYMBOL | OTHERWISE),
    ("5 €", "5", SYMBOL),
    ("R$ 5", "5", SYMBOL),
    ("CHF 5", "5", SYMBOL),
    ("5 kr", "5", SYMBOL),
    ("kr.500", "500", SYMBOL),
    ("Rs.500", "500", SYMBOL),
    ("usd 5", "5", SYMBOL),
    ("US$5", "5", SYMBOL),
    ("$5 USD", "5", SYMBOL),
    ("Kc\u030c 5", "5", SYMBOL | OTHERWISE),
    ("1E3", "1000", EXPONENT),
    ("5e-1", "0.5", EXPONENT),
]
POINT_ONLY = [
    ("1234.5", "1234.5", MARKED),
    ("-0.00", "0", MARKED),
    ("12.00", "12", MARKED),
    ("1234.567", "1234.567", MARKED),
    ("0.123", "0.123", MARKED),
    (".5", "0.5", MARKED),
    (".500", "0.5", MARKED),
    ("5.", "5", MARKED),
    ("$.50", "0.5", MARKED | SYMBOL),
    ("1,234.50", "1234.5", GROUPED | MARKED),
    ("1,234,567", "1234567", GROUPED),
    ("1'234.567", "1234.567", GROUPED | MARKED),
    ("12,34,567.00", "1234567", GROUPED | MARKED),
    ("1,00,000", "100000", GROUPED),
    ("USD 1,000.25", "1000.25", GROUPED | MARKED | SYMBOL),
    ("($5.00)", "-5", MARKED | SYMBOL | OTHERWISE),
    ("CHF 500.--", "500", MARKED | SYMBOL | OTHERWISE),
    ("1.2E+03", "1200", MARKED | EXPONENT),
    ("1.234E2", "123.4", MARKED | EXPONENT),
    ("9223372036854775807.49", "9223372036854775807.49", MARKED),
    ("0.1234567890123456785", "0.123456789012345678", MARKED | int(Flag.TOO_PRECISE)),
    ("0.1234567890123456775", "0.123456789012345678", MARKED | int(Flag.TOO_PRECISE)),
    ("0.1000000000000000000000", "0.1", MARKED),
    ("-0." + "0" * 500 + "1", "0", MARKED | int(Flag.TOO_PRECISE)),
    ("0." + "9" * 500, "1", MARKED | int(Flag.TOO_PRECISE)),
]
COMMA_ONLY = [
    ("12,5", "12.5", MARKED),
    ("1234,567", "1234.567", MARKED),
    ("0,123", "0.123", MARKED),
    ("1.000.000", "1000000", GROUPED),
    ("1.234,50 €", "1234.5", GROUPED | MARKED | SYMBOL),
    ("1 234,567", "1234.567", GROUPED | MARKED),
    ("500,-", "500", MARKED | OTHERWISE),
    ("-1.234,5", "-1234.5", GROUPED | MARKED),
]
UNREADABLE = [
    ("", Flag.MISSING),
    (" \u00a0\u200b", Flag.MISSING),
    ("twelve", Flag.NOT_A_NUMBER),
    ("TRUE", Flag.NOT_A_NUMBER),
    ("5k", Flag.NOT_A_NUMBER),
    ("5 M", Flag.NOT_A_NUMBER),
    ("5 CR", Flag.NOT_A_NUMBER),
    ("5\u00a2", Flag.NOT_A_NUMBER),
    ("1,2,3", Flag.NOT_A_NUMBER),
    ("12,34.5", Flag.NOT_A_NUMBER),
    ("1 23", Flag.NOT_A_NUMBER),
    ("1\n234", Flag.NOT_A_NUMBER),
    ("1,234 567", Flag.NOT_A_NUMBER),
    ("0,123,456", Flag.NOT_A_NUMBER),
    ("1,234.567.890", Flag.NOT_A_NUMBER),
    ("01.02.2024", Flag.NOT_A_NUMBER),
    ("2024-01-01", Flag.NOT_A_NUMBER),
    ("EUR.50", Flag.NOT_A_NUMBER),
    ("(5", Flag.NOT_A_NUMBER),
    (")5(", Flag.NOT_A_NUMBER),
    ("-", Flag.NOT_A_NUMBER),
    ("EUR", Flag.NOT_A_NUMBER),
    ("$5 EUR", Flag.NOT_A_NUMBER),
    ("RRs 5", Flag.NOT_A_NUMBER),
    ("1E", Flag.NOT_A_NUMBER),
    ("1 234E2", Flag.NOT_A_NUMBER),
    ("nan", Flag.NON_FINITE),
    ("-Inf", Flag.NON_FINITE),
    ("∞", Flag.NON_FINITE),
    ("1.#INF", Flag.NON_FINITE),
    ("5%", Flag.PERCENT),
    ("5 ‰", Flag.PERCENT),
    ("٣٤", Flag.NON_ASCII_DIGITS),
    ("１２", Flag.NON_ASCII_DIGITS),
    ("5²", Flag.NON_ASCII_DIGITS),
    ("--5", Flag.MANY_SIGNS),
    ("-5-", Flag.MANY_SIGNS),
    ("+-5", Flag.MANY_SIGNS),
    ("(-5)", Flag.MANY_SIGNS),
    ("1" + "0" * 40, Flag.TOO_LARGE),
    ("9223372036854775808", Flag.TOO_LARGE),
    ("1E999999999999", Flag.TOO_LARGE),
    ("#N/A", Flag.ERROR_CELL),
    ("#div/0!", Flag.ERROR_CELL),
    ("########", Flag.ERROR_CELL),
]


def outcome(read: Amount) -> tuple[object, ...]:
    return (read.need, read.point, read.comma, read.point_flags, read.comma_flags)


@pytest.mark.parametrize(("text", "value", "flags"), NO_MARK_NEEDED)
def test_a_cell_without_a_mark_means_the_same_either_way(text: str, value: str, flags: int) -> None:
    exact = Decimal(value)
    assert outcome(read_amount(text)) == (Need.NONE, exact, exact, flags, flags)


@pytest.mark.parametrize(("text", "value", "flags"), POINT_ONLY)
def test_a_cell_that_needs_the_point(text: str, value: str, flags: int) -> None:
    refused = int(Flag.NOT_A_NUMBER)
    assert outcome(read_amount(text)) == (Need.POINT, Decimal(value), None, flags, refused)


@pytest.mark.parametrize(("text", "value", "flags"), COMMA_ONLY)
def test_a_cell_that_needs_the_comma(text: str, value: str, flags: int) -> None:
    refused = int(Flag.NOT_A_NUMBER)
    assert outcome(read_amount(text)) == (Need.COMMA, None, Decimal(value), refused, flags)


@pytest.mark.parametrize(
    ("text", "point", "comma"),
    [("1,234", "1234", "1.234"), ("1.234", "1.234", "1234"), ("-12,345", "-12345", "-12.345")],
)
def test_a_cell_that_can_be_read_both_ways(text: str, point: str, comma: str) -> None:
    read = read_amount(text)
    assert (read.need, read.point, read.comma) == (Need.EITHER, Decimal(point), Decimal(comma))
    assert {read.point_flags, read.comma_flags} == {GROUPED, MARKED}


@pytest.mark.parametrize(("text", "flag"), UNREADABLE)
def test_a_cell_that_is_no_amount_has_one_reason(text: str, flag: Flag) -> None:
    assert outcome(read_amount(text)) == (Need.NONE, None, None, int(flag), int(flag))


@pytest.mark.parametrize("text", ["9223372036854775807.5", "-9223372036854775808.5"])
def test_half_a_unit_beyond_64_bits_is_too_large(text: str) -> None:
    assert read_amount(text).point_flags == Flag.TOO_LARGE


@pytest.mark.parametrize(
    ("text", "marks"),
    [("$5", ("$",)), ("5 USD", ("USD",)), ("$5 USD", ("$", "USD")), ("5", ()), ("€ 5", ("€",))],
)
def test_currency_marks_are_kept_as_written(text: str, marks: tuple[str, ...]) -> None:
    assert read_amount(text).marks == marks


def test_a_column_says_what_its_cells_say() -> None:
    texts = [row[0] for row in (*NO_MARK_NEEDED, *POINT_ONLY, *COMMA_ONLY)] + [row[0] for row in UNREADABLE]
    texts += ["1,234", "1.234", "012.345", "1\u2019234\u2019567,5 Kč", "-$1,234.5", "1 234 567,00 €"]
    column = read_column(pl.Series(texts))
    cells = [(*outcome(one), "\n".join(one.marks) or None) for one in map(read_amount, texts)]
    assert column.rows() == [(int(cell[0]), *cell[1:]) for cell in cells]  # type: ignore[call-overload]
