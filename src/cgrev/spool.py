"""Rows kept between the rules and the writers: in memory while few, on disk when many.

Duplicates are only known when the last row was read, so rows cannot be written at once. Pieces lie
in a temporary folder in polars' own format (compressed), one file each, and come back in order.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import polars as pl

KEPT_ROWS = 500_000


class Spool:
    """A queue of frames of one schema, bounded in memory. Use as a context manager."""

    def __init__(self, kept_rows: int = KEPT_ROWS) -> None:
        self._kept: list[pl.DataFrame] = []
        self._rows = 0
        self._limit = kept_rows
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._files: list[Path] = []

    def append(self, frame: pl.DataFrame) -> None:
        self._kept.append(frame)
        self._rows += frame.height
        if self._rows > self._limit:
            self._spill()

    def frames(self) -> Iterator[pl.DataFrame]:
        """All frames in the order they came; may be called again."""
        for file in self._files:
            yield pl.read_ipc(file)
        yield from self._kept

    def clear(self) -> None:
        for file in self._files:
            file.unlink()
        self._files, self._kept, self._rows = [], [], 0

    def _spill(self) -> None:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="cgrev-")
        for frame in self._kept:
            file = Path(self._folder.name) / f"{len(self._files):06d}.arrow"
            frame.write_ipc(file, compression="lz4", compat_level=pl.CompatLevel.newest())
            self._files.append(file)
        self._kept, self._rows = [], 0

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._kept, self._files = [], []
        if self._folder is not None:
            self._folder.cleanup()
