"""What records mean to the server's booking, seen once a piece: the bits that the CGR50x rules are made of.

One look at the dates serves all of these rules, and a file that breaches none pays for that look alone. Days
are looked up in a table of the calendar, which is several times faster than taking each date apart.
"""

from __future__ import annotations

from datetime import date
from functools import cache

import polars as pl

from cgrev.booking import YEAR, MonthCount
from cgrev.layout import MAX_DATE, MIN_DATE, RevenueType
from cgrev.parsing.flags import MeaningFlag
from cgrev.schedule import months_in_period

_FIRST, _LAST, _MONTH = 1, 2, 4
_CELLS = ("start_date", "end_date", "revenue_type")
_UNREADABLE = 0xFFFF


@cache
def _calendar() -> pl.Series:
    """For each day from 1970 to 2100: the month's number times 4, +1 on its first and +2 on its last day."""
    days = pl.date_range(MIN_DATE, MAX_DATE, eager=True)
    month = days.dt.year().cast(pl.Int32) * YEAR + days.dt.month().cast(pl.Int32)
    first = (days.dt.day() == 1).cast(pl.Int32) * _FIRST
    last = (days.dt.month_end() == days).cast(pl.Int32) * _LAST
    return month * _MONTH + first + last


def _days(dates: pl.Series) -> pl.Series:
    """Places in the calendar; null where the date is, or where it is outside the years that are booked."""
    numbers = dates.to_physical()
    return numbers.set(~numbers.is_between(0, (MAX_DATE - MIN_DATE).days), None).cast(pl.UInt32)


def with_meaning(
    frame: pl.DataFrame, month_count: MonthCount = "calendar", first_open: date | None = None
) -> pl.DataFrame:
    """The canonical frame with `MeaningFlag`s added to the flags of type, start and end date.

    `first_open` is the day after the last closed month. Columns without any bit are left as they are.
    """
    start, end, kind = (frame[name] for name in _CELLS)
    days = _days(start), _days(end)
    calendar = _calendar()
    first, last = calendar.gather(days[0]), calendar.gather(days[1])
    readable = ((first // _MONTH <= last // _MONTH) & (start <= end)).fill_null(False)
    for name in _CELLS:
        flags = frame[f"{name}.flags"]
        if int(flags.bitwise_or() or 0) & _UNREADABLE:  # type: ignore[arg-type]
            readable &= (flags & _UNREADABLE) == 0
    arr, once = kind == RevenueType.ARR.value, kind == RevenueType.ONE_TIME.value
    months = _months(frame, first, last, month_count)
    whole = ((first & _FIRST) != 0) & ((last & _LAST) != 0)
    regular = readable & ~once
    # a period that is a day too long says nothing more: what follows from that day is not told again
    beyond = regular & ((last & _FIRST) != 0) & (start != end)
    found = {
        MeaningFlag.ARR_OVER_YEAR: ("revenue_type", readable & arr & (months - beyond.cast(pl.Int32) > YEAR)),
        MeaningFlag.ARR_UNDER_YEAR: ("revenue_type", readable & arr & (months < YEAR)),
        MeaningFlag.PARTIAL_MONTHS: ("end_date", regular & ~whole & ~beyond),
        MeaningFlag.ENDS_ON_FIRST: ("end_date", beyond),
        MeaningFlag.ONE_TIME_PERIOD: ("end_date", readable & once & (start != end)),
    }
    if first_open is not None:
        found[MeaningFlag.CLOSED_MONTH] = ("start_date", readable & (start < first_open))
    return _marked(frame, found)


def _months(frame: pl.DataFrame, first: pl.Series, last: pl.Series, month_count: MonthCount) -> pl.Series:
    if month_count == "calendar":
        return last // _MONTH - first // _MONTH + 1
    # an end on the last day there is has no day after it: such a record is unreadable by then
    end = pl.col("end_date").clip(MIN_DATE, MAX_DATE)
    start = pl.col("start_date").clip(MIN_DATE, MAX_DATE)
    return frame.select(months=months_in_period(start, end, month_count))["months"]


def _marked(frame: pl.DataFrame, found: dict[MeaningFlag, tuple[str, pl.Series]]) -> pl.DataFrame:
    marks: dict[str, pl.Series] = {}
    for flag, (column, rows) in found.items():
        if not rows.any():
            continue
        name = f"{column}.flags"
        bits = rows.fill_null(False).cast(pl.UInt32) * int(flag)
        marks[name] = marks.get(name, frame[name]) | bits.cast(pl.UInt32)
    return frame.with_columns(series.alias(name) for name, series in marks.items()) if marks else frame
