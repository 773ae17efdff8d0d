"""XLS workbooks, built record by record, and what is wrong with some of them."""

from __future__ import annotations

import struct

import pytest

from cgrev.errors import InputRefused
from cgrev.readers import ReadOptions, list_sheets, open_table
from cgrev.table import Kind

from .conftest import (
    DATE_STYLE,
    container,
    error_cell,
    marks_of,
    number_cell,
    record,
    rows_of,
    text_cell,
    xls_stream,
)

HEADER = text_cell(0, 0, "name") + text_cell(0, 1, "amount") + text_cell(0, 2, "from")
LINE = text_cell(1, 0, "Müller") + number_cell(1, 1, 1234.5) + number_cell(1, 2, 45351, DATE_STYLE)


def refusal(data: bytes) -> InputRefused:
    with pytest.raises(InputRefused) as caught:
        list(open_table(data).pieces(10))
    return caught.value


def test_native_cells_of_a_binary_workbook() -> None:
    table = open_table(container(xls_stream({"Data": HEADER + LINE + error_cell(2, 1, 0x2A)})))
    assert table.reader == "xls"
    assert rows_of(table) == [
        (1, "name", "amount", "from"),
        (2, "Müller", "1234.5", "2024-02-29"),
        (3, "", "#N/A", ""),
    ]
    assert marks_of(table, 1) == [Kind.TEXT, Kind.NUMBER, Kind.ERROR]
    assert marks_of(table, 2) == [Kind.TEXT, Kind.DATE, Kind.TEXT]


def test_an_error_that_a_formula_gave() -> None:
    value = struct.pack("<HHH", 1, 1, 0) + bytes([2, 0, 0x07, 0, 0, 0, 0xFF, 0xFF]) + bytes(8)
    table = open_table(container(xls_stream({"Data": HEADER + record(0x0006, value)})))
    assert rows_of(table)[1] == (2, "", "#DIV/0!", "")


def test_the_sheet_is_chosen_as_in_other_workbooks() -> None:
    data = container(xls_stream({"One": HEADER + LINE, "Two": HEADER + LINE, "None": b""}))
    assert refusal(data).code == "CGR009"
    assert open_table(data, options=ReadOptions(sheet="Two")).sheet == "Two"
    assert [(sheet.name, sheet.has_data) for sheet in list_sheets(data)] == [
        ("One", True),
        ("Two", True),
        ("None", False),
    ]


def test_days_count_from_1904_where_the_workbook_says_so() -> None:
    stream = xls_stream({"Data": HEADER + LINE}, extra=record(0x0022, struct.pack("<H", 1)))
    assert rows_of(open_table(container(stream)))[1][3] == "2028-03-01"


def test_a_password_is_said() -> None:
    stream = xls_stream({"Data": HEADER + LINE}, extra=record(0x002F, struct.pack("<HHH", 0, 1, 2)))
    found = refusal(container(stream))
    assert (found.code, found.message) == ("CGR003", "password-protected workbook")


def test_an_encrypted_xlsx_is_said() -> None:
    found = refusal(container(b"x" * 5000, name="EncryptedPackage"))
    assert (found.code, found.message) == ("CGR003", "password-protected workbook")


def test_another_office_file_is_named() -> None:
    found = refusal(container(b"x" * 5000, name="WordDocument"))
    assert (found.code, "Word document" in found.message) == ("CGR002", True)


@pytest.mark.parametrize("keep", [8, 511, 600, 2000])
def test_a_container_that_is_cut_off(keep: int) -> None:
    found = refusal(container(xls_stream({"Data": HEADER + LINE}))[:keep])
    assert found.code == "CGR003"
    assert found.message == "password-protected or damaged workbook"


def test_a_chain_of_sectors_without_end_is_refused() -> None:
    data = bytearray(container(xls_stream({"Data": HEADER + LINE})))
    fat = 512 + 8 * 512
    struct.pack_into("<I", data, fat + 4 * 9, 9)  # the folder's sector follows itself
    assert refusal(bytes(data)).code == "CGR003"


@pytest.mark.parametrize("cell", [number_cell(3, 300, 1.0), number_cell(3, 0xFFFF, 1.0)])
def test_a_cell_beyond_the_last_column_is_damage(cell: bytes) -> None:
    assert refusal(container(xls_stream({"Data": HEADER + cell}))).code == "CGR001"


def test_a_record_longer_than_the_workbook_is_damage() -> None:
    stream = xls_stream({"Data": HEADER + LINE})
    stream = stream[:-4] + struct.pack("<HH", 0x0203, 60_000)
    assert refusal(container(stream)).code == "CGR001"
