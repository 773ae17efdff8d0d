"""Rows against each other: duplicates, spellings of one account, overlapping periods.

Each rule states its key, so that it works by hash and bounds memory: of every row only 38 bytes are
kept (place, hashes, period, a rough amount). Hashes name candidates; only those are read again and
compared in full, so a collision of hashes can never become a finding. Order comes from the rows' places,
never from arrival.

A place (`at`, UInt64) is the unit's number (file of the call) in the upper and the row in the lower 32 bits.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from cgrev.layout import MIN_DATE, RevenueType
from cgrev.parsing.names import fold
from cgrev.rules.meaning import grouped, money, times

AT = "at"
ACROSS_FIELDS = {
    "code": pl.String,
    "column": pl.String,
    AT: pl.UInt64,
    "first": pl.UInt64,
    "first_text": pl.String,
}
_SEED = 0x9E3779B9
_DAY = 0xFFFF
_ANNUAL = (10, 14)
"""An MRR that is this many times what its account's other rows book a month looks like a year's amount."""


def place(unit: int, row: pl.Expr) -> pl.Expr:
    """The place of a row: comparable over all files of one call."""
    return row.cast(pl.UInt64) + (unit << 32)


def folded(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with `key`: the account as the server matches it (case and width do not matter)."""
    names = frame["account_name"].unique()
    keys = pl.DataFrame({"account_name": names, "key": fold(names)})
    return frame.join(keys, on="account_name", how="left", nulls_equal=True, maintain_order="left")


def _hashes(frame: pl.DataFrame) -> pl.DataFrame:
    """at, whole, key, spelling, span (48 bits of account and type, 16 of the start day), end (day), monthly.

    `monthly` is roughly what the row books a month where its type states a rate: positive for MRR, negative
    for ARR (a twelfth), null for other types and for amounts that are not above zero."""
    day = {name: (pl.col(name) - pl.lit(MIN_DATE)).dt.total_days() for name in ("start_date", "end_date")}
    regular = (
        (pl.col("revenue_type") != RevenueType.ONE_TIME)
        & (pl.col("start_date") <= pl.col("end_date"))
        & day["start_date"].is_between(0, _DAY)
        & day["end_date"].is_between(0, _DAY)
    )
    group = pl.struct("key", "revenue_type").hash(_SEED) & ~pl.lit(_DAY, dtype=pl.UInt64)
    whole = pl.struct(
        "key", "units", "start_date", "end_date", "revenue_type", pl.col("description").fill_null("")
    ).hash(_SEED)
    rate = pl.when(pl.col("units") > 0).then(pl.col("units").cast(pl.Float32))
    kind = pl.col("revenue_type")
    complete = pl.all_horizontal(
        pl.col("key", "units", "start_date", "end_date", "revenue_type").is_not_null()
    )
    return folded(frame).select(
        AT,
        whole=pl.when(complete).then(whole),
        key=pl.when(pl.col("key").is_not_null()).then(pl.col("key").hash(_SEED)),
        spelling=pl.col("account_name").hash(_SEED),
        span=pl.when(regular & complete).then(group + day["start_date"].cast(pl.UInt64)),
        end=pl.when(regular & complete).then(day["end_date"]).cast(pl.UInt16, strict=False),
        monthly=pl.when(kind == RevenueType.MRR)
        .then(rate)
        .when(kind == RevenueType.ARR)
        .then(rate / -12)
        .cast(pl.Float32),
    )


