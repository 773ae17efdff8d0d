"""Readers: bytes to a table of text, native marks and row numbers (see `cgrev.table`).

What a file is, is decided by its content, never by its name. Reading never converts.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from cgrev.errors import InputRefused
from cgrev.limits import Limits

if TYPE_CHECKING:
    from cgrev.readers.grid import SheetInfo
    from cgrev.readers.source import Source
    from cgrev.table import OpenTable

__all__ = ["Limits", "ReadOptions", "list_sheets", "open_table"]


class ReadOptions(Struct, frozen=True):
    """What a person may say about a file; None means that the reader decides and says why.

    `sheet` is the name of a sheet or its number counted from 1, `encoding` a name such as "cp1252",
    `delimiter` one character or "tab"; the last two are for delimited text.
    """

    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    limits: Limits = field(default_factory=Limits)


DEFAULTS = ReadOptions()


def open_table(
    source: str | Path | bytes, *, options: ReadOptions = DEFAULTS, name: str | None = None
) -> OpenTable:
    """Open a file, or bytes already read, as a table.

    `name` is what messages call it. Raises `InputRefused` for everything that is wrong with the file
    and `UsageError` for options that do not fit; nothing else.
    """
    from cgrev.readers.source import locate

    found = locate(source, options.limits, name)
    try:
        return _open(found, options)
    except InputRefused as refusal:
        refusal.path = refusal.path or found.name
        raise


def list_sheets(
    source: str | Path | bytes, *, options: ReadOptions = DEFAULTS, name: str | None = None
) -> tuple[SheetInfo, ...]:
    """The sheets of a workbook or the tables of a page; empty for kinds of file that have none.

    Raises as `open_table`.
    """
    from cgrev.readers.content import detect
    from cgrev.readers.source import locate

    limits = options.limits
    found = locate(source, limits, name)
    try:
        kind = detect(found.head())
        if kind in ("archive", "ole"):
            from cgrev.readers.excel import list_book

            return list_book(found, limits, kind)
        if kind == "spreadsheetml":
            from cgrev.readers.spreadsheetml import list_spreadsheetml

            return list_spreadsheetml(found, limits)
        if kind == "html":
            from cgrev.readers.html import list_tables

            return list_tables(found, limits)
        return ()
    except InputRefused as refusal:
        refusal.path = refusal.path or found.name
        raise


def _open(source: Source, options: ReadOptions) -> OpenTable:
    """Only the module that is needed is imported: the workbook library costs start-up time."""
    from cgrev.readers.content import detect

    limits = options.limits
    kind = detect(source.head())
    if kind in ("archive", "ole"):
        from cgrev.readers.excel import open_excel

        return open_excel(source, sheet=options.sheet, limits=limits, kind=kind)
    if kind == "spreadsheetml":
        from cgrev.readers.spreadsheetml import open_spreadsheetml

        return open_spreadsheetml(source, sheet=options.sheet, limits=limits)
    if kind == "html":
        from cgrev.readers.html import open_html

        return open_html(source, sheet=options.sheet, limits=limits)
    if kind == "xml":
        from cgrev.readers.xml import open_xml

        return open_xml(source, limits=limits)
    from cgrev.readers.csv import open_csv

    return open_csv(source, encoding=options.encoding, delimiter=options.delimiter, limits=limits)
