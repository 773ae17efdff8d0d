"""A look at the XML of one sheet of an XLSX workbook, block by block as it is expanded.

Tells which sheets hold data without parsing all of them, bounds the rectangle that the workbook library
will reserve, and finds the cells it leaves blank: errors, and formulas without a stored value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import polars as pl
from msgspec import Struct

from cgrev.readers.biff import Special
from cgrev.readers.grid import ErrorText, NoValue, Value, column_letters

OVERLAP = 512
LAST_ROW = 1_100_000
"""No row beyond is taken for one; a sheet ends at 1,048,576, and this is quicker to look for."""
BEYOND = 1 << 32
"""For a number of too many digits."""
ROW_OR_VALUE = re.compile(rb"<(?:\w+:)?(?:(row)\b|(?:v|t)(?:\s[^>]*)?>[^<]|f[\s/>])")

# for polars, which finds them many times faster than `re`, in text of one character a byte
NAME = r"(?:[0-9A-Za-z_]+:)?"
ERROR = r"t=[\"']e[\"']"
SPECIAL = rf"[<:]f(?-u:\b)|{ERROR}"
PLACES = r"r=[\"'](?:[A-Z]{2}|[A-Z]*[0-9]{7})"
FAR = r"(?-u:\b)r=[\"'][A-Z]*(?:[0-9]{8,}|[2-9][0-9]{6}|1[1-9][0-9]{5})[\"']"
PLACE = r"(?-u:\b)r=[\"'][A-Z]*[0-9]+[\"']"
WIDE = r"(?-u:\b)r=[\"'][A-Z]{2,}[0-9]"
ERROR_CELL = rf"(?s)<{NAME}c(?-u:\b)[^>/]*(?-u:\b){ERROR}[^>/]*>.*?</{NAME}c>"
BLANK = r"[ \t\n\r\x0b\f]*"
NO_VALUE = (
    rf"f(?-u:\b)(?:[^>]*/>|[^>]*>[^<]*</{NAME}f>){BLANK}"
    rf"(?:<{NAME}v{BLANK}/>|<{NAME}v>{BLANK}</{NAME}v>)?{BLANK}</{NAME}c>"
)
VALUELESS_CELL = rf"<{NAME}c(?-u:\b)[^>/]*>{BLANK}<{NAME}{NO_VALUE}"
SHOWN = re.compile(rf"<{NAME}v>([^<]*)<")
REFERENCE = re.compile(r"\br=[\"']([A-Z]{1,3})([0-9]+)[\"']")
STRING_RESULT = re.compile(r"\bt=[\"']str[\"']")


class SheetLook(Struct):
    """What the blocks seen so far tell. `full_rows` counts rows with two values or more, up to two:
    that is a table. `special` when there may be errors or formulas without a value. `far` when a row
    number is beyond the last of a sheet. `widest` is the last column named, at least 26."""

    has_data: bool = False
    full_rows: int = 0
    special: bool = False
    far: bool = False
    widest: int = 26
    before: bytes = b""
    in_row: int | None = None
    """Values of the row that is open."""

    def look(self, block: bytes) -> None:
        """Look at the next block, with the end of those before it."""
        seen, block = len(self.before), self.before + block
        self.before = block[-OVERLAP:]
        if self.full_rows < 2:
            self._count_full_rows(block, seen)
        text = characters(block)
        special, places = text.select(special=holds(SPECIAL), places=holds(PLACES)).row(0)
        self.special = self.special or special
        if places:
            further = beyond(column_letters(self.widest - 1), "A-Z")
            far, wider = text.select(far=holds(FAR), wider=holds(rf"r=[\"']{further}[0-9]")).row(0)
            self.far = self.far or far
            letters = every(WIDE, text).unique().str.extract("([A-Z]+)") if wider else ()
            self.widest = max([self.widest, *map(column_number, letters)])

    def _count_full_rows(self, block: bytes, seen: int) -> None:
        for match in ROW_OR_VALUE.finditer(block):
            if match.end() <= seen:
                continue
            if match[1]:
                self.in_row = 0
                continue
            self.has_data = True
            if self.in_row is not None:
                self.in_row += 1
                self.full_rows += self.in_row == 2
                if self.full_rows == 2:
                    return


def characters(block: bytes) -> pl.DataFrame:
    """The block as one `text` of as many characters, whatever its encoding: only ASCII is sought in it."""
    return pl.DataFrame({"text": [block.decode("latin-1")]})


def holds(pattern: str) -> pl.Expr:
    return pl.col("text").str.contains(pattern)


def every(pattern: str, text: pl.DataFrame) -> pl.Series:
    """All pieces of the text that the pattern matches."""
    found: pl.Series = text["text"].str.extract_all(pattern)[0]
    return found


def column_number(letters: str) -> int:
    """A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def beyond(word: str, span: str) -> str:
    """A pattern of all words of the characters in `span` ("0-9") that are longer than `word`, or as long and
    later in order: of higher numbers, and of those with zeros in front."""
    patterns = [f"[{span}]{{{len(word) + 1},}}"]
    for place, letter in enumerate(word):
        if letter != span[-1]:
            later = f"[{chr(ord(letter) + 1)}-{span[-1]}]"
            patterns.append(f"{word[:place]}{later}[{span}]{{{len(word) - place - 1}}}")
    return f"(?:{'|'.join(patterns)})"


def highest_row(blocks: Iterable[bytes], least: int) -> int:
    """The highest row that a row or a cell names, or `least` where that is higher."""
    highest = least
    further = rf"r=[\"'][A-Z]*{beyond(str(least), '0-9')}[\"']"
    before = b""
    for block in blocks:
        text = characters(before + block)
        if text.select(holds(further)).item():
            numbers = every(PLACE, text).str.extract("([0-9]+)").unique().cast(pl.UInt64, strict=False)
            highest = max([highest, *numbers.fill_null(BEYOND)])
        before = (before + block)[-OVERLAP:]
    return highest


def find_special(blocks: Iterable[bytes]) -> Special:
    """Error cells, and formulas without a value, row by row as they stream in. A cell that names no
    place is not found: no program that writes formulas leaves it out."""
    from xml.sax.saxutils import unescape  # imports the client for HTTP

    found: Special = {}
    rest = b""
    for block in blocks:
        text = rest + block
        end = max(text.rfind(b"</row>"), text.rfind(b":row>"))
        if end < 0:
            rest = text
            continue
        end = text.find(b">", end) + 1
        part, rest = characters(text[:end]), text[end:]
        errors, valueless = part.select(errors=holds(ERROR), valueless=holds(rf"[<:]{NO_VALUE}")).row(0)
        for cell in every(ERROR_CELL, part) if errors else ():
            shown = SHOWN.search(cell)
            if shown is not None:
                word = shown[1].encode("latin-1").decode("utf-8", "replace")
                _keep(found, cell, ErrorText(unescape(word)))
        for cell in every(VALUELESS_CELL, part) if valueless else ():
            _keep(found, cell, NoValue())
    return found


def _keep(found: Special, cell: str, value: Value) -> None:
    attributes = cell.partition(">")[0]
    reference = REFERENCE.search(attributes)
    if reference is None or (isinstance(value, NoValue) and STRING_RESULT.search(attributes)):
        return
    row, column = int(reference[2]) - 1, column_number(reference[1]) - 1
    found.setdefault(row, {})[column] = value
