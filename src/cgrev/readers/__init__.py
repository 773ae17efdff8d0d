"""Readers: bytes to a table of text, native marks and row numbers (see `cgrev.table`).

What a file is, is decided by its content, never by its name. Reading never converts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cgrev.readers.limits import Limits

if TYPE_CHECKING:
    from cgrev.table import OpenTable

__all__ = ["Limits", "ReadOptions", "open_table"]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a person may say about a file; None means that the reader decides and says why.

    `sheet` is the name of a sheet or its number counted from 1, `encoding` a name such as "cp1252",
    `delimiter` one character or "tab".
    """

    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    limits: Limits = field(default_factory=Limits)


def open_table(
    source: str | Path | bytes, *, options: ReadOptions = ReadOptions(), name: str | None = None
) -> OpenTable:
    """Open a file, or bytes already read, as a table.

    `name` is what messages call it. Raises `InputRefused` for everything that is wrong with the file
    and `UsageError` for options that do not fit; nothing else.
    """
    from cgrev.readers.csv import open_csv
    from cgrev.readers.source import locate

    limits = options.limits
    found = locate(source, limits, name)
    return open_csv(found, encoding=options.encoding, delimiter=options.delimiter, limits=limits)
