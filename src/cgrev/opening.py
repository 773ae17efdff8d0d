"""Inputs as a call names them, and their way into the pipeline."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from cgrev.errors import CgrevError, InputRefused
from cgrev.limits import Limits
from cgrev.readers import ReadOptions, open_table
from cgrev.readers.frame import open_frame
from cgrev.report import FileError, FileReport
from cgrev.settings import Settings
from cgrev.table import OpenTable

STDIN = "-"
DEFAULT_READING = ReadOptions()
"""The reader decides everything and says why."""
_STDIN_LIMIT = 1 << 30


class Input(Struct, frozen=True):
    """One input: `path` as it is shown (given as on the command line), and its bytes where it is no file."""

    path: str
    data: bytes | None = None
    frame: pl.DataFrame | None = None

    @classmethod
    def of(cls, source: str | Path | bytes | pl.DataFrame) -> Input:
        """From a path, bytes, a polars frame, or `-` for standard input (read whole)."""
        if not isinstance(source, str | Path | bytes):
            return cls("<frame>", frame=source)
        if isinstance(source, bytes):
            return cls("<bytes>", source)
        if str(source) == STDIN:
            data = sys.stdin.buffer.read(_STDIN_LIMIT + 1)
            if len(data) > _STDIN_LIMIT:
                raise InputRefused(
                    "CGR004", "standard input is larger than 1 GiB", help="write it to a file first"
                )
            return cls(STDIN, data)
        return cls(str(source))

    def open(self, options: ReadOptions) -> OpenTable:
        """Open it as a table. Raises InputRefused."""
        if self.frame is not None:
            return open_frame(self.frame)
        if self.data is not None:
            return open_table(self.data, options=options, name=self.path)
        return open_table(Path(self.path), options=options, name=self.path)

    @property
    def size(self) -> int:
        """Its length in bytes; a frame has none."""
        if self.frame is not None:
            return 0
        return len(self.data) if self.data is not None else Path(self.path).stat().st_size

    @property
    def stem(self) -> str:
        """What files made from it are named after."""
        return "revenue" if self.path[:1] in ("-", "<") else Path(self.path).stem


def distinct(files: Sequence[str]) -> list[Input]:
    """The inputs a command line names, each file once, however often and by whatever path it is named."""
    first = {file if file == STDIN else os.path.realpath(file): file for file in reversed(files)}
    return [Input.of(file) for file in dict.fromkeys(files) if file in first.values()]


class Digests:
    """Digests of inputs, computed beside the reading of them (hashing releases the interpreter lock)."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="digest")
        self._jobs: dict[str, Future[str | None]] = {}

    def start(self, source: Input) -> None:
        self._jobs[source.path] = self._pool.submit(_digest, source)

    def of(self, source: Input) -> str | None:
        """The hex SHA-256 of the input; None when it cannot be read."""
        return self._jobs[source.path].result() if source.path in self._jobs else _digest(source)

    def __enter__(self) -> Digests:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


def _digest(source: Input) -> str | None:
    if source.frame is not None:
        return hashlib.sha256(source.frame.write_csv().encode()).hexdigest()
    if source.data is not None:
        return hashlib.sha256(source.data).hexdigest()
    try:
        with open(source.path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def refused(path: str, error: CgrevError) -> FileReport:
    """The report of a file that cannot be read safely; the other files of the call go on."""
    code = getattr(error, "code", None)
    return FileReport(
        path, status="refused", error=FileError(str(code or "CGR001"), error.message, error.help)
    )


def reading_of(read: ReadOptions, settings: Settings) -> ReadOptions:
    """How files are read: what the call says, with the settings' limits where it states none of its own."""
    if read.limits != Limits():
        return read
    return replace(read, limits=Limits(**settings.limits.model_dump()))
