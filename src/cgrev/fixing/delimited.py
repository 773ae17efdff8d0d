"""Delimited text: encoding, byte-order mark, delimiter, line ends and the quotes of each cell are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from cgrev.errors import InputRefused
from cgrev.fixing.cells import CellFix, Change, Edited, Refusal, by_row, moved
from cgrev.fixing.hunks import Replaced, unified
from cgrev.fixing.spans import Record, codec, records, unquoted, written

if TYPE_CHECKING:
    from cgrev.table import OpenTable

_EXACT = frozenset({"utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "cp1252", "iso8859-1"})
"""Codecs known to give back the bytes they read; any other is tried on the file itself."""


class _Splice(Struct, frozen=True):
    start: int
    end: int
    text: str


def edit(data: bytes, fixes: list[CellFix], table: OpenTable) -> Edited:
    """The text with the cells replaced. Raises InputRefused when a cell is not where it should be."""
    name, text = _decoded(data, table)
    edited = Edited(data)
    splices: list[_Splice] = []
    for fix, record in _records(text, fixes, table):
        if fix.column >= len(record.cells):
            raise moved(fix)
        cell = record.cells[fix.column]
        raw = text[cell.start : cell.end]
        old = unquoted(raw)
        if fix.old is not None and _plain_breaks(fix.old) != _plain_breaks(old):
            raise moved(fix)
        if old == fix.text:
            continue
        # A record of one empty cell would be an empty line, and that is no record.
        bare = not fix.text and len(record.cells) == 1
        new = written(fix.text, _delimiter(table), quoted=cell.quoted or bare)
        try:
            new.encode(name)
        except UnicodeEncodeError:
            why = f"the new text cannot be written in {name}: save the file as UTF-8 first"
            edited.refused.append(Refusal(fix.row, fix.column, why))
            continue
        splices.append(_Splice(cell.start, cell.end, new))
        edited.changes.append(
            Change(fix.row, fix.column, f"row {fix.row}, cell {fix.column + 1}", old, fix.text)
        )
    edited.data = _spliced(text, splices).encode(name)
    return edited


def show(name: str, data: bytes, edited: Edited, table: OpenTable) -> str:
    """A unified diff of the lines that change."""
    _, text = _decoded(data, table)
    delimiter = _delimiter(table)
    changed = by_row(CellFix(change.row, change.column, change.new) for change in edited.changes)
    replaced = []
    for record in records(text, delimiter, changed):
        splices = [
            _Splice(cell.start, cell.end, written(fix.text, delimiter, quoted=cell.quoted))
            for fix in changed[record.line]
            for cell in (record.cells[fix.column],)
        ]
        start, end = record.cells[0].start, record.cells[-1].end
        moved_splices = [_Splice(one.start - start, one.end - start, one.text) for one in splices]
        old = text[start:end]
        replaced.append(Replaced(record.line, old, _spliced(old, moved_splices)))
    return unified(name, text.removeprefix("\ufeff"), replaced)


def _decoded(data: bytes, table: OpenTable) -> tuple[str, str]:
    name = table.encoding or "utf-8"
    try:
        name = codec(table.encoding, data)
        text = data.decode(name)
        if name not in _EXACT and text.encode(name) != data:
            raise UnicodeError
    except (UnicodeError, LookupError):
        raise InputRefused(
            "CGR005",
            f"the text does not come back unchanged in {name}",
            help="save the file as UTF-8 and fix that",
        ) from None
    return name, text


def _delimiter(table: OpenTable) -> str:
    return table.delimiter or ","


def _records(text: str, fixes: list[CellFix], table: OpenTable) -> list[tuple[CellFix, Record]]:
    rows = by_row(fixes)
    found = {record.line: record for record in records(text, _delimiter(table), rows)}
    for row, wanted in rows.items():
        if row not in found:
            raise moved(wanted[0])
    return [(fix, found[fix.row]) for fix in fixes]


def _plain_breaks(value: str) -> str:
    """Readers make every line break a line feed; the file may have another one."""
    return value.replace("\r\n", "\n").replace("\r", "\n")


def _spliced(text: str, splices: list[_Splice]) -> str:
    parts, position = [], 0
    for splice in sorted(splices, key=lambda one: one.start):
        parts += [text[position : splice.start], splice.text]
        position = splice.end
    parts.append(text[position:])
    return "".join(parts)
