from __future__ import annotations

import polars as pl
import pytest

from cgrev.mapping.header import find_header
from cgrev.mapping.headings import clean, fold
from cgrev.table import Kind

KNOWN = {
    "account": ("Account Name", "Customer"),
    "amount": ("Amount",),
    "start": ("Close Date",),
}
ROW = ["Acme Ltd", "1200", "2024-01-31"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ACCOUNT NAME", "Account name"),
        ("  Account\u00a0 name ", "Account name"),
        ("*ContactName", "ContactName"),
        ("Account\nname", "Account name"),
        ("Account_Name", "Account Name"),
        ("\ufeffAccount name", "Account name"),
        ("Amount (converted)", "Amount converted"),
        ("Account Name:", "Account Name"),
    ],
)
def test_headings_are_equal_when_a_person_reads_the_same(typed: str, meant: str) -> None:
    assert fold(typed) == fold(meant)


def test_headings_that_mean_something_else_stay_apart() -> None:
    assert (
        len({fold(label) for label in ("Amount", "Amount (converted)", "Amount Currency", "*", "%", "")}) == 6
    )


def test_clean_keeps_case_and_drops_what_is_not_seen() -> None:
    assert clean(" Net\u00a0\u200bValue\r\n(EUR) ") == "Net Value (EUR)"


def test_the_first_row_is_found_and_the_rows_below_begin_after_it(table) -> None:
    header = find_header(table([["Account Name", "Amount", "Close Date"], ROW]), KNOWN)
    assert (header.row, header.first, header.labels) == (1, 2, ("Account Name", "Amount", "Close Date"))
    assert "'Account Name'" in header.evidence[0]


@pytest.mark.parametrize("titles", [1, 9, 18, 80])
def test_titles_above_are_passed_over(table, titles: int) -> None:
    rows = [["Opportunity Report"]] + [["Filtered By:", "Stage equals Won"]] * (titles - 1)
    header = find_header(table([*rows, ["", "customer", "AMOUNT", "close  date"], ["", *ROW]]), KNOWN)
    assert header.row == titles + 1
    assert header.first == titles + 2
    assert header.labels == ("", "customer", "AMOUNT", "close  date")
    assert header.evidence[1].startswith(f"{titles} row")


def test_a_title_that_holds_one_known_word_is_no_header(table) -> None:
    rows = [["Customer"], ["Close Date", "2024-01-31"], ["Account Name", "Amount", "Close Date"], ROW]
    assert find_header(table(rows), KNOWN).row == 3


def test_of_repeated_headers_the_first_counts(table) -> None:
    heads = ["Account Name", "Amount", "Close Date"]
    assert find_header(table([heads, ROW, heads, ROW]), KNOWN).row == 1


def test_a_header_with_line_breaks_ends_where_the_next_record_begins() -> None:
    frame = pl.DataFrame(
        {"row": [1, 4], "c0": ["Account\nName\n", "Acme"], "c1": ["Amount", "5"]},
        schema={"row": pl.UInt32, "c0": pl.String, "c1": pl.String},
    )
    header = find_header(frame, {"account": ["account name"], "amount": ["amount"]})
    assert (header.row, header.first) == (1, 4)
    assert header.labels[0] == "Account\nName\n"


def test_data_alone_is_a_source_without_header(table) -> None:
    header = find_header(table([ROW, ROW]), KNOWN)
    assert (header.row, header.first, header.labels) == (None, 1, ("", "", ""))


@pytest.mark.parametrize(
    "value", ["12", "1.234,50", "(5)", "€ 12", "31/12/2024", "2024-01-01T00:00:00", "5-"]
)
def test_one_value_in_the_first_row_makes_it_data(table, value: str) -> None:
    assert find_header(table([["Acme", value, "x"], ["Beta", "2", "y"]]), KNOWN).row is None


def test_native_numbers_and_dates_make_a_row_data(table) -> None:
    frame = table([["Acme", "twelve"], ["Beta", "two"]]).with_columns(
        k1=pl.Series([Kind.BOOLEAN, Kind.TEXT], dtype=pl.UInt8)
    )
    assert find_header(frame, KNOWN).row is None


def test_a_header_of_unknown_words_is_still_a_header(table) -> None:
    header = find_header(table([["Kunde", "Betrag", "Datum"], ["Acme", "12", "2024-01-01"]]), KNOWN)
    assert header.row == 1
    assert "names no known heading" in header.evidence[0]


def test_names_outside_the_rows_leave_every_row_data(table) -> None:
    header = find_header(table([ROW, ROW]), KNOWN, named=("Name", "Amount", "Day"))
    assert (header.row, header.first, header.labels, header.named) == (
        None,
        1,
        ("Name", "Amount", "Day"),
        True,
    )


def test_an_empty_source_has_no_header(table) -> None:
    header = find_header(table([]), KNOWN)
    assert (header.row, header.labels) == (None, ())
