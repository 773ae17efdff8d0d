"""How delimited text is laid out: its delimiter, its usual width, its line ends; with the evidence."""

from __future__ import annotations

import re
from collections import Counter

from msgspec import Struct

from cgrev.errors import UsageError
from cgrev.findings import Decision
from cgrev.readers.records import read_records

CANDIDATES: tuple[tuple[bytes, str], ...] = (
    (b"\t", "tab"),
    (b";", "semicolon"),
    (b"|", "pipe"),
    (b",", "comma"),
)
"""In the order of preference when all else is equal: a comma is the most likely to be prose."""
NAMES = dict(CANDIDATES)
UNDELIMITED = b"\x1f"
"""Separates nothing: stands in where the file has one column."""
SAMPLE_RECORDS = 300
SEP_LINE = re.compile(rb'"?sep=([^\r\n"])"?[ \t]*(?:\r?\n|\Z)', re.IGNORECASE)
NUMBER = re.compile(rb"[-+(]?\W{0,2}\d[\d.,' ]*\W{0,3}")


class Layout(Struct, frozen=True):
    """`skip` bytes (a `sep=` line of `skipped_lines` lines) come before the first record.

    `usual` is the most common number of cells of the sample's rows, `widest` the largest.
    `delimiter` is `UNDELIMITED` where the file has one column.
    """

    delimiter: bytes
    usual: int
    widest: int
    skip: int
    skipped_lines: int
    decision: Decision

    @property
    def delimiter_text(self) -> str | None:
        return None if self.delimiter == UNDELIMITED else self.delimiter.decode("ascii")


class Fit(Struct, frozen=True):
    """How a candidate divides the sample: `width` is the usual number of cells of rows it divides."""

    delimiter: bytes
    width: int
    rows: int
    share: float
    score: float
    widths: list[int]


def sniff(sample: bytes, *, final: bool, declared: str | None = None) -> Layout:
    """Find the layout from the start of the text (UTF-8, see `records`).

    Raises `UsageError` when `declared` cannot be a delimiter.
    """
    skip = skipped = 0
    sep = SEP_LINE.match(sample)
    if sep is not None and (sep[1].isascii()):
        skip, skipped = sep.end(), 1
    body = sample[skip:]
    known: list[int] = []
    if declared is not None:
        delimiter = _checked(declared)
        decision = Decision("delimiter", spoken(delimiter), "declared", ("--delimiter",))
    elif sep is not None and skipped:
        delimiter = sep[1]
        decision = Decision("delimiter", spoken(delimiter), "declared", ("the first line says sep=",))
    else:
        delimiter, decision, known = _choose(body, final)
    widths = known or [len(cells) for cells in _cells(body, delimiter, final)]
    return Layout(delimiter, _usual(widths, above=0), max(widths, default=1), skip, skipped, decision)


def spoken(delimiter: bytes) -> str:
    """The delimiter as a person says it."""
    return NAMES.get(delimiter) or f"'{delimiter.decode('ascii')}'"


def _checked(declared: str) -> bytes:
    words = {name: sign.decode("ascii") for sign, name in CANDIDATES} | {"\\t": "\t"}
    text = words.get(declared.lower(), declared)
    if len(text) != 1 or not text.isascii() or text in '"\r\n\0' or text.isalnum():
        raise UsageError(
            f"'{declared}' cannot be a delimiter", help="use one of , ; | tab or another single sign"
        )
    return text.encode("ascii")


def _cells(body: bytes, delimiter: bytes, final: bool) -> list[list[bytes]]:
    """The cells of each record of the sample that is not a blank line."""
    lines = body.split(b"\n", SAMPLE_RECORDS)
    rest = lines.pop()
    if len(lines) < SAMPLE_RECORDS and rest and final:
        lines.append(rest)
    if any(b'"' in line for line in lines):
        records = read_records(body, delimiter, final=final, limit=SAMPLE_RECORDS)
        return [record.cells for record in records if record.cells != [b""]]
    whole = (line.removesuffix(b"\r") for line in lines)  # without quotes a line is a record
    return [line.split(delimiter) for line in whole if line]


def _usual(widths: list[int], *, above: int) -> int:
    """The most common width above a bound; the larger of two that are equally common."""
    counts = Counter(width for width in widths if width > above)
    return max(counts, key=lambda width: (counts[width], width), default=1)


def _choose(body: bytes, final: bool) -> tuple[bytes, Decision, list[int]]:
    """The delimiter, why, and the widths of the sample's records."""
    fits = [fit for delimiter, _ in CANDIDATES if (fit := _fit(body, delimiter, final)) is not None]
    if not fits:
        return UNDELIMITED, Decision("delimiter", "none: one column", "evidence", ("no row is divided",)), []
    best = max(fits, key=lambda fit: (round(fit.score, 2), fit.width))
    evidence = [f"{best.rows} of the first rows have {best.width} cells"]
    others = [fit for fit in fits if fit is not best]
    evidence += [f"{spoken(fit.delimiter)} would give {fit.width} cells in {fit.rows}" for fit in others]
    decision = Decision("delimiter", spoken(best.delimiter), "evidence", tuple(evidence))
    return best.delimiter, decision, best.widths


def _fit(body: bytes, delimiter: bytes, final: bool) -> Fit | None:
    """Judge one candidate: the share of rows with the same number of cells, better when the first
    divided row reads like a header, worse when the "delimiter" only stands between digits."""
    if delimiter not in body:
        return None
    rows = _cells(body, delimiter, final)
    widths = [len(cells) for cells in rows]
    divided = [cells for cells in rows if len(cells) > 1]
    if not divided:
        return None
    if delimiter == b"," and len(rows[0]) == 1 and all(_decimal_only(cells) for cells in divided):
        return None  # decimal commas of one column
    width = _usual(widths, above=1)
    same = widths.count(width)
    share = same / len(rows)
    first = divided[0]
    header = len(first) == width and not any(NUMBER.fullmatch(cell.strip()) for cell in first)
    decimals = delimiter == b"," and all(_decimal_only(cells) for cells in divided[-same:])
    score = share + (0.25 if header else 0.0) - (0.5 if decimals and not header else 0.0)
    return Fit(delimiter, width, same, share, score, widths)


def _decimal_only(cells: list[bytes]) -> bool:
    """Every comma of the row stands between digits."""
    row = b",".join(cells)
    return len(re.findall(rb"(?<=\d),(?=\d)", row)) == row.count(b",")


def line_ends(sample: bytes) -> Decision:
    """Which line ends the start of the text has, as the file has them."""
    windows = sample.count(b"\r\n")
    counts = {"CRLF": windows, "LF": sample.count(b"\n") - windows, "CR": sample.count(b"\r") - windows}
    found = {name: count for name, count in counts.items() if count}
    if len(found) > 1:
        evidence = ", ".join(f"{count} {name}" for name, count in found.items())
        return Decision("line ends", "mixed", "evidence", (f"{evidence} at the start",))
    return Decision("line ends", next(iter(found), "none: one line"), "evidence")
