"""Where the elements of an XML text stand, to the byte; entities and document types are refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.parsers import expat

from msgspec import Struct

from cgrev.errors import InputRefused

DEEPEST = 100
_TAG = re.compile(rb"(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")


class Element(Struct):
    """One element. `start` is the byte its start tag begins at, `finish` where the parser met its end."""

    name: str
    attributes: dict[str, str]
    start: int
    finish: int = -1
    text: str = ""
    children: int = 0
    parent: Element | None = None

    @property
    def path(self) -> str:
        """The names from the root down, joined by slashes."""
        return self.name if self.parent is None else f"{self.parent.path}/{self.name}"

    @property
    def depth(self) -> int:
        """1 for the root."""
        return 1 if self.parent is None else self.parent.depth + 1


class Extent(Struct, frozen=True):
    """The bytes of an element: `data[start:inner]` is its start tag, `data[inner:close]` what is in it.

    `data[close:end]` is the end tag; for `<a/>` inner, close and end are one.
    """

    start: int
    inner: int
    close: int
    end: int

    @property
    def empty(self) -> bool:
        return self.inner == self.end


def extent(data: bytes, element: Element, encoding: str) -> Extent:
    """Where a closed element stands in the bytes it was scanned from."""
    inner = _tag_end(data, element.start, encoding)
    unit = 2 if encoding.startswith("utf-16") else 1
    slash = "/".encode(encoding if unit == 2 else "ascii")
    if data[inner - 2 * unit : inner - unit] == slash:
        return Extent(element.start, inner, inner, inner)
    return Extent(element.start, inner, element.finish, _tag_end(data, element.finish, encoding))


def _tag_end(data: bytes, start: int, encoding: str) -> int:
    """Behind the `>` that ends the tag at `start`; one inside an attribute is passed over."""
    if not encoding.startswith("utf-16"):
        match = _TAG.match(data, start)
        assert match is not None  # the parser has accepted the tag
        return match.end()
    position, quote = start, ""
    while True:
        char = data[position : position + 2].decode(encoding, "replace")
        position += 2
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char == ">":
            return position


def scan(
    data: bytes, closed: Callable[[Element], None], opened: Callable[[Element], None] | None = None
) -> str:
    """Call `opened` and `closed` for every element in file order; the answer is the encoding.

    Names come without prefix and namespace. Raises InputRefused CGR004 for a document type or entity,
    CGR001 for what is not well-formed.
    """
    scanner = _Scanner(_marked(data), closed, opened)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.ordered_attributes = True
    parser.XmlDeclHandler = scanner.declaration
    parser.StartDoctypeDeclHandler = _refused
    parser.EntityDeclHandler = _refused
    parser.StartElementHandler = scanner.start
    parser.EndElementHandler = scanner.finish
    parser.CharacterDataHandler = scanner.characters
    scanner.parser = parser
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise InputRefused("CGR001", f"damaged XML in line {error.lineno}: {reason}") from None
    return scanner.encoding


def _refused(*_: object) -> None:
    raise InputRefused("CGR004", "unsafe XML: a document type", help="remove the DOCTYPE from the file")


class _Scanner:
    def __init__(
        self, encoding: str, closed: Callable[[Element], None], opened: Callable[[Element], None] | None
    ) -> None:
        self._closed = closed
        self._opened = opened
        self._stack: list[Element] = []
        self.parser: expat.XMLParserType
        self.encoding = encoding

    def declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding and not self.encoding.startswith("utf-16"):
            self.encoding = encoding.lower()

    def start(self, name: str, attributes: list[str]) -> None:
        if len(self._stack) >= DEEPEST:
            raise InputRefused("CGR004", f"unsafe XML: more than {DEEPEST} levels")
        pairs = {_local(key): value for key, value in zip(attributes[::2], attributes[1::2], strict=True)}
        parent = self._stack[-1] if self._stack else None
        if parent is not None:
            parent.children += 1
        element = Element(_local(name), pairs, self.parser.CurrentByteIndex, parent=parent)
        self._stack.append(element)
        if self._opened is not None:
            self._opened(element)

    def characters(self, text: str) -> None:
        if self._stack:
            self._stack[-1].text += text

    def finish(self, name: str) -> None:
        element = self._stack.pop()
        element.finish = self.parser.CurrentByteIndex
        self._closed(element)


def _local(name: str) -> str:
    return name.rsplit(":", 1)[-1]


def _marked(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"<\x00")):
        return "utf-16-le"
    if data.startswith((b"\xfe\xff", b"\x00<")):
        return "utf-16-be"
    return "utf-8"
