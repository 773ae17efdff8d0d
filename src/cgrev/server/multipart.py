"""The one part `file` of an upload, read as it arrives.

Written on the low-level parser because the high-level one accepts a body that stops in the middle,
and money must not be booked from half a file. Bytes above the file limit are counted, not kept.
"""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterable
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from cgrev.server.answers import ApiError, Code

_MAX_NAME = 255
_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file as it came in. `data` is None when it is larger than the limit; `size` is always exact."""

    name: str
    size: int
    data: bytes | None


@dataclass(slots=True)
class _Part:
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    name: str = ""
    filename: str | None = None
    data: bytearray = field(default_factory=bytearray)
    size: int = 0


async def read_upload(content_type: str, chunks: AsyncIterable[bytes], max_bytes: int) -> UploadedFile:
    """The part `file` of a multipart body.

    Raises `ApiError`: 300004 when it is missing, 300000 for further parts, 300001 when the body is broken.
    """
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise ApiError(
            Code.FIELD_MISSING, "the field file is missing: send multipart/form-data with one part named file"
        )
    reader = _Reader(max_bytes)
    try:
        parser = reader.parser(options[b"boundary"])
        async for chunk in chunks:
            parser.write(chunk)
        parser.finalize()
    except FormParserError as error:
        raise ApiError(Code.INVALID_ARGUMENTS, "the multipart body is broken") from error
    return reader.result()


class _Reader:
    """Collects what the parser calls back."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._part = _Part()
        self._header: tuple[bytes, bytes] = (b"", b"")
        self._file: _Part | None = None
        self._plain_file_field = False
        self._complete = False

    def parser(self, boundary: bytes) -> MultipartParser:
        return MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begin,
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._part_data,
                "on_part_end": self._part_end,
                "on_end": self._end,
            },
        )

    def result(self) -> UploadedFile:
        if not self._complete:
            raise ApiError(Code.INVALID_ARGUMENTS, "the multipart body ends before its last boundary")
        if self._file is None:
            why = "it has no filename" if self._plain_file_field else "send one part named file"
            raise ApiError(Code.FIELD_MISSING, f"the field file is missing: {why}")
        part = self._file
        data = bytes(part.data) if part.size <= self._max_bytes else None
        return UploadedFile(base_name(part.filename or ""), part.size, data)

    def _part_begin(self) -> None:
        self._part = _Part()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._header[0] + data[start:end], self._header[1])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._header[0], self._header[1] + data[start:end])

    def _header_end(self) -> None:
        self._part.headers.append(self._header)
        self._header = (b"", b"")

    def _headers_finished(self) -> None:
        values = [value for name, value in self._part.headers if name.lower() == b"content-disposition"]
        disposition, options = parse_options_header(values[0] if len(values) == 1 else None)
        if disposition != b"form-data" or b"name" not in options:
            raise ApiError(Code.INVALID_ARGUMENTS, "a part of the body has no name")
        self._part.name = _utf8(options[b"name"], "the name of a part")
        if b"filename" in options:
            self._part.filename = _utf8(options[b"filename"], "the file name")
        if self._part.name != "file":
            raise ApiError(Code.TOO_MANY_PARAMETERS, "the body may hold only one part, named file")
        if self._file is not None or self._plain_file_field:
            raise ApiError(Code.TOO_MANY_PARAMETERS, "the body holds more than one part named file")

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        part.size += end - start
        if part.filename is not None and part.size <= self._max_bytes:
            part.data += data[start:end]

    def _part_end(self) -> None:
        if self._part.filename:
            self._file = self._part
        else:
            self._plain_file_field = True

    def _end(self) -> None:
        # Called at the closing boundary only; `finalize` does not look whether there was one.
        self._complete = True


def base_name(name: str) -> str:
    """The last component of a name a client sent; nothing of a path is kept.

    Raises `ApiError` where no usable name is left, or it holds line breaks or control characters.
    """
    base = name.replace("\\", "/").rsplit("/", 1)[-1].strip()
    if base in ("", ".", ".."):
        raise ApiError(Code.INVALID_ARGUMENTS, "the file name is empty")
    if len(base) > _MAX_NAME:
        raise ApiError(Code.INVALID_ARGUMENTS, f"the file name is longer than {_MAX_NAME} characters")
    if any(unicodedata.category(character) in _UNPRINTABLE for character in name):
        raise ApiError(Code.INVALID_ARGUMENTS, "the file name holds control characters")
    return base


def _utf8(value: bytes, what: str) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ApiError(Code.INVALID_ARGUMENTS, f"{what} is not UTF-8") from error
