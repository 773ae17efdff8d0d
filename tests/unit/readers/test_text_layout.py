"""Encoding and delimiter: decided by evidence, and said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cgrev.errors import InputRefused, UsageError
from cgrev.readers import ReadOptions, open_table

Read = Callable[..., list[tuple[Any, ...]]]
TEXT = "Account;Betrag\nMüller & Söhne;1,50\n"


def decided(data: bytes, about: str, **options: Any) -> str:
    table = open_table(data, options=ReadOptions(**options))
    return next(decision.value for decision in table.decisions if decision.about == about)


@pytest.mark.parametrize(
    ("codec", "mark", "value"),
    [
        ("utf-8", b"", "UTF-8"),
        ("utf-8", b"\xef\xbb\xbf", "UTF-8"),
        ("utf-16-le", b"\xff\xfe", "UTF-16 LE"),
        ("utf-16-be", b"\xfe\xff", "UTF-16 BE"),
        ("utf-16-le", b"", "UTF-16 LE"),
        ("utf-16-be", b"", "UTF-16 BE"),
        ("utf-32-le", b"\xff\xfe\x00\x00", "UTF-32 LE"),
        ("utf-32-be", b"\x00\x00\xfe\xff", "UTF-32 BE"),
        ("cp1252", b"", "Windows-1252"),
    ],
)
def test_encodings_give_the_same_rows(read: Read, codec: str, mark: bytes, value: str) -> None:
    data = mark + TEXT.encode(codec)
    assert read(data) == [(1, "Account", "Betrag", None), (2, "Müller & Söhne", "1,50", None)]
    assert decided(data, "encoding") == value


def test_windows_1252_is_said_aloud_with_the_line() -> None:
    table = open_table(TEXT.encode("cp1252"))
    (notice,) = table.notices
    assert (notice.code, notice.row) == ("CGR010", None)
    assert "line 2" in notice.message
    list(table.pieces(10))
    assert [notice.code for notice in table.notices] == ["CGR010"]


def test_one_byte_at_the_end_of_a_long_file_decides_for_all_of_it(read: Read) -> None:
    data = b"name,n\n" + b"Acme,1\n" * 200_000 + "Müller,2\n".encode("cp1252")
    rows = read(data)
    assert rows[-1] == (200_002, "Müller", "2", None)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"a,b\n1,\x81\xe4\n", "line 2"),  # 0x81 is nothing in Windows-1252
        ("é,ü,ö,ß\n".encode() * 3 + b"\xe4\n", "line 4"),  # UTF-8 with a damaged end
        (b"\xef\xbb\xbfa,b\n\xe4,1\n", "line 2"),  # says UTF-8, is not
        (b"\xff\xfea\x00,\x00\x00\xd8", "UTF-16 LE"),  # half a pair of surrogates
        (b"a,b\n1,\x00\n", "NUL character in line 2"),
        (b"a,b\r1,\x00\r", "NUL character in line 2"),
    ],
)
def test_what_cannot_be_decided_is_refused_with_its_line(data: bytes, says: str) -> None:
    with pytest.raises(InputRefused, match=says) as refusal:
        open_table(data)
    assert refusal.value.code == "CGR005"
    assert "--encoding" in (refusal.value.help or "")


def test_a_named_encoding_is_obeyed_and_proven(read: Read) -> None:
    assert read("Łódź,1\n".encode("cp1250"), encoding="cp1250")[0] == (1, "Łódź", "1", None)
    assert read("ä,1\n".encode("utf-16"), encoding="utf-16")[0] == (1, "ä", "1", None)
    with pytest.raises(InputRefused) as refusal:
        open_table("ä,1\n".encode("cp1252"), options=ReadOptions(encoding="utf-8"))
    assert refusal.value.code == "CGR005"


@pytest.mark.parametrize("name", ["nonsense", "hex", "undefined"])
def test_an_unknown_encoding_is_the_fault_of_the_options(name: str) -> None:
    with pytest.raises(UsageError, match=name):
        open_table(b"a,b\n", options=ReadOptions(encoding=name))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a,b,c\n1,2,3\n", "comma"),
        ("a;b;c\n1;2;3\n", "semicolon"),
        ("a\tb\tc\n1\t2\t3\n", "tab"),
        ("a|b|c\n1|2|3\n", "pipe"),
        ("name;amount\nAcme;1,5\nBeta;2,5\n", "semicolon"),
        ("a;b;c\nx;1,5;2,5\ny;3,5;4,5\n", "semicolon"),
        ("name,note\nAcme,a;b;c\nBeta,d;e\n", "comma"),
        ("id,type|sub,amount\n1,x|y,5\n2,x|z,6\n", "comma"),
        ('"Doe, J";1\n"Roe, R";2\n', "semicolon"),
        ("Report, 2024\n\nname;amount;type\nA;1;x\nB;2;y\nC;3;z\n", "semicolon"),
        ("1,2,3\n4,5,6\n", "comma"),
        ("amount\n1,5\n2,75\n", "none: one column"),
        ("name\nAcme\n", "none: one column"),
        ("a\tb\nx, y and z\t1\nu, v and w\t2\n", "tab"),
    ],
)
def test_the_delimiter_is_found(text: str, value: str) -> None:
    assert decided(text.encode(), "delimiter") == value


def test_a_named_delimiter_is_obeyed(read: Read) -> None:
    assert read("a;b,c\n", delimiter=",") == [(1, "a;b", "c", None)]
    assert read("a^b\n1^2\n", delimiter="^")[1] == (2, "1", "2", None)
    assert read("a\tb,c\n", delimiter="tab") == [(1, "a", "b,c", None)]


def test_rivals_of_the_delimiter_are_told() -> None:
    table = open_table(b"name;note\nAcme;x, y\nBeta;2\n")
    decision = next(d for d in table.decisions if d.about == "delimiter")
    assert decision.evidence[0] == "3 of the first rows have 2 cells"
    assert any("comma would give" in line for line in decision.evidence)


@pytest.mark.parametrize(
    ("text", "value"),
    [("a,b\r\n1,2\r\n", "CRLF"), ("a,b\r1,2\r", "CR"), ("a,b\n1,2\r\n", "mixed"), ("a,b", "none: one line")],
)
def test_line_ends_are_told(text: str, value: str) -> None:
    assert decided(text.encode(), "line ends") == value
