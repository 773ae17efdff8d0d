"""XML records: the text of an element is replaced where it stands, every other byte is kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from cgrev.fixing.cells import CellFix, Change, Edited, Refusal, moved
from cgrev.fixing.elements import Element, extent, scan
from cgrev.fixing.hunks import cell_list

if TYPE_CHECKING:
    from cgrev.table import OpenTable


class _Cells:
    """Finds the cells of records: elements without elements in them, in the elements around them.

    The n-th record is the n-th element of its depth that holds cells. Cells are found by their name where
    the reader has names, else by their place.
    """

    def __init__(self, named: tuple[str, ...] | None, wanted: set[int]) -> None:
        self._named = named
        self._wanted = wanted
        self._number = 0
        self._leaves: dict[int, list[Element]] = {}
        self.found: dict[tuple[int, int], Element] = {}

    def closed(self, element: Element) -> None:
        if element.children == 0:
            if element.parent is not None:
                self._leaves.setdefault(id(element.parent), []).append(element)
            return
        leaves = self._leaves.pop(id(element), [])
        if len(leaves) != element.children:
            return
        self._number += 1
        if self._number not in self._wanted:
            return
        for place, leaf in enumerate(leaves):
            index = place
            if self._named is not None:
                if leaf.name not in self._named:
                    continue
                index = self._named.index(leaf.name)
            self.found.setdefault((self._number, index), leaf)


def edit(data: bytes, fixes: list[CellFix], table: OpenTable) -> Edited:
    """The text with the elements' content replaced.

    Raises InputRefused when a cell is not where it should be."""
    cells = _Cells(table.named, {fix.row for fix in fixes})
    encoding = scan(data, cells.closed)
    edited = Edited(data)
    parts: list[bytes] = []
    position = 0
    for fix, element in sorted(_elements(fixes, cells), key=lambda pair: pair[1].start):
        if fix.old is not None and fix.old.strip() != element.text.strip():
            raise moved(fix)
        if element.text == fix.text:
            continue
        if not _allowed(fix.text):
            why = "the new text holds a character that XML cannot carry"
            edited.refused.append(Refusal(fix.row, fix.column, why))
            continue
        place = extent(data, element, encoding)
        inner = escape(fix.text, {"\r": "&#13;"}).encode(encoding, "xmlcharrefreplace")
        if place.empty:
            opening, closing = _tags(data[place.start : place.inner].decode(encoding))
            inner = opening.encode(encoding) + inner + closing.encode(encoding)
            parts += [data[position : place.start], inner]
        else:
            parts += [data[position : place.inner], inner]
        position = place.close
        name = f"record {fix.row}, {element.name}"
        edited.changes.append(Change(fix.row, fix.column, name, element.text, fix.text))
    parts.append(data[position:])
    edited.data = b"".join(parts)
    return edited


def show(name: str, data: bytes, edited: Edited, table: OpenTable) -> str:
    """The cells that change."""
    return cell_list(name, edited.changes)


def _elements(fixes: list[CellFix], cells: _Cells) -> list[tuple[CellFix, Element]]:
    pairs = []
    for fix in fixes:
        element = cells.found.get((fix.row, fix.column))
        if element is None:
            raise moved(fix)
        pairs.append((fix, element))
    return pairs


def _tags(tag: str) -> tuple[str, str]:
    """The start and end tag of `<a x="1"/>`, apart: `<a x="1">` and `</a>`."""
    name = re.split(r"[\s/>]", tag[1:], maxsplit=1)[0]
    return tag[:-2].rstrip() + ">", f"</{name}>"


def _allowed(text: str) -> bool:
    return all(
        char in "\t\n\r" or " " <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd" or char > "\uffff"
        for char in text
    )
