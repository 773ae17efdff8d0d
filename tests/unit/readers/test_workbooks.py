"""XLSX workbooks: native cells, the sheet that is read, row numbers."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from cgrev.errors import InputRefused
from cgrev.readers import Limits, ReadOptions, list_sheets, open_table
from cgrev.readers.grid import BooleanText, Column, ErrorText, NoValue, Value, number_text, number_texts
from cgrev.table import Kind

from .conftest import marks_of, part, rezip, rows_of

Build = Callable[..., bytes]


def sheet_xml(data: bytes, old: str, new: str) -> bytes:
    """The workbook with a piece of its first sheet's XML replaced."""
    name = "xl/worksheets/sheet1.xml"
    xml = part(data, name).decode("utf-8")
    assert old in xml
    return rezip(data, {name: xml.replace(old, new).encode("utf-8")})


def one_column(values: list[Any]) -> tuple[list[str], list[int]]:
    book = openpyxl.Workbook()
    for index, value in enumerate(values, start=1):
        book.active.cell(index, 1, value)
    stream = io.BytesIO()
    book.save(stream)
    table = open_table(stream.getvalue())
    return [row[1] for row in rows_of(table)], marks_of(table, 0)


@pytest.mark.parametrize(
    ("value", "text", "kind"),
    [
        ("00012", "00012", Kind.TEXT),
        (1234, "1234", Kind.NUMBER),
        (1234.0, "1234", Kind.NUMBER),
        (-0.0, "0", Kind.NUMBER),
        (0.1, "0.1", Kind.NUMBER),
        (1e15, "1000000000000000", Kind.NUMBER),
        (1e22, "10000000000000000000000", Kind.NUMBER),
        (1.5e-7, "0.00000015", Kind.NUMBER),
        (-1234.56, "-1234.56", Kind.NUMBER),
        (date(2024, 2, 29), "2024-02-29", Kind.DATE),
        (datetime(2024, 2, 29), "2024-02-29", Kind.DATE),
        (datetime(2024, 2, 29, 13, 5, 9), "2024-02-29T13:05:09", Kind.DATETIME),
        (datetime(2024, 12, 31, 23, 59, 59, 997000), "2024-12-31T23:59:59", Kind.DATETIME),
        (datetime(2024, 2, 29, 0, 0, 0, 400000), "2024-02-29", Kind.DATE),
        (time(1, 2, 3), "01:02:03", Kind.TEXT),
        (timedelta(hours=30, minutes=5), "30:05:00", Kind.TEXT),
        (True, "TRUE", Kind.BOOLEAN),
        (False, "FALSE", Kind.BOOLEAN),
        ("#N/A", "#N/A", Kind.ERROR),
        ("=SUM(1,2)", "", Kind.FORMULA),
    ],
)
def test_a_cell_keeps_the_type_the_file_gives_it(value: Any, text: str, kind: Kind) -> None:
    texts, kinds = one_column(["heading", value, "end"])
    assert texts == ["heading", text, "end"]
    assert kinds == [Kind.TEXT, kind, Kind.TEXT]


def test_types_mixed_in_one_column() -> None:
    values = ["a", 1, True, 1.5, date(2024, 1, 1), "", datetime(2024, 1, 1, 6), 0, False, "1"]
    texts, kinds = one_column(values)
    assert texts == ["a", "1", "TRUE", "1.5", "2024-01-01", "", "2024-01-01T06:00:00", "0", "FALSE", "1"]
    assert kinds == [0, 1, 4, 1, 2, 0, 3, 1, 4, 0]


CELLS: st.SearchStrategy[Value] = st.one_of(
    st.sampled_from(["", " ", "1.0", ErrorText("#N/A"), NoValue(), BooleanText("TRUE"), True, False, 7]),
    st.text(max_size=3),
    st.floats(allow_nan=False),
    st.dates(),
    st.datetimes(),
    st.dates().map(lambda day: datetime(day.year, day.month, day.day)),
    st.times(),
    st.timedeltas(timedelta(-99), timedelta(99)),
)


def column_of(values: list[Value], size: int) -> list[tuple[str, int]]:
    column = Column()
    for start in range(0, len(values), size):
        column.add(values[start : start + size])
    text, marks = column.text()
    return list(zip(text, [0] * len(text) if marks is None else marks, strict=True))


