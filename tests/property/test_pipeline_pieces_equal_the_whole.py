"""Purpose: the streaming path and the small-file path are one path. Whatever the size of the pieces a file
runs through in, findings, rows, totals, decisions and rejects are the same."""

from __future__ import annotations

from unittest.mock import patch

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from cgrev import across
from cgrev.breach import listed
from cgrev.checking import check_inputs
from cgrev.converting import Conversion
from cgrev.crossing import cross
from cgrev.layout import HEADINGS
from cgrev.limits import Limits
from cgrev.mapping.canonical import CanonicalConverter
from cgrev.opening import Input
from cgrev.pipeline import FileRun
from cgrev.plugin import ConverterOptions
from cgrev.readers.csv import open_csv
from cgrev.readers.source import Source
from cgrev.rules.catalogue import ALL, BY_CODE
from cgrev.rules.rule import Mode
from cgrev.task import Task

NAMES = st.sampled_from(
    ["Acme", "ACME", "acme ", "Straße", "STRASSE", "Beta\u00a0Ltd", "", "=1+1", "Grand Total"]
)
AMOUNTS = st.sampled_from(
    ["1", "0", "-5", "1,234", "1.234", "1.234,50", "1,234.50", "12,5", "x", "", "7 USD", "1E3"]
)
DATES = st.sampled_from(
    [
        "2024-01-01",
        "2024-06-30",
        "2025-12-31",
        "01/02/2024",
        "31/01/2024",
        "01/31/2024",
        "2024-02-30",
        "",
        "45292",
        "1.2.2024",
    ]
)
TYPES = st.sampled_from(["ARR", "MRR", "one-time", "Other", "Annual", ""])
TEXTS = st.sampled_from(["", "note", "two\nlines", 'a "quote"', "tab\there"])
ROWS = st.lists(st.tuples(NAMES, AMOUNTS, DATES, DATES, TYPES, TEXTS), min_size=1, max_size=12)


def task(mode: Mode, pieces: int) -> Task:
    levels = {rule.code: rule.severity_in(mode) for rule in ALL}
    levels["CGR506"] = None
    return Task(
        mode, CanonicalConverter(), ConverterOptions(), BY_CODE, levels, show_info=True, piece_rows=pieces
    )


def content(rows: list[tuple[str, ...]], line_terminator: str = "\n") -> bytes:
    frame = pl.DataFrame(rows, schema=list(HEADINGS), orient="row")
    return frame.write_csv(line_terminator=line_terminator).encode()


@given(rows=ROWS, pieces=st.integers(1, 5))
@settings(max_examples=25)
def test_check_gives_the_same_report_whatever_the_pieces(rows: list[tuple[str, ...]], pieces: int) -> None:
    data = content(rows)
    whole = check_inputs([Input("in.csv", data)], lambda _: task("check", 250_000)).report
    with patch.object(across, "PART_ROWS", pieces):  # rows against each other, a few at a time
        cut = check_inputs([Input("in.csv", data)], lambda _: task("check", pieces)).report
    assert cut.findings.rows() == whole.findings.rows()
    assert [file.as_dict() for file in cut.files] == [file.as_dict() for file in whole.files]
    assert all(file.rows.balanced for file in whole.files)


@given(rows=ROWS, pieces=st.integers(1, 5))
@settings(max_examples=25)
def test_convert_accepts_the_same_rows_whatever_the_pieces(rows: list[tuple[str, ...]], pieces: int) -> None:
    data = content(rows)
    found = []
    for size in (250_000, pieces):
        with Conversion([Input("in.csv", data)], task("convert", size)) as conversion:
            report = conversion.examine()
            accepted = [frame.rows() for frame in conversion.rows("none")]
            found.append(
                (
                    [row for frame in accepted for row in frame],
                    report.findings.rows(),
                    [file.as_dict() for file in report.files],
                )
            )
            for file in report.files:
                assert file.rows.balanced
                assert file.error is not None or file.totals.source == (
                    file.totals.written + file.totals.residual + file.totals.rejected
                )
    assert found[0] == found[1]


@given(rows=ROWS, block=st.integers(20, 400), ends=st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=15)
def test_check_gives_the_same_whatever_the_blocks_of_the_reader(
    rows: list[tuple[str, ...]], block: int, ends: str
) -> None:
    data = content(rows, line_terminator=ends)
    found = []
    for size in (None, block):
        table = open_csv(Source("in.csv", None, data, len(data)), limits=Limits(), block_bytes=size)
        examined = FileRun(table, task("check", 250_000), "in.csv", 0).examine()
        cross([examined])
        report = examined.report
        found.append(
            (
                listed(pl.concat(examined.findings)).rows(),
                report.as_dict(),
                examined.rejected_at().sort().to_list(),
            )
        )
    assert found[0] == found[1]


@given(
    rows=ROWS,
    order=st.permutations(HEADINGS),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le"]),
)
@settings(max_examples=20)
def test_check_finds_the_same_whatever_the_order_of_columns_delimiter_and_encoding(
    rows: list[tuple[str, ...]], order: list[str], delimiter: str, encoding: str
) -> None:
    rows = [("Account of a first row", "12", "2024-01-01", "2024-12-31", "ARR", "Plan"), *rows]
    frame = pl.DataFrame(rows, schema=list(HEADINGS), orient="row")
    plain = check_inputs([Input("in.csv", content(rows))], lambda _: task("check", 250_000)).report
    text = frame.select(order).write_csv(separator=delimiter)
    data = b"\xff\xfe" + text.encode(encoding) if encoding == "utf-16-le" else text.encode(encoding)
    other = check_inputs([Input("in.csv", data)], lambda _: task("check", 250_000)).report
    # a wrong order of columns is a finding of its own, and blank rows show only as their cells do
    about_rows = pl.col("row").is_not_null() & ~pl.col("code").str.starts_with("CGR1")
    wanted = plain.findings.filter(about_rows).rows()
    assert other.findings.filter(about_rows).rows() == wanted
    assert other.files[0].rows == plain.files[0].rows
    assert other.files[0].totals == plain.files[0].totals
