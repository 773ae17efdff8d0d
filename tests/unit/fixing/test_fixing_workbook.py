"""Fixing XLSX: single cells of one sheet change, every other part keeps its bytes."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.table import Table
from python_calamine import CalamineWorkbook

from cgrev import fixing
from cgrev.errors import InputRefused
from cgrev.findings import Decision
from cgrev.fixing import CellFix
from cgrev.table import OpenTable


def opened(sheet: str | None = "Revenue", *decisions: Decision) -> OpenTable:
    return OpenTable("xlsx", 4, lambda rows: iter(()), sheet=sheet, decisions=decisions)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    workbook = Workbook()
    other = workbook.active
    assert other is not None
    other.title = "Notes"
    other["A1"] = "=1+1"
    sheet = workbook.create_sheet("Revenue")
    sheet.append(["Account name", "Amount", "Start", "Sum"])
    sheet.append(["Ac\u00a0me & <Co>", "1,234", date(2024, 1, 1), "=B2"])
    sheet.append(["Beta", 12.5, date(2024, 2, 1), None])
    sheet["B2"].fill = PatternFill("solid", fgColor="FFFF0000")
    sheet["B2"].comment = Comment("look here", "someone")
    sheet["A3"].font = Font(bold=True)
    path = tmp_path / "book.xlsx"
    workbook.save(path)
    return path


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {info.filename: archive.read(info) for info in archive.infolist()}


def test_cells_change_and_everything_else_stays(book: Path) -> None:
    before = book.read_bytes()
    fixes = [CellFix(2, 0, "Ac me & <Co>", old="Ac\u00a0me & <Co>"), CellFix(2, 1, "1234", old="1,234")]
    fixed = fixing.apply(book, fixes, opened())
    assert (fixed.applied, fixed.refused) == (2, ())
    old, new = parts(before), parts(fixed.data)
    assert list(old) == list(new)
    assert [name for name in old if old[name] != new[name]] == ["xl/worksheets/sheet2.xml"]
    sheet = load_workbook(io.BytesIO(fixed.data))["Revenue"]
    assert [cell.value for cell in sheet[2]][:2] == ["Ac me & <Co>", "1234"]
    assert sheet["D2"].value == "=B2"
    assert sheet["B2"].fill.fgColor.rgb == "FFFF0000"
    assert sheet["B2"].comment is not None
    assert sheet["B3"].value == 12.5
    rows = CalamineWorkbook.from_filelike(io.BytesIO(fixed.data)).get_sheet_by_name("Revenue").to_python()
    assert rows[1][:3] == ["Ac me & <Co>", "1234", date(2024, 1, 1)]


def test_fixing_again_changes_nothing(book: Path) -> None:
    fixes = [CellFix(2, 1, "1234")]
    fixed = fixing.apply(book, fixes, opened())
    book.write_bytes(fixed.data)
    again = fixing.apply(book, fixes, opened())
    assert (again.data, again.applied, again.changed) == (fixed.data, 0, False)


def test_a_number_stays_a_number_and_a_date_may_become_text(book: Path) -> None:
    fixes = [CellFix(3, 1, "13", old="12.5"), CellFix(3, 2, "2024-02-02", old="2024-02-01")]
    fixed = fixing.apply(book, fixes, opened())
    sheet = load_workbook(io.BytesIO(fixed.data))["Revenue"]
    assert sheet["B3"].value == 13
    assert sheet["C3"].value == "2024-02-02"


def test_a_formula_and_a_blank_cell_are_left_to_the_person(book: Path) -> None:
    fixed = fixing.apply(book, [CellFix(2, 3, "9"), CellFix(3, 3, "9")], opened())
    assert [refusal.why for refusal in fixed.refused] == [
        "D2: the cell holds a formula: correct it in the workbook",
        "D3: the cell is blank in the workbook: fill it in there",
    ]
    assert (fixed.applied, fixed.data) == (0, book.read_bytes())


def test_columns_count_from_the_first_used_one(tmp_path: Path) -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet["C5"], sheet["D5"] = "Name", "x "
    path = tmp_path / "gap.xlsx"
    workbook.save(path)
    table = opened("Sheet", Decision("first column", "C", "evidence"))
    fixed = fixing.apply(path, [CellFix(5, 1, "x", old="x ")], table)
    assert load_workbook(io.BytesIO(fixed.data))["Sheet"]["D5"].value == "x"


def test_cells_without_references_are_counted(tmp_path: Path) -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(["a", "b"])
    sheet.append(["c", "d"])
    path = tmp_path / "bare.xlsx"
    workbook.save(path)
    content = parts(path.read_bytes())
    bare = content["xl/worksheets/sheet1.xml"]
    for mark in (b' r="A1"', b' r="B1"', b' r="A2"', b' r="B2"', b' r="1"', b' r="2"'):
        bare = bare.replace(mark, b"")
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, bare if name == "xl/worksheets/sheet1.xml" else data)
    fixed = fixing.apply(path, [CellFix(2, 0, "C", old="c")], opened("Sheet"))
    rows = CalamineWorkbook.from_filelike(io.BytesIO(fixed.data)).get_sheet_by_index(0).to_python()
    assert rows == [["a", "b"], ["C", "d"]]


def test_the_heading_of_a_table_is_left_to_the_person(tmp_path: Path) -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(["name", "amount"])
    sheet.append(["x", "y "])
    sheet.add_table(Table(displayName="T1", ref="A1:B2"))
    path = tmp_path / "table.xlsx"
    workbook.save(path)
    fixed = fixing.apply(path, [CellFix(1, 0, "Account name"), CellFix(2, 1, "y")], opened("Sheet"))
    assert [refusal.why for refusal in fixed.refused] == [
        "A1: the cell is the heading of a table: rename the column in the workbook"
    ]
    assert fixed.applied == 1


@pytest.mark.parametrize("text", [" x ", "a\nb", "=1+1", "<&>'\"", "_x000D_", "日本", "a\tb", "\x07bell"])
def test_any_text_is_read_back_as_it_was_meant(book: Path, text: str) -> None:
    fixed = fixing.apply(book, [CellFix(2, 0, text)], opened())
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(fixed.data)).get_sheet_by_name("Revenue")
    assert sheet.to_python()[1][0] == text
    book.write_bytes(fixed.data)
    assert not fixing.apply(book, [CellFix(2, 0, text, old=text)], opened()).changed


def test_a_cell_that_no_longer_holds_what_was_checked_is_refused(book: Path) -> None:
    with pytest.raises(InputRefused, match="is not as it was checked"):
        fixing.apply(book, [CellFix(2, 1, "1234", old="999")], opened())
    with pytest.raises(InputRefused, match="no sheet 'Gone' any more"):
        fixing.apply(book, [CellFix(2, 1, "1234")], opened("Gone"))


def test_a_damaged_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.xlsx"
    path.write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(InputRefused, match="damaged workbook"):
        fixing.apply(path, [CellFix(1, 0, "x")], opened())


def test_a_document_type_in_a_sheet_is_refused(book: Path) -> None:
    content = parts(book.read_bytes())
    name = "xl/worksheets/sheet2.xml"
    content[name] = b'<!DOCTYPE x [<!ENTITY a "b">]>' + content[name]
    with zipfile.ZipFile(book, "w") as archive:
        for part, data in content.items():
            archive.writestr(part, data)
    with pytest.raises(InputRefused, match="document type") as refused:
        fixing.apply(book, [CellFix(2, 1, "x")], opened())
    assert refused.value.code == "CGR004"


def test_a_diff_lists_the_cells(book: Path) -> None:
    shown = fixing.diff(book, [CellFix(2, 0, "Acme", old="Ac\u00a0me & <Co>")], opened())
    assert shown.splitlines()[2:] == ["@@ A2 @@", "-Ac\\xa0me & <Co>", "+Acme"]
