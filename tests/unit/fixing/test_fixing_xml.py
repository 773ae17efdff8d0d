"""Fixing XML records in place."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from cgrev import fixing
from cgrev.errors import InputRefused
from cgrev.findings import Decision
from cgrev.fixing import CellFix
from cgrev.readers import open_table
from cgrev.table import OpenTable

NAMES = ("NAME", "AMOUNT")
TEXT = """<?xml version="1.0" encoding="{encoding}"?>
<!-- made by hand -->
<ROWS xmlns:x="urn:x">
  <ROW id='a > b'><NAME>M\u00fcller &amp; Co</NAME><AMOUNT>1,234</AMOUNT></ROW>
  <ROW><x:NAME/><AMOUNT ><![CDATA[5]]></AMOUNT></ROW>
</ROWS>
"""


def opened(named: tuple[str, ...] | None = NAMES) -> OpenTable:
    records = Decision("records", "ROWS/ROW", "evidence", ("occurs 2 times, values in child elements",))
    return OpenTable("xml", 2, lambda rows: iter(()), named=named, decisions=(records,))


def saved(folder: Path, encoding: str = "utf-8") -> Path:
    path = folder / "in.xml"
    path.write_bytes(TEXT.format(encoding=encoding).encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16"])
def test_only_the_text_of_the_element_changes(tmp_path: Path, encoding: str) -> None:
    path = saved(tmp_path, encoding)
    fixes = [CellFix(1, 1, "1234", old="1,234"), CellFix(1, 0, "M\u00fcller & S\u00f6hne")]
    fixed = fixing.apply(path, fixes, opened())
    expected = TEXT.format(encoding=encoding).replace("1,234", "1234").replace("&amp; Co", "&amp; S\u00f6hne")
    assert fixed.data == expected.encode(encoding)
    assert fixed.applied == 2


def test_an_empty_element_is_opened_and_a_cdata_section_replaced(tmp_path: Path) -> None:
    path = saved(tmp_path)
    fixed = fixing.apply(path, [CellFix(2, 0, "<new>"), CellFix(2, 1, "6", old="5")], opened())
    assert b"<ROW><x:NAME>&lt;new&gt;</x:NAME><AMOUNT >6</AMOUNT></ROW>" in fixed.data
    ElementTree.fromstring(fixed.data)
    path.write_bytes(fixed.data)
    assert not fixing.apply(path, [CellFix(2, 0, "<new>")], opened()).changed


def test_cells_are_found_by_place_where_there_are_no_names(tmp_path: Path) -> None:
    fixed = fixing.apply(saved(tmp_path), [CellFix(2, 1, "7", old="5")], opened(None))
    assert b"<AMOUNT >7</AMOUNT>" in fixed.data


def test_characters_the_encoding_lacks_become_references(tmp_path: Path) -> None:
    path = saved(tmp_path, "iso-8859-1")
    fixed = fixing.apply(path, [CellFix(1, 0, "日")], opened())
    assert b"&#26085;" in fixed.data
    assert ElementTree.fromstring(fixed.data)[0][0].text == "日"


def test_a_character_xml_cannot_carry_is_refused_for_that_cell(tmp_path: Path) -> None:
    path = saved(tmp_path)
    fixed = fixing.apply(path, [CellFix(1, 0, "a\x07b")], opened())
    assert [refusal.why for refusal in fixed.refused] == [
        "the new text holds a character that XML cannot carry"
    ]
    assert not fixed.changed


def test_document_types_and_damage_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "in.xml"
    path.write_text('<!DOCTYPE a [<!ENTITY b "c">]><R><a><b>1</b></a></R>')
    with pytest.raises(InputRefused, match="document type"):
        fixing.apply(path, [CellFix(1, 0, "x")], opened(None))
    path.write_text("<!DOCTYPE R><R><a><b>1</b></a></R>")
    with pytest.raises(InputRefused, match="document type"):
        fixing.apply(path, [CellFix(1, 0, "x")], opened(None))
    path.write_text("<R><a><b>1</b></a>")
    with pytest.raises(InputRefused, match="damaged XML in line 1"):
        fixing.apply(path, [CellFix(1, 0, "x")], opened(None))


def test_a_record_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="row 9 is not as it was checked"):
        fixing.apply(saved(tmp_path), [CellFix(9, 0, "x")], opened())


def test_a_diff_lists_the_cells(tmp_path: Path) -> None:
    shown = fixing.diff(saved(tmp_path), [CellFix(1, 1, "1234")], opened())
    assert shown.splitlines()[2:] == ["@@ record 1, AMOUNT @@", "-1,234", "+1234"]


NESTED = (
    "<List><Meta>x</Meta><Deal><Name>Acme</Name><Period><From>2024-01-01</From><To/></Period></Deal>"
    "<Deal><Period/><Name>Beta</Name></Deal><Deal><Name>C</Name><Period><From/><To>z</To></Period></Deal></List>"
)
FLAT = """<List>\n <Deal name="Acme" amount='1,2'/>\n <Deal  amount="3"\tname="B &amp; C"/>\n</List>"""
POSITIONS = "<List><Deal><v>a</v><v>b</v></Deal><Deal><v>c</v><v>d</v></Deal></List>"


INNER = "<List><D><v>a</v><P><q>1</q></P><v>b</v></D><D><P/><v>c</v><v>d</v></D></List>"


@pytest.mark.parametrize("text", [NESTED, FLAT, POSITIONS, INNER])
def test_every_cell_the_reader_sees_can_be_fixed_and_is_read_back(tmp_path: Path, text: str) -> None:
    path = tmp_path / "in.xml"
    path.write_text(text)
    table = open_table(path)
    rows = [row[1:] for row in table.head().iter_rows()]
    for number, row in enumerate(rows, 1):
        for index, old in enumerate(row):
            path.write_text(text)
            try:
                fixed = fixing.apply(path, [CellFix(number, index, 'new "<x>" &', old=old)], table)
            except InputRefused:
                assert not old  # the record leaves the element out
                continue
            path.write_bytes(fixed.data)
            expected = [list(other) for other in rows]
            expected[number - 1][index] = 'new "<x>" &'
            assert [list(other[1:]) for other in open_table(path).head().iter_rows()] == expected
