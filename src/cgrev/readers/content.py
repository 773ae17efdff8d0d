"""What kind of file this is, by its first bytes: the name and its ending say nothing."""

from __future__ import annotations

import re
from typing import Literal

from cgrev.errors import InputRefused

Kind = Literal["archive", "ole", "spreadsheetml", "html", "xml", "text"]

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "PDF document"),
    (b"PAR1", "Parquet file"),
    (b"ARROW1", "Arrow file"),
    (b"Obj\x01", "Avro file"),
    (b"ORC", "ORC file"),
    (b"SQLite format 3\0", "SQLite database"),
    (b"\x89PNG\r\n", "image (PNG)"),
    (b"\xff\xd8\xff", "image (JPEG)"),
    (b"GIF87a", "image (GIF)"),
    (b"GIF89a", "image (GIF)"),
    (b"II*\0", "image (TIFF)"),
    (b"MM\0*", "image (TIFF)"),
    (b"\x1f\x8b", "gzip archive"),
    (b"BZh", "bzip2 archive"),
    (b"\xfd7zXZ\0", "xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip archive"),
    (b"Rar!\x1a\x07", "RAR archive"),
    (b"\x28\xb5\x2f\xfd", "Zstandard archive"),
    (b"{\\rtf", "RTF document"),
    (b"\x7fELF", "program"),
    (b"MZ\x90", "program"),
    (b"\x09\x08\x10\x00\x00\x06\x05\x00", "Excel workbook without its container"),
    (b"\x09\x04\x06\x00", "Excel 4 worksheet"),
    (b"\x09\x02\x06\x00", "Excel 3 worksheet"),
    (b"\x09\x00\x04\x00", "Excel 2 worksheet"),
)
"""The longer of two that begin alike comes first; ORC and the like are checked for binary content."""
SHORT = (b"ORC", b"BZh", b"PAR1", b"MZ\x90")
MARKUP_START = re.compile(r"<(?:[?!]|[A-Za-z_])")
PROLOGUE = re.compile(
    r"\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE(?!\s+html\b)[^\[>]*(?:\[.*?\]\s*)?>)", re.DOTALL | re.IGNORECASE
)
ROOT = re.compile(r"\s*<(?:([\w.-]+):)?([\w.-]+)((?:[^>\"']|\"[^\"]*\"|'[^']*')*)")
HTML_ROOTS = frozenset(
    (
        "html",
        "head",
        "body",
        "table",
        "thead",
        "tbody",
        "tr",
        "meta",
        "title",
        "style",
        "script",
        "link",
        "div",
    )
).union(("p", "span", "font", "center", "h1", "h2", "h3", "br", "hr", "form"))
SPREADSHEET = "urn:schemas-microsoft-com:office:spreadsheet"
JSON_START = re.compile(
    rb'\s*(?:\{\s*(?:"(?:[^"\\]|\\.)*"\s*:|\}\s*\Z)|\[\s*(?:\{\s*["}]|\[\s*["\[\d\]-]|\]\s*\Z))'
)
USE = "export it as CSV, XLSX or XML"


def unsupported(what: str, *, help: str = USE) -> InputRefused:
    """The refusal (CGR002) of a kind of file that is not read, by its name."""
    article = "an" if what[0] in "AEIOUaeiou" or what.startswith(("RTF", "XL", "ORC")) else "a"
    return InputRefused("CGR002", f"this is {article} {what}, which is not read", help=help)


def detect(head: bytes) -> Kind:
    """The kind of file, from its first bytes. Raises CGR002 for kinds that are known but not read."""
    if head.startswith(ZIP_MAGICS):
        return "archive"
    if head.startswith(OLE_MAGIC[:4]):
        return "ole"
    for magic, what in FOREIGN:
        if head.startswith(magic) and (magic not in SHORT or _binary(head)):
            raise unsupported(what)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        raise unsupported("image (WebP)")
    if head.startswith(b"BM") and _binary(head):
        raise unsupported("image (BMP)")
    if head[:1024].lower().startswith(b"mime-version:"):
        raise unsupported("web archive (MHTML)", help="open it in a spreadsheet program and save it as XLSX")
    text = peek(head)
    if MARKUP_START.match(text):
        return _markup(text)
    if JSON_START.match(head.removeprefix(b"\xef\xbb\xbf")):
        raise unsupported("JSON file")
    return "text"


def _binary(head: bytes) -> bool:
    return any(byte < 9 or 13 < byte < 27 for byte in head[:512])


def peek(head: bytes) -> str:
    """The start of the file as text for a look at its markup: wrong characters do not matter here."""
    if head.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        text = head[: len(head) & ~3].decode("utf-32", "replace")
    elif head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head[: len(head) & ~1].decode("utf-16", "replace")
    elif head[1:2] == b"\0":
        text = head[: len(head) & ~1].decode("utf-16-le", "replace")
    elif head[:1] == b"\0":
        text = head[: len(head) & ~1].decode("utf-16-be", "replace")
    else:
        text = head.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    return text.lstrip("\ufeff \t\r\n")


def _markup(text: str) -> Kind:
    place = 0
    while match := PROLOGUE.match(text, place):
        place = match.end()
    rest = text[place:].lstrip()
    if re.match(r"<!doctype\s+html\b", rest, re.IGNORECASE):
        return "html"
    root = ROOT.match(rest)
    if root is None:
        return "xml"
    prefix, name, attributes = root.groups()
    if name == "Workbook" and SPREADSHEET in attributes:
        return "spreadsheetml"
    declared = text.startswith("<?xml")  # then an element `table` or `form` may be anything
    if prefix is None and (name.lower() == "html" if declared else name.lower() in HTML_ROOTS):
        return "html"
    return "xml"
