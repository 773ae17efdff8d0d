"""Delimited text: cells, rows and their line numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cgrev.errors import InputRefused, UsageError
from cgrev.readers import Limits, ReadOptions, open_table
from cgrev.table import ROW

Read = Callable[..., list[tuple[Any, ...]]]


def test_cells_are_text_as_the_file_has_them(read: Read) -> None:
    assert read("Name,Amount\n Acme , 007.50\nBeta,\n") == [
        (1, "Name", "Amount", None),
        (2, " Acme ", " 007.50", None),
        (3, "Beta", "", None),
    ]


def test_a_short_row_lacks_cells_and_a_long_row_has_one_more(read: Read) -> None:
    assert read("a,b,c\n1,2\n1,,\n1,2,3,4,5\n") == [
        (1, "a", "b", "c", None, None, None),
        (2, "1", "2", None, None, None, None),
        (3, "1", "", "", None, None, None),
        (4, "1", "2", "3", "4", "5", None),
    ]


def test_a_later_row_wider_than_all_first_rows_is_still_longer_than_the_header() -> None:
    lines = ["a,b,c"] + ["1,2,3"] * 5000 + ["1,2,3,4,5,6"] + ["1,2,3"] * 10
    table = open_table("\n".join(lines).encode())
    assert table.width == 4
    last = pl.concat(list(table.pieces(1000))).filter(pl.col("c3").is_not_null())
    assert last.rows() == [(5002, "1", "2", "3", "4")]


def test_one_short_and_one_long_row_do_not_cancel_out(read: Read) -> None:
    rows = read("a,b,c\n1,2\n1,2,3,4\n1,2,3\n")
    assert [sum(cell is not None for cell in row[1:]) for row in rows] == [3, 2, 4, 3]


def test_a_trailing_delimiter_is_one_more_cell(read: Read) -> None:
    assert read("a,b\n1,2,\n1,2\n")[1] == (2, "1", "2", "", None)


def test_blank_lines_are_rows_and_the_last_line_break_is_none(read: Read) -> None:
    assert read("a,b\n\n1,2\n\n\n") == [
        (1, "a", "b", None),
        (2, "", None, None),
        (3, "1", "2", None),
        (4, "", None, None),
        (5, "", None, None),
    ]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_line_ends_of_all_kinds(read: Read, ends: str) -> None:
    assert read(ends.join(["a,b", "1,2", "3,4"]) + ends) == [
        (1, "a", "b", None),
        (2, "1", "2", None),
        (3, "3", "4", None),
    ]


def test_mixed_line_ends_count_as_lines_each(read: Read) -> None:
    assert [row[0] for row in read("a,b\r\n1,2\r3,4\n5,6")] == [1, 2, 3, 4]


def test_quoted_cells_keep_delimiters_quotes_and_line_breaks(read: Read) -> None:
    assert read('a,b\n"x, ""y""","two\nlines"\n1,2\n') == [
        (1, "a", "b", None),
        (2, 'x, "y"', "two\nlines", None),
        (4, "1", "2", None),
    ]


def test_a_quote_inside_an_unquoted_cell_is_a_character(read: Read) -> None:
    assert read('size,n\n5" pipe,1\n6" pipe,2\na "b" c,3\n')[1:] == [
        (2, '5" pipe', "1", None),
        (3, '6" pipe', "2", None),
        (4, 'a "b" c', "3", None),
    ]


def test_text_behind_a_closing_quote_is_kept(read: Read) -> None:
    assert read('a,b\n"x"y,1\n"x" ,2\n')[1:] == [(2, "xy", "1", None), (3, "x ", "2", None)]


def test_empty_quotes_and_nothing_are_both_empty_cells(read: Read) -> None:
    assert read('a,b\n"",\n') == [(1, "a", "b", None), (2, "", "", None)]


def test_a_declared_delimiter_line_is_skipped_and_counted(read: Read) -> None:
    assert read("sep=;\na;b\n1,5;2\n") == [(2, "a", "b", None), (3, "1,5", "2", None)]


def test_every_pass_starts_from_the_beginning() -> None:
    table = open_table(b"a,b\n1,2\n3,4\n")
    assert table.head(1).rows() == [(1, "a", "b", None)]
    assert [piece.height for piece in table.pieces(1)] == [1, 1, 1]
    assert sum(piece.height for piece in table.pieces(100)) == 3


def test_pieces_have_about_as_many_rows_as_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text("name,amount\n" + "".join(f"Account {n},{n}\n" for n in range(40_000)))
    heights = [piece.height for piece in open_table(path).pieces(10_000)]
    assert sum(heights) == 40_001
    assert max(heights) <= 15_000
    numbers = pl.concat([piece.select(ROW) for piece in open_table(path).pieces(10_000)])[ROW]
    assert numbers.to_list() == list(range(1, 40_002))


def test_one_column_without_a_delimiter(read: Read) -> None:
    assert read("name\nAcme\nBeta\n") == [(1, "name", None), (2, "Acme", None), (3, "Beta", None)]


@pytest.mark.parametrize("text", ["", " \n\t\n", "\ufeff", "sep=;\n"])
def test_a_file_without_rows_is_refused_as_empty(text: str) -> None:
    with pytest.raises(InputRefused, match="empty") as refusal:
        open_table(text.encode("utf-8"))
    assert refusal.value.code == "CGR006"


@pytest.mark.parametrize("delimiter", ["", "ab", '"', "\n", "x"])
def test_a_delimiter_that_cannot_be_one_is_the_fault_of_the_options(delimiter: str) -> None:
    with pytest.raises(UsageError):
        open_table(b"a,b\n", options=ReadOptions(delimiter=delimiter))


@pytest.mark.parametrize(
    ("limits", "text", "says"),
    [
        (Limits(rows=3), "a,b\n" * 4, "3 rows"),
        (Limits(columns=3), "a,b,c,d\n", "3 columns"),
        (Limits(cell_length=5), "a,b\nx,123456\n", "row 2"),
        (Limits(file_bytes=5), "a,b\n1,2\n", "8 bytes"),
        (Limits(record_bytes=50), 'a,b\n1,"' + "x\n" * 100, "row 2"),
    ],
)
def test_what_is_beyond_the_limits_is_refused(limits: Limits, text: str, says: str) -> None:
    with pytest.raises(InputRefused, match=says) as refusal:
        list(open_table(text.encode(), options=ReadOptions(limits=limits)).pieces(10))
    assert refusal.value.code == "CGR004"


def test_an_open_quote_is_named_as_the_cause_of_a_long_cell() -> None:
    text = "a,b\n" + '1,"x\n' + "1,2\n" * 50_000
    with pytest.raises(InputRefused, match="row 2 is longer") as refusal:
        list(open_table(text.encode()).pieces(10_000))
    assert "not closed" in (refusal.value.help or "")
