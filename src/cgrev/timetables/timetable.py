"""The figures of a timetable; see `cgrev.schedule` for the arithmetic and its source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Literal, cast

import polars as pl
from msgspec import Struct

from cgrev.booking import MonthCount, Reading
from cgrev.errors import UsageError
from cgrev.records import TYPES
from cgrev.schedule import CENTS, booked_total, is_long_arr, monthly_pieces, months_in_period

TimetableKey = Literal["file", "account", "type", "month"]
KEYS: tuple[TimetableKey, ...] = ("file", "account", "type", "month")
"""What figures can be told apart by, in the order they are listed in."""
COLUMNS = {"file": "file", "account": "account", "type": "revenue_type", "month": "month"}
"""The name of each key in what is written."""
_RECORD = ("account_name", "amount", "start_date", "end_date", "revenue_type", "key")


class View(Struct, frozen=True):
    """What is asked for: the keys kept (the others are summed over), months from and to, both included."""

    by: tuple[TimetableKey, ...] = ("account", "type", "month")
    first: date | None = None
    last: date | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the key columns."""
        return tuple(COLUMNS[key] for key in self.by)


class Whole(Struct, frozen=True):
    """Records of one type over their whole periods: what their source states and what is booked of it."""

    revenue_type: str
    records: int
    source: Decimal
    booked: Decimal

    @property
    def factor(self) -> Decimal | None:
        """Booked by source, None where the source adds up to nothing."""
        return self.booked / self.source if self.source else None


def keys_of(words: Iterable[str]) -> tuple[TimetableKey, ...]:
    """The keys of `--by`, which may repeat and hold several with commas. Raises UsageError."""
    given = {part.strip().lower() for word in words for part in word.split(",") if part.strip()}
    if unknown := sorted(given - set(KEYS)):
        raise UsageError(f"--by '{unknown[0]}' is not known", help=f"one or several of: {', '.join(KEYS)}")
    return tuple(key for key in KEYS if key in given) or View().by


def month_of(text: str | None, option: str) -> date | None:
    """The first day of a month written YYYY-MM. Raises UsageError."""
    if text is None:
        return None
    year, _, month = text.partition("-")
    if len(year) == 4 and len(month) == 2 and (year + month).isascii() and (year + month).isdigit():
        try:
            return date(int(year), int(month), 1)
        except ValueError:
            pass
    raise UsageError(f"{option} '{text}' is no month", help="write it as YYYY-MM, such as 2026-09")


