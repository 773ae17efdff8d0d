"""What a file is, is decided by what it holds; where it is, by what the system says."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from cgrev.errors import InputRefused
from cgrev.readers import Limits, ReadOptions, list_sheets, open_table

CSV = b"name,amount\nAcme,1\n"
XML = b"<D><R><A>x</A><B>1</B></R><R><A>y</A><B>2</B></R></D>"
HTML = b"<table><tr><td>a</td><td>b</td></tr></table>"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"a": [1]}', "JSON"),
        (b'\xef\xbb\xbf \n[{"a": 1}]', "JSON"),
        (b'{"a": 1}\n{"a": 2}\n', "JSON"),
        (b"[]", "JSON"),
        (b"%PDF-1.7\n%\xe2\xe3\n", "PDF"),
        (b"PAR1\x15\x04\x15", "Parquet"),
        (b"\x89PNG\r\n\x1a\n\0\0", "image"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image"),
        (b"GIF89a\x01\0", "image"),
        (b"\x1f\x8b\x08\0\0", "gzip"),
        (b"SQLite format 3\0", "SQLite"),
        (b"{\\rtf1\\ansi}", "RTF"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n", "web archive"),
    ],
)
def test_kinds_that_are_not_read_are_named(data: bytes, says: str) -> None:
    with pytest.raises(InputRefused, match=says) as refusal:
        open_table(data, name="export.csv")
    assert refusal.value.code == "CGR002"
    assert refusal.value.path == "export.csv"
    assert refusal.value.help


@pytest.mark.parametrize(
    "data",
    [b"BM,amount\nAcme,1\n", b"PAR1,amount\n", b"ORC,x\n", b"[name],amount\nx,1\n", b"{name};amount\nx;1\n"],
)
def test_text_that_only_begins_like_another_kind_is_text(data: bytes) -> None:
    assert open_table(data).reader == "csv"


@pytest.mark.parametrize(
    ("data", "reader"), [(CSV, "csv"), (XML, "xml"), (HTML, "html"), (XML.decode().encode("utf-16"), "xml")]
)
def test_the_name_says_nothing(tmp_path: Path, data: bytes, reader: str) -> None:
    path = tmp_path / "export.xlsx"
    path.write_bytes(data)
    assert open_table(path).reader == reader
    assert open_table(str(path)).reader == reader


def test_a_workbook_named_csv(tmp_path: Path, workbook: Callable[..., bytes]) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(workbook({"A": [["a", "b"], ["c", 1]]}))
    assert open_table(path).reader == "xlsx"


def test_kinds_without_sheets_list_none() -> None:
    assert list_sheets(CSV) == ()
    assert list_sheets(XML) == ()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="not found") as refusal:
        open_table(tmp_path / "none.csv")
    assert (refusal.value.code, refusal.value.path) == ("CGR001", str(tmp_path / "none.csv"))


@pytest.mark.parametrize("path", ["a\0b.csv", "x" * 5000])
def test_a_path_that_cannot_be_one(path: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        open_table(path)
    assert refusal.value.code == "CGR001"


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="folder") as refusal:
        open_table(tmp_path)
    assert refusal.value.code == "CGR001"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="rights do not bind this user")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "locked.csv"
    path.write_bytes(CSV)
    path.chmod(0)
    with pytest.raises(InputRefused, match="permission") as refusal:
        open_table(path)
    assert refusal.value.code == "CGR001"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_bytes(CSV), daemon=True)
    writer.start()
    table = open_table(path)
    writer.join(5)
    assert [piece.height for piece in table.pieces(10)] == [2]
    assert [piece.height for piece in table.pieces(10)] == [2]


def test_a_file_that_vanishes_between_two_passes(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(CSV)
    table = open_table(path)
    path.unlink()
    with pytest.raises(InputRefused, match="not found"):
        list(table.pieces(10))


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(CSV)
    with pytest.raises(InputRefused) as refusal:
        open_table(path, options=ReadOptions(limits=Limits(file_bytes=10)))
    assert refusal.value.code == "CGR004"


def test_every_limit_has_a_default_and_an_explanation() -> None:
    import inspect

    from msgspec.structs import fields

    source = inspect.getsource(Limits)
    for field in fields(Limits):
        line = source.index(f"    {field.name}: int =")
        assert source[line:].split("\n", 1)[1].lstrip().startswith('"""'), field.name
