"""A person opens the error workbook, corrects the coloured cells, saves, and hands it back: it is clean.

For every kind of source, through the command line; openpyxl plays the spreadsheet program.
"""

from __future__ import annotations

import csv
import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from cgrev.cli import main
from cgrev.findings import FINDINGS_HEADING, SUMMARY_SHEET
from cgrev.layout import HEADINGS

ROWS: list[tuple[Any, ...]] = [
    ("Acme Ltd", "12x", "2024-01-01", "2024-12-31", "ARR", "gold; renewal"),
    ("", "100", "2024-02-30", "2024-12-31", "One Time", "=SUM(A1)"),
    ("Beta GmbH", "7", "2024-03-01", "2024-12-31", "Annual", "00123"),
    ("Gamma Inc", "8", "2024-04-01", "2024-05-31", "MRR", None),
]
CORRECTIONS = {"12x": "12", None: "Delta AG", "2024-02-30": "2024-02-29", "Annual": "ARR"}
"""What the person types over what stands in a red cell."""
CORRECTED = [
    ("Acme Ltd", "12", "2024-01-01", "2024-12-31", "ARR", "gold; renewal"),
    ("Delta AG", "100", "2024-02-29", "2024-12-31", "One Time", "=SUM(A1)"),
    ("Beta GmbH", "7", "2024-03-01", "2024-12-31", "ARR", "00123"),
    ("Gamma Inc", "8", "2024-04-01", "2024-05-31", "MRR", ""),
]
RED = "FFFFC7CE"
WARNED = ["--ignore", "CGR206,CGR505"]
"""The text like a formula is meant, and shows that no cell becomes one."""


def csv_source(folder: Path) -> Path:
    path = folder / "revenue.csv"
    with path.open("w", encoding="cp1252", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows([HEADINGS, *ROWS])
    return path


def xml_source(folder: Path) -> Path:
    """Elements named as somebody liked; the columns go by position."""
    names = ("customer", "sum", "from", "until", "kind", "note")
    records = "".join(
        "<entry>"
        + "".join(f"<{name}>{value or ''}</{name}>" for name, value in zip(names, row, strict=True))
        + "</entry>"
        for row in ROWS
    )
    path = folder / "revenue.xml"
    path.write_text(f"<?xml version='1.0' encoding='UTF-8'?><revenue>{records}</revenue>", "utf-8")
    return path


def workbook_source(folder: Path) -> Path:
    """A table that starts in column B below a title, with native dates and numbers where they are sound."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Year '24 draft"
    sheet["B2"] = "Revenue by customer"
    for column, heading in enumerate(HEADINGS, 2):
        sheet.cell(4, column, heading)
    for place, row in enumerate(ROWS, 5):
        for column, value in enumerate(row, 2):
            cell = sheet.cell(place, column)
            cell.value = native(value, column - 2)
            if isinstance(cell.value, str):
                cell.data_type = "s"
    path = folder / "revenue.xlsx"
    book.save(path)
    return path


def native(value: str | None, column: int) -> object:
    if value and column in (2, 3) and value != "2024-02-30":
        return datetime.date.fromisoformat(value)
    return int(value) if value and column == 1 and value.isdecimal() else value or None


def run(*words: str | Path) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    code = ended.value.code
    assert isinstance(code, int)
    return code


def coloured(sheet: Any, colour: str) -> list[Any]:
    """The cells of a sheet with a colour, those of the findings column left out."""
    last = next(cell.column for row in sheet for cell in row if cell.value == FINDINGS_HEADING)
    return [
        cell
        for row in sheet
        for cell in row
        if cell.column < last and cell.fill.fill_type and cell.fill.fgColor.rgb == colour
    ]


@pytest.mark.parametrize("source", [csv_source, xml_source, workbook_source], ids=["csv", "xml", "xlsx"])
def test_what_is_corrected_in_the_workbook_is_read_in_again_clean(
    source: Callable[[Path], Path], tmp_path: Path
) -> None:
    path, errors = source(tmp_path), tmp_path / "errors.xlsx"
    assert run("check", path, *WARNED, "--output-format", "xlsx", "--output-file", errors) == 1
    book = openpyxl.load_workbook(errors)
    sheet = book.worksheets[0]
    red = coloured(sheet, RED)
    assert [cell.value for cell in red] == ["12x", None, "2024-02-30", "Annual"]
    for cell in red:
        assert cell.comment is not None and "what to do: " in cell.comment.text
        cell.value = CORRECTIONS[cell.value]
    book.save(errors)

    assert run("check", errors, *WARNED) == 0
    assert run("convert", "--from", "canonical", errors, *WARNED, "-o", tmp_path / "upload") == 0
    [written] = (tmp_path / "upload").glob("*.csv")
    with written.open(encoding="utf-8", newline="") as stream:
        assert [tuple(row) for row in csv.reader(stream)] == [HEADINGS, *CORRECTED]


@pytest.mark.parametrize("source", [csv_source, xml_source, workbook_source], ids=["csv", "xml", "xlsx"])
def test_a_workbook_that_is_half_corrected_tells_what_is_left(
    source: Callable[[Path], Path], tmp_path: Path
) -> None:
    """The second workbook is made from the first: one findings column, no stale colour, no stale text."""
    path, first, second = source(tmp_path), tmp_path / "first.xlsx", tmp_path / "second.xlsx"
    run("check", path, *WARNED, "--output-format", "xlsx", "--output-file", first)
    book = openpyxl.load_workbook(first)
    sheet = book.worksheets[0]
    for cell in coloured(sheet, RED)[1:]:
        cell.value = CORRECTIONS[cell.value]
    book.save(first)
    assert run("check", first, *WARNED, "--output-format", "xlsx", "--output-file", second) == 1
    again = openpyxl.load_workbook(second)
    assert [one.title for one in again.worksheets] == [sheet.title, SUMMARY_SHEET]
    assert [cell.value for cell in coloured(again.worksheets[0], RED)] == ["12x"]
    headings = [c.value for row in again.worksheets[0] for c in row if c.value == FINDINGS_HEADING]
    assert headings == [FINDINGS_HEADING]


def test_the_cells_stand_where_they_stand_in_the_persons_own_workbook(tmp_path: Path) -> None:
    path, errors = workbook_source(tmp_path), tmp_path / "errors.xlsx"
    run("check", path, *WARNED, "--output-format", "xlsx", "--output-file", errors)
    own = openpyxl.load_workbook(path).worksheets[0]
    shown = openpyxl.load_workbook(errors)
    sheet = shown.worksheets[0]
    assert sheet.title == own.title
    for row in own:
        for cell in row:
            there = sheet[cell.coordinate]
            assert (there.value, there.data_type) == (cell.value, cell.data_type), cell.coordinate
    assert sheet.auto_filter.ref == "B4:H8"
    assert sheet["H4"].value == FINDINGS_HEADING
    links = [cell.hyperlink.location for row in shown[SUMMARY_SHEET] for cell in row if cell.hyperlink]
    name = sheet.title.replace("'", "''")
    assert links == [f"'{name}'!{place}" for place in ("C5", "B6", "D6", "F7")]


def test_no_cell_of_any_sheet_is_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "=cmd.csv"
    evil = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")']
    rows = [HEADINGS, *([text, "x", "x", "x", text, text] for text in evil)]
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    errors = tmp_path / "errors.xlsx"
    assert run("check", path, "--output-format", "xlsx", "--output-file", errors) == 1
    book = openpyxl.load_workbook(errors)
    assert [cell.coordinate for sheet in book for row in sheet for cell in row if cell.data_type == "f"] == []
