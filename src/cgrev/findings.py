"""What is wrong and where: severities, findings, decisions, row accounting.

No library but msgspec. Findings travel through the pipeline as one polars frame (see
`FINDING_FIELDS`), because a file can hold a million of them; `Finding` is one row of it.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from enum import StrEnum
from typing import Any, Literal

from msgspec import Struct, field

_DIGITS = 100
"""Sums of 38-digit amounts stay exact: the default context would round them at 28 digits."""


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return ("error", "warning", "info").index(self.value)


class Fix(Struct, frozen=True):
    """The text to put in the cell. `safe` keeps the meaning; an unsafe one may change it."""

    value: str
    safe: bool


class Finding(Struct, frozen=True):
    """One thing wrong in one place.

    `row` is the row as a person sees it in that file (header counted, first line is 1), or None
    for the file as a whole. `column` is the canonical heading, `source_column` the file's own,
    `value` the text as the file has it.
    """

    path: str
    code: str
    name: str
    severity: Severity
    message: str
    help: str = ""
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    source_column: str | None = None
    value: str | None = None
    fix: Fix | None = None


FINDING_FIELDS: tuple[str, ...] = (
    "path",
    "sheet",
    "row",
    "column",
    "source_column",
    "value",
    "code",
    "name",
    "severity",
    "message",
    "help",
    "fix_value",
    "fix_safe",
)
"""Columns of a findings frame, in order: `row` is UInt32, `fix_safe` Boolean, the others String.

`column` holds the canonical *heading*. `fix_value` is null when there is no fix."""

FINDINGS_HEADING = "cgrev findings"
"""Heading of the column the error workbook adds; whoever maps headings leaves exactly it out."""
SUMMARY_SHEET = "cgrev summary"
"""Name of the sheet the error workbook adds; whoever chooses a sheet passes over exactly it."""

How = Literal["evidence", "declared", "default", "native", "header", "position", "content"]


class Decision(Struct, frozen=True):
    """How something in a file was understood, and why: shown by `inspect`, kept in reports.

    `about` is the thing decided in the field's terms ("encoding", "delimiter", "sheet", "header row",
    "decimal mark", "date order", "column"), `value` what was chosen in words a person reads.
    """

    about: str
    value: str
    how: How
    evidence: tuple[str, ...] = ()
    column: str | None = None
    source_column: str | None = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "about": self.about,
            "value": self.value,
            "how": self.how,
            "evidence": list(self.evidence),
            "column": self.column,
            "source_column": self.source_column,
        }


class SkippedRow(Struct, frozen=True):
    """A row that is not a record (blank, title, subtotal, footer), and why it was left out."""

    row: int
    reason: str
    text: str = ""


class RowCount(Struct):
    """Row accounting. The invariant of every run: read = written + rejected + skipped.

    Rows are records below the header: the header and what stands above it are neither read nor
    skipped records; titles above the header are listed with the skipped rows and counted in both.
    """

    read: int = 0
    written: int = 0
    rejected: int = 0
    skipped: int = 0

    @property
    def balanced(self) -> bool:
        return self.read == self.written + self.rejected + self.skipped

    def add(self, other: RowCount) -> None:
        self.read += other.read
        self.written += other.written
        self.rejected += other.rejected
        self.skipped += other.skipped

    def as_dict(self) -> dict[str, int]:
        return {
            "read": self.read,
            "written": self.written,
            "rejected": self.rejected,
            "skipped": self.skipped,
        }


class Totals(Struct):
    """Exact money of one file: `source` is what the rows not skipped state (where readable).

    source = written + residual + rejected, to the last digit. `written` is whole units.
    """

    source: Decimal = field(default_factory=Decimal)
    written: Decimal = field(default_factory=Decimal)
    rejected: Decimal = field(default_factory=Decimal)

    @property
    def residual(self) -> Decimal:
        """What rounding took away from (positive) or added to (negative) the written total."""
        with localcontext(prec=_DIGITS):
            return self.source - self.written - self.rejected

    def add(self, other: Totals) -> None:
        with localcontext(prec=_DIGITS):
            self.source += other.source
            self.written += other.written
            self.rejected += other.rejected

    def as_dict(self) -> dict[str, str]:
        return {
            "source": plain(self.source),
            "written": plain(self.written),
            "residual": plain(self.residual),
            "rejected": plain(self.rejected),
        }


def plain(value: Decimal) -> str:
    """A decimal as a person writes it: no exponent, no trailing zeros behind the mark."""
    if value == 0:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
