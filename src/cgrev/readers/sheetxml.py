"""A look at the XML of one sheet of an XLSX workbook, block by block as it is expanded.

Tells which sheets hold data without parsing all of them, bounds the rectangle that the workbook library
will reserve, and finds the cells it leaves blank: errors, and formulas without a stored value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import unescape

from cgrev.readers.biff import Special
from cgrev.readers.grid import ErrorText, NoValue, Value

OVERLAP = 512
LAST_ROW = 1_100_000
"""No row beyond is taken for one; a sheet ends at 1,048,576, and this is quicker to look for."""
DATA = re.compile(rb"<(?:\w+:)?(?:v|t)(?:\s[^>]*)?>[^<]|<(?:\w+:)?f[\s/>]")
ROW_START = re.compile(rb"<(?:\w+:)?row\b")
SHAPE = bytes.maketrans(b"0123456789BCDEFGHIJKLMNOPQRSTUVWXYZ'", b"0" * 10 + b"A" * 25 + b'"')
"""Makes every digit 0, every capital A and every quote double, so that a plain search finds a pattern."""
FAR = re.compile(rb"\br=[\"'][A-Z]*(?:\d{8,}|[2-9]\d{6}|1[1-9]\d{5})[\"']")
WIDE = re.compile(rb"\br=[\"']([A-Z]{2,})\d")
ROW_NUMBER = re.compile(rb"\br=[\"'][A-Z]*(\d+)[\"']")

ERROR_CELL = re.compile(
    rb"<(?:\w+:)?c\b([^>/]*\bt=[\"']e[\"'][^>/]*)>(?:(?!</(?:\w+:)?c>).)*?<(?:\w+:)?v>([^<]*)<", re.DOTALL
)
VALUELESS = re.compile(
    rb"<(?:\w+:)?c\b([^>/]*)>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
REFERENCE = re.compile(rb"\br=[\"']([A-Z]{1,3})(\d+)[\"']")
STRING_RESULT = re.compile(rb"\bt=[\"']str[\"']")


@dataclass(slots=True)
class SheetLook:
    """What the blocks seen so far tell. `full_rows` counts rows with two values or more, up to two:
    that is a table. `special` when there may be errors or formulas without a value. `far` when a row
    number is beyond the last of a sheet. `widest` is the last column named, at least 26."""

    has_data: bool = False
    full_rows: int = 0
    special: bool = False
    far: bool = False
    widest: int = 26
    before: bytes = b""

    def look(self, block: bytes) -> None:
        """Look at the next block, with the end of the one before it."""
        block, self.before = self.before + block, block[-OVERLAP:]
        self.has_data = self.has_data or DATA.search(block) is not None
        if self.has_data and self.full_rows < 2:
            self._count_full_rows(block)
        if not self.special:
            self.special = b't="e"' in block or b"t='e'" in block or b"<f" in block or b":f" in block
        shape = block.translate(SHAPE)
        if b'0000000"' in shape:
            self.far = self.far or FAR.search(block) is not None
        if b'r="AA' in shape:
            for letters in set(WIDE.findall(block)):
                self.widest = max(self.widest, column_number(letters))

    def _count_full_rows(self, block: bytes) -> None:
        starts = ROW_START.finditer(block)
        start = next(starts, None)
        while start is not None and self.full_rows < 2:
            following = next(starts, None)
            end = following.start() if following else len(block)
            values = DATA.finditer(block, start.end(), end)
            self.full_rows += next(values, None) is not None and next(values, None) is not None
            start = following


def column_number(letters: bytes) -> int:
    """A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def highest_row(blocks: Iterable[bytes]) -> int:
    """The highest row that a row or a cell names; slower than a look, so only for wide sheets."""
    highest = 0
    before = b""
    for block in blocks:
        numbers = set(ROW_NUMBER.findall(before + block))
        highest = max(highest, max(map(int, numbers), default=0))
        before = block[-OVERLAP:]
    return highest


def find_special(blocks: Iterable[bytes]) -> Special:
    """Error cells, and formulas without a value, row by row as they stream in. A cell that names no
    place is not found: no program that writes formulas leaves it out."""
    found: Special = {}
    rest = b""
    for block in blocks:
        text = rest + block
        end = max(text.rfind(b"</row>"), text.rfind(b":row>"))
        if end < 0:
            rest = text
            continue
        end = text.find(b">", end) + 1
        part, rest = text[:end], text[end:]
        for match in ERROR_CELL.finditer(part):
            _keep(found, match[1], ErrorText(unescape(match[2].decode("utf-8", "replace"))))
        for match in VALUELESS.finditer(part):
            if not STRING_RESULT.search(match[1]):
                _keep(found, match[1], NoValue())
    return found


def _keep(found: Special, attributes: bytes, value: Value) -> None:
    reference = REFERENCE.search(attributes)
    if reference is not None:
        row, column = int(reference[2]) - 1, column_number(reference[1]) - 1
        found.setdefault(row, {})[column] = value
