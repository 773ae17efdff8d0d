from __future__ import annotations

import pickle

import polars as pl
import pytest

from cgrev.layout import HEADINGS, IDS
from cgrev.mapping.canonical import CanonicalConverter, layout_findings
from cgrev.plugin import ConverterOptions, Header, Sample, Sheet

ROW = ["Acme Ltd", "12000", "2024-01-01", "2024-12-31", "ARR", "Gold plan"]
OPTIONS = ConverterOptions()
CONVERTER = CanonicalConverter()


def header_of(frame: pl.DataFrame, named: tuple[str, ...] | None = None) -> Header:
    return CONVERTER.header(Sample("csv", frame, named=named), OPTIONS)


def places(labels: tuple[str, ...]) -> dict[str, int | None]:
    return {field.id: field.index for field in CONVERTER.fields(labels, OPTIONS).fields}


def kinds(header: Header) -> list[tuple[str, str | None, int | None]]:
    return [(issue.kind, issue.column, issue.position) for issue in layout_findings(header.labels, header)]


def test_the_layout_as_it_is_written_has_no_issue(table) -> None:
    header = header_of(table([list(HEADINGS), ROW]))
    assert header.row == 1
    assert kinds(header) == []
    assert places(header.labels) == {name: index for index, name in enumerate(IDS)}


def test_another_spelling_is_read_and_reported_heading_by_heading(table) -> None:
    heads = [
        "ACCOUNT NAME",
        "Revenue  amount",
        "Revenue start date",
        "Revenue_end_date",
        "Revenue type",
        "description",
    ]
    header = header_of(table([heads, ROW]))
    assert places(header.labels) == {name: index for index, name in enumerate(IDS)}
    assert kinds(header) == [
        ("respelt-heading", "account_name", 0),
        ("respelt-heading", "amount", 1),
        ("respelt-heading", "end_date", 3),
        ("respelt-heading", "description", 5),
    ]


def test_another_order_is_read_by_heading_and_reported_once(table) -> None:
    header = header_of(table([list(HEADINGS)[::-1], ROW[::-1]]))
    assert places(header.labels) == {name: 5 - index for index, name in enumerate(IDS)}
    assert kinds(header) == [("wrong-order", None, None)]


def test_a_missing_column_is_named_with_what_stands_in_its_place(table) -> None:
    header = header_of(table([["Account name", "Amount", *HEADINGS[2:]], ROW]))
    issues = layout_findings(header.labels, header)
    assert [issue.kind for issue in issues] == ["missing-column", "extra-column"]
    assert issues[0].column == "amount"
    assert "headed 'Amount'" in issues[0].message
    assert "amount" not in places(header.labels)


def test_a_duplicated_heading_is_an_issue_and_the_first_column_is_read(table) -> None:
    header = header_of(table([[*HEADINGS, "Revenue amount"], [*ROW, "7"]]))
    assert kinds(header) == [("duplicate-heading", "amount", 6)]
    assert places(header.labels)["amount"] == 1


def test_without_a_header_the_position_decides(table) -> None:
    header = header_of(table([ROW, ROW]))
    assert header.row is None
    assert places(header.labels) == {name: index for index, name in enumerate(IDS)}
    assert kinds(header) == [("no-header", None, None)]


def test_without_a_header_columns_too_few_and_too_many_are_issues(table) -> None:
    assert kinds(header_of(table([ROW[:5]])))[1:] == [("missing-column", "description", None)]
    assert kinds(header_of(table([[*ROW, "x"]])))[1:] == [("extra-column", None, 6)]


def test_xml_with_the_six_names_in_another_order_is_read_by_name(table) -> None:
    named = (
        "DESCRIPTION",
        "AccountName",
        "RevenueAmount",
        "RevenueStartDate",
        "RevenueEndDate",
        "RevenueType",
    )
    header = header_of(table([[ROW[5], *ROW[:5]]]), named)
    assert (header.row, header.first) == (None, 1)
    assert places(header.labels)["account_name"] == 1
    assert kinds(header) == [("wrong-order", None, None)]


def test_xml_with_other_names_is_read_by_position(table) -> None:
    header = header_of(table([ROW]), ("Description", "Value", "From", "To", "Kind", "Text"))
    assert places(header.labels)["description"] == 5
    assert kinds(header) == []
    assert any("position" in line for line in header.evidence)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (["", None, " ", "\u00a0", "\u200b", ""], "blank row"),
        (["Grand Total", "12750", "", "", "", ""], "total row"),
        (["Total for Acme", "12750", None, None, None, None], "total row"),
        (["", "Summe:", "", "", "", "5"], "total row"),
        (list(HEADINGS), "header row repeated"),
    ],
)
def test_rows_that_are_no_records_are_skipped_with_the_reason(table, row: list[str], reason: str) -> None:
    frame = table([ROW, row, ROW], first=2)
    tidied = CONVERTER.tidy(Sheet(frame, HEADINGS), OPTIONS)
    assert tidied.sheet.frame["row"].to_list() == [2, 4]
    assert tidied.skipped.select("row", "reason").rows() == [(3, reason)]


@pytest.mark.parametrize(
    "row",
    [
        ["Total Energies", "100", "2024-01-01", "2024-12-31", "ARR", ""],
        ["Total", "100", "2024-01-01", "", "", ""],
        ["Total", "100", "", "", "ARR", ""],
        ["Total Energies", "100", "", "", "", ""],
        ["Acme", "100", "", "", "", "Total"],
        ["", "100", "", "", "", ""],
        ["Account name", "Revenue amount", "Revenue start date", "Revenue end date", "Revenue type", "x"],
    ],
)
def test_what_could_be_a_record_is_never_skipped(table, row: list[str]) -> None:
    tidied = CONVERTER.tidy(Sheet(table([ROW, row]), HEADINGS), OPTIONS)
    assert tidied.sheet.frame.height == 2
    assert tidied.skipped.is_empty()


def test_identify_is_sure_of_six_headings_and_never_of_positions(table) -> None:
    assert CONVERTER.identify(Sample("csv", table([list(HEADINGS), ROW]))).score == 1.0
    assert CONVERTER.identify(Sample("csv", table([ROW, ROW]))).score == 0.0
    some = CONVERTER.identify(
        Sample("csv", table([["Account name", "Revenue amount", "Owner"], ["a", "1", "b"]]))
    )
    assert 0.0 < some.score < 0.5


def test_convert_passes_the_fields_through_and_fills_missing_ones_with_null() -> None:
    rows = pl.LazyFrame({"row": [2], "account_name": ["Acme"], "account_name.text": ["Acme "]})
    converted = CONVERTER.convert(rows, OPTIONS).collect()
    assert converted.columns == ["row", *IDS]
    assert converted.schema["amount"] == pl.Decimal(38, 18)
    assert converted.row(0) == (2, "Acme", None, None, None, None, None)


def test_the_converter_can_be_sent_elsewhere() -> None:
    assert pickle.loads(pickle.dumps(CONVERTER)).name == "canonical"
