"""XLSX: the value of single cells is replaced in the sheet's own XML.

The cell keeps its format; every other cell, sheet, formula, comment and part keeps its bytes. The new text is
an inline string, so that the table of shared strings stays as it is.

Source: ECMA-376 part 1, 18.3.1.4 (cells), 18.4.8 (shared strings), 18.5.1.2 (tables).
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from msgspec import Struct, field

from cgrev.errors import InputRefused
from cgrev.fixing.cells import CellFix, Change, Edited, Refusal, moved
from cgrev.fixing.elements import Element, Extent, extent, scan
from cgrev.fixing.hunks import cell_list

if TYPE_CHECKING:
    from cgrev.table import OpenTable

LONGEST = 32_767
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]*)")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    ValueError,
    OSError,
    RuntimeError,
    KeyError,
)
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?", re.ASCII)
_DROPPED = frozenset({"t", "cm", "vm"})
"""Attributes that belong to the old value; the format and everything else stays."""


def edit(data: bytes, fixes: list[CellFix], table: OpenTable) -> Edited:
    """The workbook with the cells replaced. Raises InputRefused when a cell is not where it should be."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _edit(archive, data, fixes, table)
    except _BROKEN:
        raise InputRefused(
            "CGR001", "damaged workbook", help="open it in a spreadsheet program and save it again"
        ) from None


def show(name: str, data: bytes, edited: Edited, table: OpenTable) -> str:
    """The cells that change."""
    return cell_list(name, edited.changes)


def _edit(archive: zipfile.ZipFile, data: bytes, fixes: list[CellFix], table: OpenTable) -> Edited:
    if any(name.startswith("_xmlsignatures/") for name in archive.namelist()):
        raise InputRefused(
            "CGR001",
            "the workbook is signed, a fix would break the signature",
            help="correct it in its program",
        )
    part = _sheet_part(archive, table.sheet)
    content = archive.read(part)
    first = table.first_column
    cells = _Sheet({(fix.row, fix.column + first) for fix in fixes})
    encoding = scan(content, cells.closed, cells.opened)
    if encoding not in ("utf-8", "utf8", "us-ascii", "ascii"):
        raise InputRefused("CGR001", f"the sheet is written in {encoding}", help="save it again as .xlsx")
    strings = _Strings(archive)
    headings = _table_headings(archive, part)
    edited = Edited(data)
    parts: list[bytes] = []
    position = 0
    for fix in fixes:
        cell = cells.found.get((fix.row, fix.column + first))
        place = f"{column_letters(fix.column + first)}{fix.row}"
        why = _refusal(fix, cell, (fix.row, fix.column + first) in headings)
        if cell is None or why is not None:
            edited.refused.append(Refusal(fix.row, fix.column, f"{place}: {why}"))
            continue
        old = _value(cell, strings)
        if fix.old is not None and not _same(fix.old, old, cell):
            raise moved(fix)
        if old == fix.text:
            continue
        where = extent(content, cell.element, encoding)
        parts += [content[position : where.start], _written(content, cell, where, fix.text)]
        position = where.end
        edited.changes.append(Change(fix.row, fix.column, place, old, fix.text))
    if edited.changes:
        parts.append(content[position:])
        edited.data = _packed(archive, part, b"".join(parts))
    return edited


class _Cell(Struct):
    element: Element
    value: str = ""
    inline: str = ""
    formula: bool = False


class _Sheet(Struct):
    """Finds the cells wanted, by row and column from 0; cells without a reference follow one another."""

    wanted: set[tuple[int, int]]
    found: dict[tuple[int, int], _Cell] = field(default_factory=dict)
    _row: int = 0
    _column: int = -1
    _current: _Cell | None = None

    def opened(self, element: Element) -> None:
        if element.name == "row" and element.depth == 3:
            given = element.attributes.get("r", "")
            self._row = int(given) if given.isdecimal() else self._row + 1
            self._column = -1
        elif element.name == "c" and element.depth == 4:
            reference = _REFERENCE.fullmatch(element.attributes.get("r", ""))
            self._column = column_number(reference[1]) if reference else self._column + 1
            if (self._row, self._column) in self.wanted:
                self._current = _Cell(element)

    def closed(self, element: Element) -> None:
        cell = self._current
        if cell is None:
            return
        if element.name == "v" and element.parent is cell.element:
            cell.value = element.text
        elif element.name == "f" and element.parent is cell.element:
            cell.formula = True
        elif element.name == "t" and element.depth >= 6 and not _phonetic(element):
            cell.inline += element.text
        elif element is cell.element:
            self.found[self._row, self._column] = cell
            self._current = None


def _phonetic(element: Element) -> bool:
    return element.parent is not None and element.parent.name == "rPh"


