"""SpreadsheetML 2003: typed cells, gaps, spans, sheets."""

from __future__ import annotations

import pytest

from cgrev.errors import InputRefused
from cgrev.readers import Limits, ReadOptions, list_sheets, open_table
from cgrev.table import Kind

from .conftest import marks_of, rows_of

NAMESPACE = "urn:schemas-microsoft-com:office:spreadsheet"


def cell(value: str, kind: str = "String", extra: str = "") -> str:
    return f'<Cell{extra}><Data ss:Type="{kind}">{value}</Data></Cell>'


def row(*cells: str, extra: str = "") -> str:
    return f"<Row{extra}>{''.join(cells)}</Row>"


def sheet(*rows: str, name: str = "Data", hidden: bool = False) -> str:
    options = "<Visible>SheetHidden</Visible>" if hidden else ""
    inner = f"<Table>{''.join(rows)}</Table><WorksheetOptions>{options}</WorksheetOptions>"
    return f'<Worksheet ss:Name="{name}">{inner}</Worksheet>'


def book(*sheets: str) -> bytes:
    head = '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
    return f'{head}<Workbook xmlns="{NAMESPACE}" xmlns:ss="{NAMESPACE}">{"".join(sheets)}</Workbook>'.encode()


HEAD = row(cell("name"), cell("amount"))
LINE = row(cell("Acme"), cell("1", "Number"))


@pytest.mark.parametrize(
    ("kind", "value", "text", "mark"),
    [
        ("String", "00012", "00012", Kind.TEXT),
        ("Number", "1234.50", "1234.5", Kind.NUMBER),
        ("Number", "1E+15", "1000000000000000", Kind.NUMBER),
        ("Number", "0.30000000000000004", "0.30000000000000004", Kind.NUMBER),
        ("Number", "-0", "0", Kind.NUMBER),
        ("Number", "n/a", "n/a", Kind.TEXT),
        ("Number", "1E+999999999", "1E+999999999", Kind.TEXT),
        ("DateTime", "2024-02-29T00:00:00.000", "2024-02-29", Kind.DATE),
        ("DateTime", "2024-02-29T13:05:09.000", "2024-02-29T13:05:09", Kind.DATETIME),
        ("DateTime", "1899-12-31T13:05:00.000", "13:05:00", Kind.TEXT),
        ("DateTime", "soon", "soon", Kind.TEXT),
        ("Boolean", "1", "TRUE", Kind.BOOLEAN),
        ("Boolean", "0", "FALSE", Kind.BOOLEAN),
        ("Error", "#N/A", "#N/A", Kind.ERROR),
    ],
)
def test_a_cell_has_the_type_it_states(kind: str, value: str, text: str, mark: Kind) -> None:
    table = open_table(book(sheet(HEAD, row(cell("x"), cell(value, kind)))))
    assert rows_of(table)[1] == (2, "x", text)
    assert marks_of(table, 1) == [Kind.TEXT, mark]


def test_a_formula_without_a_value() -> None:
    table = open_table(book(sheet(HEAD, row(cell("x"), '<Cell ss:Formula="=1+1"/>'))))
    assert rows_of(table)[1] == (2, "x", "")
    assert marks_of(table, 1) == [Kind.TEXT, Kind.FORMULA]


@pytest.mark.parametrize("size", [1, 1000])
def test_gaps_between_cells_and_rows(size: int) -> None:
    third = row(cell("Acme"), cell("x", extra=' ss:Index="4"'), extra=' ss:Index="4"')
    table = open_table(book(sheet(HEAD, third, row(cell("Beta"), cell("2")))))
    assert rows_of(table, size) == [
        (1, "name", "amount", "", ""),
        (2, "", "", "", ""),
        (3, "", "", "", ""),
        (4, "Acme", "", "", "x"),
        (5, "Beta", "2", "", ""),
    ]