@given(st.lists(CELLS, min_size=1, max_size=30), st.integers(1, 9))
def test_a_cell_reads_the_same_whatever_stands_beside_it(values: list[Value], size: int) -> None:
    assert column_of(values, size) == [cell for value in values for cell in column_of([value], 1)]


def test_a_binary_sum_is_its_shortest_decimal_form(workbook: Build) -> None:
    data = sheet_xml(workbook({"A": [["n"], [7]]}), "<v>7</v>", "<v>0.30000000000000004</v>")
    assert rows_of(open_table(data))[1] == (2, "0.30000000000000004")


def test_a_mark_column_is_there_only_where_a_cell_is_native(workbook: Build) -> None:
    (piece,) = open_table(workbook({"A": [["name", "n"], ["x", 1]]})).pieces(10)
    assert piece.columns == ["row", "c0", "c1", "k1"]


def test_days_count_from_1904_where_the_workbook_says_so() -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    book.active.append([date(2024, 1, 31)])
    stream = io.BytesIO()
    book.save(stream)
    assert rows_of(open_table(stream.getvalue())) == [(1, "2024-01-31")]


def test_a_stored_formula_value_is_the_value() -> None:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    sheet = book.add_worksheet()
    sheet.write_formula(0, 0, "=1+1", value=2)
    sheet.write_formula(1, 0, '="a"&"b"', value="ab")
    sheet.write_formula(2, 0, "=1/0", value="#DIV/0!")
    book.close()
    table = open_table(stream.getvalue())
    assert rows_of(table) == [(1, "2"), (2, "ab"), (3, "#DIV/0!")]
    assert marks_of(table, 0) == [Kind.NUMBER, Kind.TEXT, Kind.ERROR]


def test_a_formula_that_gave_an_empty_text_has_a_value(workbook: Build) -> None:
    cell = '<c r="B2" t="n"><v>7</v></c>'
    formula = '<c r="B2" t="str"><f>IF(A2="x","","y")</f><v></v></c>'
    table = open_table(sheet_xml(workbook({"A": [["a", "n"], ["x", 7]]}), cell, formula))
    assert rows_of(table)[1] == (2, "x", "")
    assert marks_of(table, 1) == [0, 0]


def test_errors_outside_of_all_other_cells_are_not_lost() -> None:
    book = openpyxl.Workbook()
    book.active["C3"] = "x"
    book.active["A5"] = "#REF!"
    book.active["E2"] = "=1+1"
    stream = io.BytesIO()
    book.save(stream)
    table = open_table(stream.getvalue())
    assert rows_of(table) == [
        (2, "", "", "", "", ""),
        (3, "", "", "x", "", ""),
        (4, "", "", "", "", ""),
        (5, "#REF!", "", "", "", ""),
    ]
    assert marks_of(table, 4) == [Kind.FORMULA, 0, 0, 0]


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_rows_have_the_numbers_of_the_sheet(size: int) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["B3"] = "name"
    sheet["C3"] = "amount"
    sheet["B4"] = "Acme"
    sheet["B6"] = "Beta"
    sheet["C6"] = 5
    stream = io.BytesIO()
    book.save(stream)
    table = open_table(stream.getvalue())
    assert rows_of(table, size) == [
        (3, "name", "amount"),
        (4, "Acme", ""),
        (5, "", ""),
        (6, "Beta", "5"),
    ]
    assert any((d.about, d.value) == ("first column", "B") for d in table.decisions)


@pytest.mark.parametrize("size", [3, 1000, 250_000])
def test_blank_formatted_rows_behind_the_data_are_left_out(size: int) -> None:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["name", "amount"])
    sheet.write_row(1, 0, ["Acme", 1])
    for row in range(2, 3000):
        sheet.write_string(row, 0, "")
        sheet.write_blank(row, 1, None, book.add_format({"bold": True}) if row == 2 else None)
    sheet.write_string(2999, 0, "")
    book.close()
    assert rows_of(open_table(stream.getvalue()), size) == [(1, "name", "amount"), (2, "Acme", "1")]


def test_merged_cells_hold_their_value_once() -> None:
    book = openpyxl.Workbook()
    book.active.append(["Acme", 1])
    book.active.append([None, 2])
    book.active.merge_cells("A1:A2")
    stream = io.BytesIO()
    book.save(stream)
    assert rows_of(open_table(stream.getvalue())) == [(1, "Acme", "1"), (2, "", "2")]