class _Strings:
    """The shared strings, read when the first one is asked for."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._texts: list[str] | None = None

    def text(self, index: str) -> str:
        if self._texts is None:
            self._texts = self._read()
        place = int(index) if index.isdecimal() else -1
        return self._texts[place] if 0 <= place < len(self._texts) else ""

    def _read(self) -> list[str]:
        name = next((n for n in self._archive.namelist() if n.lower() == "xl/sharedstrings.xml"), None)
        if name is None:
            return []
        texts: list[str] = []
        parts: list[str] = []

        def closed(element: Element) -> None:
            if element.name == "t" and not _phonetic(element):
                parts.append(element.text)
            elif element.name == "si":
                texts.append("".join(parts))
                parts.clear()

        scan(self._archive.read(name), closed)
        return texts


def _value(cell: _Cell, strings: _Strings) -> str:
    kind = cell.element.attributes.get("t", "n")
    if kind == "s":
        return _unescaped(strings.text(cell.value.strip()))
    if kind == "inlineStr":
        return _unescaped(cell.inline)
    if kind == "str":
        return _unescaped(cell.value)
    return cell.value.strip()


def _unescaped(text: str) -> str:
    """`_x000D_` is how a workbook writes a character that XML cannot hold."""
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda match: chr(int(match[1], 16)), text)


def _same(seen: str, stored: str, cell: _Cell) -> bool:
    """Whether the text the check saw is what the cell stores. Dates are stored as numbers of days."""
    if cell.element.attributes.get("t", "n") in ("s", "inlineStr", "str"):
        return seen.replace("\r\n", "\n") == stored.replace("\r\n", "\n")
    try:
        return float(seen) == float(stored)
    except ValueError:
        return True


def _refusal(fix: CellFix, cell: _Cell | None, heading: bool) -> str | None:
    if cell is None:
        return "the cell is blank in the workbook: fill it in there"
    if cell.formula:
        return "the cell holds a formula: correct it in the workbook"
    if heading:
        return "the cell is the heading of a table: rename the column in the workbook"
    if len(fix.text.encode("utf-16-le")) // 2 > LONGEST:
        return f"the new text is longer than {LONGEST:,} characters"
    return None


def _written(content: bytes, cell: _Cell, where: Extent, text: str) -> bytes:
    """The cell with the new text: a number stays one where the new text is a plain number."""
    tag = content[where.start : where.inner].decode()
    name = re.split(r"[\s/>]", tag[1:], maxsplit=1)[0]
    prefix = name[: -len("c")]
    kept = "".join(
        f" {key}={value}"
        for key, value in re.findall(r"([\w:.-]+)\s*=\s*(\"[^\"]*\"|'[^']*')", tag)
        if key not in _DROPPED
    )
    if cell.element.attributes.get("t", "n") == "n" and _NUMBER.fullmatch(text):
        return f"<{name}{kept}><{prefix}v>{text}</{prefix}v></{name}>".encode()
    space = ' xml:space="preserve"' if text != text.strip() or "\n" in text else ""
    inner = f"<{prefix}is><{prefix}t{space}>{escape(_escaped(text))}</{prefix}t></{prefix}is>"
    return f'<{name}{kept} t="inlineStr">{inner}</{name}>'.encode()


def _escaped(text: str) -> str:
    """Characters XML cannot hold, and texts that would be taken for such, as `_xHHHH_`."""
    text = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)
    return _CONTROL.sub(lambda match: f"_x{ord(match[0]):04X}_", text).replace("\r", "_x000D_")


def _packed(archive: zipfile.ZipFile, part: str, content: bytes) -> bytes:
    """The archive with one part replaced; the others keep their content, order, times and methods."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as out:
        for info in archive.infolist():
            data = content if info.filename == part else archive.read(info)
            out.writestr(info, data, compress_type=info.compress_type)
        out.comment = archive.comment
    return buffer.getvalue()


def _sheet_part(archive: zipfile.ZipFile, sheet: str | None) -> str:
    book = _target(archive, "", "/officeDocument")
    sheets: list[tuple[str, str]] = []

    def closed(element: Element) -> None:
        if element.name == "sheet":
            sheets.append((element.attributes.get("name", ""), element.attributes.get("id", "")))

    scan(archive.read(book), closed)
    for name, identity in sheets:
        if sheet is None or name == sheet:
            return _target(archive, book, identity)
    raise InputRefused("CGR001", f"the workbook has no sheet '{sheet}' any more", help="run the check again")


def _target(archive: zipfile.ZipFile, part: str, wanted: str) -> str:
    """The part a relation of `part` leads to, by its id or the end of its type."""
    for identity, kind, target in _relations(archive, part):
        if identity == wanted or kind.endswith(wanted):
            return target
    raise KeyError(wanted)


def _relations(archive: zipfile.ZipFile, part: str) -> list[tuple[str, str, str]]:
    folder, name = posixpath.split(part)
    relations = posixpath.join(folder, "_rels", f"{name}.rels")
    if relations not in archive.namelist():
        return []
    found: list[tuple[str, str, str]] = []

    def closed(element: Element) -> None:
        given = element.attributes
        if element.name == "Relationship" and given.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/" + folder, given.get("Target", "")))
            found.append((given.get("Id", ""), given.get("Type", ""), target.lstrip("/")))

    scan(archive.read(relations), closed)
    return found


def _table_headings(archive: zipfile.ZipFile, part: str) -> set[tuple[int, int]]:
    """The heading cells of tables on the sheet: their names stand in the table's part, too."""
    cells: set[tuple[int, int]] = set()

    def closed(element: Element) -> None:
        if element.name == "table" and element.attributes.get("headerRowCount", "1") != "0":
            corners = _REFERENCE.findall(element.attributes.get("ref", ""))
            if corners:
                (left, row), (right, _) = corners[0], corners[-1]
                cells.update((int(row), c) for c in range(column_number(left), column_number(right) + 1))

    read: Callable[[str], bytes] = archive.read
    for _, kind, target in _relations(archive, part):
        if kind.endswith("/table"):
            scan(read(target), closed)
    return cells


def column_number(letters: str) -> int:
    """A is 0, AA is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def column_letters(index: int) -> str:
    """0 is A, 26 is AA."""
    letters, index = "", index + 1
    while index:
        index, digit = divmod(index - 1, 26)
        letters = chr(65 + digit) + letters
    return letters
