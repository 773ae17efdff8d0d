"""The container of XLS workbooks (a compound file): opened with every chain checked, and packed anew.

The workbook library follows the chains of sectors without asking whether they ever end, so that a
damaged file can take all memory and the process with it. Here each chain is followed with a bound; the
library then gets only the workbook's own stream, in a container that is known to be sound.

Source: [MS-CFB], Compound File Binary File Format.
"""

from __future__ import annotations

import struct

from msgspec import Struct

from cgrev.limits import MEBIBYTE

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
END, FREE, FAT_SECTOR = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
HIGHEST = 0xFFFFFFFA
MINI, CUTOFF = 64, 4096
NO_STREAM = 0xFFFFFFFF
PACKED_SECTOR = 4096
LARGEST_STREAM = 400 * MEBIBYTE
"""What 109 allocation sectors of the packed container reach; a sheet of XLS has 65,536 rows."""


class Broken(ValueError):
    """The container contradicts itself."""


class Entry(Struct, frozen=True):
    """A stream or folder of the container."""

    name: str
    kind: int
    start: int
    size: int


class Container:
    """A compound file in memory. Raises `Broken` where it is damaged."""

    def __init__(self, data: bytes) -> None:
        if len(data) < 512 or not data.startswith(MAGIC):
            raise Broken("header")
        self.data = data
        shift, mini_shift = struct.unpack_from("<HH", data, 30)
        if shift not in (9, 12) or mini_shift != 6:
            raise Broken("sector size")
        self.sector = 1 << shift
        self.count = max(0, -(-len(data) // self.sector) - 1)
        directory, _, _, mini_start, mini_count, more, _ = struct.unpack_from("<7I", data, 48)
        self.fat = self._fat(more)
        self.entries = self._entries(directory)
        self.mini_fat: list[int] = []
        self.mini = b""
        if mini_count and self.entries:
            packed = self._read(mini_start, self.fat, None)
            self.mini_fat = list(struct.unpack(f"<{len(packed) // 4}I", packed))
            self.mini = self._read(self.entries[0].start, self.fat, self.entries[0].size)

    def _sector(self, number: int) -> bytes:
        if number >= self.count:
            raise Broken("a sector beyond the end")
        place = (number + 1) * self.sector
        return self.data[place : place + self.sector]

    def _fat(self, more: int) -> list[int]:
        numbers = list(struct.unpack_from("<109I", self.data, 76))
        seen = 0
        while more < HIGHEST:
            seen += 1
            if seen > self.count:
                raise Broken("an endless chain")
            block = self._sector(more).ljust(self.sector, b"\xff")
            *found, more = struct.unpack(f"<{self.sector // 4}I", block)
            numbers += found
        fat: list[int] = []
        for number in numbers:
            if number < HIGHEST:
                block = self._sector(number).ljust(self.sector, b"\xff")
                fat += struct.unpack(f"<{self.sector // 4}I", block)
        return fat

    def _chain(self, start: int, fat: list[int]) -> list[int]:
        chain: list[int] = []
        while start < HIGHEST:
            if start >= len(fat) or len(chain) > len(fat):
                raise Broken("an endless chain")
            chain.append(start)
            start = fat[start]
        if start != END:
            raise Broken("a chain without an end")
        return chain

    def _read(self, start: int, fat: list[int], size: int | None) -> bytes:
        data = b"".join(self._sector(number) for number in self._chain(start, fat))
        if size is not None and len(data) < size:
            raise Broken("a stream that is cut off")
        return data if size is None else data[:size]

    def _entries(self, start: int) -> list[Entry]:
        packed = self._read(start, self.fat, None)
        entries = []
        for place in range(0, len(packed) - 127, 128):
            length = struct.unpack_from("<H", packed, place + 64)[0]
            name = packed[place : place + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
            first, size = struct.unpack_from("<IQ", packed, place + 116)
            size = size if self.sector == 4096 else size & 0xFFFFFFFF
            entries.append(Entry(name, packed[place + 66], first, size))
        return entries

    @property
    def names(self) -> set[str]:
        """Names of all streams and folders."""
        return {entry.name for entry in self.entries if entry.kind}

    def stream(self, *names: str) -> bytes | None:
        """The first stream that has one of the names, in their order, or None."""
        for name in names:
            for entry in self.entries:
                if entry.name == name and entry.kind == 2:
                    return self._content(entry)
        return None

    def _content(self, entry: Entry) -> bytes:
        if entry.size > len(self.data):
            raise Broken("a stream larger than the file")
        if entry.size >= CUTOFF:
            return self._read(entry.start, self.fat, entry.size)
        parts = []
        for number in self._chain(entry.start, self.mini_fat):
            parts.append(self.mini[number * MINI : (number + 1) * MINI])
        content = b"".join(parts)
        if len(content) < entry.size:
            raise Broken("a stream that is cut off")
        return content[: entry.size]


def pack(stream: bytes) -> bytes:
    """A new container that holds one stream, "Workbook". Raises `Broken` when that is too large."""
    if len(stream) > LARGEST_STREAM:
        raise Broken("a stream too large")
    stream = stream.ljust(CUTOFF, b"\0")
    size = PACKED_SECTOR
    sectors = -(-len(stream) // size)
    tables = 1
    while tables * (size // 4) < sectors + tables + 1:
        tables += 1
    directory = sectors + tables
    fat = [*range(1, sectors), END, *[FAT_SECTOR] * tables, END]
    fat += [FREE] * (tables * (size // 4) - len(fat))
    header = MAGIC + bytes(16) + struct.pack("<5H6x", 0x3E, 4, 0xFFFE, 12, 6)
    header += struct.pack("<9I", 1, tables, directory, 0, CUTOFF, END, 0, END, 0)
    header += struct.pack("<109I", *range(sectors, sectors + tables), *[FREE] * (109 - tables))
    root = _entry("Root Entry", 5, 1, 0, 0)
    book = _entry("Workbook", 2, NO_STREAM, 0, len(stream))
    parts = (
        header.ljust(size, b"\0"),
        stream.ljust(sectors * size, b"\0"),
        struct.pack(f"<{len(fat)}I", *fat),
        (root + book).ljust(size, b"\0"),
    )
    return b"".join(parts)


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    head = text.ljust(64, b"\0") + struct.pack("<HBB3I", len(text), kind, 1, NO_STREAM, NO_STREAM, child)
    return head + bytes(36) + struct.pack("<IQ", start, size)
