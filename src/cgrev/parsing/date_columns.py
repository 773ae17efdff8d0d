"""Dates by column: what `dates.read_date` says of each cell, at the speed of a column.

ISO dates, with or without a time, are read by patterns; all others cell by distinct cell.
"""

from __future__ import annotations

import polars as pl

from cgrev.parsing.cell_columns import few
from cgrev.parsing.dates import Order, compile_format, read_date
from cgrev.parsing.fields import Declared
from cgrev.parsing.flags import DateFlag

READING: dict[str, type[pl.DataType] | pl.DataType] = {
    "order": pl.UInt8,
    "dmy": pl.Date,
    "mdy": pl.Date,
    "dmy_flags": pl.UInt32,
    "mdy_flags": pl.UInt32,
}
"""Columns of a frame of readings."""

_DAY = r"(?:19[7-9][0-9]|20[0-9]{2}|2100)-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
PLAIN = rf"^{_DAY}$"
"""Texts that are canonical and plausible, but for days a month lacks."""
_TIMED = (
    rf"^{_DAY}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?"
    r"(?:Z|[+\-][0-9]{2}:?[0-9]{2})?$"
)
_MIDNIGHT = r"^.{11}00:00(?::00(?:\.0+)?)?(?:[Z+\-]|$)"


def obeys_iso(declared: Declared) -> bool:
    """Whether an ISO text means that date: not where a declared format reads such a text otherwise."""
    if declared.date_format is None:
        return True
    pattern = compile_format(declared.date_format, yearless=declared.within is not None)
    return pattern.match("2024-01-02") is None


def read_column(texts: pl.Series, declared: Declared) -> pl.DataFrame:
    """Readings of texts without nulls, in order, one row each (columns as in `READING`)."""
    if few(texts):
        return _one_by_one(texts, declared)
    cells = texts.to_frame("text").with_row_index("at")
    timed = pl.lit(False) if not obeys_iso(declared) else pl.col("text").str.contains(_TIMED)
    day = pl.col("text").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    cells = cells.with_columns(day=pl.when(timed).then(day))
    quick = cells.filter(pl.col("day").is_not_null())
    slow = cells.filter(pl.col("day").is_null())
    midnight = pl.col("text").str.contains(_MIDNIGHT)
    flags = pl.when(midnight).then(int(DateFlag.MIDNIGHT)).otherwise(int(DateFlag.HAS_TIME)).cast(pl.UInt32)
    done = quick.select(
        "at",
        order=pl.lit(int(Order.NONE), pl.UInt8),
        dmy="day",
        mdy="day",
        dmy_flags=flags,
        mdy_flags=flags,
    )
    if slow.height:
        done = pl.concat([done, _slow(slow, declared)]).sort("at")
    return done.drop("at")


def _slow(cells: pl.DataFrame, declared: Declared) -> pl.DataFrame:
    distinct = cells["text"].unique()
    known = _one_by_one(distinct, declared).insert_column(0, distinct)
    return cells.select("at", "text").join(known, on="text", how="left").select("at", *READING)


def _one_by_one(texts: pl.Series, declared: Declared) -> pl.DataFrame:
    read = [read_date(text, declared) for text in texts]
    columns = {
        "order": [int(one.order) for one in read],
        "dmy": [one.dmy for one in read],
        "mdy": [one.mdy for one in read],
        "dmy_flags": [one.dmy_flags for one in read],
        "mdy_flags": [one.mdy_flags for one in read],
    }
    return pl.DataFrame(columns, schema=READING)
