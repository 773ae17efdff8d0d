"""In which encoding a text file is written: decided on every byte of it, never on a sample.

Order of evidence: a byte-order mark; UTF-16 without one, where every other byte of the start is NUL;
UTF-8, if the *whole* file is valid; else Windows-1252, said aloud (CGR010). What is neither is
refused (CGR005): bytes that Windows-1252 does not define (0x81, 0x8D, 0x8F, 0x90, 0x9D) show that the
file is something else, and falling back to Latin-1, where any byte is legal, would be a guess. A file
that is mostly valid UTF-8 with a few bad bytes is damaged UTF-8: reading it as Windows-1252 would turn
every correct umlaut in it into two wrong characters, so it is refused as well.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from msgspec import Struct

from cgrev.errors import InputRefused, UsageError
from cgrev.findings import Decision
from cgrev.limits import MEBIBYTE
from cgrev.readers.source import Source
from cgrev.table import Notice

BLOCK_BYTES = MEBIBYTE // 2  # small enough to stay in the cache and to be allocated from the heap

MARKS: tuple[tuple[bytes, str, str], ...] = (  # UTF-32 first: its mark starts with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32 LE"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32 BE"),
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16 LE"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16 BE"),
)
WIDE = ("utf-16", "utf-32")
ESCAPED = "[\udc80-\udcff]"
BEYOND_ASCII = "[\x80-\ud7ff\ue000-\U0010ffff]"  # compiled on use: most files never need it
RESAVE = "save the file as UTF-8, or name its encoding (--encoding)"


class Encoding(Struct, frozen=True):
    """`codec` reads the bytes after the first `skip` (a byte-order mark)."""

    codec: str
    skip: int
    decision: Decision
    notice: Notice | None = None

    @property
    def is_utf8(self) -> bool:
        return self.codec == "utf-8"


def decide_encoding(source: Source, declared: str | None = None) -> Encoding:
    """Decide and prove the encoding of a text file by reading all of it once.

    Raises `InputRefused` CGR005 when it is binary, damaged or undecidable, `UsageError` when
    `declared` names no encoding.
    """
    head = source.head()
    if declared is not None:
        return _declared(source, head, declared)
    for mark, codec, label in MARKS:
        if head.startswith(mark):
            decision = Decision("encoding", label, "evidence", ("byte-order mark",))
            return _proven(source, Encoding(codec, len(mark), decision))
    wide = _unmarked_wide(head)
    if wide is not None:
        label = "UTF-16 LE" if wide == "utf-16-le" else "UTF-16 BE"
        decision = Decision("encoding", label, "evidence", ("every other byte at the start is zero",))
        return _proven(source, Encoding(wide, 0, decision))
    fault = first_fault(source, "utf-8", 0)
    if fault is None:
        return Encoding("utf-8", 0, Decision("encoding", "UTF-8", "evidence", ("all bytes are valid UTF-8",)))
    return _cp1252(source, fault)


def _declared(source: Source, head: bytes, declared: str) -> Encoding:
    try:
        codec = codecs.lookup(declared).name
        "".encode(codec)
    except (LookupError, ValueError):
        raise UsageError(
            f"unknown encoding '{declared}'", help="use a name such as utf-8, cp1252, utf-16 or iso-8859-15"
        ) from None
    if codec in ("utf-8", "utf-8-sig"):
        codec = "utf-8"
    skip = 0
    for mark, marked, _ in MARKS:
        if head.startswith(mark) and marked.startswith(codec):
            codec, skip = marked, len(mark)
            break
    if codec in WIDE:  # no mark: the machine that wrote such a file is taken to be little-endian
        codec += "-le"
    return _proven(source, Encoding(codec, skip, Decision("encoding", declared, "declared", ("--encoding",))))


def _unmarked_wide(head: bytes) -> str | None:
    """UTF-16 without a mark: at least two in five characters of the start are ASCII, so NUL in half."""
    sample = head[: min(len(head), 4096) & ~1]
    if len(sample) < 4:
        return None
    pairs = len(sample) // 2
    high, low = sample[1::2].count(0), sample[0::2].count(0)
    if high >= pairs * 0.4 and low <= pairs * 0.02:
        return "utf-16-le"
    if low >= pairs * 0.4 and high <= pairs * 0.02:
        return "utf-16-be"
    return None


class Fault(Struct, frozen=True):
    """The first byte that is not text in the encoding tried: its line (from 1) and its value."""

    line: int
    byte: int | None


def first_fault(source: Source, codec: str, skip: int) -> Fault | None:
    """The first fault of the whole file under `codec`, or None. Raises CGR005 for NUL characters."""
    decoder = codecs.getincrementaldecoder(codec)()
    plain = codec == "utf-8"
    pending = False
    place = skip  # of the block in the file
    for block in source.blocks(BLOCK_BYTES, skip=skip):
        if plain and not pending and block.isascii():
            if b"\0" in block:
                raise _nul(source, place + block.find(b"\0"))
        else:
            try:
                text = decoder.decode(block)
            except UnicodeError as error:
                return _fault(source, place, error)
            pending = bool(decoder.getstate()[0])
            if "\0" in text:
                raise _nul(source, place + len(text[: text.find("\0")].encode(codec)))
        place += len(block)
    try:
        decoder.decode(b"", True)
    except UnicodeError as error:
        return _fault(source, place, error)
    return None


def _fault(source: Source, place: int, error: UnicodeError) -> Fault:
    if isinstance(error, UnicodeDecodeError):
        return Fault(line_at(source, place + error.start), error.object[error.start])
    return Fault(line_at(source, place), None)


def _nul(source: Source, place: int) -> InputRefused:
    message = f"not a text file: a NUL character in line {line_at(source, place)}"
    return InputRefused("CGR005", message, help=RESAVE, path=source.name)


def line_at(source: Source, place: int) -> int:
    """The line (from 1) of the byte at `place`; an old Mac file has only carriage returns. Counted
    when it is needed, not on the way: a file without a fault is not slowed down by it."""
    feeds = returns = 0
    for block in source.blocks(BLOCK_BYTES):
        part = block[:place]
        feeds += part.count(b"\n")
        returns += part.count(b"\r")
        place -= len(part)
        if place <= 0:
            break
    return 1 + (feeds or returns)


def _proven(source: Source, encoding: Encoding) -> Encoding:
    fault = first_fault(source, encoding.codec, encoding.skip)
    if fault is not None:
        byte = "" if fault.byte is None else f" (byte 0x{fault.byte:02X})"
        raise InputRefused(
            "CGR005",
            f"line {fault.line} is not valid {encoding.decision.value}{byte}",
            help=RESAVE,
            path=source.name,
        )
    return encoding


def _cp1252(source: Source, fault: Fault) -> Encoding:
    bad, good = _balance(source)
    if good > bad:
        raise InputRefused(
            "CGR005",
            f"the encoding cannot be decided: {good:,} characters are valid UTF-8, {bad:,} bytes are not, "
            f"the first in line {fault.line}",
            help=RESAVE,
            path=source.name,
        )
    other = first_fault(source, "cp1252", 0)
    if other is not None:
        raise InputRefused(
            "CGR005",
            f"the encoding cannot be decided: line {other.line} is neither UTF-8 nor Windows-1252 "
            f"(byte 0x{other.byte or 0:02X})",
            help=RESAVE,
            path=source.name,
        )
    evidence = (f"not UTF-8: byte 0x{fault.byte or 0:02X} in line {fault.line}",)
    return Encoding(
        "cp1252",
        0,
        Decision("encoding", "Windows-1252", "default", evidence),
        Notice("CGR010", f"not UTF-8 (line {fault.line}), read as Windows-1252", None, None),
    )


def _balance(source: Source) -> tuple[int, int]:
    """Bytes that are not UTF-8, and characters beyond ASCII that are."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    bad = good = 0
    for block in source.blocks(BLOCK_BYTES):
        text = decoder.decode(block)
        if not text.isascii():
            bad += len(re.findall(ESCAPED, text))
            good += len(re.findall(BEYOND_ASCII, text))
    bad += len(decoder.decode(b"", True))
    return bad, good


