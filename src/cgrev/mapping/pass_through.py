"""The six columns as they were read: what `convert` does when there is nothing to work out."""

from __future__ import annotations

import polars as pl

from cgrev.layout import COLUMNS, FRACTION_DIGITS, IDS
from cgrev.table import ROW

AMOUNT_TYPE = pl.Decimal(38, FRACTION_DIGITS)
"""Type of every amount until it is rounded to whole units."""

TYPES: dict[str, pl.DataType] = {
    "name": pl.String(),
    "amount": AMOUNT_TYPE,
    "date": pl.Date(),
    "type": pl.String(),
    "text": pl.String(),
}
"""Polars type of a parsed field, by role."""

EXTRA: tuple[str, ...] = ("skip", "currency", *(f"fault.{name}" for name in IDS))
"""Columns beyond the six that `convert` may answer with."""


def pass_through(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Take `row` and the six from the fields of the same ids; a column not read is null."""
    present = set(rows.collect_schema().names())
    return rows.select(
        pl.col(ROW),
        *(
            pl.col(column.id)
            if column.id in present
            else pl.lit(None, dtype=TYPES[column.role]).alias(column.id)
            for column in COLUMNS
        ),
    )
