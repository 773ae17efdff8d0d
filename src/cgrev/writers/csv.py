"""CSV for upload: UTF-8 without byte-order mark, CRLF, quotes only where RFC 4180 needs them.

CRLF because RFC 4180 says so and because it is what spreadsheets save, hence what the server is fed
every day; no byte-order mark because a server that reads by position would take it for part of the first
name. A blank description is an empty field, not a pair of quotes.
"""

from __future__ import annotations

from io import BytesIO

import polars as pl

from cgrev.layout import HEADINGS
from cgrev.writers import DELIMITERS, Delimiter
from cgrev.writers.canonical import canonical


def write_csv(frame: pl.DataFrame, *, header: bool = True, delimiter: Delimiter = "comma") -> bytes:
    """A canonical frame as the bytes of one CSV file. Text is written as it is, formula-like or not."""
    return csv_bytes(canonical(frame), header=header, delimiter=delimiter)


def csv_bytes(rows: pl.DataFrame, *, header: bool = True, delimiter: Delimiter = "comma") -> bytes:
    """`write_csv` of what `canonical` has made: for many files of one frame, which is looked at once."""
    buffer = BytesIO()
    if header:
        buffer.write(DELIMITERS[delimiter].join(HEADINGS).encode() + b"\r\n")
    rows.write_csv(
        buffer,
        include_header=False,
        separator=DELIMITERS[delimiter],
        line_terminator="\r\n",
        date_format="%Y-%m-%d",
        quote_style="necessary",
    )
    return buffer.getvalue()
