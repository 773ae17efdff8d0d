"""Fixing files of every kind: twice is once, no finding is made, and what no fix names keeps its bytes."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st

import cgrev
from cgrev.checking import Checked
from cgrev.fixing.spans import records
from cgrev.layout import HEADINGS
from cgrev.mending import Mended, mend
from cgrev.opening import Input
from cgrev.readers import open_table
from cgrev.tasks import limits_of
from cgrev.verbs.check import check_tasks

NAMES = [
    "Acme Ltd",
    "ACME LTD",
    " Acme  Ltd ",
    "Acme\u00a0Ltd",
    "Müller",
    "Mu\u0308ller",
    "",
    "=x",
    "a\nb",
    "Ω",
]
AMOUNTS = [
    "100", "1,234", "1.234", "1.234,00", "1.234,50", "1,234.00", "12.5", "0012", "(5)", "7-", "$ 3",
    "1.2E+03", "x", "", "0", "1'000", "-0",
]  # fmt: skip
DATES = [
    "2024-01-01", "2024-12-31", "01.02.2024", "13/02/2024", "01/02/2024", "02/13/2024", "45000", "2024-02-30",
    "2024-06-30 00:00", "2024-06-30 10:00", "1 March 2024", "", "01/02/24",
]  # fmt: skip
TYPES = ["ARR", "arr", "one-time", "One Time", "Annual", "MRR", "Other", ""]
NOTES = ["", "x", " y", "00123", 'a "quoted" one', "a;b,c\td|e", "two\r\nlines", "é"]
POOLS = (NAMES, AMOUNTS, DATES, DATES, TYPES, NOTES)
Row = tuple[str, ...]
CHECK = cgrev.load_settings({}, config="/dev/null", environment={})


@st.composite
def tables(draw: st.DrawFn) -> list[Row]:
    """Rows of the layout from small pools, so that cells meet: few names, few dates, evidence and doubt."""
    row = st.tuples(*(st.sampled_from(draw(subsets(pool))) for pool in POOLS))
    headings = tuple(draw(st.sampled_from([name, name, name, name.upper()])) for name in HEADINGS)
    return [headings, *draw(st.lists(row, min_size=1, max_size=5))]


def subsets(pool: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(pool), min_size=1, max_size=4, unique=True)


def fixed(path: Path, *, unsafe: bool) -> tuple[Checked, Mended]:
    return mend(
        [Input.of(path)],
        check_tasks(CHECK, {}),
        cgrev.ReadOptions(),
        limits_of(CHECK.target),
        unsafe=unsafe,
    )


def keyed(report: cgrev.Report, *, rows: bool) -> Counter[tuple[str, int | None, str | None]]:
    return Counter((one.code, one.row if rows else None, one.column) for one in report)


def hold(path: Path, *, unsafe: bool, rows: bool = True) -> bytes:
    """Fix a file, hold the result to the promises, and answer its bytes before."""
    before, data = cgrev.check(path, settings=CHECK), path.read_bytes()
    done, mended = fixed(path, unsafe=unsafe)
    once = path.read_bytes()
    assert (once != data) == bool(mended.applied)
    assert mended.failed == {}
    after = done.report
    if not unsafe:
        made = keyed(after, rows=rows) - keyed(before, rows=rows)
        assert made == Counter(), f"{made} with {once!r}"
        assert after.files[0].totals.source == before.files[0].totals.source, "a safe fix moves no money"
    anew, again = fixed(path, unsafe=unsafe)
    assert keyed(anew.report, rows=True) == keyed(after, rows=True), "the report is about what is there"
    assert path.read_bytes() == once, "fixing twice is fixing once"
    assert again.applied == {}
    return data


def written(rows: list[Row], delimiter: str, end: str, quoting: int) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return text.getvalue()


@given(
    tables(),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    st.booleans(),
)
@settings(max_examples=30, deadline=None)
def test_delimited_text(
    rows: list[Row], delimiter: str, end: str, quoting: int, encoding: str, unsafe: bool
) -> None:
    text = written(rows, delimiter, end, quoting)
    if encoding == "cp1252":
        text = text.replace("Ω", "O").replace("u\u0308", "ü")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "revenue.csv"
        path.write_bytes(text.encode(encoding))
        lines = any(set("\r\n") & set(cell) for row in rows for cell in row)
        data = hold(path, unsafe=unsafe, rows=not lines)
        untouched(data, path.read_bytes(), encoding, delimiter)


def untouched(before: bytes, after: bytes, encoding: str, delimiter: str) -> None:
    """Cells whose value is the same have the same characters, and so has all that stands between cells."""
    codec = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(encoding, encoding)
    old, new = before.decode(codec), after.decode(codec)
    left, right = list(records(old, delimiter)), list(records(new, delimiter))
    assert len(left) == len(right)
    between: list[list[str]] = [[], []]
    for side, (text, found) in enumerate(((old, left), (new, right))):
        place = 0
        for record in found:
            for cell in record.cells:
                between[side].append(text[place : cell.start])
                place = cell.end
        between[side].append(text[place:])
    assert between[0] == between[1]


@given(tables(), st.integers(0, 2), st.integers(0, 2), st.booleans())
@settings(max_examples=8, deadline=None)
def test_workbooks(rows: list[Row], left: int, above: int, unsafe: bool) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for place, row in enumerate(rows):
        for column, value in enumerate(row):
            cell: Any = sheet.cell(place + 1 + above, column + 1 + left)
            cell.value = int(value) if value.isdecimal() and str(int(value)) == value else value or None
            if isinstance(cell.value, str):
                cell.data_type = "s"
    other = book.create_sheet("Notes")
    other["A1"] = "=1+1"
    with TemporaryDirectory() as folder:
        path = Path(folder) / "revenue.xlsx"
        book.save(path)
        other.sheet_state = "hidden"
        book.save(path)
        before = hold(path, unsafe=unsafe)
        old, new = (zipfile.ZipFile(io.BytesIO(data)) for data in (before, path.read_bytes()))
        changed = [name for name in old.namelist() if old.read(name) != new.read(name)]
        assert new.namelist() == old.namelist()
        assert changed in ([], ["xl/worksheets/sheet1.xml"])


@given(tables(), st.sampled_from(["utf-8", "iso-8859-1", "utf-16"]), st.booleans())
@settings(max_examples=14, deadline=None)
def test_xml_records(rows: list[Row], encoding: str, unsafe: bool) -> None:
    names = ("account", "amount", "start", "end", "type", "note")
    entries = (
        "<entry>"
        + "".join(
            f"<{name}>{escape(value)}</{name}>" if value else f"<{name}/>"
            for name, value in zip(names, row, strict=True)
        )
        + "</entry>\n"
        for row in rows[1:]
    )
    text = f'<?xml version="1.0" encoding="{encoding}"?>\n<!-- kept --><all>\n{"".join(entries)}</all>\n'
    with TemporaryDirectory() as folder:
        path = Path(folder) / "revenue.xml"
        path.write_bytes(text.encode(encoding, "xmlcharrefreplace"))
        hold(path, unsafe=unsafe)
        assert "<!-- kept -->" in path.read_bytes().decode(encoding)


def test_what_shows_how_others_are_read_is_kept_while_they_need_it(tmp_path: Path) -> None:
    """`1.234,00` says what the comma means in `1,234`, whose fix would round and is unsafe."""
    path = tmp_path / "revenue.csv"
    dates = "2024-01-01;2024-12-31;ARR;x\n"
    path.write_text(";".join(HEADINGS) + f"\nAcme;1.234,00;{dates}Beta;1,234;{dates}", "utf-8")
    _, mended = fixed(path, unsafe=False)
    assert "1.234,00" in path.read_text("utf-8")
    [refusal] = mended.refused[str(path)]
    assert (refusal.row, refusal.column) == (2, 1)
    fixed(path, unsafe=True)
    assert [row[1] for row in open_table(path).head().select("c0", "c1").rows()] == [
        "Revenue amount",
        "1234",
        "1",
    ]
