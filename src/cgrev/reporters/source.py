"""The person's own sheet, read again to show the rows around a finding."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import polars as pl
from msgspec import Struct, field

from cgrev.findings import Finding
from cgrev.layout import HEADINGS
from cgrev.table import PIECE_ROWS, ROW, OpenTable, cells

Cells = tuple[str | None, ...]


class SourceSheet(Struct, frozen=True):
    """How to read a file again: its opened table and what is known of its headings.

    `labels` are the headings as the file has them, one a column, in place order; empty without a header.
    `columns` tells, by canonical heading, the place (0 is the first) of the column it was read from,
    for where the heading alone does not tell. `file` is the file itself where it is one.
    """

    table: OpenTable
    labels: tuple[str, ...] = ()
    header_row: int | None = None
    columns: Mapping[str, int] = field(default_factory=dict)
    file: Path | None = None

    def index(self, finding: Finding) -> int | None:
        """The place of the cell a finding is about; None when it is about the whole row."""
        return self.column_index(finding.column, finding.source_column)

    def column_index(self, column: str | None, source_column: str | None) -> int | None:
        """The place of a column by its own heading, then by the canonical one."""
        if source_column is not None and self.labels.count(source_column) == 1:
            return self.labels.index(source_column)
        if column is None:
            return self.labels.index(source_column) if source_column in self.labels else None
        if column in self.columns:
            return self.columns[column]
        if source_column is not None and source_column in self.labels:
            return self.labels.index(source_column)
        if not self.labels and column in HEADINGS:
            return HEADINGS.index(column)
        return None

    def headings(self) -> tuple[str, ...]:
        """A heading for each column of a table without a header row, so that it can be read in again.

        The source's own names, else those of the layout by the place a column was read from, else the
        names of XML elements."""
        if any(self.labels):
            return self.labels
        known = dict(enumerate(self.table.named or HEADINGS))
        known |= {place: heading for heading, place in self.columns.items()}
        return tuple(known.get(place, "") for place in range(self.used_width()))

    def used_width(self) -> int:
        """Columns that hold a cell or a heading: delimited text is opened wider than its rows may be."""
        width = len(self.labels)
        while width and not self.labels[width - 1].strip():
            width -= 1
        if not self.table.ragged:
            return max(width, self.table.width)
        names = cells(self.table.width)
        for piece in self.table.pieces(PIECE_ROWS):
            counts = piece.select(pl.col(name).is_not_null().any() for name in names[width:])
            width += sum(1 for _ in counts.columns) - _trailing(counts)
        return width

    def rows(self, wanted: Collection[int]) -> dict[int, Cells]:
        """The cells of the rows wanted, by row number, in one pass that ends at the last of them."""
        found: dict[int, Cells] = {}
        if not wanted:
            return found
        numbers = pl.Series(sorted(wanted), dtype=pl.UInt32)
        last = numbers[-1]
        for piece in self.table.pieces(PIECE_ROWS):
            names = [name for name in cells(self.table.width) if name in piece.columns]
            kept = piece.filter(pl.col(ROW).is_in(numbers.implode())).select(ROW, *names)
            for number, *values in kept.iter_rows():
                found.setdefault(number, tuple(values))
            if piece.height and piece[ROW][-1] >= last:
                break
        return found


def _trailing(used: pl.DataFrame) -> int:
    """How many columns at the end hold no cell."""
    flags = [bool(used[name].item()) for name in used.columns]
    return len(flags) - max((place + 1 for place, flag in enumerate(flags) if flag), default=0)


def excerpts(sources: Mapping[str, SourceSheet], findings: Iterable[Finding]) -> dict[tuple[str, int], Cells]:
    """The rows the findings stand in, by (path, row), for the sources there are."""
    wanted: dict[str, set[int]] = {}
    for finding in findings:
        if finding.row is not None and finding.path in sources:
            wanted.setdefault(finding.path, set()).add(finding.row)
    return {
        (path, row): values
        for path, numbers in wanted.items()
        for row, values in sources[path].rows(numbers).items()
    }
