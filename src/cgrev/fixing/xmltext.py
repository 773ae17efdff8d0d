"""XML records: the text of a value is replaced where it stands, every other byte is kept.

Records and their cells are numbered as the XML reader does it: the decision "records" names the path of the
record, a cell is an element without elements in it (in any record), lined up by name where no name
repeats, else by place. Values in attributes are replaced in the start tag.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from msgspec import Struct

from cgrev.fixing.cells import CellFix, Change, Edited, Refusal, moved
from cgrev.fixing.elements import Element, extent, scan
from cgrev.fixing.hunks import cell_list

if TYPE_CHECKING:
    from cgrev.table import OpenTable


class _Value(Struct, frozen=True):
    """One cell: an element's text, or one attribute of it."""

    element: Element
    attribute: str | None = None

    @property
    def text(self) -> str:
        if self.attribute is None:
            return self.element.text
        return self.element.attributes.get(self.attribute, "")


class _Values:
    """Finds the values of the rows wanted; call `closed` for every element in file order."""

    def __init__(self, table: OpenTable, inner: set[str], rows: set[int]) -> None:
        decision = next((one for one in table.decisions if one.about == "records"), None)
        self._record = decision.value if decision is not None else None
        self._attributes = (
            any("values in attributes" in word for word in decision.evidence) if decision else False
        )
        self._named = table.named
        self._inner = inner
        self._rows = rows
        self._number = 0
        self._leaves: list[Element] = []
        self.found: dict[tuple[int, int], _Value] = {}

    def closed(self, element: Element) -> None:
        path = element.path
        if path == self._record:
            self._number += 1
            if self._number in self._rows:
                self._take(element)
            self._leaves.clear()
        elif self._record is not None and path.startswith(f"{self._record}/") and path not in self._inner:
            self._leaves.append(element)

    def _take(self, record: Element) -> None:
        if self._attributes:
            for place, name in enumerate(self._named or ()):
                if name in record.attributes:
                    self.found[self._number, place] = _Value(record, name)
            return
        for place, leaf in enumerate(self._leaves):
            index = place
            if self._named is not None:
                name = leaf.path.removeprefix(f"{self._record}/")
                if name not in self._named:
                    continue
                index = self._named.index(name)
            self.found[self._number, index] = _Value(leaf)


def edit(data: bytes, fixes: list[CellFix], table: OpenTable) -> Edited:
    """The text with the values replaced.

    Raises InputRefused when a value is not where it should be.
    """
    inner: set[str] = set()
    scan(data, lambda element: inner.add(element.path) if element.children else None)
    values = _Values(table, inner, {fix.row for fix in fixes})
    encoding = scan(data, values.closed)
    edited = Edited(data)
    splices: list[tuple[int, int, str]] = []
    for fix in fixes:
        value = values.found.get((fix.row, fix.column))
        if value is None or (fix.old is not None and fix.old.strip() != value.text.strip()):
            raise moved(fix)
        if value.text == fix.text:
            continue
        if not _allowed(fix.text):
            why = "the new text holds a character that XML cannot carry"
            edited.refused.append(Refusal(fix.row, fix.column, why))
            continue
        splices.append(_splice(data, value, fix.text, encoding))
        name = f"record {fix.row}, {value.attribute or value.element.name}"
        edited.changes.append(Change(fix.row, fix.column, name, value.text, fix.text))
    parts, position = [], 0
    for start, end, text in sorted(splices):
        parts += [data[position:start], text.encode(encoding, "xmlcharrefreplace")]
        position = end
    parts.append(data[position:])
    edited.data = b"".join(parts)
    return edited


def show(name: str, data: bytes, edited: Edited, table: OpenTable) -> str:
    """The cells that change."""
    return cell_list(name, edited.changes)


def _splice(data: bytes, value: _Value, text: str, encoding: str) -> tuple[int, int, str]:
    """From and up to which byte the file changes, and the new text there."""
    place = extent(data, value.element, encoding)
    if value.attribute is not None:
        tag = data[place.start : place.inner].decode(encoding)
        for match in re.finditer(r"([^\s=/<>]+)\s*=\s*(\"[^\"]*\"|'[^']*')", tag):
            if match[1].rsplit(":", 1)[-1] == value.attribute:
                start = place.start + len(tag[: match.start(2)].encode(encoding))
                return start, start + len(match[2].encode(encoding)), quoteattr(text)
    inner = escape(text, {"\r": "&#13;"})
    if place.empty:  # <a/> becomes <a>text</a>
        tag = data[place.start : place.inner].decode(encoding)
        name = re.split(r"[\s/>]", tag[1:], maxsplit=1)[0]
        return place.start, place.end, f"{tag[:-2].rstrip()}>{inner}</{name}>"
    return place.inner, place.close, inner


def _allowed(text: str) -> bool:
    return all(
        char in "\t\n\r" or " " <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd" or char > "\uffff"
        for char in text
    )
