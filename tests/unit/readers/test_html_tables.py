"""HTML tables saved as workbooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cgrev.errors import InputRefused
from cgrev.readers import Limits, ReadOptions, list_sheets, open_table

Read = Callable[..., list[tuple[Any, ...]]]
TABLE = "<table><tr><th>Name</th><th>Amount</th></tr><tr><td>Acme</td><td>1,5</td></tr></table>"
ROWS = [(1, "Name", "Amount"), (2, "Acme", "1,5")]


@pytest.mark.parametrize(
    "text",
    [
        TABLE,
        f"<html><body>{TABLE}</body></html>",
        f"\n<!DOCTYPE html>\n<html><head><title>x</title><style>td {{}}</style></head>{TABLE}</html>",
        f"<!doctype HTML PUBLIC '-//W3C//DTD HTML 4.01//EN'><HTML>{TABLE.upper().lower()}</HTML>".replace(
            "name", "Name"
        )
        .replace("amount", "Amount")
        .replace("acme", "Acme"),
        TABLE.replace("</td>", "").replace("</tr>", "").replace("</th>", ""),
        TABLE.replace("<tr>", "<thead><tr>", 1).replace("</tr>", "</tr></thead>", 1),
        TABLE.replace("Acme", "<b><font color='red'>Ac</font></b>me").replace("Name", "\n  Name\n"),
        f"<?xml version='1.0'?><!DOCTYPE html><html>{TABLE}</html>",
        f"<html><script>var x = '<table><tr><td>';</script>{TABLE}</html>",
        f"<html><![if !mso]><p>x</p><![endif]><!--[if gte mso 9]><xml></xml><![endif]-->{TABLE}</html>",
        f"<div>{TABLE}",
        TABLE.replace("</table>", ""),
    ],
)
def test_a_table_however_it_is_written(read: Read, text: str) -> None:
    assert read(text) == ROWS


def test_entities_line_breaks_and_white_space(read: Read) -> None:
    text = (
        "<table><tr><td>A &amp; B&nbsp;C</td><td>one<br>two<br/> three </td><td> a \n  b </td></tr></table>"
    )
    assert read(text) == [(1, "A & B\xa0C", "one\ntwo\nthree", "a b")]


def test_spans_take_their_places_and_hold_the_text_once(read: Read) -> None:
    text = (
        "<table><tr><td rowspan=3>Acme</td><td colspan='2'>title</td></tr>"
        "<tr><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr><tr><td>Beta</td><td>5</td></tr></table>"
    )
    assert read(text) == [
        (1, "Acme", "title", ""),
        (2, "", "1", "2"),
        (3, "", "3", "4"),
        (4, "Beta", "5", ""),
    ]


def test_the_table_with_the_data_is_read(read: Read) -> None:
    layout = f"<table><tr><td>Report<table><tr><td>made by x</td></tr></table>{TABLE}</td></tr></table>"
    table = open_table(layout.encode())
    assert table.sheet == "table 3"
    assert read(layout) == ROWS


def test_two_tables_alike_are_a_choice(read: Read) -> None:
    data = TABLE + TABLE.replace("Acme", "Beta")
    with pytest.raises(InputRefused, match="'table 1', 'table 2'") as refusal:
        open_table(data.encode())
    assert refusal.value.code == "CGR009"
    assert read(data, sheet="2")[1] == (2, "Beta", "1,5")
    assert [sheet.name for sheet in list_sheets(data.encode())] == ["table 1", "table 2"]


@pytest.mark.parametrize("wanted", ["3", "0", "x", "99999999999"])
def test_a_table_that_is_not_there(wanted: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        open_table((TABLE * 2).encode(), options=ReadOptions(sheet=wanted))
    assert refusal.value.code == "CGR009"


@pytest.mark.parametrize(
    ("head", "codec", "value"),
    [
        ("<meta charset=utf-8>", "utf-8", "utf-8"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">', "cp1252", "iso-8859-1"),
        ("<meta charset='windows-1250'>", "cp1250", "windows-1250"),
        ("", "cp1252", "Windows-1252"),
        ("", "utf-8", "UTF-8"),
        ("<meta charset=utf-8>", "cp1252", "Windows-1252"),  # says UTF-8, is not
        ("<meta charset=nonsense>", "utf-8", "UTF-8"),
    ],
)
def test_the_encoding_is_what_the_page_says_if_it_is_true(
    read: Read, head: str, codec: str, value: str
) -> None:
    data = f"<html>{head}{TABLE.replace('Acme', 'Löwe – €')}</html>"
    content = data.replace(" – €", "").encode(codec) if codec == "cp1250" else data.encode(codec)
    assert read(content)[1][1].startswith("Löwe")
    assert open_table(content).encoding == value


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        (
            "<!DOCTYPE html><html><body><h1>Error 500</h1></body></html>",
            "CGR002",
            "HTML page without a table",
        ),
        ("<html><table></table></html>", "CGR006", "no data"),
        ("<table><tr><td> </td></tr></table>", "CGR006", "no data"),
    ],
)
def test_pages_without_data(text: str, code: str, says: str) -> None:
    with pytest.raises(InputRefused, match=says) as refusal:
        open_table(text.encode())
    assert refusal.value.code == code


@pytest.mark.parametrize(
    "limits",
    [Limits(cell_length=3), Limits(columns=1), Limits(rows=1), Limits(cells=3), Limits(document_bytes=9)],
)
def test_limits(limits: Limits) -> None:
    with pytest.raises(InputRefused) as refusal:
        list(open_table(TABLE.encode(), options=ReadOptions(limits=limits)).pieces(10))
    assert refusal.value.code == "CGR004"
