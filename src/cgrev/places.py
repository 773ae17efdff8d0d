"""Where a row is, comparable over all files of one call.

A place (`at`, UInt64) is the unit's number (file of the call) in the upper and the row in the lower 32 bits.
"""

from __future__ import annotations

import polars as pl

AT = "at"


def place(unit: int, row: pl.Expr) -> pl.Expr:
    """The place of a row of a unit."""
    return row.cast(pl.UInt64) + (unit << 32)
