"""XML records: what is a record, how its cells line up, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cgrev.errors import InputRefused
from cgrev.readers import Limits, ReadOptions, open_table

from .conftest import rows_of

Read = Callable[..., list[tuple[Any, ...]]]
RECORDS = "<R><A>Acme</A><B>1</B></R><R><A>Beta</A><B>2</B></R>"
BOTH = [(1, "Acme", "1"), (2, "Beta", "2")]


def refusal(data: bytes | str, limits: Limits | None = None) -> InputRefused:
    content = data.encode() if isinstance(data, str) else data
    with pytest.raises(InputRefused) as caught:
        list(open_table(content, options=ReadOptions(limits=limits or Limits())).pieces(10))
    return caught.value


@pytest.mark.parametrize(
    "text",
    [
        f"<D>{RECORDS}</D>",
        f"<?xml version='1.0'?>\n<!-- an export -->\n<D>\n{RECORDS}\n</D>\n",
        f"<D><Head><Count>2</Count></Head><Body><List>{RECORDS}</List></Body></D>",
        f'<x:D xmlns:x="urn:x">{RECORDS.replace("<", "<x:").replace("<x:/", "</x:")}</x:D>',
        f'<D xmlns="urn:x">{RECORDS}</D>',
        '<D><R A="Acme" B="1"/><R A="Beta" B="2"></R></D>',
        f"<D>{RECORDS.replace('<R>', '<R><W>').replace('</R>', '</W></R>')}</D>",
    ],
)
def test_records_are_what_repeats(read: Read, text: str) -> None:
    assert read(text) == BOTH


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_pieces_of_any_size(size: int) -> None:
    text = "<D>" + "".join(f"<R><A>{n}</A><B>x</B></R>" for n in range(5)) + "</D>"
    assert rows_of(open_table(text.encode()), size) == [(n + 1, str(n), "x") for n in range(5)]


def test_names_are_a_hint_and_not_a_row(read: Read) -> None:
    table = open_table(f"<D>{RECORDS}</D>".encode())
    assert (table.named, table.width, table.reader) == (("A", "B"), 2, "xml")


def test_values_keep_cdata_entities_and_text_around_comments(read: Read) -> None:
    text = "<D><R><A><![CDATA[a <b> & c]]></A><B>1<!-- x -->2</B></R><R><A>&lt;&#228;&gt;</A><B/></R></D>"
    assert read(text) == [(1, "a <b> & c", "12"), (2, "<ä>", "")]


def test_an_element_that_is_left_out_does_not_shift_the_others(read: Read) -> None:
    text = "<D><R><A>1</A><C>3</C></R><R><A>1</A><B>2</B><C>3</C></R><R><C>3</C></R></D>"
    assert open_table(text.encode()).named == ("A", "B", "C")
    assert read(text) == [(1, "1", "", "3"), (2, "1", "2", "3"), (3, "", "", "3")]


def test_elements_in_another_order_are_lined_up_by_name(read: Read) -> None:
    assert read("<D><R><A>1</A><B>2</B></R><R><B>4</B><A>3</A></R></D>") == [(1, "1", "2"), (2, "3", "4")]


def test_repeated_names_are_cells_by_position(read: Read) -> None:
    table = open_table(b"<D><R><F>1</F><F>2</F><F>3</F></R><R><F>4</F><F/></R></D>")
    assert (table.named, table.ragged) == (None, True)
    assert rows_of(table) == [(1, "1", "2", "3"), (2, "4", "", None)]


def test_values_inside_nested_elements_are_cells(read: Read) -> None:
    text = "<D><R><P><N>Acme</N><C>DE</C></P><B>1</B></R><R><P><N>Beta</N></P><B>2</B></R></D>"
    assert open_table(text.encode()).named == ("P/N", "P/C", "B")
    assert read(text) == [(1, "Acme", "DE", "1"), (2, "Beta", "", "2")]


def test_a_single_record_is_one(read: Read) -> None:
    assert read("<D><Count>1</Count><L><R><A>Acme</A><B>1</B><C>x</C></R></L></D>") == [(1, "Acme", "1", "x")]


def test_what_is_not_read_is_told() -> None:
    text = f'<D><Total>3</Total>{RECORDS.replace("<R>", """<R id="7">""")}</D>'
    decision = next(d for d in open_table(text.encode()).decisions if d.about == "records")
    assert decision.value == "D/R"
    assert decision.evidence == (
        "occurs 2 times, values in child elements",
        "not read: D/Total",
        "attributes not read: id",
    )


@pytest.mark.parametrize(
    ("codec", "declared", "mark"),
    [
        ("utf-8", "UTF-8", b""),
        ("utf-8", None, b"\xef\xbb\xbf"),
        ("iso8859-1", "ISO-8859-1", b""),
        ("cp1252", "windows-1252", b""),
        ("shift_jis", "Shift_JIS", b""),
        ("utf-16-le", "UTF-16", b"\xff\xfe"),
        ("utf-16-be", "UTF-16", b"\xfe\xff"),
        ("utf-16-le", None, b""),
        ("utf-32-le", None, b"\xff\xfe\0\0"),
        ("utf-8", "utf-16", b""),  # what .NET writes when a string is saved
    ],
)
def test_encodings(read: Read, codec: str, declared: str | None, mark: bytes) -> None:
    name = "Ｔ社" if codec == "shift_jis" else "Müller"
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    text = f"{head}<D><R><A>{name}</A><B>1</B></R></D>"
    assert read(mark + text.encode(codec)) == [(1, name, "1")]


@pytest.mark.parametrize(
    ("data", "code", "says"),
    [
        ('<!DOCTYPE D [<!ENTITY x "y">]><D><R><A>&x;</A></R></D>', "CGR004", "line 1"),
        ('<!DOCTYPE D SYSTEM "http://x.invalid/d.dtd"><D><R><A>1</A></R></D>', "CGR004", "DOCTYPE"),
        ("<D><R><A>1</A></R><R>", "CGR001", "line 1"),
        ("<D>\n<R><A>1</B></R></D>", "CGR001", "line 2"),
        ("<D></D>", "CGR006", "no records"),
        ("<D><R/><R/></D>", "CGR006", "no records"),
        ('<?xml version="1.0"?>\n', "CGR001", "line"),
        ('<?xml version="1.0" encoding="nonsense"?><D><R><A>1</A></R></D>', "CGR005", "nonsense"),
        (b'<?xml version="1.0"?><D><R><A>M\xfcller</A></R></D>', "CGR005", "UTF-8"),
        ("<D>" * 100 + "</D>" * 100, "CGR004", "64 elements"),
    ],
)
def test_what_is_wrong_is_said(data: bytes | str, code: str, says: str) -> None:
    found = refusal(data)
    assert (found.code, says in found.message) == (code, True)


def test_limits_of_cells_rows_and_columns() -> None:
    assert "record 2" not in refusal(f"<D>{RECORDS}</D>", Limits(rows=1)).message
    assert refusal(f"<D>{RECORDS}</D>", Limits(rows=1)).code == "CGR004"
    assert refusal("<D><R><A>123456</A><B/></R></D>", Limits(cell_length=5)).code == "CGR004"
    assert refusal("<D><R><A/><B/><C/><E/></R></D>", Limits(columns=3)).code == "CGR004"
