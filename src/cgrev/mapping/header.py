"""Where the header row stands: the row that names the most known headings.

Exports put titles, filters and parameters above their table (a formatted report's header stands on
row 19, a list display's on row 10), and some have no header at all. The search looks at the first
`SEARCHED` rows only; what it saw is handed on as evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from cgrev.mapping.headings import clean, listing, squash
from cgrev.plugin import Header
from cgrev.table import ROW, Kind

if TYPE_CHECKING:
    import polars as pl

SEARCHED = 120
"""Rows the header is looked for in."""

_VALUE = re.compile(r"[^\w]*\d[\d\s.,'/:\-+()%\u2019\u00a0\u202f]*[^\w]*|\d{4}-\d\d-\d\d([T ].*)?")
_NATIVE = frozenset({Kind.NUMBER, Kind.DATE, Kind.DATETIME, Kind.BOOLEAN, Kind.ERROR, Kind.FORMULA})

_Row = tuple[int, tuple[str, ...], tuple[int, ...]]
Known = Mapping[str, Sequence[str]] | Iterable[str]


def find_header(head: pl.DataFrame, known: Known, named: Sequence[str] | None = None) -> Header:
    """Find the header among the first rows of a source.

    `head` is a frame as in `cgrev.table`. `known` are the headings to look for: fields with their
    headings, or just headings. `named` are the names a format has outside its rows (XML elements): they
    become the labels and every row is data.

    Of rows that name equally many headings the first is the header (later ones are repeats). When no
    row names any, the first full row without numbers and dates is taken for a header of other words;
    when there is none either, the source has no header and `row` is None.
    """
    if named is not None:
        return Header(None, tuple(named), 1, ("the format names its columns outside the rows",), named=True)
    words = _folded(known)
    rows = _rows(head)
    widest = max((len(texts) - texts.count("") for _, texts, _ in rows), default=0)
    best: int | None = None
    most = 0
    for place, (_, texts, _) in enumerate(rows):
        named_here = len({key for key in map(squash, texts) if key in words})
        if named_here > most and _is_enough(named_here, texts, len(words)):
            best, most = place, named_here
            if most == widest:  # no later row can name more
                break
    if best is not None:
        found = [text for text in rows[best][1] if squash(text) in words]
        return _header(rows, best, f"names {most} of the known headings: {listing(found)}")
    likely = _heading_like(rows)
    if likely is not None:
        return _header(rows, likely, "names no known heading, but holds words only, no numbers and no dates")
    first = rows[0][0] if rows else 1
    width = len(rows[0][1]) if rows else 0
    return Header(None, ("",) * width, first, ("the first row looks like data, not like headings",))


def _folded(known: Known) -> frozenset[str]:
    groups = known.values() if isinstance(known, Mapping) else [list(known)]
    return frozenset(squash(word) for group in groups for word in group if clean(word))


def _rows(head: pl.DataFrame) -> list[_Row]:
    """Each row as (number, texts, native marks); marks are empty where the file has none."""
    head = head.head(SEARCHED)
    texts = [name for name in head.columns if name[0] == "c"]
    marks = [name for name in head.columns if name[0] == "k"]
    numbers = head[ROW].to_list()
    cells = head.select(texts).rows() if texts else [()] * len(numbers)
    kinds = head.select(marks).rows() if marks else [()] * len(numbers)
    return [
        (number, tuple(cell or "" for cell in row), tuple(kind or 0 for kind in kind_row))
        for number, row, kind_row in zip(numbers, cells, kinds, strict=True)
    ]


def _is_enough(named: int, texts: Sequence[str], known: int) -> bool:
    """One known word alone in a row is a title or a value; it counts with other words beside it."""
    if named >= 2 or known == 1:
        return True
    filled = [text for text in texts if clean(text)]
    return len(filled) >= 3 and not any(map(_looks_like_a_value, filled))


def _looks_like_a_value(text: str) -> bool:
    return _VALUE.fullmatch(text.strip()) is not None


def _heading_like(rows: Sequence[_Row]) -> int | None:
    """The first row that fills as many cells as any row does, with words only."""
    filled = [sum(1 for text in texts if clean(text)) for _, texts, _ in rows]
    if not filled or max(filled) < 2:
        return None
    for place, (_, texts, kinds) in enumerate(rows):
        if filled[place] * 2 <= max(filled):
            continue  # a title line; the table is wider
        if any(kind in _NATIVE for kind in kinds):
            return None
        if any(_looks_like_a_value(text) for text in texts if clean(text)):
            return None
        return place
    return None


def _header(rows: Sequence[_Row], place: int, why: str) -> Header:
    number, texts, _ = rows[place]
    first = rows[place + 1][0] if place + 1 < len(rows) else number + 1
    evidence = [f"row {number} {why}"]
    if place:
        evidence.append(
            f"{place} row{'s' * (place > 1)} above the header {'are titles' if place > 1 else 'is a title'}"
        )
    return Header(number, texts, first, tuple(evidence))