def text_blocks(source: Source, encoding: Encoding, size: int) -> Iterator[bytes]:
    """The text as UTF-8 in blocks of about `size` bytes, cut anywhere but between CR and LF, a
    byte-order mark left out."""
    decoder = None if encoding.is_utf8 else codecs.getincrementaldecoder(encoding.codec)()
    held = b""
    read = source.line_blocks if encoding.is_utf8 else source.blocks
    for raw in read(size, skip=encoding.skip):
        try:
            block = raw if decoder is None else decoder.decode(raw).encode("utf-8")
        except UnicodeError:
            raise changed(source) from None
        block = held + block if held else block
        held = b""
        if block.endswith(b"\r"):
            block, held = block[:-1], b"\r"
        if block:
            yield block
    if held:
        yield held


def utf8_blocks(source: Source, encoding: Encoding, size: int) -> Iterator[bytes]:
    """`text_blocks` in which a carriage return without a line feed, a line break too, is a line feed,
    so that whoever reads on meets only LF and CRLF."""
    return map(line_feeds, text_blocks(source, encoding, size))


def changed(source: Source) -> InputRefused:
    """The refusal when the bytes of a second pass are not those of the first."""
    return InputRefused("CGR001", "the file changed while it was read", help="run again", path=source.name)


LONE_CR = re.compile(rb"\r(?!\n)")


def line_feeds(block: bytes) -> bytes:
    """Turn each carriage return that is not followed by a line feed into a line feed."""
    returns = block.count(b"\r") if b"\r" in block else 0
    if returns == 0 or returns == block.count(b"\r\n"):
        return block
    if b"\n" not in block:
        return block.replace(b"\r", b"\n")
    return LONE_CR.sub(b"\n", block)
