"""Rows against each other: duplicates, spellings of one account, overlapping periods.

Each rule states its key, so that it works by hash and bounds memory: of every row only 28 bytes are
kept (its number, hashes, period, a rough amount). Hashes name candidates; only those are read again and
compared in full, so a collision of hashes can never become a finding. Order comes from the rows' places,
never from arrival.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import polars as pl
from msgspec import Struct, field

from cgrev.layout import RevenueType
from cgrev.matches import (
    ACROSS_FIELDS,
    YEARLY,
    annual_rates,
    duplicates,
    folded,
    overlaps,
    respellings,
)
from cgrev.parsing.names import fold
from cgrev.parsing.words import Names, words_of
from cgrev.places import AT, place
from cgrev.table import ROW

_SEED = 0x9E3779B9
_PRIME = pl.lit(0x9E3779B97F4A7C15, dtype=pl.UInt64)
_TYPES = {kind.value: number for number, kind in enumerate(RevenueType)}
_NOWHERE = pl.Series(AT, [], dtype=pl.UInt64)
_ONCE = _TYPES[RevenueType.ONE_TIME.value]
_DAY = 0xFFFF
_NO_DAYS = _DAY << 16
"""The days of a row that takes no part in overlaps: it ends before it starts."""
_DAYS = 1 << 32
_ACCOUNT = 1 << 34
"""A `period` is 30 bits of the account's hash, 2 of its type (together the group), 16 of the day it starts
and 16 of the day it ends: sorted, the periods of a group stand together in the order they start."""
PART_ROWS = 4_000_000
"""Rows that are compared at a time. What belongs together is in one part, so results do not depend on it."""


def _mixed(*hashes: pl.Expr) -> pl.Expr:
    """One hash of several: each is multiplied on, so that order matters; overflow wraps."""
    mixed = hashes[0]
    for other in hashes[1:]:
        mixed = mixed * _PRIME + other
    return mixed


def _numbered(kind: pl.Expr) -> pl.Expr:
    """The place of a type among the four. A chain of comparisons is several times faster than a lookup."""
    number = pl.lit(None, dtype=pl.UInt64)
    for word, bits in _TYPES.items():
        number = pl.when(kind == word).then(pl.lit(bits, dtype=pl.UInt64)).otherwise(number)
    return number


def _hashes(frame: pl.DataFrame, names: Names | None, seed: int) -> pl.DataFrame:
    """What is kept of each row: row, whole, period, spelling, monthly.

    `whole` is a hash of all six columns, null where one that is needed is unreadable; `period` as above and
    `spelling`, a hash of the name as it is written, null without an account. `monthly` is roughly what the
    row books a month where its type states a rate: positive for MRR, negative for ARR (a twelfth), null for
    other types and for amounts that are not above zero."""
    key, spelling = _accounts(frame["account_name"], names, seed)
    return frame.select(*_seen(), key=pl.lit(key), spelling=pl.lit(spelling)).select(_kept())


@cache
def _seen() -> list[pl.Expr]:
    """What of a canonical row is hashed, beside its account."""
    return [
        pl.col(ROW),
        pl.col("units"),
        pl.col("start_date").to_physical().cast(pl.Int64).alias("start"),
        pl.col("end_date").to_physical().cast(pl.Int64).alias("until"),
        _numbered(pl.col("revenue_type")).alias("type"),
        pl.col("description").fill_null("").hash(_SEED).alias("text"),
    ]


@cache
def _kept() -> list[pl.Expr]:
    """What is kept of a row, from `_seen`, `key` and `spelling`."""
    account, kind, units = pl.col("key"), pl.col("type"), pl.col("units")
    start, until = pl.col("start"), pl.col("until")
    dated = (start >= 0) & (start <= until) & (until <= _DAY) & (kind != _ONCE) & units.is_not_null()
    days = pl.when(dated).then(start * (_DAY + 1) + until).cast(pl.UInt64)
    rate = pl.when((units > 0) & account.is_not_null()).then(units.cast(pl.Float32))
    both = start * _DAYS + until
    amount, span = (number.reinterpret(signed=False) for number in (units, both))
    period = (account // _ACCOUNT * 4 + kind.fill_null(0)) * _DAYS + days.fill_null(_NO_DAYS)
    monthly = (
        pl.when(kind == _TYPES[RevenueType.MRR.value])
        .then(rate)
        .when(kind == _TYPES[RevenueType.ARR.value])
        .then(rate / -12)
    )
    return [
        pl.col(ROW),
        _mixed(account, kind, amount, span, pl.col("text")).alias("whole"),
        period.alias("period"),
        pl.col("spelling") // _DAYS,
        monthly.cast(pl.Float32).alias("monthly"),
    ]


def _accounts(names: pl.Series, known: Names | None, seed: int) -> tuple[pl.Series, pl.Series]:
    """Hashes of each row's account and of its name as it is written."""
    words = (known.words if known else None) or words_of({names.name: names}).get(names.name)
    distinct = names if words is None else words.distinct
    odd = known.odd if known and words is known.words else None
    hashes = pl.DataFrame({"key": fold(distinct, odd), "spelling": distinct}).select(
        pl.when(pl.col(name).is_not_null()).then(pl.col(name).hash(seed)) for name in ("key", "spelling")
    )
    key, spelling = hashes
    return (key, spelling) if words is None else (words.spread(key), words.spread(spelling))


