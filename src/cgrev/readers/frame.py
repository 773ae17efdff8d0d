"""A polars frame as a table: for callers who have their data in memory."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import polars as pl

from cgrev.errors import InputRefused
from cgrev.findings import plain
from cgrev.table import ROW, Kind, OpenTable


def open_frame(frame: pl.DataFrame) -> OpenTable:
    """The frame with its column names as row 1 and its rows from row 2 on, typed as the frame types them.

    Integers, decimals and floats (by their shortest decimal form) are native numbers, Date and Datetime
    native dates, Boolean as such; everything else is text. Null is a blank cell. Raises InputRefused for a
    frame without columns or rows and for columns of another type.
    """
    if frame.width == 0 or frame.height == 0:
        raise InputRefused("CGR006", "the frame has no rows", help="hand over a frame with rows")
    columns = [_column(frame[name], index) for index, name in enumerate(frame.columns)]
    header = pl.DataFrame(
        {ROW: [1], **{f"c{index}": [name] for index, name in enumerate(frame.columns)}},
        schema_overrides={ROW: pl.UInt32},
    )
    rows = pl.DataFrame({ROW: pl.int_range(2, frame.height + 2, dtype=pl.UInt32, eager=True)})
    table = pl.concat([header, rows.hstack([s for group in columns for s in group])], how="diagonal")
    kinds = [name for name in table.columns if name[0] == "k"]
    table = table.with_columns(pl.col(kinds).fill_null(Kind.TEXT)) if kinds else table

    def pieces(size: int) -> Iterator[pl.DataFrame]:
        yield from table.iter_slices(size)

    return OpenTable("frame", frame.width, pieces)


def _column(series: pl.Series, index: int) -> list[pl.Series]:
    name, kind = f"c{index}", f"k{index}"
    dtype = series.dtype
    if dtype == pl.String or isinstance(dtype, pl.Enum | pl.Categorical) or dtype == pl.Null:
        return [series.cast(pl.String).fill_null("").alias(name)]
    if dtype == pl.Date:
        texts, mark = series.dt.strftime("%Y-%m-%d"), Kind.DATE
    elif dtype == pl.Datetime:
        return _moments(series, name, kind)
    elif dtype == pl.Boolean:
        texts, mark = series.cast(pl.String).str.to_uppercase(), Kind.BOOLEAN
    elif dtype.is_numeric():
        texts, mark = _numbers(series), Kind.NUMBER
    else:
        raise InputRefused(
            "CGR002",
            f"column '{series.name}' of the frame is of type {dtype}",
            help="hand over text, numbers or dates",
        )
    marks = pl.select(
        pl.when(pl.lit(texts).is_null()).then(int(Kind.TEXT)).otherwise(int(mark)).cast(pl.UInt8).alias(kind)
    )
    return [texts.fill_null("").alias(name), marks[kind]]


def _moments(series: pl.Series, name: str, kind: str) -> list[pl.Series]:
    """Date and time: at midnight a date, as spreadsheets have it."""
    column = pl.col(series.name)
    midnight = column.dt.time() == pl.time(0, 0, 0)
    day, moment = column.dt.strftime("%Y-%m-%d"), column.dt.strftime("%Y-%m-%dT%H:%M:%S")
    marks = pl.when(column.is_null()).then(Kind.TEXT.value).when(midnight).then(Kind.DATE.value)
    both = series.to_frame().select(
        pl.when(midnight).then(day).otherwise(moment).fill_null("").alias(name),
        marks.otherwise(Kind.DATETIME.value).cast(pl.UInt8).alias(kind),
    )
    return [both[name], both[kind]]


def _numbers(series: pl.Series) -> pl.Series:
    if series.dtype.is_integer():
        return series.cast(pl.String)
    values = [None if value is None else _shortest(value) for value in series.to_list()]
    return pl.Series(series.name, values, dtype=pl.String)


def _shortest(value: float | Decimal) -> str:
    decimal = value if isinstance(value, Decimal) else Decimal(repr(value))
    return plain(decimal) if decimal.is_finite() else str(value)
