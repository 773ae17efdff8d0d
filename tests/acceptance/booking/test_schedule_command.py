"""`cgrev schedule`: the months of upload files in every format, and rows that cannot be booked."""

from __future__ import annotations

import csv
import json
import re
from decimal import Decimal
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pytest

from .conftest import Cgrev, Write

LONG = "Acme Ltd,12000,2024-01-01,2026-12-31,ARR,"
HALF = "Beta GmbH,12000,2016-01-01,2016-06-30,Other,"
MONTHLY = "Beta GmbH,-500,2016-01-01,2016-02-29,MRR,"


@pytest.mark.parametrize(
    ("row", "months"),
    [
        ("A,12000,2016-01-01,2016-12-31,ARR,", {f"2016-{m:02}": "1000.00" for m in range(1, 13)}),
        ("A,12000,2016-01-01,2016-12-31,MRR,", {f"2016-{m:02}": "12000.00" for m in range(1, 13)}),
        ("A,12000,2016-01-01,2016-06-30,Other,", {f"2016-{m:02}": "2000.00" for m in range(1, 7)}),
        ("A,100,2016-03-09,2016-12-31,One Time,", {"2016-03": "100.00"}),
        ("A,100,2016-01-01,2016-03-31,Other,", {"2016-01": "33.34", "2016-02": "33.33", "2016-03": "33.33"}),
    ],
)
def test_the_json_is_the_documented_months_to_the_cent(
    row: str, months: dict[str, str], cgrev: Cgrev, write: Write
) -> None:
    ended = cgrev("schedule", write("a.csv", row), "--output-format", "json")
    kind = row.split(",")[4]
    assert (ended.code, ended.err) == (0, "")
    assert json.loads(ended.out) == [
        {"account": "A", "revenue_type": kind, "month": month, "amount": amount}
        for month, amount in months.items()
    ]


@pytest.mark.parametrize(
    ("by", "first"),
    [
        ("month", {"month": "2016-01", "amount": "1500.00"}),
        ("type", {"revenue_type": "MRR", "amount": "-1000.00"}),
        ("account", {"account": "Beta GmbH", "amount": "11000.00"}),
        ("file", {"file": "a.csv", "amount": "11000.00"}),
        ("month,type", {"revenue_type": "MRR", "month": "2016-01", "amount": "-500.00"}),
    ],
)
def test_keys_that_are_summed_over_are_left_out(
    by: str, first: dict[str, str], cgrev: Cgrev, write: Write
) -> None:
    ended = cgrev("schedule", write("a.csv", HALF, MONTHLY), "--by", by, "--output-format", "json")
    assert json.loads(ended.out)[0] == first


def test_months_are_limited_on_both_sides(cgrev: Cgrev, write: Write) -> None:
    limits = ("--from-month", "2025-11", "--to-month", "2026-01")
    ended = cgrev("schedule", write("a.csv", LONG), "--output-format", "csv", *limits)
    assert [row["month"] for row in csv.DictReader(ended.out.splitlines())] == [
        "2025-11",
        "2025-12",
        "2026-01",
    ]


def test_text_shows_booked_beside_source_and_both_readings(cgrev: Cgrev, write: Write) -> None:
    ended = cgrev("schedule", write("a.csv", LONG, MONTHLY.replace("2016", "2024")))
    assert "12,000 ARR in 1 record books 36,000 (3.0x)" in ended.out
    assert "-500 MRR in 1 record books -1,000 (2.0x)" in ended.out
    assert "a.csv:2: Acme Ltd: 12,000 ARR x 36 months books 36,000 (3.0x); spread it is 12,000" in ended.out
    assert "36,000 as documented, 12,000 spread" in ended.out
    assert re.search(r"^2024-01 +1,000 +-500 +500  █+", ended.out, re.MULTILINE)


def test_rows_that_cannot_be_booked_are_told_and_left_out(cgrev: Cgrev, write: Write) -> None:
    name = write("a.csv", HALF, "Bad,10,2016-01-01,2015-01-01,ARR,", HALF)
    ended = cgrev("schedule", name, "--by", "type", "--output-format", "json")
    assert ended.code == 1
    assert json.loads(ended.out) == [{"revenue_type": "Other", "amount": "12000.00"}]
    assert "a.csv:3:Revenue end date: CGR301" in ended.err and "a.csv:4: CGR401" in ended.err
    assert "2 rows left out" in ended.err


