"""The parts of a zipped workbook: how far they expand, and what a sheet's part holds.

All parts that the workbook library will read are expanded here once, in blocks and counted, before it
sees the file: the sizes a zip archive declares can be false.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Literal
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from cgrev.errors import InputRefused
from cgrev.limits import MEBIBYTE, Limits
from cgrev.readers.biff import Damaged, xlsb_sheets
from cgrev.readers.content import unsupported
from cgrev.readers.sheetxml import LAST_ROW, SheetLook, highest_row

BLOCK = 4 * MEBIBYTE
FEED = MEBIBYTE // 16
"""Packed bytes handed on at once: some 600,000 bytes of a sheet, which stay in the processor's cache."""
FAIR_SIZE = 16 * MEBIBYTE
DAMAGED = "open it in a spreadsheet program and save it again"
OFFICE = "/officeDocument"
STRING_COUNT = re.compile(rb"uniqueCount=[\"'](\d+)")
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError, RuntimeError)


def damaged(name: str, reason: str) -> InputRefused:
    return InputRefused("CGR001", f"damaged workbook: {reason}", help=DAMAGED, path=name)


def unsafe(name: str, reason: str) -> InputRefused:
    return InputRefused("CGR004", f"unsafe workbook: {reason}", help="ask its sender for a CSV", path=name)


