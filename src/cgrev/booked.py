"""What the server will book for a set of upload files, in totals: the part of a plan people look at."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
from msgspec import Struct, field

from cgrev.findings import plain
from cgrev.layout import HEADINGS, IDS, RevenueType
from cgrev.mapping.canonical import CanonicalConverter
from cgrev.opening import Input
from cgrev.pipeline import FileRun
from cgrev.plugin import ConverterOptions
from cgrev.readers import ReadOptions
from cgrev.schedule import monthly
from cgrev.settings import Settings
from cgrev.spool import Spool
from cgrev.tasks import task_for

_HEADER = (",".join(HEADINGS) + "\r\n").encode()
_EXACT = {
    "account_name": "^[^ ]",
    "amount": r"^(?:0|-?[1-9][0-9]{0,18})$",
    "start_date": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "end_date": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "revenue_type": f"^(?:{'|'.join(kind.value for kind in RevenueType)})$",
}
"""How the writers write the cells that bookings depend on."""


class Booked(Struct, frozen=True):
    """Booked totals by revenue type and by month (YYYY-MM), and how many accounts they are for."""

    accounts: int = 0
    by_type: dict[str, Decimal] = field(default_factory=dict)
    by_month: dict[str, Decimal] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {
            "accounts": self.accounts,
            "by_type": {name: plain(amount) for name, amount in self.by_type.items()},
            "by_month": {month: plain(amount) for month, amount in self.by_month.items()},
        }


def as_written(data: bytes) -> pl.DataFrame | None:
    """The rows of a CSV file exactly as the writers write it (one of a thousand batches), else None.

    Nothing is interpreted: anything but plain whole amounts, ISO dates and the four words is left to the
    pipeline."""
    if not data.startswith(_HEADER):
        return None
    try:
        texts = pl.read_csv(
            data[len(_HEADER) :],
            has_header=False,
            schema=dict.fromkeys(IDS, pl.String()),
            empty_string_is_null=False,
        )
        exact = [pl.col(name).str.contains(pattern).all() for name, pattern in _EXACT.items()]
        if not all(texts.select(exact).row(0)):
            return None
        frame = texts.with_columns(
            pl.col("amount").cast(pl.Int64), pl.col("start_date", "end_date").str.to_date("%Y-%m-%d")
        )
    except pl.exceptions.PolarsError:
        return None
    return frame if (frame["start_date"] <= frame["end_date"]).all() else None


def canonical_rows(path: Path | str, settings: Settings) -> pl.DataFrame:
    """The rows of an upload file that can be booked: the six columns, amount in whole units."""
    if Path(path).suffix == ".csv" and settings.target.delimiter == "comma":
        quick = as_written(Path(path).read_bytes())
        if quick is not None:
            return quick
    task = task_for("convert", CanonicalConverter(), ConverterOptions(), settings, str(path))
    with Spool() as spool:
        FileRun(Input.of(path).open(ReadOptions()), task, str(path), 0, spool).examine()
        frames = [frame.with_columns(amount=pl.col("units")).select(IDS) for frame in spool.frames()]
    return pl.concat(frames)


def booked_by(paths: Sequence[Path], settings: Settings) -> Booked:
    """Read the files again and add up what they book, file by file so that memory stays flat."""
    months: list[pl.DataFrame] = []
    accounts: set[str] = set()
    for path in dict.fromkeys(paths):
        rows = canonical_rows(path, settings)
        accounts.update(name.casefold() for name in rows["account_name"].unique())
        own = monthly(rows, settings.target.month_count)
        months.append(own.group_by("revenue_type", "month").agg(pl.col("amount").sum()))
        if len(months) > 64:
            months = [pl.concat(months).group_by("revenue_type", "month").agg(pl.col("amount").sum())]
    if not months:
        return Booked()
    whole = pl.concat(months)
    by_type = whole.group_by("revenue_type").agg(pl.col("amount").sum()).sort("revenue_type")
    by_month = whole.group_by(pl.col("month").dt.strftime("%Y-%m")).agg(pl.col("amount").sum()).sort("month")
    return Booked(len(accounts), dict(by_type.iter_rows()), dict(by_month.iter_rows()))
