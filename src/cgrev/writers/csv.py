"""CSV for upload: UTF-8 without byte-order mark, CRLF, quotes only where RFC 4180 needs them.

CRLF because RFC 4180 says so and because it is what spreadsheets save, hence what the server is fed
every day; no byte-order mark because a server that reads by position would take it for part of the first
name. A blank description is an empty field, not a pair of quotes.
"""

from __future__ import annotations

from functools import partial
from io import BytesIO
from itertools import islice

import polars as pl

from cgrev.layout import HEADINGS
from cgrev.writers import DELIMITERS, Delimiter, Framing

_END = "\r\n"


def csv_framing(*, header: bool = True, delimiter: Delimiter = "comma") -> Framing:
    """A CSV file: the six headings (or nothing), then a record a line."""
    mark = DELIMITERS[delimiter]
    head = (mark.join(HEADINGS) + _END).encode() if header else b""
    return Framing(head, b"", partial(csv_records, separator=mark))


def csv_records(rows: pl.DataFrame, separator: str) -> list[bytes]:
    """The records of a canonical frame. Text is written as it is, formula-like or not.

    All rows are written in one go, and cut where records end: one plan for each file would cost more than
    writing it. A record ends with its last line feed; as many more are in it as are in its texts.
    """
    buffer = BytesIO()
    rows.write_csv(
        buffer,
        include_header=False,
        separator=separator,
        line_terminator=_END,
        date_format="%Y-%m-%d",
        quote_style="necessary",
    )
    buffer.seek(0)
    lines = buffer.readlines()
    if len(lines) == rows.height:  # then no text has a line feed
        return lines
    feeds = rows.select(pl.sum_horizontal(pl.col(pl.String).str.count_matches("\n", literal=True)))
    rest = iter(lines)
    return [b"".join(islice(rest, 1 + count)) for count in feeds.to_series()]