TABLE = [["name", "amount"], ["Acme", 1]]


@pytest.mark.parametrize(
    ("sheets", "hidden", "chosen"),
    [
        ({"Data": TABLE}, (), "Data"),
        ({"Empty": [], "Data": TABLE}, (), "Data"),
        ({"Notes": [["read me"]], "Data": TABLE}, (), "Data"),
        ({"Old": TABLE, "Data": TABLE}, ("Old",), "Data"),
        ({"Cover": [], "Data": TABLE}, ("Data",), "Data"),
        ({"Notes": [["only this"]], "Empty": []}, (), "Notes"),
    ],
)
def test_the_only_sheet_with_a_table_is_read(
    workbook: Build, sheets: dict[str, Any], hidden: tuple[str, ...], chosen: str
) -> None:
    table = open_table(workbook(sheets, hidden))
    assert table.sheet == chosen
    assert next(d.value for d in table.decisions if d.about == "sheet") == chosen


def test_hidden_sheets_are_told(workbook: Build) -> None:
    table = open_table(workbook({"Old": TABLE, "Data": TABLE}, ("Old",)))
    assert "hidden sheets left out: 'Old'" in table.decisions[0].evidence


def test_several_tables_are_a_choice_for_the_person(workbook: Build) -> None:
    data = workbook({"Q1": TABLE, "Q2": [["name", "amount"], ["Beta", 2]], "Empty": []})
    with pytest.raises(InputRefused, match="'Q1', 'Q2'") as refusal:
        open_table(data)
    assert refusal.value.code == "CGR009"
    assert "--sheet" in (refusal.value.help or "")
    for wanted in ("Q2", "q2", "2"):
        table = open_table(data, options=ReadOptions(sheet=wanted))
        assert (table.sheet, rows_of(table)[1]) == ("Q2", (2, "Beta", "2"))


def test_a_sheet_named_like_a_number_wins_over_the_number(workbook: Build) -> None:
    data = workbook({"2": TABLE, "1": [["x", "y"], ["z", 9]]})
    assert open_table(data, options=ReadOptions(sheet="2")).sheet == "2"


@pytest.mark.parametrize(("wanted", "code"), [("Q3", "CGR009"), ("9", "CGR009"), ("Empty", "CGR006")])
def test_a_sheet_that_cannot_be_read_is_refused(workbook: Build, wanted: str, code: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        open_table(workbook({"Q1": TABLE, "Empty": []}), options=ReadOptions(sheet=wanted))
    assert refusal.value.code == code


def test_a_workbook_without_data_is_empty(workbook: Build) -> None:
    with pytest.raises(InputRefused, match="no data") as refusal:
        open_table(workbook({"A": [], "B": []}))
    assert refusal.value.code == "CGR006"


def test_sheets_are_listed_with_what_is_known_of_them(workbook: Build) -> None:
    found = list_sheets(workbook({"Q1": TABLE, "Note": [["x"]], "Empty": []}, ("Note",)))
    seen = [(sheet.name, sheet.number, sheet.visible, sheet.has_data, sheet.is_table) for sheet in found]
    assert seen == [
        ("Q1", 1, True, True, True),
        ("Note", 2, False, True, False),
        ("Empty", 3, True, False, False),
    ]


def test_a_long_cell_is_refused_with_its_row(workbook: Build) -> None:
    options = ReadOptions(limits=Limits(cell_length=100))
    with pytest.raises(InputRefused, match="row 2") as refusal:
        list(open_table(workbook({"A": [["a", "b"], ["x", "y" * 101]]}), options=options).pieces(10))
    assert refusal.value.code == "CGR004"


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True) | st.integers(-(2**53), 2**53).map(float)))
def test_numbers_in_bulk_read_as_one_by_one(numbers: list[float]) -> None:
    import polars as pl

    assert number_texts(pl.Series(numbers, dtype=pl.Float64)).to_list() == [number_text(n) for n in numbers]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_text_is_the_same_number_without_an_exponent(number: float) -> None:
    text = number_text(number)
    assert float(text) == number
    assert "e" not in text.lower()
    assert not (("." in text) and text.endswith("0"))
    assert len(Decimal(text).as_tuple().digits) <= 17 or "." not in text
