"""The exact reading of delimited text, one record at a time: what every faster path must agree with.

The semantics are those of Python's `csv` module (and of spreadsheets): a cell that *begins* with a
quote runs to the closing quote, `""` inside is one quote, line breaks inside belong to the cell; what
follows the closing quote up to the delimiter is appended as it is; a quote anywhere else is a
character like any other. At the end of the file an open quote closes itself.

Buffers are UTF-8 bytes in which every line ends with LF or CRLF (see `encoding.utf8_blocks`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

Pattern = re.Pattern[bytes]


def cell_pattern(delimiter: bytes) -> Pattern:
    """One cell and what ends it. Groups: quoted content, closing quote with what follows it,
    unquoted content, end. Matches at every position and never backtracks."""
    end = re.escape(delimiter)
    return re.compile(
        rb'(?:"([^"]*(?:""[^"]*)*)("[^' + end + rb"\n]*)?|([^" + end + rb"\n]*))(" + end + rb"|\n|\Z)"
    )


class Record(Struct):
    """One record: its cells, where it ends in the buffer, and what is odd about its quotes.

    `broken` are the places (index of the cell) whose quoted text holds a line break, `spilled` is
    the first of them with text behind its closing quote, `unclosed` True when the last quote never ends.
    """

    cells: list[bytes]
    end: int
    broken: list[int]
    spilled: int | None = None
    unclosed: bool = False


def read_record(buffer: bytes, start: int, pattern: Pattern, *, final: bool) -> Record | None:
    """The record that starts at `start`, or None when the buffer ends inside an open quote and more
    text follows (`final` False). The buffer ends with a line feed unless it is final."""
    cells: list[bytes] = []
    broken: list[int] = []
    spilled: int | None = None
    unclosed = False
    place = start
    while True:
        match = pattern.match(buffer, place)
        assert match is not None  # the pattern matches the empty text too
        quoted, closing, plain, end = match.groups()
        at_end = not end
        if at_end and not final:
            return None
        if quoted is None:
            cell = plain[:-1] if end == b"\n" and plain.endswith(b"\r") else plain
        else:
            cell = quoted.replace(b'""', b'"')
            after = b""
            if closing is None:
                unclosed = True
            else:
                after = closing[1:-1] if end == b"\n" and closing.endswith(b"\r") else closing[1:]
            if b"\n" in cell:
                broken.append(len(cells))
                if after.strip() and spilled is None:
                    spilled = len(cells)
            cell += after
        cells.append(cell)
        place = match.end()
        if at_end or end == b"\n":
            return Record(cells, place, broken, spilled, unclosed)


def _unquoted(buffer: bytes, start: int, delimiter: bytes) -> Record | None:
    """The record of a whole line without a quote: what `read_record` makes of it, sooner."""
    end = buffer.find(b"\n", start)
    line = buffer[start:end]
    if end < 0 or b'"' in line:
        return None
    return Record(line.removesuffix(b"\r").split(delimiter), end + 1, [])


def read_records(buffer: bytes, delimiter: bytes, *, final: bool, limit: int) -> Iterator[Record]:
    """Up to `limit` records from the start of the buffer."""
    pattern = cell_pattern(delimiter)
    place = 0
    while limit > 0 and place < len(buffer):
        record = _unquoted(buffer, place, delimiter) or read_record(buffer, place, pattern, final=final)
        if record is None:
            return
        yield record
        place = record.end
        limit -= 1


def swallowing_cell(record: Record, delimiter: bytes, width: int) -> int | None:
    """The cell that looks as if a stray quote joined several records in it, or None.

    `width` is the usual number of cells of a row. Evidence: the quote is never closed; text follows
    the closing quote, so it was meant to open; a line inside the cell holds as many delimiters as a
    row; or the first and the last line complete each other to two rows. A description of two lines
    shows none of these.
    """
    if record.spilled is not None:
        return record.spilled
    if record.unclosed:
        return len(record.cells) - 1
    if width < 3:  # one delimiter in a line is a comma of prose
        return None
    for place in record.broken:
        first, *inner, last = (line.count(delimiter) for line in record.cells[place].split(b"\n"))
        if max([*inner, last]) >= width - 1:
            return place
        if len(record.cells) == width and (first, last) == (width - 1 - place, place):
            return place
    return None


def quote_all(cells: list[bytes], delimiter: bytes) -> bytes:
    """The record written so that no reader can misread it: every cell quoted, quotes doubled."""
    return delimiter.join([b'"' + cell.replace(b'"', b'""') + b'"' for cell in cells])
