"""Canonical frame to the bytes of one file for upload: CSV, XLSX or XML. Pure: nothing touches the disk.

The canonical frame has `account_name` String, `amount` Int64, `start_date` Date, `end_date` Date,
`revenue_type` String and `description` String (null or "" where blank), in row order. The same frame and
options give the same bytes, on any day and in any time zone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal

from msgspec import Struct, field

from cgrev.errors import SettingsError
from cgrev.layout import COLUMNS

if TYPE_CHECKING:
    import polars as pl

Format = Literal["csv", "xlsx", "xml"]
Delimiter = Literal["comma", "semicolon"]

FORMATS: tuple[Format, ...] = ("csv", "xlsx", "xml")
DELIMITERS: dict[Delimiter, str] = {"comma": ",", "semicolon": ";"}
_ELEMENT = re.compile(r"(?!xml)[A-Za-z_][A-Za-z0-9_.-]*", re.IGNORECASE)


class XmlNames(Struct, frozen=True):
    """Names of the XML elements. The vendor prints none (the server reads by position), so they are settings.

    Raises SettingsError for a name that XML does not allow or an element named twice.
    """

    root: str = "RECORDS"
    record: str = "RECORD"
    elements: tuple[str, ...] = tuple(column.element for column in COLUMNS)

    def __post_init__(self) -> None:
        if len(self.elements) != len(COLUMNS) or len(set(self.elements)) != len(COLUMNS):
            raise SettingsError(
                f"a record needs {len(COLUMNS)} different element names, not {', '.join(self.elements)!r}",
                help="name one element for each column, in the order of the layout",
            )
        for name in (self.root, self.record, *self.elements):
            if not _ELEMENT.fullmatch(name):
                raise SettingsError(
                    f"{name!r} cannot name an XML element",
                    help="use letters, digits, '_', '-' and '.', with a letter or '_' first, not 'xml'",
                )


class FileOptions(Struct, frozen=True):
    """How a file for upload is written.

    `header` writes the six headings first (CSV and XLSX; XML has none). `delimiter` is the tenant's CSV
    setting. Raises SettingsError for a format or delimiter that does not exist.
    """

    format: Format = "csv"
    header: bool = True
    delimiter: Delimiter = "comma"
    xml: XmlNames = field(default_factory=XmlNames)

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise SettingsError(f"{self.format!r} is no format to write", help="use csv, xlsx or xml")
        if self.delimiter not in DELIMITERS:
            raise SettingsError(f"{self.delimiter!r} is no delimiter", help="use comma or semicolon")


class Framing(Struct, frozen=True):
    """A format whose file is a head, the records one behind the other, and a tail; so is its size their sum.

    `records` turns rows that `writers.canonical` has made into one piece of the file each, in order.
    """

    head: bytes
    tail: bytes
    records: Callable[[pl.DataFrame], list[bytes]]

    def file(self, records: Iterable[bytes]) -> bytes:
        """The bytes of one finished file."""
        return b"".join((self.head, *records, self.tail))


def framing(options: FileOptions) -> Framing | None:
    """How `options.format` is put together of records; None where only a whole file can be written (XLSX).

    Records raise ValueError for a character that the format cannot carry.
    """
    if options.format == "csv":
        from cgrev.writers.csv import csv_framing

        return csv_framing(header=options.header, delimiter=options.delimiter)
    if options.format == "xml":
        from cgrev.writers.xml import xml_framing

        return xml_framing(options.xml)
    return None


def writer(options: FileOptions) -> Callable[[pl.DataFrame], bytes]:
    """The function that writes a canonical frame as one file in `options.format`.

    It raises ValueError when the frame is not canonical, or holds a character the format cannot carry.
    """
    if (parts := framing(options)) is not None:
        from cgrev.writers.canonical import canonical

        return lambda frame: parts.file(parts.records(canonical(frame)))
    # imported late: a run that writes CSV does not pay for the workbook library
    from cgrev.writers.xlsx import write_xlsx

    return lambda frame: write_xlsx(frame, header=options.header)
