"""The sheet `cgrev summary` of the error workbook: accounting, counts, and links to the cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl
from msgspec import Struct
from xlsxwriter import Workbook
from xlsxwriter.utility import xl_rowcol_to_cell

from cgrev.report import Report, finding
from cgrev.reporters import text
from cgrev.reporters.options import ReportOptions

MAX_LINKS = 10_000
"""Findings listed with a link; a sheet can hold 65,530 links, and programs slow down long before."""

Key = tuple[str, int | None, str | None, str | None]


class Link(Struct, frozen=True):
    """A cell of the workbook; row and column count from 0."""

    sheet: str
    row: int
    column: int

    @property
    def cell(self) -> str:
        return str(xl_rowcol_to_cell(self.row, self.column))

    @property
    def target(self) -> str:
        name = self.sheet.replace("'", "''")
        return f"internal:'{name}'!{self.cell}"


class Summaries:
    """Writes the summary from the top down; every text is written as text."""

    def __init__(
        self,
        workbook: Workbook,
        report: Report,
        options: ReportOptions,
        listing: pl.DataFrame,
        sheets: Mapping[str, str],
        links: Mapping[Key, Link],
    ) -> None:
        self._report = report
        self._options = options
        self._listing = listing
        self._sheets = sheets
        self._links = links
        self._workbook = workbook
        self._heading = workbook.add_format({"bold": True, "bg_color": "#E7E6E6"})
        self._title = workbook.add_format({"bold": True, "font_size": 14})
        self._wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
        self._top = workbook.add_format({"valign": "top"})
        self._row = 0

    def write(self, name: str, uncommented: int, cut: int) -> None:
        """Add the sheet. `uncommented` cells have no comment, `cut` texts did not fit a cell."""
        self._sheet = self._workbook.add_worksheet(name)
        for column, width in enumerate((22, 30, 10, 26, 30, 22, 30, 60, 60, 24)):
            self._sheet.set_column(column, column, width)
        self._line([f"cgrev {self._report.version}: {text.verdict(self._report)}"], self._title)
        for remark in self._remarks(uncommented, cut):
            self._line([remark])
        self._row += 1
        self._files()
        self._rules()
        self._findings()

    def _remarks(self, uncommented: int, cut: int) -> Iterable[str]:
        yield "Correct the coloured cells, save, and let cgrev read this workbook again."
        yield "It leaves out this sheet and the column 'cgrev findings'."
        yield from text.left_out(self._report, self._options)
        if self._listing.height > MAX_LINKS:
            yield f"The first {MAX_LINKS:,} of {self._listing.height:,} findings are linked below."
        if uncommented:
            yield f"{text.counted(uncommented, 'more cell')} are coloured without a comment."
        if cut:
            yield f"{text.counted(cut, 'text')} too long for a cell are cut: correct them in the file itself."

    def _files(self) -> None:
        self._line(
            [
                "file",
                "sheet",
                "status",
                "rows read",
                "written",
                "rejected",
                "skipped",
                "totals",
                "refused because",
            ],
            self._heading,
        )
        for file in self._report.files:
            refused = "" if file.error is None else f"{file.error.code} {text.visible(file.error.message)}"
            counts = (file.rows.read, file.rows.written, file.rows.rejected, file.rows.skipped)
            totals = "" if file.error else text.totals_line(file)
            sheet = self._sheets.get(file.path, "")
            self._line([file.path, sheet, file.status, *map(str, counts), totals, refused])
        self._row += 1

    def _rules(self) -> None:
        self._line(["rule", "name", "severity", "findings"], self._heading)
        names = dict(self._report.findings.select("code", "name").unique().iter_rows())
        for (code, level), number in self._report.counts().items():
            self._line([code, names.get(code, ""), level, str(number)])
        self._row += 1

    def _findings(self) -> None:
        self._line(
            ["cell", "file", "severity", "rule", "name", "row", "column", "message", "what to do", "fix"],
            self._heading,
        )
        first = self._row - 1
        for row in self._listing.head(MAX_LINKS).iter_rows():
            one = finding(row)
            link = self._links.get((one.path, one.row, one.column, one.source_column))
            fix = "" if one.fix is None else one.fix.value + ("" if one.fix.safe else " (unsafe)")
            cells = ["", one.path, one.severity.value, one.code, one.name]
            cells += ["" if one.row is None else str(one.row), one.column or one.source_column or ""]
            cells += [text.told(one), one.help, fix]
            self._line(cells, self._wrapped, link=link)
        if self._row > first + 1:
            self._sheet.autofilter(first, 0, self._row - 1, 9)

    def _line(self, cells: list[str], look: Any = None, *, link: Link | None = None) -> None:
        for column, value in enumerate(cells):
            if column == 0 and link is not None:
                label = f"{link.sheet} {link.cell}"
                self._sheet.write_url(self._row, 0, link.target, None, label)
            elif value:
                self._sheet.write_string(self._row, column, value, look)
        self._row += 1
