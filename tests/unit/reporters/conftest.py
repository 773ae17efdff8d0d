"""One report that holds every oddity a reporter must carry: the same for all formats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from cgrev.findings import Decision, Finding, Fix, RowCount, Severity, SkippedRow, Totals
from cgrev.report import FileError, FileReport, Report, findings_frame
from cgrev.reporters import ReportOptions
from cgrev.reporters.source import SourceSheet
from cgrev.table import OpenTable

LABELS = ("Account name", "Amount", "Start", "End", "Type", "Notes")
ROWS = (
    LABELS,
    ("Acme Ltd", "1,234", "2024-01-01", "2024-12-31", "ARR", "gold"),
    ('=HYPERLINK("http://x")', "x\x1b[31m", "2024-13-01", "2024-12-31", "Annual", "日本 </script><b>"),
    ("", "12", "2024-01-01", "2024-12-31", "ARR", None),
    ("Müller, Söhne", "-7", "2024-01-01", "2024-12-31", "ARR", "::error ::x"),
)


@dataclass(frozen=True)
class Rule:
    """An entry of a catalogue, as reporters see it."""

    code: str
    name: str
    severity: Severity
    what: str = "Reports a thing that is wrong."
    why: str = "Because of that."
    help: str = "do that instead"


def text_table(rows: tuple[tuple[str | None, ...], ...], **facts: object) -> OpenTable:
    width = max(map(len, rows))

    def pieces(size: int) -> Iterator[pl.DataFrame]:
        schema = {"row": pl.UInt32, **{f"c{index}": pl.String for index in range(width)}}
        for first in range(0, len(rows), max(size, 1)):
            part = [
                (first + place + 1, *row, *[None] * (width - len(row)))
                for place, row in enumerate(rows[first : first + size])
            ]
            yield pl.DataFrame(part, schema=schema, orient="row")

    return OpenTable("csv", width, pieces, **{"delimiter": ",", "encoding": "utf-8", "ragged": True, **facts})  # type: ignore[arg-type]


def findings() -> list[Finding]:
    def amount(code: str, name: str, row: int, value: str, fix: Fix | None = None) -> Finding:
        return Finding(
            "in.csv", code, name, Severity.ERROR, f"the amount is odd: '{value}'", "write whole units",
            row=row, column="Revenue amount", source_column="Amount", value=value, fix=fix,
        )  # fmt: skip

    return [
        amount("CGR212", "amount-with-separators", 2, "1,234", Fix("1234", True)),
        amount("CGR211", "amount-not-a-number", 3, "x\x1b[31m"),
        Finding(
            "in.csv", "CGR251", "unknown-type", Severity.ERROR, "no revenue type", "use one of the four",
            row=3, column="Revenue type", source_column="Type", value="Annual", fix=Fix("ARR", False),
        ),
        Finding(
            "in.csv", "CGR207", "formula-like-text", Severity.WARNING, "starts like a formula 100%",
            "see help", row=3, column="Account name", source_column="Account name", value='=HYPERLINK("http://x")',
        ),
        Finding(
            "in.csv", "CGR201", "blank-account", Severity.ERROR, "the account name is blank", "fill it in",
            row=4, column="Account name", source_column="Account name", value="",
        ),
        Finding(
            "in.csv", "CGR503", "short-arr", Severity.INFO, "ARR under 12 months", "", row=5,
            column="Revenue end date", source_column="End", value="2024-12-31",
        ),
        Finding("in.csv", "CGR103", "wrong-order", Severity.WARNING, "columns stand in another order", ""),
    ]  # fmt: skip


@pytest.fixture
def report() -> Report:
    """Two files, one of them refused; findings of every severity, with and without place and fix."""
    read = FileReport(
        "in.csv", "ab" * 32, "findings", "csv", None, 1, "canonical", RowCount(5, 1, 3, 1),
        Totals(Decimal("1239.5"), Decimal(-7), Decimal(1246)),
        (
            Decision("encoding", "UTF-8", "evidence", ("all bytes are valid UTF-8",)),
            Decision("decimal mark", "point", "evidence", ("'1,234' in row 2",), "Revenue amount", "Amount"),
        ),
        [SkippedRow(6, "total row", "Total Acme Ltd")],
    )  # fmt: skip
    refused = FileReport(
        "b.json", status="refused", error=FileError("CGR002", "JSON is not read", "export CSV")
    )
    return Report([read, refused], findings_frame(findings()), "0.1.0")


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, SourceSheet]:
    path = tmp_path / "in.csv"

    def cell(value: str | None) -> str:
        text = value or ""
        return '"' + text.replace('"', '""') + '"' if set(text) & set(',"') else text

    path.write_text("".join(",".join(map(cell, row)) + "\n" for row in ROWS), encoding="utf-8", newline="")
    return {"in.csv": SourceSheet(text_table(ROWS), LABELS, 1, {"Revenue amount": 1}, path)}


@pytest.fixture
def options(sources: dict[str, SourceSheet]) -> ReportOptions:
    rules = {one.code: Rule(one.code, one.name, one.severity) for one in findings() if one.code != "CGR503"}
    return ReportOptions(rules=rules, sources=sources)


def many(
    number: int, code: str = "CGR201", severity: Severity = Severity.ERROR, first: int = 2
) -> list[Finding]:
    return [
        Finding(
            "in.csv", code, "some-rule", severity, "wrong", "help", row=first + place,
            column="Account name", source_column="Account name", value=f"v{place}",
        )
        for place in range(number)
    ]  # fmt: skip


@pytest.fixture
def make_many() -> object:
    """A function that makes many findings of one rule."""
    return many
