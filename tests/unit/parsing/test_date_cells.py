"""Single date cells: what each means day-first and month-first."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from cgrev.errors import SettingsError
from cgrev.parsing.date_columns import read_column
from cgrev.parsing.dates import Order, compile_format, read_date, serial_date
from cgrev.parsing.fields import Declared
from cgrev.parsing.flags import DateFlag as Flag

NOT_ISO, TIME, MIDNIGHT = int(Flag.NOT_ISO), int(Flag.HAS_TIME), int(Flag.MIDNIGHT)
CERTAIN = [
    ("2024-01-31", "2024-01-31", 0),
    ("1970-01-01", "1970-01-01", 0),
    ("2100-12-31", "2100-12-31", 0),
    ("2024-02-29", "2024-02-29", 0),
    (" 2024-01-31", "2024-01-31", NOT_ISO),
    ("2024-1-5", "2024-01-05", NOT_ISO),
    ("2024/01/05", "2024-01-05", NOT_ISO),
    ("2024.01.05", "2024-01-05", NOT_ISO),
    ("01.02.2024", "2024-02-01", NOT_ISO),
    ("1.2.2024", "2024-02-01", NOT_ISO),
    ("1. 2. 2024", "2024-02-01", NOT_ISO),
    ("05/05/2024", "2024-05-05", NOT_ISO),
    ("3 Jan 2024", "2024-01-03", NOT_ISO),
    ("Jan 3, 2024", "2024-01-03", NOT_ISO),
    ("03-Jan-2024", "2024-01-03", NOT_ISO),
    ("03/JAN/2024", "2024-01-03", NOT_ISO),
    ("January 3 2024", "2024-01-03", NOT_ISO),
    ("3. January 2024", "2024-01-03", NOT_ISO),
    ("Sept. 3rd, 2024", "2024-09-03", NOT_ISO),
    ("3rd of March 2024", "2024-03-03", NOT_ISO),
    ("2024-Jan-03", "2024-01-03", NOT_ISO),
    ("2024-01-02T00:00:00Z", "2024-01-02", MIDNIGHT),
    ("2024-01-02 00:00", "2024-01-02", MIDNIGHT),
    ("2024-01-02 00:00:00.000 UTC", "2024-01-02", MIDNIGHT),
    ("2024-01-02T23:59:59.5+02:00", "2024-01-02", TIME),
    ("2024-01-02T00:00:00.001Z", "2024-01-02", TIME),
    ("2024-01-02T10:00:00+01:00[Europe/Berlin]", "2024-01-02", TIME),
    ("5.1.2024 3:45 pm", "2024-01-05", NOT_ISO | TIME),
    ("5.1.2024, 12:00:00 AM", "2024-01-05", NOT_ISO | MIDNIGHT),
    ("5.1.2024 12:00 PM", "2024-01-05", NOT_ISO | TIME),
    ("1899-12-30", "1899-12-30", int(Flag.IMPLAUSIBLE)),
    ("9999-12-31", "9999-12-31", int(Flag.IMPLAUSIBLE)),
    ("2101-01-01 10:00", "2101-01-01", int(Flag.IMPLAUSIBLE) | TIME),
]
REFUSED = [
    ("", Flag.MISSING),
    ("  ", Flag.MISSING),
    ("10", Flag.NOT_A_DATE),
    ("2024", Flag.NOT_A_DATE),
    ("20240105", Flag.NOT_A_DATE),
    ("2024-01", Flag.NOT_A_DATE),
    ("May 2024", Flag.NOT_A_DATE),
    ("10 May", Flag.NOT_A_DATE),
    ("Q1 2024", Flag.NOT_A_DATE),
    ("soon", Flag.NOT_A_DATE),
    ("12:00", Flag.NOT_A_DATE),
    ("2024-01-01 10:00 XYZ", Flag.NOT_A_DATE),
    ("01-02/2024", Flag.NOT_A_DATE),
    ("01/02/202", Flag.NOT_A_DATE),
    ("99999", Flag.NOT_A_DATE),
    ("٢٠٢٤-٠١-٠١", Flag.NOT_A_DATE),
    ("2023-02-29", Flag.IMPOSSIBLE),
    ("0000-00-00", Flag.IMPOSSIBLE),
    ("0000-01-01", Flag.IMPOSSIBLE),
    ("2024-02-30 00:00:00", Flag.IMPOSSIBLE),
    ("2024-01-01 25:00", Flag.IMPOSSIBLE),
    ("12.31.2024", Flag.IMPOSSIBLE),
    ("31/02/2024", Flag.IMPOSSIBLE),
    ("13/13/2024", Flag.IMPOSSIBLE),
    ("00/05/2024", Flag.IMPOSSIBLE),
    ("01/02/24", Flag.TWO_DIGIT_YEAR),
    ("31.01.24", Flag.TWO_DIGIT_YEAR),
    ("03-Jan-24", Flag.TWO_DIGIT_YEAR),
    ("45292", Flag.SERIAL),
    ("45292.75", Flag.SERIAL),
    ("25569", Flag.SERIAL),
    ("25568", Flag.NOT_A_DATE),
    ("#REF!", Flag.ERROR_CELL),
]


@pytest.mark.parametrize(("text", "day", "flags"), CERTAIN)
def test_a_date_that_needs_no_order(text: str, day: str, flags: int) -> None:
    read = read_date(text, Declared())
    value = date.fromisoformat(day)
    assert (read.order, read.dmy, read.mdy) == (Order.NONE, value, value)
    assert (read.dmy_flags, read.mdy_flags) == (flags, flags)


@pytest.mark.parametrize(("text", "flag"), REFUSED)
def test_a_cell_that_is_no_date_has_one_reason(text: str, flag: Flag) -> None:
    read = read_date(text, Declared())
    assert (read.dmy, read.mdy, read.dmy_flags, read.mdy_flags) == (None, None, int(flag), int(flag))


@pytest.mark.parametrize(
    ("text", "order", "dmy", "mdy"),
    [
        ("01/02/2024", Order.EITHER, date(2024, 2, 1), date(2024, 1, 2)),
        ("1-2-2024", Order.EITHER, date(2024, 2, 1), date(2024, 1, 2)),
        ("31/01/2024", Order.DMY, date(2024, 1, 31), None),
        ("01-31-2024", Order.MDY, None, date(2024, 1, 31)),
        ("1/31/2024 3:45 PM", Order.MDY, None, date(2024, 1, 31)),
    ],
)
def test_a_date_that_depends_on_the_order(
    text: str, order: Order, dmy: date | None, mdy: date | None
) -> None:
    read = read_date(text, Declared())
    assert (read.order, read.dmy, read.mdy) == (order, dmy, mdy)
    assert (read.dmy_flags if dmy is None else read.mdy_flags) & (
        Flag.IMPOSSIBLE if None in (dmy, mdy) else 0
    ) == (Flag.IMPOSSIBLE if None in (dmy, mdy) else 0)


def test_two_digit_years_are_read_only_where_declared() -> None:
    declared = Declared(two_digit_years=True)
    assert read_date("31.01.24", declared).dmy == date(2024, 1, 31)
    assert read_date("31.01.68", declared).dmy == date(2068, 1, 31)
    assert read_date("1-Feb-69", declared).dmy == date(1969, 2, 1)
    assert read_date("01/02/24", declared).order == Order.EITHER


def test_year_first_is_read_with_two_digits_where_declared() -> None:
    declared = Declared(two_digit_years=True, date_order="ymd")
    assert read_date("24/02/01", declared).dmy == date(2024, 2, 1)
    assert read_date("01/02/2024", declared).dmy_flags == Flag.NOT_A_DATE


@pytest.mark.parametrize(
    ("pattern", "text", "expected", "flags"),
    [
        ("%Y%m%d", "20240131", date(2024, 1, 31), NOT_ISO),
        ("%Y%m%d", "20240230", None, int(Flag.IMPOSSIBLE)),
        ("%Y%m%d", "2024013", None, int(Flag.NOT_A_DATE)),
        ("%Y%m%d", "2024-01-31", date(2024, 1, 31), 0),
        ("%d%b%Y", "31JAN2024", date(2024, 1, 31), NOT_ISO),
        ("%Y%m%d%H%M%S", "20240131000000", date(2024, 1, 31), NOT_ISO | MIDNIGHT),
        ("%Y%m%d%H%M%S", "20240131100000", date(2024, 1, 31), NOT_ISO | TIME),
        ("%y%m%d", "240131", date(2024, 1, 31), NOT_ISO),
        ("%Y-%d-%m", "2024-02-01", date(2024, 1, 2), 0),
    ],
)
def test_a_declared_format_is_obeyed(pattern: str, text: str, expected: date | None, flags: int) -> None:
    read = read_date(text, Declared(date_format=pattern))
    assert (read.dmy, read.dmy_flags) == (expected, flags)
    column = read_column(pl.Series([text]), Declared(date_format=pattern))
    assert column.row(0) == (0, expected, expected, flags, flags)


@pytest.mark.parametrize("pattern", ["%Y%m", "%d/%m", "%Y%m%d%Y", "%x", "%Y%m%d%", "", "%Y%m%d%b"])
def test_a_format_that_is_no_date_is_a_settings_error(pattern: str) -> None:
    with pytest.raises(SettingsError, match="date format"):
        compile_format(pattern)


def test_day_numbers_count_from_1899_12_30() -> None:
    assert serial_date("45292") == date(2024, 1, 1)
    assert serial_date("45292.5") == date(2024, 1, 1)
    assert serial_date("1234") is None
    assert serial_date("99999") is None


def test_a_column_says_what_its_cells_say() -> None:
    texts = (
        [row[0] for row in CERTAIN]
        + [row[0] for row in REFUSED]
        + ["01/02/2024", "31/01/2024", "01/31/2024 10:00"]
    )
    cells = [read_date(text, Declared()) for text in texts]
    assert read_column(pl.Series(texts), Declared()).rows() == [
        (int(one.order), one.dmy, one.mdy, one.dmy_flags, one.mdy_flags) for one in cells
    ]
