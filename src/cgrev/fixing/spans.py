"""Where each cell of delimited text stands, to the character.

A parser gives values and forgets how they were written; a fixer must put back every byte it does not
change. So this tokenizer keeps spans. It reads text as the CSV reader does: a cell that starts with `"`
ends at the next lone `"`, what follows up to the delimiter belongs to it; CR LF, LF and CR end a line;
a record is numbered by the line it starts on; an empty line is no record.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Container, Iterator
from functools import lru_cache

from msgspec import Struct

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")


class Span(Struct, frozen=True):
    """One cell: `text[start:end]` is what stands in the file, quotes included."""

    start: int
    end: int
    quoted: bool


class Record(Struct, frozen=True):
    """One record: the line it starts on (the first is 1) and its cells in order."""

    line: int
    cells: tuple[Span, ...]


@lru_cache(maxsize=8)
def _cell_pattern(delimiter: str) -> re.Pattern[str]:
    mark = re.escape(delimiter)
    # An unclosed quote takes the rest of the text, as the reader has it.
    return re.compile(rf'("[^"]*(?:""[^"]*)*(?:"|\Z)[^{mark}\r\n]*)|([^{mark}\r\n]*)')


def records(text: str, delimiter: str, wanted: Container[int] | None = None) -> Iterator[Record]:
    """The records of `text` that start on the lines `wanted` (all by default).

    Lines without a quote that nobody asked for are passed over without looking at their cells.
    """
    pattern = _cell_pattern(delimiter)
    position, line = (1 if text.startswith("\ufeff") else 0), 1
    length = len(text)
    while position < length:
        match = _LINE.match(text, position)
        assert match is not None
        end = match.end()
        if text.find('"', position, end) < 0:
            if wanted is None or line in wanted:
                content = text[position:end].rstrip("\r\n")
                if content:
                    yield Record(line, tuple(_plain(position, content, delimiter)))
            position, line = end, line + 1
            continue
        cells, end = _quoted(text, position, pattern, delimiter)
        if wanted is None or line in wanted:
            yield Record(line, tuple(cells))
        line += len(_breaks(text, position, end))
        position = end


def _plain(position: int, content: str, delimiter: str) -> Iterator[Span]:
    for part in content.split(delimiter):
        yield Span(position, position + len(part), False)
        position += len(part) + 1


def _quoted(text: str, position: int, pattern: re.Pattern[str], delimiter: str) -> tuple[list[Span], int]:
    """The cells of a record with a quote in its first line, and where the next record starts."""
    cells: list[Span] = []
    while True:
        match = pattern.match(text, position)
        assert match is not None
        cells.append(Span(match.start(), match.end(), match[1] is not None))
        position = match.end()
        if text.startswith(delimiter, position):
            position += 1
            continue
        if text.startswith("\r\n", position):
            position += 2
        elif position < len(text):
            position += 1
        return cells, position


def _breaks(text: str, start: int, end: int) -> list[str]:
    return re.findall(r"\r\n|\r|\n", text[start:end])


def unquoted(cell: str) -> str:
    """The value of a cell as it stands in the file: outer quotes away, doubled quotes single."""
    if not cell.startswith('"'):
        return cell
    end = _closing(cell)
    return cell[1:end].replace('""', '"') + cell[end + 1 :]


def _closing(cell: str) -> int:
    position = 1
    while True:
        position = cell.find('"', position)
        if position < 0:
            return len(cell)
        if cell.startswith('""', position):
            position += 2
            continue
        return position


def written(value: str, delimiter: str, *, quoted: bool) -> str:
    """A value as a cell: in quotes where it was, or where it must be."""
    must = (
        delimiter in value
        or value.startswith('"')
        or "\n" in value
        or "\r" in value
        or value != value.strip()
    )
    if quoted or must:
        return '"' + value.replace('"', '""') + '"'
    return value


def codec(encoding: str | None, data: bytes) -> str:
    """The codec that gives the bytes back unchanged, a byte-order mark kept as the first character.

    `encoding` is what the reader decided, in its words (`UTF-16 LE`, `Windows-1252`) or in Python's. Raises
    LookupError when there is no such codec.
    """
    name = codecs.lookup((encoding or "utf-8").strip().replace(" ", "-")).name
    if name == "utf-8-sig":
        return "utf-8"
    for wide, big in (("utf-16", b"\xfe\xff"), ("utf-32", b"\x00\x00\xfe\xff")):
        if name == wide:
            return f"{wide}-be" if data.startswith(big) else f"{wide}-le"
    return name
