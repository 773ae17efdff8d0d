"""The error workbook: values as they were, cells marked, links, and it can be read in again."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openpyxl import load_workbook

from cgrev.errors import SettingsError
from cgrev.findings import FINDINGS_HEADING, SUMMARY_SHEET, Finding, Severity
from cgrev.readers import open_table
from cgrev.readers.grid import SheetInfo
from cgrev.report import FileReport, Report, findings_frame
from cgrev.reporters import ReportOptions, render
from cgrev.reporters.source import SourceSheet
from cgrev.table import Kind, OpenTable

Many = Callable[..., list[Finding]]


def book(report: Report, options: ReportOptions) -> Any:
    rendered = render(report, "xlsx", options)
    assert isinstance(rendered, bytes)
    return load_workbook(io.BytesIO(rendered))


def test_the_sheet_holds_the_values_as_they_were_and_text_stays_text(
    report: Report, options: ReportOptions, tmp_path: Path
) -> None:
    path = tmp_path / "errors.xlsx"
    rendered = render(report, "xlsx", options)
    assert isinstance(rendered, bytes)
    path.write_bytes(rendered)
    from cgrev.readers import ReadOptions

    source = options.sources["in.csv"]
    again = open_table(path, options=ReadOptions(sheet="in"))
    names = [f"c{index}" for index in range(6)]
    expected = source.table.head().select(names).fill_null("")
    assert again.head().select(names).equals(expected)
    assert again.head().select(names).columns == names
    assert not [name for name in again.head().columns if name.startswith("k")]  # all cells are text


def test_offending_cells_are_coloured_and_commented(report: Report, options: ReportOptions) -> None:
    sheet = book(report, options)["in"]
    assert sheet["B2"].fill.fgColor.rgb == "FFFFC7CE"
    assert sheet["A3"].fill.fgColor.rgb == "FFFFEB9C"
    assert sheet["A2"].fill.fill_type is None
    assert sheet["B2"].comment.text == (
        "CGR212 amount-with-separators\nthe amount is odd: '1,234'\n"
        "what to do: write whole units\nfix: '1234'"
    )
    assert sheet["A3"].data_type == "s"
    assert sheet["A3"].value == '=HYPERLINK("http://x")'
    assert sheet["A4"].fill.fgColor.rgb == "FFFFC7CE"  # a blank cell is marked, too


def test_a_column_tells_the_findings_of_each_row_and_can_be_filtered(
    report: Report, options: ReportOptions
) -> None:
    sheet = book(report, options)["in"]
    assert [cell.value for cell in sheet["G"]] == [
        FINDINGS_HEADING,
        "CGR212 Revenue amount: the amount is odd: '1,234'",
        "CGR207 Account name: starts like a formula 100%; CGR211 Revenue amount: the amount is odd: "
        "'x\\x1b[31m'; CGR251 Revenue type: no revenue type",
        "CGR201 Account name: the account name is blank",
        None,
    ]
    assert sheet.auto_filter.ref == "A1:G5"
    assert sheet.freeze_panes == "A2"


def test_the_summary_links_to_the_cells(report: Report, options: ReportOptions) -> None:
    workbook = book(report, options)
    assert workbook.sheetnames == ["in", SUMMARY_SHEET]
    summary = workbook[SUMMARY_SHEET]
    links = {cell.value: cell.hyperlink.location for row in summary for cell in row if cell.hyperlink}
    assert links == {f"in {cell}": f"'in'!{cell}" for cell in ("B2", "A3", "B3", "E3", "A4")}
    words = [str(cell.value) for row in summary for cell in row if cell.value is not None]
    assert "source 1239.5 = written -7 + residual 0.5 + rejected 1246" in words
    assert "CGR002 JSON is not read" in words
    assert not [cell for row in summary for cell in row if cell.data_type == "f"]


def test_native_values_stay_native_with_all_their_digits(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "row": pl.Series([3, 5], dtype=pl.UInt32),
            "c0": ["Heading", "0.30000000000000004"],
            "k0": pl.Series([Kind.TEXT, Kind.NUMBER], dtype=pl.UInt8),
            "c1": ["x", "2024-02-29"],
            "k1": pl.Series([Kind.TEXT, Kind.DATE], dtype=pl.UInt8),
            "c2": ["x", "2024-02-29T13:30:00"],
            "k2": pl.Series([Kind.TEXT, Kind.DATETIME], dtype=pl.UInt8),
            "c3": ["x", "TRUE"],
            "k3": pl.Series([Kind.TEXT, Kind.BOOLEAN], dtype=pl.UInt8),
            "c4": ["x", "#DIV/0!"],
            "k4": pl.Series([Kind.TEXT, Kind.ERROR], dtype=pl.UInt8),
            "c5": ["x", ""],
            "k5": pl.Series([Kind.TEXT, Kind.FORMULA], dtype=pl.UInt8),
            "c6": ["x", "9007199254740993"],
            "k6": pl.Series([Kind.TEXT, Kind.NUMBER], dtype=pl.UInt8),
        }
    )
    table = OpenTable("xlsx", 7, lambda rows: iter([frame]), sheet="Deals")
    source = SourceSheet(table, tuple(frame.row(0)[1::2]), 3)
    one = Finding("a.xlsx", "CGR219", "n", Severity.ERROR, "m", sheet="Deals", row=5, source_column="Heading")
    report = Report([FileReport("a.xlsx", reader="xlsx")], findings_frame([one]), "1")
    rendered = render(report, "xlsx", ReportOptions(sources={"a.xlsx": source}))
    sheet = load_workbook(io.BytesIO(rendered))["Deals"]  # type: ignore[arg-type]
    values = [cell.value for cell in sheet[5]][:7]  # rows of a sheet keep their number
    assert values[0] == 0.30000000000000004
    assert values[1:4] == [datetime(2024, 2, 29), datetime(2024, 2, 29, 13, 30), True]
    assert values[6] == "9007199254740993"  # a spreadsheet would lose a digit, so it is text
    path = tmp_path / "again.xlsx"
    path.write_bytes(rendered)  # type: ignore[arg-type]
    from cgrev.readers import ReadOptions

    again = open_table(path, options=ReadOptions(sheet="Deals")).head()
    assert again.filter(pl.col("row") == 5).row(0, named=True)["c4"] == "#DIV/0!"
    assert again.filter(pl.col("row") == 5)["k4"].item() == Kind.ERROR
    assert again.filter(pl.col("row") == 5)["c1"].item() == date(2024, 2, 29).isoformat()
    assert sheet.auto_filter.ref == "A3:H5"


def test_the_column_stands_right_behind_the_cells_of_delimited_text(tmp_path: Path, make_many: Many) -> None:
    path = tmp_path / "in.csv"
    path.write_text("Account name,Amount\nAcme,5\nBeta,6,more\n")
    table = open_table(path)
    assert table.width > 3  # opened wider, so that rows that are too long are seen
    source = SourceSheet(table, tuple(table.head(1).row(0)[1:3]), 1)
    report = Report([FileReport("in.csv")], findings_frame(make_many(1)), "1")
    sheet = book(report, ReportOptions(sources={"in.csv": source}))["in"]
    assert [cell.value for cell in sheet[1]] == ["Account name", "Amount", None, FINDINGS_HEADING]
    assert [cell.value for cell in sheet[3]] == ["Beta", "6", "more", None]


def test_a_file_without_header_gets_one(make_many: Many) -> None:
    frame = pl.DataFrame({"row": pl.Series([1], dtype=pl.UInt32), "c0": ["Acme"], "c1": ["5"]})
    table = OpenTable("xml", 2, lambda rows: iter([frame]), named=("NAME", "AMOUNT"))
    report = Report([FileReport("in.csv")], findings_frame(make_many(1, first=1)), "1")
    sheet = book(report, ReportOptions(sources={"in.csv": SourceSheet(table)}))["in"]
    assert [[cell.value for cell in row] for row in sheet] == [
        ["NAME", "AMOUNT", FINDINGS_HEADING],
        ["Acme", "5", "CGR201 Account name: wrong"],
    ]


def test_the_findings_column_of_an_earlier_workbook_is_written_anew(make_many: Many) -> None:
    rows = {"c0": ["Account name", "Acme"], "c1": [FINDINGS_HEADING, "CGR999 old"], "c2": ["Note", "n"]}
    frame = pl.DataFrame({"row": pl.Series([1, 2], dtype=pl.UInt32), **rows})
    table = OpenTable("xlsx", 3, lambda size: iter([frame]), sheet="in")
    source = SourceSheet(table, ("Account name", FINDINGS_HEADING, "Note"), 1)
    report = Report([FileReport("in.csv")], findings_frame(make_many(1)), "1")
    sheet = book(report, ReportOptions(sources={"in.csv": source}))["in"]
    assert [[cell.value for cell in row] for row in sheet] == [
        ["Account name", FINDINGS_HEADING, "Note"],
        ["Acme", "CGR201 Account name: wrong", "n"],
    ]


def test_sheets_get_names_that_a_workbook_allows() -> None:
    frame = pl.DataFrame({"row": pl.Series([1], dtype=pl.UInt32), "c0": ["Account name"]})
    sources = {
        path: SourceSheet(OpenTable("csv", 1, lambda rows: iter([frame])), ("Account name",), 1)
        for path in (
            "a/x[1].csv",
            "b/X_1_.csv",
            f"{SUMMARY_SHEET}.csv",
            "y" * 60 + ".csv",
            "'.csv",
            "History.csv",
        )
    }
    report = Report([FileReport(path) for path in sources], findings_frame([]), "1")
    assert book(report, ReportOptions(sources=sources)).sheetnames == [
        "x_1_", "X_1__2", f"{SUMMARY_SHEET}_2", "y" * 31, "Sheet1", "History_2", SUMMARY_SHEET,
    ]  # fmt: skip


def test_comments_are_capped_and_the_summary_says_so(
    make_many: Many, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cgrev.reporters.workbook.MAX_COMMENTS", 3)
    monkeypatch.setattr("cgrev.reporters.summary_sheet.MAX_LINKS", 4)
    texts = ["Account name", *(f"v{number}" for number in range(9))]
    frame = pl.DataFrame({"row": pl.Series(range(1, 11), dtype=pl.UInt32), "c0": texts})
    source = SourceSheet(OpenTable("csv", 1, lambda rows: iter([frame])), ("Account name",), 1)
    report = Report([FileReport("in.csv")], findings_frame(make_many(9)), "1")
    workbook = book(report, ReportOptions(sources={"in.csv": source}))
    assert sum(cell.comment is not None for row in workbook["in"] for cell in row) == 3
    words = [str(cell.value) for row in workbook[SUMMARY_SHEET] for cell in row]
    assert "6 more cells are coloured without a comment." in words
    assert "The first 4 of 9 findings are linked below." in words


def test_a_report_too_large_for_a_workbook_is_refused_in_words(
    report: Report, options: ReportOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cgrev.reporters.workbook.MAX_ROWS", 3)
    with pytest.raises(SettingsError, match="a workbook cannot hold more rows") as refused:
        render(report, "xlsx", options)
    assert "html" in (refused.value.help or "")


def test_sheets_are_told_apart_by_the_reader(report: Report, options: ReportOptions, tmp_path: Path) -> None:
    from cgrev.readers import list_sheets

    path = tmp_path / "errors.xlsx"
    path.write_bytes(render(report, "xlsx", options))  # type: ignore[arg-type]
    sheets: tuple[SheetInfo, ...] = list_sheets(path)
    assert [sheet.name for sheet in sheets] == ["in", SUMMARY_SHEET]
