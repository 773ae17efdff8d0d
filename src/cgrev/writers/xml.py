"""XML for upload: one `<RECORD>` a line, one element a column in the order of the layout, UTF-8.

The server reads the children of a record by position, "even for XML", so a blank description is an empty
element, never left out.
"""

from __future__ import annotations

from functools import partial

import polars as pl

from cgrev.layout import COLUMNS
from cgrev.writers import Framing, XmlNames

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_ESCAPES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "\r": "&#13;",  # a parser turns a bare carriage return into a line feed
}
_ILLEGAL = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x{FFFE}\x{FFFF}]"


def xml_framing(names: XmlNames) -> Framing:
    """An XML 1.0 file: declaration and root, then a record a line."""
    head, tail = f"{_DECLARATION}<{names.root}>\n", f"</{names.root}>\n"
    return Framing(head.encode(), tail.encode(), partial(xml_records, names=names))


def xml_records(rows: pl.DataFrame, names: XmlNames) -> list[bytes]:
    """The records of a canonical frame.

    Raises ValueError for a character that XML 1.0 cannot carry even escaped (rules report those earlier).
    """
    _require_legal(rows)
    cells: list[pl.Expr] = []
    for column, element in zip(COLUMNS, names.elements, strict=True):
        text = pl.col(column.id).cast(pl.String).fill_null("")
        if column.role in ("name", "type", "text"):
            text = text.str.replace_many(list(_ESCAPES), list(_ESCAPES.values()))
        cells += [pl.lit(f"<{element}>"), text, pl.lit(f"</{element}>")]
    record = pl.concat_str(pl.lit(f"<{names.record}>"), *cells, pl.lit(f"</{names.record}>\n"))
    return rows.select(record.cast(pl.Binary)).to_series().to_list()


def _require_legal(frame: pl.DataFrame) -> None:
    for column in COLUMNS:
        if frame.schema[column.id] != pl.String:
            continue
        bad = frame[column.id].str.contains(_ILLEGAL).fill_null(False)
        if bad.any():
            place = bad.arg_max() or 0
            raise ValueError(
                f"{column.heading!r} of record {place + 1} holds a character XML cannot carry "
                f"(value {frame[column.id][place]!r})"
            )
