"""The first record of an upload file, and the rest of it, as two files of the same kind.

The bytes of every record stay as they are: nothing is parsed and written anew, so both files together
say exactly what the one said.
"""

from __future__ import annotations

import csv
import io
from typing import Any
from xml.parsers import expat

from cgrev.errors import UsageError
from cgrev.layout import AMOUNT, HEADINGS, IDS

_AMOUNT_AT = IDS.index(AMOUNT.id)
_HEADINGS = [heading.casefold() for heading in HEADINGS]


class CannotSplit(UsageError):
    """The file has no first record that can be cut off."""


def split_first(raw: bytes, suffix: str) -> tuple[bytes, bytes]:
    """One record, and all the others, each with the head of the file. Raises `CannotSplit`."""
    if suffix.lower() == ".csv":
        return _split_csv(raw)
    if suffix.lower() == ".xml":
        return _split_xml(raw)
    raise CannotSplit(
        f"a canary cannot be taken from a '{suffix}' file",
        help="upload csv or xml batches (`cgrev convert --to csv`), or leave out --canary",
    )


def first_amount(raw: bytes, suffix: str) -> int | None:
    """The amount of the first record of a CSV; None where it cannot be told."""
    if suffix.lower() != ".csv":
        return None
    try:
        rows = list(csv.reader(_lines(_split_csv(raw)[0]), delimiter=_delimiter(raw)))
        return int(rows[1][_AMOUNT_AT].strip())
    except (CannotSplit, csv.Error, IndexError, ValueError):
        return None


def _delimiter(raw: bytes) -> str:
    head = raw[:4096].split(b"\n", 1)[0]
    return ";" if head.count(b";") > head.count(b",") else ","


def _lines(raw: bytes) -> list[str]:
    """Physical lines with their ends as they are; joined again they are the file."""
    try:
        return list(io.StringIO(raw.decode("utf-8"), newline=""))
    except UnicodeDecodeError:
        raise CannotSplit(
            "a canary cannot be taken: the file is not in UTF-8", help="run it through `cgrev convert`"
        ) from None


def _too_few() -> CannotSplit:
    return CannotSplit(
        "a canary cannot be taken: the file has fewer than two records", help="leave out --canary"
    )


def _record_ends(lines: list[str], delimiter: str) -> list[int]:
    """The number of lines up to the end of each row that is not blank, the header first.

    A record may span lines when a cell holds a line break; the reader counts the lines it took.
    """
    reader = csv.reader(iter(lines), delimiter=delimiter)
    ends: list[int] = []
    try:
        for row in reader:
            if not row:
                continue
            if not ends and [cell.strip("\ufeff \t").casefold() for cell in row] != _HEADINGS:
                # Without a header the first record would be taken for one, and sent twice.
                raise CannotSplit(
                    "a canary cannot be taken: the first row is not the header of the six columns",
                    help="run the file through `cgrev check --fix`",
                )
            ends.append(reader.line_num)
    except csv.Error:
        raise CannotSplit(
            "a canary cannot be taken: the file's lines are not regular",
            help="run it through `cgrev convert`",
        ) from None
    return ends


def _split_csv(raw: bytes) -> tuple[bytes, bytes]:
    lines = _lines(raw)
    ends = _record_ends(lines, _delimiter(raw))
    if len(ends) < 3:
        raise _too_few()
    head, record, rest = lines[: ends[0]], lines[ends[0] : ends[1]], lines[ends[1] :]
    return "".join([*head, *record]).encode(), "".join([*head, *rest]).encode()


def _split_xml(raw: bytes) -> tuple[bytes, bytes]:
    spans = _record_spans(raw)
    if len(spans) < 2:
        raise _too_few()
    (start, end), (second, _), (_, last) = spans[0], spans[1], spans[-1]
    canary, rest = raw[:end] + raw[last:], raw[:start] + raw[second:]
    if len(_record_spans(canary)) != 1 or len(_record_spans(rest)) != len(spans) - 1:
        raise CannotSplit(
            "a canary cannot be taken: the file's records are not regular", help="leave out --canary"
        )
    return canary, rest


def count_records(raw: bytes, suffix: str) -> int:
    """The records of a CSV or XML file. Raises `CannotSplit` for what `split_first` cannot read."""
    if suffix.lower() == ".xml":
        return len(_record_spans(raw))
    return max(0, len(_record_ends(_lines(raw), _delimiter(raw))) - 1)


def _record_spans(raw: bytes) -> list[tuple[int, int]]:
    """Where each child of the root begins and ends, in bytes."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise CannotSplit("a canary cannot be taken: the file is not in UTF-8", help="leave out --canary")
    parser = expat.ParserCreate()
    depth = 0
    begins: list[int] = []
    spans: list[tuple[int, int]] = []

    def start(name: str, attributes: Any) -> None:
        nonlocal depth
        depth += 1
        if depth == 2:
            begins.append(parser.CurrentByteIndex)

    def end(name: str) -> None:
        nonlocal depth
        if depth == 2:
            # The index is that of the closing tag, or behind a tag that closes at once.
            at = parser.CurrentByteIndex
            spans.append((begins[-1], raw.index(b">", at) + 1 if raw.startswith(b"</", at) else at))
        depth -= 1

    def refuse(*_: Any) -> None:
        raise CannotSplit("a canary cannot be taken: the file declares entities", help="leave out --canary")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(raw, True)
    except expat.ExpatError:
        raise CannotSplit(
            "a canary cannot be taken: the file is not well-formed", help="run it through `cgrev convert`"
        ) from None
    return spans
