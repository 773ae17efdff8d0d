"""XML parsing that is safe and streams: shared by the readers of XML records and SpreadsheetML.

Built on defusedxml's parser, which refuses document types, entities and external references. Its own
tree building is left out: handlers are called by the parser directly, which is several times faster
and holds nothing.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Protocol
from xml.parsers.expat import ExpatError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from cgrev.errors import InputRefused
from cgrev.findings import Decision
from cgrev.limits import MEBIBYTE, Limits
from cgrev.readers.encoding import MARKS, RESAVE
from cgrev.readers.source import Source

BLOCK_BYTES = MEBIBYTE // 4
DECLARED = re.compile(r"""<\?xml[^>]*\bencoding\s*=\s*["']([\w.:-]+)["']""")
WIDE = ("utf-16", "utf-32")


class Handler(Protocol):
    """What is told about a document; names are local, attributes are by local name."""

    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def end(self, name: str) -> None: ...

    def text(self, data: str) -> None: ...


def declared_encoding(source: Source) -> tuple[str, int, Decision]:
    """Codec, length of the byte-order mark, and the decision: by the mark, else by what the XML
    declaration says, else UTF-8 as XML has it. Raises CGR005 for an unknown name."""
    head = source.head()
    for mark, codec, label in MARKS:
        if head.startswith(mark):
            return codec, len(mark), Decision("encoding", label, "evidence", ("byte-order mark",))
    for codec, label in (("utf-16-le", "UTF-16 LE"), ("utf-16-be", "UTF-16 BE")):
        if head.startswith("<".encode(codec)) and b"\0" in head[:2]:
            return codec, 0, Decision("encoding", label, "evidence", ("every other byte is zero",))
    match = DECLARED.match(head[:400].decode("latin-1"))
    if match is None:
        return "utf-8", 0, Decision("encoding", "UTF-8", "default", ("what XML is without a declaration",))
    try:
        codec = codecs.lookup(match[1]).name
        "".encode(codec)
    except (LookupError, ValueError):
        raise InputRefused(
            "CGR005", f"the file declares an unknown encoding '{match[1]}'", help=RESAVE, path=source.name
        ) from None
    if codec.startswith(WIDE):  # the declaration could not be read if it were true
        return "utf-8", 0, Decision("encoding", "UTF-8", "evidence", (f"declares {match[1]}, but is not",))
    return codec, 0, Decision("encoding", match[1], "declared", ("XML declaration",))


def run(source: Source, handler: Handler, limits: Limits, codec: str, skip: int) -> Iterator[None]:
    """Parse the document, handing control back after each block.

    Raises CGR001 (not well-formed), CGR004 (document type, entities, depth), CGR005 (bytes that are
    not text in the encoding).
    """
    parser = DefusedXMLParser(forbid_dtd=True, forbid_entities=True, forbid_external=True)
    expat = parser.parser
    names: dict[str, str] = {}  # local names of the names met
    start_of, end_of = handler.start, handler.end
    deepest = limits.xml_depth
    depth = 0

    def start(name: str, attributes: list[str]) -> None:
        nonlocal depth
        depth += 1
        if depth > deepest:
            raise InputRefused(
                "CGR004",
                f"more than {deepest} elements inside each other in line {expat.CurrentLineNumber}",
                help="this is no file of records",
                path=source.name,
            )
        short = names.get(name) or names.setdefault(name, local(name))
        if attributes:
            pairs = iter(attributes)
            start_of(short, {local(key): value for key, value in zip(pairs, pairs, strict=True)})
        else:
            start_of(short, {})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        end_of(names[name])

    expat.StartElementHandler = start
    expat.EndElementHandler = end
    expat.CharacterDataHandler = handler.text
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        for block in source.blocks(BLOCK_BYTES, skip=skip):
            expat.Parse(decoder.decode(block), False)
            yield
        expat.Parse(decoder.decode(b"", True), True)
        yield
    except DefusedXmlException:
        line = expat.CurrentLineNumber
        raise InputRefused(
            "CGR004",
            f"unsafe XML: a DOCTYPE or entity declaration (DTD) in line {line}",
            help="remove the declaration; a file of records needs none",
            path=source.name,
        ) from None
    except ExpatError as error:
        raise InputRefused(
            "CGR001",
            f"damaged XML: {str(error).split(':')[0]} in line {error.lineno}, column {error.offset + 1}",
            help="export it again",
            path=source.name,
        ) from None
    except UnicodeError:
        line = expat.CurrentLineNumber
        raise InputRefused(
            "CGR005", f"not valid {codec.upper()} near line {line}", help=RESAVE, path=source.name
        ) from None


def local(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition("}")[2]
