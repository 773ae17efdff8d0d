"""--redact: no name and no amount in any place of any format; equal texts stay recognisable."""

from __future__ import annotations

import io
import zipfile
from decimal import Decimal

import polars as pl
import pytest
from msgspec.structs import replace

from cgrev.findings import Decision, Finding, Severity, SkippedRow, Totals
from cgrev.report import FileError, FileReport, Report, findings_frame
from cgrev.reporters import FORMATS, ReportOptions, render
from cgrev.reporters.redact import Redactor
from cgrev.reporters.source import SourceSheet
from cgrev.table import OpenTable

SECRETS = ("Zanzibar", "Quux", "987654", "4711.25", "31337")


def secret_report() -> Report:
    file = FileReport(
        "in.csv", "ab" * 32, "findings", "csv", None, 1, "canonical",
        totals=Totals(Decimal("4711.25"), Decimal("31337"), Decimal("987654")),
        decisions=(
            Decision("decimal mark", "point", "evidence", ("'987,654.5' of Zanzibar",), None, "Quux"),
            Decision("group", "Zanzibar", "content"),
        ),
        skipped=[SkippedRow(9, "total of 'Zanzibar'", "Total Zanzibar 987654")],
    )  # fmt: skip
    refused = FileReport(
        "b.csv", status="refused", error=FileError("CGR216", "either 987654 or 987.654", "Quux")
    )
    found = [
        Finding(
            "in.csv", "CGR210", "spelt-in-several-ways", Severity.WARNING, "'Zanzibar', Zanzibar, 31337",
            "write Zanzibar", row=2, column="Account name", source_column="Quux", value=value,
        )
        for value in ("Zanzibar Ltd", "Zanzibar Ltd", "Quux AG", "2024-01-31", "ARR", "")
    ]  # fmt: skip
    return Report([file, refused], findings_frame(found), "1")


def secret_sources() -> dict[str, SourceSheet]:
    frame = pl.DataFrame(
        {
            "row": pl.Series([1, 2], dtype=pl.UInt32),
            "c0": ["Account name", "Zanzibar Ltd"],
            "c1": ["Quux", "987654"],
            "k1": pl.Series([0, 1], dtype=pl.UInt8),
            "c2": ["Revenue start date", "2024-01-31"],
        }
    )
    table = OpenTable("xlsx", 3, lambda rows: iter([frame]), sheet="Deals")
    return {"in.csv": SourceSheet(table, ("Account name", "Quux", "Revenue start date"), 1)}


def everything(rendered: str | bytes) -> str:
    if isinstance(rendered, str):
        return rendered
    with zipfile.ZipFile(io.BytesIO(rendered)) as archive:
        return "\n".join(archive.read(name).decode(errors="replace") for name in archive.namelist())


@pytest.mark.parametrize("format", FORMATS)
def test_no_format_shows_a_name_or_an_amount(format: str) -> None:
    options = ReportOptions(show_info=True, sources=secret_sources())
    shown = everything(render(secret_report(), format, options))
    if format != "jsonl":
        assert any(secret in shown for secret in SECRETS)  # the test would see them
    hidden = everything(render(secret_report(), format, replace(options, redactor=Redactor())))
    for secret in SECRETS:
        assert secret not in hidden, secret
    assert "in.csv" in hidden or "in_csv" in hidden or format == "xlsx"


def test_marks_are_equal_within_a_run_and_differ_between_runs() -> None:
    first, second = Redactor(), Redactor()
    assert first.text("Zanzibar") == first.text("Zanzibar")
    assert first.text("Zanzibar") != first.text("Quux")
    assert first.text("Zanzibar") != second.text("Zanzibar")
    assert Redactor(b"k").text("Zanzibar") == Redactor(b"k").text("Zanzibar")


def test_dates_types_headings_and_blanks_stay_readable() -> None:
    redactor = Redactor()
    for text in (
        "2024-01-31",
        "31.01.2024",
        "1/2/2024",
        "2024-01-31T10:00:00",
        "ARR",
        "One Time",
        "Account name",
        "",
    ):
        assert redactor.text(text) == text
    for text in ("20240131", "1.234.567", "12", "1-2", "ARR 5", "31.01-2024"):
        assert redactor.text(text).startswith("#")


def test_counts_and_places_are_not_changed() -> None:
    report = secret_report()
    hidden = Redactor().report(report, {})
    assert hidden.summary() == report.summary()
    assert hidden.findings.select("path", "row", "column", "code").equals(
        report.findings.select("path", "row", "column", "code")
    )
    values = hidden.findings["value"].to_list()
    assert values[0] == values[1] != values[2]
    assert hidden.findings["message"].unique().to_list() == ["spelt in several ways"]