def test_a_file_that_cannot_be_read_is_refused_and_the_others_are_shown(cgrev: Cgrev, write: Write) -> None:
    ended = cgrev("schedule", write("a.csv", HALF), "nowhere.csv", "--by", "type", "--output-format", "json")
    assert ended.code == 2 and "nowhere.csv: CGR001" in ended.err
    assert json.loads(ended.out) == [{"revenue_type": "Other", "amount": "12000.00"}]


def test_a_folder_of_convert_is_read_by_its_manifest_and_held_to_it(cgrev: Cgrev, write: Write) -> None:
    name = write("a.csv", LONG, HALF, MONTHLY)
    assert cgrev("convert", "--from", "canonical", name, "-o", "out", "--to", "csv,xml").code == 0
    direct = cgrev("schedule", name, "--output-format", "csv").out
    assert cgrev("schedule", "out", "--output-format", "csv").out == direct
    batch = next(Path("out").glob("*.csv"))
    batch.write_bytes(batch.read_bytes().replace(b"12000", b"12001"))
    ended = cgrev("schedule", "out")
    assert ended.code == 2 and ended.out == "" and "is gone or was changed" in ended.err


def test_words_that_do_not_fit_end_with_one_line_and_write_nothing(cgrev: Cgrev, write: Write) -> None:
    name = write("a.csv", HALF)
    wrong = [
        ["--by", "week"],
        ["--from-month", "2024-13"],
        ["--from-month", "2024-02", "--to-month", "2024-01"],
        ["--output-format", "xlsx"],
        ["--output-format", "yaml"],
    ]
    for words in wrong:
        ended = cgrev("schedule", name, *words)
        assert (ended.code, ended.out) == (2, "") and ended.err.startswith("error: "), words


class Page(HTMLParser):
    """What a page is made of: tags, addresses, text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_needs_nothing_and_runs_nothing(cgrev: Cgrev, write: Write) -> None:
    name = write("a.csv", LONG, "<script>alert(1)</script>,700,2024-03-01,2024-03-01,One Time,")
    assert cgrev("schedule", name, "-o", "page.html").code == 0
    text = Path("page.html").read_text("utf-8")
    page = Page(text)
    assert "script" not in page.tags and page.addresses == [] and "<script>alert(1)</script>" in page.text
    assert "default-src 'none'" in unescape(text) and "@import" not in text and "url(" not in text
    assert "viewport" in text and "prefers-color-scheme: dark" in text
    assert page.tags.count("svg") == 1 and 'role="img"' in text
    assert "2024-03: ARR 1,000; One Time 700; total 1,700" in text
    for figure in ("36,000", "3.0x", "2024-01"):
        assert figure in page.text


def test_the_workbook_holds_numbers_and_no_formulas(cgrev: Cgrev, write: Write) -> None:
    name = write("a.csv", '"=HYPERLINK(""x"")",100,2024-01-01,2024-03-31,Other,', LONG)
    assert cgrev("schedule", name, "-o", "s.xlsx").code == 0
    book = openpyxl.load_workbook("s.xlsx")
    rows = list(book["Booked"].iter_rows(values_only=True))
    assert rows[0][:3] == ("account", "revenue_type", "2024-01")
    assert rows[1][:6] == ('=HYPERLINK("x")', "Other", 33.34, 33.33, 33.33, None)
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    assert next(book["ARR over 12 months"].iter_rows(min_row=2, values_only=True))[3:6] == (
        12000,
        36,
        36000,
    )


def test_standard_input_and_an_output_file_by_its_name(
    cgrev: Cgrev, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = write("a.csv", HALF)
    assert cgrev("schedule", name, "--output-file", "s.csv").code == 0
    lines = Path("s.csv").read_text().splitlines()
    assert lines[:2] == ["account,revenue_type,month,amount", "Beta GmbH,Other,2016-01,2000.00"]
    total = sum(Decimal(row["amount"]) for row in csv.DictReader(lines))
    assert total == 12000
