"""CSV for upload: UTF-8 without byte-order mark, CRLF, quotes only where RFC 4180 needs them.

CRLF because RFC 4180 says so and because it is what spreadsheets save, hence what the server is fed
every day; no byte-order mark because a server that reads by position would take it for part of the first
name. A blank description is an empty field, not a pair of quotes.
"""

from __future__ import annotations

from io import BytesIO

import polars as pl

from cgrev.layout import HEADINGS, IDS
from cgrev.writers import DELIMITERS, Delimiter
from cgrev.writers.canonical import canonical


def write_csv(frame: pl.DataFrame, *, header: bool = True, delimiter: Delimiter = "comma") -> bytes:
    """A canonical frame as the bytes of one CSV file. Text is written as it is, formula-like or not."""
    buffer = BytesIO()
    canonical(frame).rename(dict(zip(IDS, HEADINGS, strict=True))).write_csv(
        buffer,
        include_header=header,
        separator=DELIMITERS[delimiter],
        line_terminator="\r\n",
        date_format="%Y-%m-%d",
        quote_style="necessary",
    )
    return buffer.getvalue()
