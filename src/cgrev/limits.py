"""Limits that keep a hostile or broken file from eating the machine. No library but msgspec."""

from __future__ import annotations

from msgspec import Struct

from cgrev.errors import InputRefused

MEBIBYTE = 1 << 20


class Limits(Struct, frozen=True):
    """What a reader accepts before it refuses a file as unsafe (CGR004).

    The defaults lie far above any real revenue file and far below what hurts a small machine.
    """

    file_bytes: int = 4 * 1024 * MEBIBYTE
    """Bytes of the file as it lies on disk."""
    document_bytes: int = 512 * MEBIBYTE
    """Bytes of one workbook, SpreadsheetML or HTML file: these are held in memory as a whole."""
    archive_bytes: int = 2 * 1024 * MEBIBYTE
    """Bytes of all parts of a workbook together once they are expanded."""
    archive_ratio: int = 250
    """Expanded bytes per packed byte of one archive part; counted only above 16 MiB expanded, because
    small repetitive parts pack well. Sheets of real exports stay under 30."""
    archive_parts: int = 10_000
    """Parts of one archive."""
    xml_depth: int = 64
    """Elements open inside each other."""
    cell_length: int = 131_072
    """Characters of one cell; a spreadsheet holds at most 32,767."""
    record_bytes: int = 16 * MEBIBYTE
    """Bytes of one record of delimited text, line breaks inside quotes included."""
    rows: int = 50_000_000
    """Rows of one table."""
    columns: int = 16_384
    """Columns of one table: the width of a spreadsheet."""
    cells: int = 50_000_000
    """Cells of one sheet as a rectangle: a far-off formatted corner makes it larger than its data."""

    def check_columns(self, columns: int) -> None:
        """Raise CGR004 when a table is too wide."""
        if columns > self.columns:
            raise InputRefused(
                "CGR004",
                f"more than {self.columns:,} columns",
                help="check the delimiter, or remove the columns that are not needed",
            )

    def check_cells(self, rows: int, columns: int) -> None:
        """Raise CGR004 when the rectangle of a sheet is too large."""
        if rows * columns > self.cells:
            raise InputRefused(
                "CGR004",
                f"the sheet spans {rows:,} rows and {columns:,} columns, more than {self.cells:,} cells",
                help="remove what stands far off from the table, or export it as CSV",
            )

    def check_rows(self, rows: int) -> None:
        """Raise CGR004 when a table has too many rows."""
        if rows > self.rows:
            raise InputRefused("CGR004", f"more than {self.rows:,} rows", help="split the file")

    def check_file(self, size: int, *, document: bool = False) -> None:
        """Raise CGR004 when a file is too large to be opened; `document` for kinds held in memory."""
        limit = min(self.file_bytes, self.document_bytes) if document else self.file_bytes
        if size > limit:
            raise InputRefused(
                "CGR004",
                f"file of {size:,} bytes, more than the {limit:,} that are read",
                help="export a smaller period, or split the file",
            )


def long_cell(row: int, limit: int, *, open_quote: bool = False) -> InputRefused:
    """The refusal of a cell longer than `limit` characters; `open_quote` names the usual cause."""
    cause = "a quote is opened there and not closed; " if open_quote else ""
    return InputRefused(
        "CGR004",
        f"a cell in row {row} is longer than {limit:,} characters",
        help=f"{cause}look at row {row} in a text editor" if cause else f"shorten the cell in row {row}",
    )
