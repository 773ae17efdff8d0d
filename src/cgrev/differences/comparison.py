"""Rows held against rows, with exact multiplicity: two equal rows are two rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Literal

import polars as pl
from msgspec import Struct

from cgrev.booking import MonthCount
from cgrev.errors import UsageError
from cgrev.layout import IDS
from cgrev.records import Records
from cgrev.schedule import CENTS
from cgrev.timetables import Timetable, View

RowKey = Literal["account", "type", "start", "end", "amount", "description"]
KEYS: dict[RowKey, str] = {
    "account": "key",
    "type": "revenue_type",
    "start": "start_date",
    "end": "end_date",
    "amount": "amount",
    "description": "description",
}
"""Words of `--key` and the columns they stand for. An account is compared as the server matches it."""
DEFAULT_KEY: tuple[RowKey, ...] = ("account", "type", "start")
_SIX = list(IDS)
_PLACED = ["file", "row", "key", *_SIX]


class Side(Struct, frozen=True):
    """One of the two sets in figures: its files, records, the sum of their amounts, what they book."""

    files: tuple[str, ...]
    records: int
    total: Decimal
    booked: Decimal


class Difference(Struct, frozen=True):
    """What differs. Rows have `file` (place in the side's files), `row` and the six columns.

    `changed` has both sides: columns of the old row with `old.` in front, of the new one with `new.`.
    `months` has `revenue_type`, `month` (Date), `old`, `new` and `difference` where the two are not equal.
    `same` counts rows that stand in both.
    """

    old: Side
    new: Side
    key: tuple[RowKey, ...]
    same: int
    added: pl.DataFrame
    removed: pl.DataFrame
    changed: pl.DataFrame
    months: pl.DataFrame

    @property
    def is_empty(self) -> bool:
        """Whether both sets hold the same rows, each as often."""
        return not (self.added.height or self.removed.height or self.changed.height)


def keys_of(words: Iterable[str]) -> tuple[RowKey, ...]:
    """The columns of `--key`. Raises UsageError for a word that is none."""
    given = {part.strip().lower() for word in words for part in word.split(",") if part.strip()}
    if unknown := sorted(given - set(KEYS)):
        raise UsageError(f"--key '{unknown[0]}' is not known", help=f"one or several of: {', '.join(KEYS)}")
    return tuple(key for key in KEYS if key in given) or DEFAULT_KEY


def compare(
    old: Records, new: Records, key: Sequence[RowKey] = DEFAULT_KEY, month_count: MonthCount = "calendar"
) -> Difference:
    """Hold two sets of records against each other.

    Rows equal in all six columns are the same, each paired with one. Of what is left, rows of equal `key`
    are paired and called changed; the rest is removed or added. Where several rows share a key, they are
    paired in the order of their other values, so that the order of rows in a file never matters.
    """
    left, right = (_numbered(records.frame.select(_PLACED), _SIX) for records in (old, new))
    gone = left.join(right, on=[*_SIX, "nth"], how="anti", maintain_order="left").drop("nth")
    come = right.join(left, on=[*_SIX, "nth"], how="anti", maintain_order="left").drop("nth")
    columns = [KEYS[word] for word in key]
    gone, come = (_numbered(rows.sort(_SIX, maintain_order=True), columns) for rows in (gone, come))
    pair = [*columns, "nth"]
    changed = gone.rename({name: f"old.{name}" for name in gone.columns}).join(
        come.rename({name: f"new.{name}" for name in come.columns}),
        left_on=[f"old.{name}" for name in pair],
        right_on=[f"new.{name}" for name in pair],
        how="inner",
        coalesce=False,
        maintain_order="left",
    )
    return Difference(
        _side(old, month_count),
        _side(new, month_count),
        tuple(key),
        left.height - gone.height,
        _listed(come.join(gone, on=pair, how="anti", maintain_order="left")),
        _listed(gone.join(come, on=pair, how="anti", maintain_order="left")),
        changed.sort("old.file", "old.row").select(
            f"{side}.{name}" for side in ("old", "new") for name in ("file", "row", *_SIX)
        ),
        _months(old, new, month_count),
    )


def _numbered(rows: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """With `nth`: how many rows with the same values stand before."""
    return rows.with_columns(nth=pl.int_range(pl.len(), dtype=pl.UInt32).over(columns))


def _listed(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.sort("file", "row").select("file", "row", *_SIX)


def _side(records: Records, month_count: MonthCount) -> Side:
    whole = Timetable(records.booked, records.files, month_count).whole()
    booked = sum((one.booked for one in whole), Decimal())
    total = Decimal(int(records.frame["amount"].cast(pl.Int128).sum() or 0))
    return Side(records.files, records.frame.height, total, booked)


def _months(old: Records, new: Records, month_count: MonthCount) -> pl.DataFrame:
    by = View(("type", "month"))
    left, right = (
        Timetable(side.booked, side.files, month_count).frame(by).rename({"amount": name})
        for side, name in ((old, "old"), (new, "new"))
    )
    nothing = pl.lit(0, dtype=CENTS)
    return (
        left.join(right, on=["revenue_type", "month"], how="full", coalesce=True)
        .with_columns(pl.col("old", "new").fill_null(nothing))
        .filter(pl.col("old") != pl.col("new"))
        .with_columns(difference=pl.col("new") - pl.col("old"))
        .sort("month", pl.col("revenue_type").cast(old.frame.schema["revenue_type"]))
        .select("revenue_type", "month", pl.col("old", "new", "difference").cast(CENTS))
    )
