"""Archives that lie, expand without end or are no workbooks."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable

import pytest
import xlsxwriter

from cgrev.errors import InputRefused
from cgrev.readers import Limits, ReadOptions, open_table

from .conftest import part, rezip

Build = Callable[..., bytes]
SHEET = "xl/worksheets/sheet1.xml"
TABLE = {"Data": [["name", "amount"], ["Acme", 1]]}


def refusal(data: bytes, limits: Limits | None = None) -> InputRefused:
    with pytest.raises(InputRefused) as caught:
        list(open_table(data, options=ReadOptions(limits=limits or Limits())).pieces(10))
    return caught.value


def test_a_part_that_expands_too_far_is_refused_before_it_is_parsed(workbook: Build) -> None:
    bomb = part(workbook(TABLE), SHEET) + b" " * 20_000_000
    found = refusal(rezip(workbook(TABLE), {SHEET: bomb}))
    assert (found.code, "fold" in found.message) == ("CGR004", True)


def test_the_sum_of_all_parts_is_bounded(workbook: Build) -> None:
    data = rezip(workbook(TABLE), {f"xl/extra{n}.xml": bytes(range(256)) * 4096 for n in range(3)})
    assert refusal(data, Limits(archive_bytes=2_000_000)).code == "CGR004"


def test_a_size_that_is_declared_too_small_does_not_help(workbook: Build) -> None:
    data = rezip(workbook(TABLE), {SHEET: part(workbook(TABLE), SHEET) + b" " * 500_000})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = archive.getinfo(SHEET).file_size
    lie = data.replace(struct.pack("<I", size), struct.pack("<I", 2000))
    assert lie != data
    assert "another size" in refusal(lie).message
    assert refusal(lie, Limits(archive_bytes=100_000)).code == "CGR004"


def test_too_many_parts_are_refused(workbook: Build) -> None:
    data = rezip(workbook(TABLE), {f"xl/{n}.txt": b"" for n in range(30)})
    assert refusal(data, Limits(archive_parts=20)).code == "CGR004"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('r="B2"', 'r="XFD1048576"', "CGR004"),  # a far corner: 17 thousand million cells
        ('r="B2"', 'r="ZZ1048576"', "CGR004"),
        ('<row r="2"', '<row r="4000000000"', "CGR001"),
        ('r="B2"', 'r="B99999999"', "CGR001"),
        ("</sheetData>", "", "CGR001"),
    ],
)
def test_a_sheet_that_would_take_all_memory_is_refused(
    workbook: Build, old: str, new: str, code: str
) -> None:
    xml = part(workbook(TABLE), SHEET).decode()
    assert old in xml
    assert refusal(rezip(workbook(TABLE), {SHEET: xml.replace(old, new).encode()})).code == code


def test_a_false_count_of_texts_is_refused() -> None:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    book.add_worksheet().write_row(0, 0, ["name", "amount", "type"])
    book.close()
    name = "xl/sharedStrings.xml"
    xml = part(stream.getvalue(), name).decode()
    assert 'uniqueCount="3"' in xml
    changed = xml.replace('uniqueCount="3"', 'uniqueCount="99999999999"').encode()
    assert refusal(rezip(stream.getvalue(), {name: changed})).code == "CGR001"


def test_entities_in_the_workbook_part_are_refused(workbook: Build) -> None:
    name = "xl/workbook.xml"
    xml = part(workbook(TABLE), name)
    assert refusal(rezip(workbook(TABLE), {name: b'<!DOCTYPE x [<!ENTITY a "b">]>' + xml})).code == "CGR004"


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.95])
def test_a_workbook_that_is_cut_off_is_damaged(workbook: Build, keep: float) -> None:
    data = workbook(TABLE)
    found = refusal(data[: int(len(data) * keep)])
    assert (found.code, "damaged" in found.message) == ("CGR001", True)


def archive(**parts: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as opened:
        for name, content in parts.items():
            opened.writestr(name.replace("__", "/"), content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (archive(data=b"a,b\n"), "zip archive"),
        (archive(word__document=b""), "Word document"),
        (archive(ppt__presentation=b""), "PowerPoint"),
        (archive(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), "OpenDocument spreadsheet"),
        (b"PK\x05\x06" + bytes(18), "zip archive"),
    ],
)
def test_an_archive_that_is_no_workbook_is_named(data: bytes, says: str) -> None:
    found = refusal(data)
    assert (found.code, says in found.message) == ("CGR002", True)
