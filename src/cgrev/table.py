"""What a reader hands on: pieces of a table of text, native marks and row numbers.

A reader never converts. Every cell is text as the file states it; `Kind` says which cells the
file itself typed. A piece is one polars frame so that it can be pickled and sent elsewhere::

    row   UInt32   row number as a person sees it: the line a CSV record starts on, the row of a
                   sheet, the ordinal of an XML record (the first record is 1)
    c0    String   first column; null where the row has no such cell (a short row), "" where empty
    c1    ...
    k0    UInt8    native marks of c0; the column is absent when all its cells are text

Header rows, titles and footers are rows like any other here; `mapping.header` finds the header.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import TYPE_CHECKING

from msgspec import Struct, field

from cgrev.findings import Decision

if TYPE_CHECKING:
    import polars as pl

ROW = "row"
PIECE_ROWS = 250_000
"""Rows of one piece: measured; smaller batches cost twice as much, larger ones only memory."""


class Kind(IntEnum):
    """How the file itself typed a cell.

    NUMBER text is the shortest decimal form ("1234", "0.30000000000000004", never an exponent);
    DATE text is `YYYY-MM-DD`; DATETIME text is `YYYY-MM-DDTHH:MM:SS` (a time that is not midnight);
    BOOLEAN text is "TRUE"/"FALSE"; ERROR text is what a spreadsheet shows ("#N/A");
    FORMULA is a formula without a stored value, its text is "".
    """

    TEXT = 0
    NUMBER = 1
    DATE = 2
    DATETIME = 3
    BOOLEAN = 4
    ERROR = 5
    FORMULA = 6


class Notice(Struct, frozen=True):
    """Something a reader saw about the file that a rule reports (`code` CGR0xx), e.g. the cp1252
    fallback, or a quoted cell that swallowed lines. `row` None means the file as a whole."""

    code: str
    message: str
    row: int | None = None
    value: str | None = None


class OpenTable(Struct):
    """An opened source, not yet read through.

    `pieces(rows)` starts from the beginning at every call and yields frames as described above, all
    with the same number of `c` columns (`width`) within one call. Notices that need a full read
    (swallowed lines) are complete once an iteration ran to its end; each iteration resets them.
    """

    reader: str
    width: int
    pieces: Callable[[int], Iterator[pl.DataFrame]]
    sheet: str | None = None
    decisions: tuple[Decision, ...] = ()
    notices: list[Notice] = field(default_factory=list)
    ragged: bool = False
    """True where a row can be short or long (delimited text); sheets are rectangles."""
    delimiter: str | None = None
    encoding: str | None = None
    named: tuple[str, ...] | None = None
    """Names of the columns where the format has them outside the rows (XML elements): a hint only."""
    at: Callable[[pl.Series], Iterator[pl.DataFrame]] | None = None
    """Frames of the rows with these numbers (UInt32, sorted), where a few of them are found faster than by
    reading all. Limits and notices are left to `pieces`."""

    @property
    def first_column(self) -> int:
        """The place of c0 in its sheet, 0 for column A: readers leave out blank columns at the left."""
        for decision in self.decisions:
            if decision.about == "first column":
                number = 0
                for letter in decision.value:
                    number = number * 26 + ord(letter) - 64
                return number - 1
        return 0

    def head(self, rows: int = 200) -> pl.DataFrame:
        """The first rows, for finding the header and for `identify`."""
        for piece in self.pieces(rows):
            return piece.head(rows)
        import polars as pl

        return pl.DataFrame({ROW: []}, schema={ROW: pl.UInt32})


def cells(width: int) -> list[str]:
    """Names of the text columns of a piece `width` cells wide."""
    return [f"c{index}" for index in range(width)]
