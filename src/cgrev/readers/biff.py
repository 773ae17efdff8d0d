"""A walk over the records of binary workbooks (XLS: BIFF5/8; XLSB: BIFF12), before they are parsed.

Finds what the workbook library does not tell (error cells, a password) and what would make it take all
memory (a cell far off, false sizes).

Sources: [MS-XLS] 2.4 and [MS-XLSB] 2.1.4, 2.4.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from msgspec import Struct, field

from cgrev.limits import Limits
from cgrev.readers.grid import ErrorText, Value

ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
BOF, EOF, FILE_PASS, SHEET, DIMENSIONS = 0x0809, 0x000A, 0x002F, 0x0085, 0x0200
FORMULA, BOOL_OR_ERROR = 0x0006, 0x0205
CELLS = frozenset((0x0203, 0x0204, 0x00D6, BOOL_OR_ERROR, 0x027E, 0x00FD, 0x00BD, FORMULA))
COLUMNS = 256
Special = dict[int, dict[int, Value]]
"""Values that the workbook library leaves out, by row and column counted from 0."""


class Damaged(ValueError):
    """A record that cannot be right."""


class Sheets(Struct):
    """What the walk found: `special` cells of each sheet in the order of the workbook."""

    protected: bool = False
    special: list[Special] = field(default_factory=list)


def records(stream: bytes | bytearray, place: int) -> Iterator[tuple[int, int, int]]:
    """Type, start and length of each record of a stream."""
    end = len(stream)
    unpack = struct.Struct("<HH").unpack_from
    while place + 4 <= end:
        kind, length = unpack(stream, place)
        place += 4
        if place + length > end:
            raise Damaged("a record beyond the end")
        yield kind, place, length
        place += length


def check_xls(stream: bytearray, limits: Limits) -> Sheets:
    """Walk over a workbook stream; the sizes that sheets declare are set to zero in it, since memory
    is reserved by them. Raises `Damaged`, and CGR004 for a sheet that spans too many cells."""
    found = Sheets()
    places: list[int] = []
    for kind, place, length in records(stream, 0):
        if kind == FILE_PASS and any(stream[place : place + length]):
            found.protected = True
            return found
        if kind == SHEET and length >= 4:
            places.append(struct.unpack_from("<I", stream, place)[0])
        elif kind == EOF:
            break
    for place in places:
        found.special.append(_walk_sheet(stream, place, limits))
    return found


def _walk_sheet(stream: bytearray, start: int, limits: Limits) -> Special:
    special: Special = {}
    top, bottom, left, right = 1 << 16, -1, COLUMNS, -1
    depth = 0
    for kind, place, length in records(stream, start):
        if kind == BOF:
            depth += 1
        elif kind == EOF:
            depth -= 1
            if depth <= 0:
                break
        elif kind == DIMENSIONS:
            stream[place : place + length] = bytes(length)
        elif kind in CELLS and length >= 6:
            row, column = struct.unpack_from("<HH", stream, place)
            if column >= COLUMNS:
                raise Damaged(f"a cell in column {column + 1}")
            if depth > 1:
                continue
            top, bottom = min(top, row), max(bottom, row)
            left, right = min(left, column), max(right, column)
            code = _error_code(stream, kind, place, length)
            if code is not None:
                special.setdefault(row, {})[column] = ErrorText(ERRORS.get(code, "#ERROR!"))
    if bottom >= 0:
        limits.check_cells(bottom - top + 1, right - left + 1)
    return special


def _error_code(stream: bytearray, kind: int, place: int, length: int) -> int | None:
    if kind == BOOL_OR_ERROR and length >= 8 and stream[place + 7] == 1:
        return stream[place + 6]
    # the value of a formula: 0xFFFF at its end says that it is no number, its first byte what it is
    if (
        kind == FORMULA
        and length >= 14
        and stream[place + 6] == 2
        and stream[place + 12 : place + 14] == b"\xff\xff"
    ):
        return stream[place + 8]
    return None


def xlsb_records(part: bytes) -> Iterator[tuple[int, int, int]]:
    """Type, start and length of each record of a part; both are numbers of variable length."""
    place, end = 0, len(part)
    try:
        while place < end:
            kind = part[place]
            place += 1
            if kind & 0x80:
                kind = (kind & 0x7F) | (part[place] << 7)
                place += 1
            length = shift = 0
            for _ in range(4):
                byte = part[place]
                place += 1
                length |= (byte & 0x7F) << shift
                shift += 7
                if byte < 0x80:
                    break
            if place + length > end:
                raise Damaged("a record beyond the end")
            yield kind, place, length
            place += length
    except IndexError:
        raise Damaged("a record beyond the end") from None


def xlsb_sheets(part: bytes) -> Iterator[tuple[str, str]]:
    """Name and relation of each sheet, from the workbook's part."""
    for kind, place, length in xlsb_records(part):
        if kind == 0x9C:
            texts = []
            start = place + 8
            for _ in range(2):
                if start + 4 > place + length:
                    raise Damaged("a sheet without a name")
                size = struct.unpack_from("<I", part, start)[0]
                start += 4
                size = 0 if size == 0xFFFFFFFF else size
                texts.append(
                    part[start : min(start + 2 * size, place + length)].decode("utf-16-le", "replace")
                )
                start += 2 * size
            yield texts[1], texts[0]


def check_xlsb(part: bytes, limits: Limits) -> Special:
    """Walk over a sheet of XLSB. Raises `Damaged`, and CGR004 for a sheet that spans too many cells."""
    special: Special = {}
    row = 0
    top, bottom, left, right = 1 << 21, -1, limits.columns, -1
    for kind, place, length in xlsb_records(part):
        if kind == 0 and length >= 4:
            row = struct.unpack_from("<I", part, place)[0]
        elif 1 < kind < 12 and length >= 8:
            column = struct.unpack_from("<I", part, place)[0]
            limits.check_columns(column + 1)
            top, bottom = min(top, row), max(bottom, row)
            left, right = min(left, column), max(right, column)
            if kind in (3, 11) and length >= 9:
                special.setdefault(row, {})[column] = ErrorText(ERRORS.get(part[place + 8], "#ERROR!"))
    if bottom >= 0:
        limits.check_cells(bottom - top + 1, right - left + 1)
    return special
