"""Bytes of files for upload: quoting, escaping, text that must stay text, and the same bytes every time."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
import zipfile
from datetime import date
from xml.etree import ElementTree

import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from cgrev.errors import SettingsError
from cgrev.layout import HEADINGS
from cgrev.writers import Delimiter, FileOptions, Format, XmlNames, writer

AWKWARD = [
    "Acme",
    'Say "hi"',
    "a,b;c",
    "two\nlines",
    "cr\rhere",
    " =SUM(A1) ",
    "+1",
    "<a> & ]]>",
    "_x0041_",
    "Zoë 株",
]


def frame(names: list[str], amounts: list[int] | None = None, description: str | None = None) -> pl.DataFrame:
    count = len(names)
    return pl.DataFrame(
        {
            "row": range(count),
            "account_name": names,
            "amount": pl.Series(amounts or list(range(count)), dtype=pl.Int64),
            "start_date": [date(2024, 2, 29)] * count,
            "end_date": [date(2025, 2, 28)] * count,
            "revenue_type": ["One Time"] * count,
            "description": pl.Series([description] * count, dtype=pl.String),
        }
    )


def written(rows: pl.DataFrame, format: Format, **options: object) -> bytes:
    return writer(FileOptions(format, **options))(rows)  # type: ignore[arg-type]


def test_csv_is_utf8_without_mark_with_crlf_and_quotes_only_where_needed() -> None:
    data = written(frame(["Zoë", "a,b", "a;b"], description=""), "csv")
    assert (
        data
        == (
            "Account name,Revenue amount,Revenue start date,Revenue end date,Revenue type,Description\r\n"
            "Zoë,0,2024-02-29,2025-02-28,One Time,\r\n"
            '"a,b",1,2024-02-29,2025-02-28,One Time,\r\n'
            "a;b,2,2024-02-29,2025-02-28,One Time,\r\n"
        ).encode()
    )


def test_csv_without_header_and_with_semicolons() -> None:
    data = written(frame(["a,b", "a;b"]), "csv", header=False, delimiter="semicolon")
    assert data == (
        b"a,b;0;2024-02-29;2025-02-28;One Time;\r\n"
        b'"a;b";1;2024-02-29;2025-02-28;One Time;\r\n'
    )  # fmt: skip


@pytest.mark.parametrize("delimiter", ["comma", "semicolon"])
def test_csv_reads_back_as_it_was(delimiter: Delimiter) -> None:
    data = written(frame(AWKWARD, description='x,"y";z'), "csv", delimiter=delimiter)
    mark = "," if delimiter == "comma" else ";"
    read = list(csv.reader(io.StringIO(data.decode(), newline=""), delimiter=mark, strict=True))
    assert read[0] == list(HEADINGS)
    assert [row[0] for row in read[1:]] == AWKWARD
    assert {row[5] for row in read[1:]} == {'x,"y";z'}


def test_xlsx_keeps_text_as_text_and_reads_back() -> None:
    data = written(frame(AWKWARD, description="=1+1"), "xlsx")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    assert rows[0] == list(HEADINGS)
    assert [row[0] for row in rows[1:]] == AWKWARD
    assert rows[1][1:] == [0.0, "2024-02-29", "2025-02-28", "One Time", "=1+1"]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    assert b"hyperlink" not in sheet


@pytest.mark.parametrize(
    "amount", [0, -1, 10**15 - 1, -(10**15) + 1, 10**15, 2**53, 2**53 + 1, 2**63 - 1, -(2**63)]
)
def test_xlsx_amounts_are_numbers_only_where_fifteen_digits_hold_them(amount: int) -> None:
    data = written(frame(["Acme"], [amount]), "xlsx", header=False)
    cell = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()[0][1]
    if abs(amount) < 10**15:
        assert isinstance(cell, float)
        assert int(cell) == amount
    else:
        assert cell == str(amount)


def test_xml_escapes_and_keeps_blank_elements_in_place() -> None:
    data = written(frame(["A & B <C>"], [-5]), "xml")
    assert data.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<RECORDS>\n'
        "<RECORD><ACCOUNT_NAME>A &amp; B &lt;C&gt;</ACCOUNT_NAME>"
        "<REVENUE_AMOUNT>-5</REVENUE_AMOUNT><REVENUE_START_DATE>2024-02-29</REVENUE_START_DATE>"
        "<REVENUE_END_DATE>2025-02-28</REVENUE_END_DATE><REVENUE_TYPE>One Time</REVENUE_TYPE>"
        "<DESCRIPTION></DESCRIPTION></RECORD>\n</RECORDS>\n"
    )


def test_xml_reads_back_with_the_names_asked_for() -> None:
    names = XmlNames("rows", "row", ("a", "b", "c", "d", "e", "f"))
    root = ElementTree.fromstring(written(frame(AWKWARD, description="x"), "xml", xml=names))
    assert root.tag == "rows"
    assert [record.tag for record in root] == ["row"] * len(AWKWARD)
    assert [cell.tag for cell in root[0]] == list("abcdef")
    assert [record[0].text for record in root] == AWKWARD


@pytest.mark.parametrize("bad", ["a\x00b", "a\x0bb", "a\x1fb", "a\ufffeb"])
def test_xml_refuses_what_it_cannot_carry(bad: str) -> None:
    with pytest.raises(ValueError, match=r"'Account name' of record 2"):
        written(frame(["fine", bad]), "xml")


@pytest.mark.parametrize("names", [("1a",), ("a b",), ("xmlish",), ("",), ("a>",)])
def test_element_names_that_xml_does_not_allow_are_refused(names: tuple[str]) -> None:
    with pytest.raises(SettingsError, match="cannot name an XML element"):
        XmlNames(root=names[0])


def test_settings_that_do_not_exist_are_refused() -> None:
    with pytest.raises(SettingsError, match="different element names"):
        XmlNames(elements=("a", "a", "b", "c", "d", "e"))
    with pytest.raises(SettingsError, match="'json' is no format"):
        FileOptions("json")  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="'tab' is no delimiter"):
        FileOptions("csv", delimiter="tab")  # type: ignore[arg-type]


@pytest.mark.parametrize("format", ["csv", "xlsx", "xml"])
def test_a_frame_that_is_not_canonical_is_never_written(format: Format) -> None:
    good = frame(["Acme", "Beta"])
    with pytest.raises(ValueError, match="'end_date' is missing"):
        written(good.drop("end_date"), format)
    with pytest.raises(ValueError, match="'amount' is Float64"):
        written(good.with_columns(pl.col("amount").cast(pl.Float64)), format)
    with pytest.raises(ValueError, match="'amount' is blank in record 2"):
        written(good.with_columns(amount=pl.Series([1, None], dtype=pl.Int64)), format)
    with pytest.raises(ValueError, match="'account_name' is blank in record 1"):
        written(good.with_columns(account_name=pl.Series(["", "Beta"])), format)


def test_a_workbook_does_not_tell_when_it_was_made() -> None:
    with zipfile.ZipFile(io.BytesIO(written(frame(["Acme"]), "xlsx"))) as archive:
        properties = archive.read("docProps/core.xml").decode()
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert set(re.findall(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T", properties)) == {"2000-01-01T"}


PROGRAM = """
import sys
from datetime import date
import polars as pl
from hashlib import sha256
from cgrev.writers import FileOptions, writer
rows = pl.DataFrame({"account_name": ["Acme"], "amount": [5], "start_date": [date(2024, 1, 1)],
                     "end_date": [date(2024, 12, 31)], "revenue_type": ["ARR"], "description": ["x"]})
for format in ("csv", "xlsx", "xml"):
    print(sha256(writer(FileOptions(format))(rows)).hexdigest())
"""


def test_another_process_in_another_time_zone_writes_the_same_bytes() -> None:
    outputs = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "TZ": zone, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for zone, seed in (("UTC", "1"), ("Pacific/Auckland", "2"))
    ]
    assert len(outputs[0].splitlines()) == 3
    assert outputs[0] == outputs[1]