class Timetable(Struct, frozen=True):
    """The months booked of records (the frame of `cgrev.records.Records`), and their totals."""

    records: pl.DataFrame
    files: tuple[str, ...]
    month_count: MonthCount = "calendar"

    def pieces(self, view: View, reading: Reading = "documented") -> Iterator[pl.DataFrame]:
        """The figures asked for, in order of their keys: `view.columns` and `amount` (Decimal(38, 2)).

        `month` is the first of it (Date). A piece is complete: no key of it comes again in a later one.
        """
        if "file" not in view.by:
            yield from self._of(self.records, view, reading)
            return
        for number, path in enumerate(self.files):
            own = self.records.filter(pl.col("file") == number)
            if own.is_empty():
                continue
            for piece in self._of(own, view, reading):
                shown = piece.with_columns(file=pl.lit(path))
                yield shown.select(*view.columns, "amount")

    def frame(self, view: View, reading: Reading = "documented") -> pl.DataFrame:
        """`pieces` as one frame: for views that are known to be small."""
        return pl.concat(self.pieces(view, reading))

    def _of(self, records: pl.DataFrame, view: View, reading: Reading) -> Iterator[pl.DataFrame]:
        key = "key"
        rows = records.select(_RECORD)
        if "account" not in view.by:  # all records as one account: sums are small whatever their number
            rows = rows.with_columns(key=pl.lit(""), account_name=pl.lit(""))
        kept = [name for name in view.columns if name != "file"]
        for piece in monthly_pieces(rows, self.month_count, account_key=key, reading=reading):
            booked = piece.rename({"account_name": "account"})
            if view.first is not None:
                booked = booked.filter(pl.col("month") >= view.first)
            if view.last is not None:
                booked = booked.filter(pl.col("month") <= view.last)
            yield _summed(booked, kept)

    def whole(self) -> list[Whole]:
        """Source and booked totals by type, over whole periods: where they differ, people are surprised."""
        rows = self.records.select("revenue_type", pl.col("amount").cast(pl.Int128)).with_columns(
            booked_total(self.records, self.month_count).alias("booked")
        )
        sums = (
            rows.group_by("revenue_type")
            .agg(records=pl.len(), source=pl.col("amount").sum(), booked=pl.col("booked").sum())
            .sort("revenue_type")
        )
        return [
            Whole(kind, count, Decimal(source), booked) for kind, count, source, booked in sums.iter_rows()
        ]

    def long_arr(self) -> pl.DataFrame:
        """The records whose two readings differ: those of `records`, with `months` and `booked`."""
        found = self.records.filter(is_long_arr(self.month_count)).with_columns(
            months=months_in_period(pl.col("start_date"), pl.col("end_date"), self.month_count)
        )
        return found.with_columns(booked_total(found, self.month_count).alias("booked"))

    def readings(self, view: View) -> pl.DataFrame:
        """Both readings of the long ARR records by month: `month`, `booked` (documented) and `spread`."""
        by_month = View(("month",), view.first, view.last)
        long = Timetable(self.long_arr().select(self.records.columns), self.files, self.month_count)
        booked = long.frame(by_month).rename({"amount": "booked"})
        return booked.join(long.frame(by_month, "spread").rename({"amount": "spread"}), on="month").sort(
            "month"
        )

    def accounts(self, view: View, most: int) -> tuple[pl.DataFrame, int]:
        """The accounts and types of the largest booked amounts: `account`, `revenue_type`, `amount`, and how
        many there are in all."""
        size = pl.col("amount").abs()
        pairs = [self._account_totals()] if view.first is None and view.last is None else None
        best: pl.DataFrame | None = None
        count = 0
        for piece in pairs or self.pieces(View(("account", "type"), view.first, view.last)):
            count += piece.height
            best = (piece if best is None else pl.concat([best, piece])).top_k(most, by=size)
        assert best is not None
        return best.sort(
            pl.col("amount").abs(), "account", "revenue_type", descending=[True, False, False]
        ), count

    def _account_totals(self) -> pl.DataFrame:
        """Booked over whole periods by account and type, without going through the months."""
        names = self.records.group_by("key").agg(pl.col("account_name").first())
        return (
            self.records.select("key", "revenue_type")
            .with_columns(booked_total(self.records, self.month_count).alias("amount"))
            .group_by("key", "revenue_type")
            .agg(pl.col("amount").sum().cast(CENTS))
            .join(names, on="key", how="left")
            .select(pl.col("account_name").alias("account"), pl.col("revenue_type").cast(pl.String), "amount")
        )

    def of_accounts(self, names: Sequence[str]) -> Timetable:
        """The timetable of some accounts, named as they are shown."""
        keys = self.records.filter(pl.col("account_name").is_in(names))["key"].unique()
        return Timetable(
            self.records.filter(pl.col("key").is_in(keys.implode())), self.files, self.month_count
        )


def _summed(booked: pl.DataFrame, kept: list[str]) -> pl.DataFrame:
    if kept == ["account", "revenue_type", "month"]:
        return booked.select(*kept, "amount")
    typed = booked.with_columns(pl.col("revenue_type").cast(TYPES))
    if not kept:
        total = typed.select(pl.col("amount").sum())
        return total if booked.height else total.clear()
    sums = typed.group_by(kept, maintain_order=True).agg(pl.col("amount").sum().cast(CENTS))
    ordered = sums if "account" in kept else sums.sort(kept)
    if "account" in kept and len(kept) > 1:
        # pieces come account by account; within one, the other keys are put in order
        place = ordered.select(pl.col("account").rle_id())["account"]
        ordered = ordered.with_columns(place=place).sort("place", *kept[1:]).drop("place")
    types = [name for name in ("revenue_type",) if name in kept]
    return ordered.with_columns(pl.col(name).cast(pl.String) for name in types).select(*kept, "amount")


def totals(frame: pl.DataFrame) -> Decimal:
    """The sum of a frame's amounts."""
    return cast("Decimal", frame["amount"].sum() or Decimal())