Fetch = Callable[[pl.Series], pl.DataFrame]
"""The canonical rows at these places, read again from their files."""


class Across(Struct):
    """Collects what rows are compared by; `settle` gives the breaches.

    Frames have `row` and the canonical columns (`account_name`, `units`, `start_date`, `end_date`,
    `revenue_type`, `description`), null where unreadable: such rows take no part in what needs the cell.
    With `apart`, rows of different units are never held against each other.
    """

    apart: bool = False
    rows: list[tuple[int, pl.DataFrame]] = field(default_factory=list)
    """What is kept of rows, with the number of their unit."""

    def add(self, unit: int, frame: pl.DataFrame, names: Names | None = None) -> None:
        """Take in rows of a unit; `names` is what is known of their account names."""
        self.rows.append((unit, _hashes(frame, names, self._seed(unit))))

    def extend(self, other: Across) -> None:
        """Take over what another file of the call collected."""
        self.rows += other.rows

    def _seed(self, unit: int) -> int:
        """What names are hashed with: the same for all rows that are held against each other."""
        return _SEED + unit if self.apart else _SEED

    def places_of(self, keys: Sequence[str]) -> pl.Series:
        """Places of the rows of these accounts, and of others whose names share a hash with one."""
        if not self.rows or not keys:
            return _NOWHERE
        names, seeds = pl.Series(keys, dtype=pl.String), {self._seed(unit) for unit, _ in self.rows}
        wanted = pl.concat(names.hash(seed) // _ACCOUNT for seed in seeds).unique().implode()
        return self._those(_account().is_in(wanted))[AT].sort()

    def _those(self, which: pl.Expr, *columns: str) -> pl.DataFrame:
        """The rows for which an expression is true: their places, and columns of what is kept."""
        return pl.concat(
            frame.lazy().filter(which).select(place(unit, pl.col(ROW)).alias(AT), *columns)
            for unit, frame in self.rows
        ).collect()

    def _shares(self, by: str) -> list[pl.Expr]:
        """Expressions that part the rows by a hash, `PART_ROWS` or so to each; equal upper bits go together.

        What is compared is sorted, which takes a few times the memory of what is kept."""
        number = -(-sum(frame.height for _, frame in self.rows) // PART_ROWS)
        if number <= 1:
            return [pl.col(by).is_not_null()]
        share = pl.col(by) // ((1 << 64) // number + 1)
        return [share == part for part in range(number)]

    def _hashes(self, hashes: pl.Expr, which: pl.Expr) -> pl.Series:
        """The sorted hashes of the rows for which an expression is true."""
        return (
            pl.concat(frame.lazy().filter(which).select(hashes.alias("hash")) for _, frame in self.rows)
            .collect()["hash"]
            .sort()
        )

    def settle(self, fetch: Fetch, on: Collection[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The breaches of the rules in `on` (code, column, at, first, first_text), and the rows they are in.

        Hashes name the candidates, `fetch` reads them again, whole texts decide."""
        nothing = pl.DataFrame(schema=ACROSS_FIELDS)
        if not self.rows:
            return nothing, nothing
        sought = (
            (self._twins, "whole", True),
            (self._respelt, "period", "CGR402" in on),
            (self._overlapping, "period", "CGR403" in on),
            (self._annual, "period", "CGR507" in on),
        )
        with ThreadPoolExecutor(2, thread_name_prefix="across") as threads:
            twins, respelt, shared, rates = threads.map(lambda one: self._sought(*one), sought)
        wanted = pl.concat([twins, respelt, shared, rates]).unique().sort()
        if wanted.is_empty():
            return nothing, nothing
        full = folded(fetch(wanted).sort(AT)).with_columns(pl.col("description").fill_null(""))
        if self.apart:
            full = full.with_columns(key=pl.format("{} {}", pl.col(AT) // (1 << 32), "key"))
        doubled = duplicates(_among(full, twins)) if len(twins) else nothing
        # of rows that are the same the first alone is held against others
        single = full.filter(~pl.col(AT).is_in(doubled[AT].implode()))
        found = [
            doubled,
            respellings(_among(full, respelt)) if len(respelt) else nothing,
            overlaps(_among(single, shared)) if len(shared) else nothing,
            annual_rates(_among(full, rates)).join(single, on=AT, how="semi") if len(rates) else nothing,
        ]
        kept = pl.concat([part for part in found if part.height] or [nothing])
        return kept.filter(pl.col("code").is_in(list(on))).sort(AT, "code"), full

    def _sought(self, seek: Callable[[pl.Expr], pl.Series], by: str, wanted: bool) -> pl.Series:
        return pl.concat(seek(share) for share in self._shares(by)) if wanted else _NOWHERE

    def _twins(self, share: pl.Expr) -> pl.Series:
        """Places of rows whose hash of all six columns stands more than once."""
        whole = self._hashes(pl.col("whole"), share)
        twice = whole.filter(whole == whole.shift(1)).unique()
        return self._those(pl.col("whole").is_in(twice.implode()))[AT] if len(twice) else _NOWHERE

    def _respelt(self, share: pl.Expr) -> pl.Series:
        """Places of the rows of accounts that are spelt in several ways."""
        spelt = self._hashes(_account() * _DAYS + pl.col("spelling"), share)
        account = spelt // _DAYS
        several = account.filter((spelt != spelt.shift(1)) & (account == account.shift(1))).unique()
        return self._those(_account().is_in(several.implode()))[AT] if len(several) else _NOWHERE

    def _overlapping(self, share: pl.Expr) -> pl.Series:
        """Places of the rows of groups in which two share days.

        In the order of group and start, a row overlaps when an earlier one of its group reaches its start.
        The group stands in the upper bits, so that one running maximum serves all groups."""
        periods = self._hashes(pl.col("period"), share & _dated()).to_frame("period")
        before = (_group() * (_DAY + 1) + (pl.col("period") & _DAY)).cum_max().shift(1)
        start = pl.col("period") // (_DAY + 1) & _DAY
        reached = (before // (_DAY + 1) == _group()) & ((before & _DAY) >= start)
        groups = periods.filter(reached).select(_group())["period"].unique()
        return self._those(_group().is_in(groups.implode()) & _dated())[AT] if len(groups) else _NOWHERE

    def _annual(self, share: pl.Expr) -> pl.Series:
        """Places of all rates of the accounts of which one MRR may be a year's amount.

        Amounts are rough here, so the limits are a little wider than those of `annual_rates`. Where a hash
        has several spellings it may be that of several accounts, whose rates together say nothing of one:
        then all are candidates."""
        if not any(frame.select((pl.col("monthly") > 0).any()).item() for _, frame in self.rows):
            return _NOWHERE
        rates = self._those(share & pl.col("monthly").is_not_null(), "period", "monthly", "spelling")
        rates = rates.select(AT, "monthly", "spelling", key=_account())
        size = pl.col("monthly").abs()
        spread = rates.group_by("key").agg(
            least=size.min(),
            most=pl.col("monthly").max(),
            several=pl.col("spelling").min() != pl.col("spelling").max(),
        )
        wide = spread.filter(pl.col("most") > pl.col("least") * (YEARLY[0] - 0.1)).select("key", "several")
        if wide.is_empty():
            return _NOWHERE
        rates = rates.join(wide, on="key")
        usual = rates.group_by("key").agg(usual=size.sort().get((pl.len() - 1) // 2))
        times = pl.col("monthly") / pl.col("usual")
        likely = times.is_between(YEARLY[0] - 0.1, YEARLY[1] + 0.1)
        hit = rates.join(usual, on="key").filter(pl.col("several") | likely)
        return rates.join(hit.select("key").unique(), on="key", how="semi")[AT]


def _among(full: pl.DataFrame, places: pl.Series) -> pl.DataFrame:
    return full.filter(pl.col(AT).is_in(places.implode())) if len(places) else full.clear()


def _account() -> pl.Expr:
    """The part of a period that is the account's."""
    return pl.col("period") // _ACCOUNT


def _group() -> pl.Expr:
    """The part of a period that is the account's and the type's."""
    return pl.col("period") // _DAYS


def _dated() -> pl.Expr:
    """Whether a row takes part in overlaps."""
    return pl.col("period") & (_DAYS - 1) != _NO_DAYS
