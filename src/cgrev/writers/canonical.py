"""The frame every writer takes, checked once."""

from __future__ import annotations

import polars as pl

from cgrev.layout import COLUMNS, IDS, Role

_TYPES: dict[Role, pl.DataType] = {
    "name": pl.String(),
    "amount": pl.Int64(),
    "date": pl.Date(),
    "type": pl.String(),
    "text": pl.String(),
}
SCHEMA: dict[str, pl.DataType] = {column.id: _TYPES[column.role] for column in COLUMNS}
"""Column ids and types of a canonical frame, in the order of the layout."""


def canonical(frame: pl.DataFrame) -> pl.DataFrame:
    """The six columns in order, other columns left out, blank texts as null.

    Raises ValueError when a column is missing, is of another type or has a blank where none may be: rows
    that reach a writer have passed the rules, so this is a fault of the caller and nothing is written.
    """
    for name, expected in SCHEMA.items():
        if name not in frame.columns:
            raise ValueError(f"column {name!r} is missing from the rows to write")
        if frame.schema[name] != expected:
            raise ValueError(f"column {name!r} is {frame.schema[name]}, not {expected}")
    texts = [column.id for column in COLUMNS if _TYPES[column.role] == pl.String]
    frame = frame.select(IDS).with_columns(pl.when(pl.col(name) != "").then(name) for name in texts)
    for column in COLUMNS:
        if column.required and frame[column.id].null_count():
            place = frame[column.id].is_null().arg_max() or 0
            raise ValueError(f"column {column.id!r} is blank in record {place + 1} of the rows to write")
    return frame