@dataclass(slots=True)
class Across:
    """Collects what rows are compared by; `candidates` and `finish` give the findings.

    Frames have `at` and the canonical columns (`account_name`, `units`, `start_date`, `end_date`,
    `revenue_type`, `description`), null where unreadable: such rows take no part in what needs the cell.
    """

    rows: list[pl.DataFrame] = field(default_factory=list)
    spellings: list[pl.DataFrame] = field(default_factory=list)
    _rates: pl.Series = field(default_factory=lambda: pl.Series(AT, [], dtype=pl.UInt64))
    """Places of the rates of accounts one of which may be annual: all rates of such an account."""

    def add(self, frame: pl.DataFrame) -> None:
        hashes = _hashes(frame)
        self.rows.append(hashes.drop("spelling"))
        named = hashes.filter(pl.col("key").is_not_null()).select("key", "spelling")
        self.spellings.append(named.unique(maintain_order=False))
        if len(self.spellings) > 8:
            self.spellings = [pl.concat(self.spellings).unique(maintain_order=False)]

    def extend(self, other: Across) -> None:
        """Take over what another file of the call collected."""
        self.rows += other.rows
        self.spellings += other.spellings

    def candidates(self) -> pl.Series:
        """Places of the rows that must be looked at again, sorted; mostly none."""
        if not self.rows:
            return pl.Series(AT, [], dtype=pl.UInt64)
        rows = pl.concat(self.rows)
        self._rates = _annual(rows)
        wanted = pl.concat([self._twins(rows), self._overlapping(rows), self._respelt(rows), self._rates])
        return wanted.unique().sort()

    @staticmethod
    def _twins(rows: pl.DataFrame) -> pl.Series:
        whole = rows["whole"].drop_nulls().sort()
        twice = whole.filter(whole == whole.shift(1)).unique()
        if twice.is_empty():
            return pl.Series(AT, [], dtype=pl.UInt64)
        return rows.filter(pl.col("whole").is_in(twice.implode()))[AT]

    @staticmethod
    def _overlapping(rows: pl.DataFrame) -> pl.Series:
        spans = rows.filter(pl.col("span").is_not_null()).select("span", "end", AT).sort("span")
        group = pl.col("span") & ~pl.lit(_DAY, dtype=pl.UInt64)
        reach = (group + pl.col("end").cast(pl.UInt64)).cum_max().shift(1)
        hit = spans.filter(
            ((reach ^ pl.col("span")) & ~pl.lit(_DAY, dtype=pl.UInt64) == 0) & (reach >= pl.col("span"))
        )
        if hit.is_empty():
            return pl.Series(AT, [], dtype=pl.UInt64)
        groups = hit.select(group.unique())["span"]
        return spans.filter(group.is_in(groups.implode()))[AT]

    def _respelt(self, rows: pl.DataFrame) -> pl.Series:
        pairs = pl.concat(self.spellings).unique(maintain_order=False)
        keys = pairs["key"].sort()
        several = keys.filter(keys == keys.shift(1)).unique()
        if several.is_empty():
            return pl.Series(AT, [], dtype=pl.UInt64)
        return rows.filter(pl.col("key").is_in(several.implode()))[AT]

    def finish(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The breaches among the candidate rows, read again: code, column, at, first, first_text."""
        if rows.is_empty():
            return pl.DataFrame(schema=ACROSS_FIELDS)
        full = folded(rows.sort(AT)).with_columns(pl.col("description").fill_null(""))
        twins = duplicates(full)
        rest = full.join(twins.select(AT), on=AT, how="anti", maintain_order="left")
        rates = annual_rates(full.filter(pl.col(AT).is_in(self._rates.implode())))
        rates = rates.join(twins.select(AT), on=AT, how="anti", maintain_order="left")
        found = pl.concat([twins, respellings(full), overlaps(rest), rates])
        return found.sort(AT, "code")


def _annual(rows: pl.DataFrame) -> pl.Series:
    """Places of all rates of the accounts of which one MRR may be a year's amount.

    Amounts are rough here, so the limits are a little wider than those of `annual_rates`."""
    none = pl.Series(AT, [], dtype=pl.UInt64)
    monthly = rows["monthly"]
    if not (monthly > 0).any():
        return none
    rates = rows.filter(monthly.is_not_null() & pl.col("key").is_not_null()).select("key", "monthly", AT)
    size = pl.col("monthly").abs()
    spread = rates.group_by("key").agg(least=size.min(), most=pl.col("monthly").max())
    wide = spread.filter(pl.col("most") > pl.col("least") * (_ANNUAL[0] - 0.1)).select("key")
    if wide.is_empty():
        return none
    rates = rates.join(wide, on="key", how="semi")
    usual = rates.group_by("key").agg(usual=size.sort().get((pl.len() - 1) // 2))
    times = pl.col("monthly") / pl.col("usual")
    hit = rates.join(usual, on="key").filter(times.is_between(_ANNUAL[0] - 0.1, _ANNUAL[1] + 0.1))
    return rates.join(hit.select("key").unique(), on="key", how="semi")[AT]


_SIX = ["key", "units", "start_date", "end_date", "revenue_type", "description"]


def duplicates(rows: pl.DataFrame) -> pl.DataFrame:
    """Later rows equal to an earlier one in all six columns (the account as the server matches it)."""
    whole = rows.drop_nulls(_SIX)
    return (
        whole.with_columns(first=pl.col(AT).min().over(_SIX))
        .filter(pl.col(AT) > pl.col("first"))
        .select(
            code=pl.lit("CGR401"),
            column=pl.lit(None, dtype=pl.String),
            at=AT,
            first="first",
            first_text=pl.lit(None, dtype=pl.String),
        )
    )


def respellings(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows that spell their account otherwise than the first row of that account."""
    named = rows.filter(pl.col("key").is_not_null())
    return (
        named.with_columns(
            first=pl.col(AT).first().over("key"), first_text=pl.col("account_name").first().over("key")
        )
        .filter(pl.col("account_name") != pl.col("first_text"))
        .select(
            code=pl.lit("CGR402"),
            column=pl.lit("account_name"),
            at=AT,
            first="first",
            first_text="first_text",
        )
    )


def overlaps(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows that share days with another of the same account and type; the later row is blamed.

    One Time rows take no part: their amount is booked in one month, whatever the period."""
    regular = rows.filter(
        (pl.col("revenue_type") != RevenueType.ONE_TIME)
        & (pl.col("start_date") <= pl.col("end_date"))
        & pl.col("key").is_not_null()
    ).sort("key", "revenue_type", "start_date", AT)
    group = ["key", "revenue_type"]
    reach = pl.col("end_date").cum_max().over(group)
    holder = (
        pl.when(pl.col("end_date").cum_max().shift(1).over(group).fill_null(MIN_DATE) < pl.col("end_date"))
        .then(pl.col(AT))
        .forward_fill()
        .over(group)
    )
    marked = regular.with_columns(reach=reach, holder=holder).with_columns(
        reach=pl.col("reach").shift(1).over(group), holder=pl.col("holder").shift(1).over(group)
    )
    return (
        marked.filter(pl.col("reach") >= pl.col("start_date"))
        .select(at=pl.max_horizontal(AT, "holder"), first=pl.min_horizontal(AT, "holder"))
        .group_by(AT)
        .agg(pl.col("first").min())
        .select(
            code=pl.lit("CGR403"),
            column=pl.lit("start_date"),
            at=AT,
            first="first",
            first_text=pl.lit(None, dtype=pl.String),
        )
    )


def annual_rates(rows: pl.DataFrame) -> pl.DataFrame:
    """MRR rows of 10 to 14 times what a month of the account's rows usually books (the lower median).

    An ARR row books a twelfth of its amount. `first` is the row that is the median, `first_text` the
    evidence. Integers throughout: amounts are compared times twelve."""
    kind, units = pl.col("revenue_type"), pl.col("units").cast(pl.Int128)
    rates = (
        rows.filter(
            kind.is_in([RevenueType.MRR.value, RevenueType.ARR.value])
            & (pl.col("units") > 0)
            & pl.col("key").is_not_null()
        )
        .with_columns(yearly=pl.when(kind == RevenueType.MRR).then(units * 12).otherwise(units))
        .sort("key", "yearly", AT)
    )
    middle = (pl.len() - 1) // 2
    usual = rates.group_by("key").agg(usual=pl.col("yearly").get(middle), first=pl.col(AT).get(middle))
    low, high = _ANNUAL
    return (
        rates.filter(kind == RevenueType.MRR)
        .join(usual, on="key", how="left")
        .filter((pl.col("yearly") >= pl.col("usual") * low) & (pl.col("yearly") <= pl.col("usual") * high))
        .select(
            code=pl.lit("CGR507"),
            column=pl.lit("revenue_type"),
            at=AT,
            first="first",
            first_text=pl.format(
                "{} a month is {}x the {}",
                grouped(pl.col("units")),
                times(pl.col("yearly"), pl.col("usual")),
                money((pl.col("usual") * 100 + 6) // 12),
            ),
        )
    )
