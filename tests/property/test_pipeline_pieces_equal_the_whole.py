"""Purpose: the streaming path and the small-file path are one path. Whatever the size of the pieces a file
runs through in, findings, rows, totals, decisions and rejects are the same."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from cgrev.checking import check_inputs
from cgrev.converting import Conversion
from cgrev.layout import HEADINGS
from cgrev.mapping.canonical import CanonicalConverter
from cgrev.opening import Input
from cgrev.plugin import ConverterOptions
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


def content(rows: list[tuple[str, ...]]) -> bytes:
    frame = pl.DataFrame(rows, schema=list(HEADINGS), orient="row")
    return frame.write_csv().encode()


@given(rows=ROWS, pieces=st.integers(1, 5))
@settings(max_examples=25)
def test_check_gives_the_same_report_whatever_the_pieces(rows: list[tuple[str, ...]], pieces: int) -> None:
    data = content(rows)
    whole = check_inputs([Input("in.csv", data)], lambda _: task("check", 250_000)).report
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
