"""Where the bytes come from: a file on disk, opened anew at every pass, or bytes in memory."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from cgrev.errors import InputRefused
from cgrev.limits import MEBIBYTE, Limits

HEAD_BYTES = 65_536
PROBE_BYTES = 4_096


class Source(Struct, frozen=True):
    """A file or a block of bytes. `name` is what messages call it."""

    name: str
    path: Path | None
    data: bytes | None
    size: int

    def open(self) -> BinaryIO:
        """A new stream from the first byte. Raises CGR001 when the file is no longer readable."""
        if self.path is None:
            return io.BytesIO(self.data or b"")
        try:
            return self.path.open("rb")
        except OSError as error:
            raise unreadable(error, self.name) from None

    def head(self) -> bytes:
        """The first bytes, enough to see what kind of file it is."""
        with self.open() as stream:
            return self.read_from(stream, HEAD_BYTES)

    def blocks(self, size: int, *, skip: int = 0) -> Iterator[bytes]:
        """All bytes after the first `skip`, in blocks of `size`."""
        with self.open() as stream:
            stream.seek(skip)
            while block := self.read_from(stream, size):
                yield block

    def line_blocks(self, size: int, *, skip: int = 0) -> Iterator[bytes]:
        """Like `blocks`, but a block ends behind a line feed when one follows soon, so that whoever
        cuts at line feeds need not copy the whole block to carry a remainder over."""
        with self.open() as stream:
            place = skip
            while True:
                stream.seek(place + size)
                ahead = self.read_from(stream, PROBE_BYTES).find(b"\n") + 1
                stream.seek(place)
                block = self.read_from(stream, size + ahead)
                if not block:
                    return
                yield block
                place += len(block)

    def whole(self, limits: Limits) -> bytes:
        """All bytes at once, for kinds that cannot be streamed. Raises CGR004 when too large."""
        limits.check_file(self.size, document=True)
        if self.data is not None:
            return self.data
        with self.open() as stream:
            return self.read_from(stream, -1)

    def read_from(self, stream: BinaryIO, size: int) -> bytes:
        """`stream.read`, with a failing disk or share said as CGR001."""
        try:
            return stream.read(size)
        except OSError as error:
            raise unreadable(error, self.name) from None


def unreadable(error: OSError, name: str) -> InputRefused:
    """The refusal for what the operating system says."""
    if isinstance(error, FileNotFoundError):
        return InputRefused("CGR001", "file not found", help="check the path", path=name)
    if isinstance(error, PermissionError):
        help = "close it elsewhere, or change its rights"
        return InputRefused("CGR001", "no permission to read the file", help=help, path=name)
    reason = (error.strerror or str(error) or type(error).__name__).lower()
    return InputRefused("CGR001", f"file cannot be read: {reason}", help="check the path", path=name)


def locate(source: str | Path | bytes, limits: Limits, name: str | None = None) -> Source:
    """Find the bytes. Pipes and devices are read into memory, since readers pass over a file twice.

    Raises CGR001 (missing, a folder, no permission) and CGR004 (too large).
    """
    if isinstance(source, bytes):
        limits.check_file(len(source))
        return Source(name or "<input>", None, source, len(source))
    label = name or str(source)
    try:
        path = Path(source)
        if path.is_dir():
            raise InputRefused("CGR001", "this is a folder, not a file", help="name a file in it", path=label)
        size = path.stat().st_size
        regular = path.is_file()
    except OSError as error:
        raise unreadable(error, label) from None
    except ValueError:  # a NUL character in the name
        raise InputRefused("CGR001", "the path is not valid", help="check the path", path=label) from None
    if not regular:
        data = drain(path, label, limits)
        return Source(label, None, data, len(data))
    limits.check_file(size)
    found = Source(label, path, None, size)
    found.open().close()
    return found


def drain(path: Path, label: str, limits: Limits) -> bytes:
    """Read a pipe or device to its end, never more than is accepted in memory."""
    blocks: list[bytes] = []
    total = 0
    try:
        with path.open("rb") as stream:
            while block := stream.read(MEBIBYTE):
                total += len(block)
                limits.check_file(total, document=True)
                blocks.append(block)
    except OSError as error:
        raise unreadable(error, label) from None
    return b"".join(blocks)
