"""Files the tests read, built here byte by byte or by writers of other libraries."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import openpyxl
import polars as pl
import pytest

from cgrev.readers import ReadOptions, open_table
from cgrev.table import ROW, OpenTable, cells

Rows = list[tuple[Any, ...]]
DATE_STYLE = 1


def rows_of(table: OpenTable, size: int = 1000) -> Rows:
    """All rows as (row, cell, ...), native marks left out."""
    frames = [piece.select(ROW, *cells(table.width)) for piece in table.pieces(size)]
    return pl.concat(frames).rows() if frames else []


def marks_of(table: OpenTable, column: int) -> list[int]:
    """The native marks of a column; all zero where the file has none."""
    found: list[int] = []
    for piece in table.pieces(1000):
        name = f"k{column}"
        found += piece[name].to_list() if name in piece.columns else [0] * piece.height
    return found


@pytest.fixture
def read() -> Callable[..., Rows]:
    """Rows of a file given as bytes or text."""

    def call(data: bytes | str, **options: Any) -> Rows:
        content = data.encode("utf-8") if isinstance(data, str) else data
        return rows_of(open_table(content, options=ReadOptions(**options)))

    return call


@pytest.fixture
def workbook() -> Callable[..., bytes]:
    """An XLSX file: sheets by name with rows of values; `hidden` names are hidden."""

    def build(sheets: dict[str, Sequence[Sequence[Any]]], hidden: Sequence[str] = ()) -> bytes:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(list(row))
            if name in hidden:
                sheet.sheet_state = "hidden"
        stream = io.BytesIO()
        book.save(stream)
        return stream.getvalue()

    return build


def rezip(data: bytes, changed: dict[str, bytes]) -> bytes:
    """An archive with some parts replaced or added."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in [*old.namelist(), *(name for name in changed if name not in old.namelist())]:
            new.writestr(name, changed[name] if name in changed else old.read(name))
    return stream.getvalue()


def part(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name)


def record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def text_cell(row: int, column: int, text: str) -> bytes:
    encoded = text.encode("utf-16-le")
    return record(0x0204, struct.pack("<HHHHB", row, column, 0, len(text), 1) + encoded)


def number_cell(row: int, column: int, number: float, style: int = 0) -> bytes:
    return record(0x0203, struct.pack("<HHHd", row, column, style, number))


def error_cell(row: int, column: int, code: int) -> bytes:
    return record(0x0205, struct.pack("<HHHBB", row, column, 0, code, 1))


def xls_stream(sheets: dict[str, bytes], *, extra: bytes = b"", visible: bool = True) -> bytes:
    """A BIFF8 workbook stream: two cell styles (general, date), sheets given as cell records, with sizes
    that are far too large."""
    start = record(0x0809, struct.pack("<HHHHII", 0x0600, 5, 0, 0, 0, 0)) + extra
    for number_format in (0, 14):
        start += record(0x00E0, struct.pack("<HH", 0, number_format) + bytes(16))
    names = [name.encode("utf-16-le") for name in sheets]
    place = len(start) + sum(4 + 8 + len(name) for name in names) + 4
    body = b""
    for name, content in zip(names, sheets.values(), strict=True):
        head = struct.pack("<IBBBB", place + len(body), 0 if visible else 1, 0, len(name) // 2, 1)
        start += record(0x0085, head + name)
        body += record(0x0809, struct.pack("<HHHHII", 0x0600, 0x10, 0, 0, 0, 0))
        body += record(0x0200, struct.pack("<IIHHH", 0, 0xFFFFFFFF, 0, 0xFFFF, 0))
        body += content + record(0x000A, b"")
    return start + record(0x000A, b"") + body


def container(stream: bytes, name: str = "Workbook") -> bytes:
    """A compound file with one stream, in sectors of 512 bytes."""
    stream = stream.ljust(4096, b"\0")
    sectors = -(-len(stream) // 512)
    assert sectors < 126
    fat = [*range(1, sectors), 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFE]
    fat += [0xFFFFFFFF] * (128 - len(fat))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    head += bytes(6) + struct.pack("<9I", 0, 1, sectors + 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<109I", sectors, *[0xFFFFFFFF] * 108)

    def entry(title: str, kind: int, child: int, start: int, size: int) -> bytes:
        text = title.encode("utf-16-le") + b"\0\0"
        fixed = struct.pack("<HBB3I", len(text), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
        return text.ljust(64, b"\0") + fixed + bytes(36) + struct.pack("<IQ", start, size)

    folder = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry(name, 2, 0xFFFFFFFF, 0, len(stream))
    parts = [head, stream.ljust(sectors * 512, b"\0"), struct.pack("<128I", *fat), folder.ljust(512, b"\0")]
    return b"".join(parts)