def test_a_table_that_starts_lower_and_further_right() -> None:
    first = row(cell("name", extra=' ss:Index="3"'), cell("amount"), extra=' ss:Index="7"')
    table = open_table(book(sheet(first, row(cell("Acme", extra=' ss:Index="3"')))))
    assert rows_of(table) == [(7, "name", "amount"), (8, "Acme", "")]
    assert any((d.about, d.value) == ("first column", "C") for d in table.decisions)


def test_spans_take_their_places() -> None:
    table = open_table(
        book(
            sheet(
                row(cell("title", extra=' ss:MergeAcross="1"'), cell("z")),
                row(cell("Acme", extra=' ss:MergeDown="1"'), cell("1"), cell("2")),
                row(cell("3"), cell("4")),
                row(cell("Beta"), cell("5"), cell("6")),
            )
        )
    )
    assert rows_of(table) == [
        (1, "title", "", "z"),
        (2, "Acme", "1", "2"),
        (3, "", "3", "4"),
        (4, "Beta", "5", "6"),
    ]


def test_prefixes_markup_and_comments() -> None:
    text = (
        f'<s:Workbook xmlns:s="{NAMESPACE}" xmlns:h="urn:html"><s:Worksheet s:Name="A">'
        '<s:Table><s:Row><s:Cell><s:Data s:Type="String"><h:B>Ac</h:B>me</s:Data>'
        '<s:Comment><s:Data>not this</s:Data></s:Comment><s:NamedCell s:Name="x"/></s:Cell>'
        '<s:Cell><s:Data s:Type="Number">1</s:Data></s:Cell></s:Row></s:Table></s:Worksheet></s:Workbook>'
    )
    assert rows_of(open_table(text.encode())) == [(1, "Acme", "1")]


def test_the_sheet_is_chosen_as_in_other_workbooks() -> None:
    data = book(sheet(HEAD, LINE, name="Q1"), sheet(HEAD, LINE, name="Q2"), sheet(name="None"))
    with pytest.raises(InputRefused, match="'Q1', 'Q2'") as refusal:
        open_table(data)
    assert refusal.value.code == "CGR009"
    assert open_table(data, options=ReadOptions(sheet="Q2")).sheet == "Q2"
    assert open_table(book(sheet(HEAD, LINE), sheet(HEAD, LINE, name="Old", hidden=True))).sheet == "Data"
    assert [(s.name, s.has_data, s.visible) for s in list_sheets(data)] == [
        ("Q1", True, True),
        ("Q2", True, True),
        ("None", False, True),
    ]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (book(sheet()), "CGR006"),
        (book(), "CGR006"),
        (book(sheet(HEAD, row(cell("x"), extra=' ss:Index="1"'))), "CGR001"),
        (book(sheet(row(cell("x"), cell("y", extra=' ss:Index="1"')))), "CGR001"),
        (book(sheet(row(cell("x"), extra=' ss:Index="first"'))), "CGR001"),
        (book(sheet(cell("x"))), "CGR001"),
        (book(sheet(row(cell("x"), extra=' ss:Index="99999999"'))), "CGR004"),
        (book(sheet(row(cell("x", extra=' ss:Index="99999"')))), "CGR004"),
        (book(sheet(HEAD, row(cell("x", extra=' ss:Index="9999"'), extra=' ss:Index="1000000"'))), "CGR004"),
        (book(sheet(HEAD))[:-30], "CGR001"),
        (b'<?xml version="1.0"?><!DOCTYPE W [<!ENTITY a "b">]>' + book(sheet(HEAD))[50:], "CGR004"),
    ],
)
def test_what_is_wrong_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        list(open_table(data).pieces(10))
    assert refusal.value.code == code


def test_limits() -> None:
    for limits in (Limits(cell_length=3), Limits(columns=1), Limits(rows=1), Limits(document_bytes=99)):
        with pytest.raises(InputRefused) as refusal:
            list(open_table(book(sheet(HEAD, LINE)), options=ReadOptions(limits=limits)).pieces(10))
        assert refusal.value.code == "CGR004"