class Archive:
    """An opened workbook archive. Raises `InputRefused` for all that is wrong with it."""

    def __init__(self, data: bytes, name: str, limits: Limits) -> None:
        self.name = name
        self.limits = limits
        self.data = data
        try:
            self.zip = zipfile.ZipFile(io.BytesIO(data))
        except BROKEN:
            raise damaged(name, "its archive is incomplete") from None
        self.parts = {info.filename.replace("\\", "/").lstrip("/"): info for info in self.zip.infolist()}
        self._check_declared()

    def _check_declared(self) -> None:
        infos = self.zip.infolist()
        if len(infos) > self.limits.archive_parts:
            raise unsafe(self.name, f"more than {self.limits.archive_parts:,} parts")
        if len(infos) > len(self.parts):
            raise damaged(self.name, "its archive holds a part twice")
        if any(info.flag_bits & 1 for info in infos):
            raise InputRefused(
                "CGR003", "password-protected archive", help="save it without a password", path=self.name
            )
        total = sum(info.file_size for info in infos)
        if total > self.limits.archive_bytes:
            raise unsafe(self.name, f"it expands to {total:,} bytes")
        for info in infos:
            self._check_ratio(info, info.file_size)

    def _check_ratio(self, info: zipfile.ZipInfo, size: int) -> None:
        if size > FAIR_SIZE and size > self.limits.archive_ratio * max(1, info.compress_size):
            times = size // max(1, info.compress_size)
            raise unsafe(self.name, f"'{info.filename}' expands {times:,}-fold")

    def kind(self) -> Literal["xlsx", "xlsb"]:
        """Which workbook this is. Raises CGR002 when it is none."""
        target = self.office_part()
        if target in self.parts:
            if target.endswith(".bin"):
                return "xlsb"
            if target.startswith("xl/") or target.rsplit("/", 1)[-1].startswith("workbook"):
                return "xlsx"
        if "xl/workbook.bin" in self.parts:
            return "xlsb"
        raise unsupported(self._what())

    def _what(self) -> str:
        names = self.parts
        if "mimetype" in names and names["mimetype"].file_size < 200:
            kind = b"".join(self.inflate("mimetype")).decode("ascii", "replace")
            if "opendocument" in kind:
                return f"OpenDocument {kind.rsplit('.', 1)[-1]}"
        if any(name.startswith("word/") for name in names):
            return "Word document"
        if any(name.startswith("ppt/") for name in names):
            return "PowerPoint presentation"
        if any(name.startswith("Index/") and name.endswith(".iwa") for name in names):
            return "Apple iWork document"
        return "zip archive without a workbook"

    def office_part(self) -> str:
        """The part that is the workbook, by the relations of the package."""
        if "_rels/.rels" in self.parts:
            for relation in self.xml("_rels/.rels"):
                if relation.get("Type", "").endswith(OFFICE):
                    return relation.get("Target", "").lstrip("/")
        return "xl/workbook.xml"

    def inflate(self, part: str) -> Iterator[bytes]:
        """A part in blocks, to the end of what is packed, not only to the size that is declared."""
        info = self.parts[part]
        size = 0
        try:
            for block in self._unpacked(info):
                size += len(block)
                self._check_ratio(info, size)
                yield block
        except BROKEN:
            raise damaged(self.name, f"its part '{part}' cannot be expanded") from None
        if size != info.file_size:
            raise damaged(self.name, f"its part '{part}' has another size than declared")

    def _unpacked(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        header = self.data[info.header_offset : info.header_offset + 30]
        if len(header) < 30 or header[:4] != b"PK\x03\x04":
            raise zipfile.BadZipFile
        names, extra = struct.unpack("<HH", header[26:30])
        start = info.header_offset + 30 + names + extra
        packed = memoryview(self.data)[start : start + info.compress_size]
        if info.compress_type == zipfile.ZIP_STORED:
            for place in range(0, len(packed), BLOCK):
                yield bytes(packed[place : place + BLOCK])
            return
        if info.compress_type != zipfile.ZIP_DEFLATED:
            raise NotImplementedError
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        place = 0
        while not inflater.eof:
            rest: bytes | memoryview = inflater.unconsumed_tail
            if not rest:
                rest = packed[place : place + FEED]
                place += FEED
            block = inflater.decompress(rest, BLOCK)
            if not block and not rest and not inflater.eof:
                raise zipfile.BadZipFile  # the packed bytes end too early
            yield block

    def xml(self, part: str) -> Element:
        """A small part as a tree."""
        if self.parts[part].file_size > FAIR_SIZE:
            raise unsafe(self.name, f"'{part}' is too large")
        try:
            root: Element = ElementTree.fromstring(b"".join(self.inflate(part)), forbid_dtd=True)
        except DefusedXmlException:
            raise unsafe(self.name, f"'{part}' declares entities") from None
        except (ParseError, ValueError, LookupError):
            raise damaged(self.name, f"its part '{part}' is not valid XML") from None
        return root

    def sheet_parts(self) -> dict[str, str]:
        """The part of each sheet by its name, in the order of the workbook."""
        book = self.office_part()
        folder, _, file = book.rpartition("/")
        relations = f"{folder}/_rels/{file}.rels".lstrip("/")
        if book not in self.parts or relations not in self.parts:
            return {}
        targets = {relation.get("Id", ""): relation.get("Target", "") for relation in self.xml(relations)}
        found = {}
        for name, key in self._sheet_keys(book):
            target = targets.get(key, "")
            found[name] = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}".lstrip("/")
        return found

    def _sheet_keys(self, book: str) -> Iterator[tuple[str, str]]:
        """Name and relation of each sheet."""
        if book.endswith(".bin"):
            try:
                yield from xlsb_sheets(b"".join(self.inflate(book)))
            except Damaged:
                raise damaged(self.name, "its list of sheets cannot be read") from None
            return
        for element in self.xml(book).iter():
            if element.tag.rpartition("}")[2] == "sheet":
                keys = (value for key, value in element.attrib.items() if key.rpartition("}")[2] == "id")
                yield element.get("name", ""), next(keys, "")

    def look(self) -> dict[str, SheetLook]:
        """Expand all parts that are read, counted, and look at the sheets, by part."""
        looks = {part: SheetLook() for part in self.sheet_parts().values() if part in self.parts}
        total = 0
        for part in self.parts:
            if part not in looks and not part.endswith((".xml", ".rels", ".bin")):
                continue
            look = looks.get(part) if not part.endswith(".bin") else None
            for number, block in enumerate(self.inflate(part)):
                total += len(block)
                if total > self.limits.archive_bytes:
                    raise unsafe(self.name, f"it expands to more than {self.limits.archive_bytes:,} bytes")
                if look is not None:
                    look.look(block)
                elif number == 0 and part.endswith("sharedStrings.xml"):
                    self._check_strings(part, block)
            if look is not None:
                self._check_rectangle(part, look)
        return looks

    def _check_strings(self, part: str, block: bytes) -> None:
        """Memory is reserved for as many texts as a workbook says it has."""
        count = STRING_COUNT.search(block[:4096])
        if count and int(count[1]) > max(self.parts[part].file_size, MEBIBYTE):
            raise damaged(self.name, f"it says that it holds {count[1].decode()[:20]} texts")

    def _check_rectangle(self, part: str, look: SheetLook) -> None:
        if look.far:
            raise damaged(self.name, "a row number beyond the last row of a sheet")
        self.limits.check_columns(look.widest)
        if look.widest * LAST_ROW > self.limits.cells:
            most = self.limits.cells // look.widest
            self.limits.check_cells(highest_row(self.inflate(part), most), look.widest)
