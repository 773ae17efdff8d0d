"""The exact characters of a cell in delimited text, for SARIF's regions and fixes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from cgrev.findings import Finding
from cgrev.fixing.spans import Record, Span, codec, records, written
from cgrev.reporters.source import SourceSheet

LARGEST = 64 * 1024 * 1024
"""Bytes of a file that is read again for exact places; beyond that a line number has to do."""
_BREAK = re.compile(r"\r\n|\r|\n")


class Region(Struct, frozen=True):
    """A cell from its first character up to and without (`end_column`) the one behind it; 1 is the first."""

    start_line: int
    start_column: int
    end_line: int
    end_column: int
    delimiter: str
    quoted: bool

    def as_dict(self) -> dict[str, int]:
        return {
            "startLine": self.start_line,
            "startColumn": self.start_column,
            "endLine": self.end_line,
            "endColumn": self.end_column,
        }

    def written(self, value: str) -> str:
        """The new text as it must stand in the file, quotes included."""
        return written(value, self.delimiter, quoted=self.quoted)


class Regions:
    """Looks cells up; each file is read and split once, when the first of its cells is asked for."""

    def __init__(self, sources: Mapping[str, SourceSheet]) -> None:
        self._sources = sources
        self._texts: dict[str, tuple[str, str, dict[int, Record]] | None] = {}

    def of(self, finding: Finding) -> Region | None:
        """The region of a finding's cell; None where the file has none or it cannot be told."""
        source = self._sources.get(finding.path)
        if source is None or finding.row is None:
            return None
        index = source.index(finding)
        if finding.path not in self._texts:
            self._texts[finding.path] = _read(source)
        known = self._texts[finding.path]
        if known is None or index is None:
            return None
        text, delimiter, found = known
        record = found.get(finding.row)
        if record is None or index >= len(record.cells):
            return None
        return _region(text, record, record.cells[index], delimiter)


def _read(source: SourceSheet) -> tuple[str, str, dict[int, Record]] | None:
    delimiter = source.table.delimiter
    if source.file is None or delimiter is None:
        return None
    try:
        if source.file.stat().st_size > LARGEST:
            return None
        data = source.file.read_bytes()
        text = data.decode(codec(source.table.encoding, data))
    except (OSError, UnicodeError, LookupError):
        return None
    return text, delimiter, {record.line: record for record in records(text, delimiter)}


def _region(text: str, record: Record, cell: Span, delimiter: str) -> Region:
    first = record.cells[0].start
    start_line, start_column = _step(text, first, cell.start, record.line, 1)
    end_line, end_column = _step(text, cell.start, cell.end, start_line, start_column)
    return Region(start_line, start_column, end_line, end_column, delimiter, cell.quoted)


def _step(text: str, start: int, end: int, line: int, column: int) -> tuple[int, int]:
    breaks = list(_BREAK.finditer(text, start, end))
    if not breaks:
        return line, column + end - start
    return line + len(breaks), end - breaks[-1].end() + 1
