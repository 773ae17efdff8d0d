"""Rows against each other: duplicates, spellings of one account, overlapping periods.

Each rule states its key, so that it works by hash and bounds memory: of every row only 38 bytes are
kept (place, hashes, period, a rough amount). Hashes name candidates; only those are read again and
compared in full, so a collision of hashes can never become a finding. Order comes from the rows' places,
never from arrival.

A place (`at`, UInt64) is the unit's number (file of the call) in the upper and the row in the lower 32 bits.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
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
_PRIME = pl.lit(0x9E3779B97F4A7C15, dtype=pl.UInt64)
_TYPES = {kind.value: number for number, kind in enumerate(RevenueType)}
_NOWHERE = pl.Series(AT, [], dtype=pl.UInt64)
_NO_PAIRS = pl.DataFrame(schema={AT: pl.UInt64, "first": pl.UInt64, "span": pl.UInt64})
_DAY = 0xFFFF
PART_ROWS = 2_000_000
"""Rows that are compared at a time. What belongs together is in one part, so results do not depend on it."""
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


def _mixed(*hashes: pl.Expr) -> pl.Expr:
    """One hash of several: each is multiplied on, so that order matters; overflow wraps."""
    mixed = hashes[0]
    for other in hashes[1:]:
        mixed = mixed * _PRIME + other
    return mixed


def _numbered(kind: pl.Expr) -> pl.Expr:
    """The place of a type among the four. A chain of comparisons is several times faster than a lookup."""
    number = pl.lit(None, dtype=pl.UInt64)
    for word, place in _TYPES.items():
        number = pl.when(kind == word).then(pl.lit(place, dtype=pl.UInt64)).otherwise(number)
    return number


def _hashes(frame: pl.DataFrame) -> pl.DataFrame:
    """at, whole, key, spelling, span (48 bits of account and type, 16 of the start day), end (day), monthly.

    `monthly` is roughly what the row books a month where its type states a rate: positive for MRR, negative
    for ARR (a twelfth), null for other types and for amounts that are not above zero."""
    kind = pl.col("revenue_type")
    keyed = frame.select(
        AT,
        "units",
        "start_date",
        "end_date",
        start=(pl.col("start_date") - pl.lit(MIN_DATE)).dt.total_days(),
        until=(pl.col("end_date") - pl.lit(MIN_DATE)).dt.total_days(),
        key=pl.lit(fold(frame["account_name"])).hash(_SEED),
        named=pl.col("account_name").is_not_null(),
        spelling=pl.col("account_name").hash(_SEED),
        type=_numbered(kind),
        text=pl.col("description").fill_null("").hash(_SEED),
    )
    key, kinds = pl.col("key"), pl.col("type")
    complete = pl.col("named") & pl.all_horizontal(
        pl.col(name).is_not_null() for name in ("units", "start_date", "end_date", "type")
    )
    regular = (
        complete
        & (kinds != _TYPES[RevenueType.ONE_TIME.value])
        & (pl.col("start") <= pl.col("until"))
        & pl.col("start").is_between(0, _DAY)
        & pl.col("until").is_between(0, _DAY)
    )
    group = _mixed(key, kinds) & ~pl.lit(_DAY, dtype=pl.UInt64)
    whole = _mixed(
        key,
        kinds,
        pl.col("units").hash(_SEED),
        pl.col("start_date").hash(_SEED),
        pl.col("end_date").hash(_SEED),
        pl.col("text"),
    )
    rate = pl.when((pl.col("units") > 0) & pl.col("named")).then(pl.col("units").cast(pl.Float32))
    return keyed.select(
        AT,
        "spelling",
        whole=pl.when(complete).then(whole),
        key=pl.when(pl.col("named")).then(key),
        span=pl.when(regular).then(group + pl.col("start").cast(pl.UInt64)),
        end=pl.when(regular).then(pl.col("until")).cast(pl.UInt16, strict=False),
        monthly=pl.when(kinds == _TYPES[RevenueType.MRR.value])
        .then(rate)
        .when(kinds == _TYPES[RevenueType.ARR.value])
        .then(rate / -12)
        .cast(pl.Float32),
    )


Fetch = Callable[[pl.Series], pl.DataFrame]
"""The canonical rows at these places, read again from their files."""


@dataclass(slots=True)
class Across:
    """Collects what rows are compared by; `settle` gives the breaches.

    Frames have `at` and the canonical columns (`account_name`, `units`, `start_date`, `end_date`,
    `revenue_type`, `description`), null where unreadable: such rows take no part in what needs the cell.
    """

    rows: list[pl.DataFrame] = field(default_factory=list)
    spellings: list[pl.DataFrame] = field(default_factory=list)

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

    def places_of(self, keys: Sequence[str]) -> pl.Series:
        """Places of the rows of these accounts, and of others whose names share a hash with one."""
        if not self.rows or not keys:
            return _NOWHERE
        hashes = pl.Series(keys, dtype=pl.String).hash(_SEED)
        return pl.concat(self.rows).filter(pl.col("key").is_in(hashes.implode()))[AT].sort()

    def settle(self, fetch: Fetch, on: Collection[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The breaches of the rules in `on` (code, column, at, first, first_text), and the rows they are in.

        Hashes name the candidates, `fetch` reads them again, whole texts decide."""
        nothing = pl.DataFrame(schema=ACROSS_FIELDS)
        if not self.rows:
            return nothing, nothing
        rows = pl.concat(self.rows)
        twins = pl.concat(_twins(part) for part in _parts(rows, "whole"))
        respelt = self._respelt(rows) if "CGR402" in on else _NOWHERE
        pairs, rates = _NO_PAIRS, _NOWHERE
        if "CGR403" in on:
            pairs = pl.concat(_overlapping(part) for part in _parts(rows, "span"))
        if "CGR507" in on:
            rates = pl.concat(_annual(part) for part in _parts(rows, "key"))
        wanted = pl.concat([twins, respelt, pairs[AT], pairs["first"], rates]).unique().sort()
        if wanted.is_empty():
            return nothing, nothing
        full = folded(fetch(wanted).sort(AT)).with_columns(pl.col("description").fill_null(""))
        doubled = duplicates(_among(full, twins)) if len(twins) else nothing
        later = doubled[AT].implode()
        if doubled.height and pairs.height:
            pairs = pairs.filter(~pl.col(AT).is_in(later) & ~pl.col("first").is_in(later))
        annual = nothing
        if len(rates):
            annual = annual_rates(_among(full, rates)).filter(~pl.col(AT).is_in(later))
        shared, full = self._shared(pairs, rows, full, later, fetch)
        spelt = respellings(_among(full, respelt)) if len(respelt) else nothing
        found = [doubled, spelt, shared, annual]
        kept = pl.concat([part for part in found if part.height] or [nothing]).filter(
            pl.col("code").is_in(list(on))
        )
        return kept.sort(AT, "code"), full

    @staticmethod
    def _shared(
        pairs: pl.DataFrame, rows: pl.DataFrame, full: pl.DataFrame, later: pl.Series, fetch: Fetch
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Overlaps from pairs by hash; where two groups share a hash, the groups are compared in full."""
        if pairs.is_empty():
            return pl.DataFrame(schema=ACROSS_FIELDS), full
        names = full.select(AT, "key", "revenue_type")
        both = pairs.join(names, on=AT).join(names, left_on="first", right_on=AT, suffix="_first")
        same = (pl.col("key") == pl.col("key_first")) & (
            pl.col("revenue_type") == pl.col("revenue_type_first")
        )
        mixed = both.filter(~same)
        found = _overlap_rows(both.filter(same))
        if mixed.is_empty():
            return found, full
        clashing = rows.filter(_group().is_in(mixed.select(_group())["span"].unique().implode()))[AT]
        exact = folded(fetch(clashing).sort(AT)).with_columns(pl.col("description").fill_null(""))
        exact = exact.filter(~pl.col(AT).is_in(later))
        found = found.filter(~pl.col(AT).is_in(clashing.implode()))
        return pl.concat([found, overlaps(exact)]), pl.concat([full, exact]).unique(AT, maintain_order=True)

    def _respelt(self, rows: pl.DataFrame) -> pl.Series:
        pairs = pl.concat(self.spellings).unique(maintain_order=False)
        keys = pairs["key"].sort()
        several = keys.filter(keys == keys.shift(1)).unique()
        if several.is_empty():
            return _NOWHERE
        return rows.filter(pl.col("key").is_in(several.implode()))[AT]


def _among(full: pl.DataFrame, places: pl.Series) -> pl.DataFrame:
    return full.filter(pl.col(AT).is_in(places.implode())) if len(places) else full.clear()


def _group() -> pl.Expr:
    """The 48 bits of account and type."""
    return pl.col("span") & ~pl.lit(_DAY, dtype=pl.UInt64)


def _parts(rows: pl.DataFrame, by: str) -> Iterator[pl.DataFrame]:
    """The rows that have a hash, in parts of about `PART_ROWS`; the same upper bits are in one part.

    What is compared is sorted, which takes a few times the memory of what is kept: a part at a time does."""
    number = -(-rows.height // PART_ROWS)
    if number <= 1:
        yield rows
        return
    share = pl.col(by) // ((1 << 64) // number + 1)
    for part in range(number):
        yield rows.filter(share == part)


def _twins(rows: pl.DataFrame) -> pl.Series:
    """Places of rows whose hash of all six columns stands more than once."""
    whole = rows["whole"].drop_nulls().sort()
    twice = whole.filter(whole == whole.shift(1)).unique()
    if twice.is_empty():
        return _NOWHERE
    return rows.filter(pl.col("whole").is_in(twice.implode()))[AT]


def _overlapping(rows: pl.DataFrame) -> pl.DataFrame:
    """Pairs (at, first, span) of rows of one group that share days, by hash.

    In the order of group and start, a row overlaps when an earlier one of its group reaches its start. The
    group stands in the upper bits, so that one running maximum serves all groups; the row that reaches
    furthest is carried along. The later row in the files is blamed."""
    spans = (
        rows.filter(pl.col("span").is_not_null()).select("span", "end", AT).sort("span", maintain_order=True)
    )
    reaching = spans.select("span", AT, reach=(_group() + pl.col("end").cast(pl.UInt64)).cum_max())
    previous = reaching.with_columns(pl.col("reach").shift(1).alias("before"))
    hit = ((pl.col("before") ^ pl.col("span")) & ~pl.lit(_DAY, dtype=pl.UInt64) == 0) & (
        pl.col("before") >= pl.col("span")
    )
    if not previous.select(hit.any()).item():
        return _NO_PAIRS
    holder = (
        pl.when(pl.col("before").is_null() | (pl.col("reach") > pl.col("before")))
        .then(pl.col(AT))
        .forward_fill()
    )
    marked = previous.with_columns(holder=holder.shift(1)).filter(hit)
    return (
        marked.select("span", at=pl.max_horizontal(AT, "holder"), first=pl.min_horizontal(AT, "holder"))
        .sort("first")
        .unique(AT, keep="first", maintain_order=True)
        .select(AT, "first", "span")
    )


def _annual(rows: pl.DataFrame) -> pl.Series:
    """Places of all rates of the accounts of which one MRR may be a year's amount.

    Amounts are rough here, so the limits are a little wider than those of `annual_rates`."""
    monthly = rows["monthly"]
    if not (monthly > 0).any():
        return _NOWHERE
    rates = rows.filter(monthly.is_not_null() & pl.col("key").is_not_null()).select("key", "monthly", AT)
    size = pl.col("monthly").abs()
    spread = rates.group_by("key").agg(least=size.min(), most=pl.col("monthly").max())
    wide = spread.filter(pl.col("most") > pl.col("least") * (_ANNUAL[0] - 0.1)).select("key")
    if wide.is_empty():
        return _NOWHERE
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

    One Time rows take no part: their amount is booked in one month, whatever the period. In the order of
    account, type and start, a row overlaps when an earlier one of its group reaches its start."""
    group = ["key", "revenue_type"]
    regular = rows.filter(
        (pl.col("revenue_type") != RevenueType.ONE_TIME)
        & (pl.col("start_date") <= pl.col("end_date"))
        & pl.col("key").is_not_null()
    ).sort(*group, "start_date", AT)
    numbered = regular.select(AT, "start_date", "end_date", group=pl.struct(group).rle_id().cast(pl.Int64))
    end = pl.col("group") * (_DAY + 1) * 4 + (pl.col("end_date") - pl.lit(MIN_DATE)).dt.total_days()
    start = pl.col("group") * (_DAY + 1) * 4 + (pl.col("start_date") - pl.lit(MIN_DATE)).dt.total_days()
    reach = numbered.with_columns(start=start, reach=end.cum_max())
    before = reach.with_columns(before=pl.col("reach").shift(1))
    holder = (
        pl.when(pl.col("before").is_null() | (pl.col("reach") > pl.col("before")))
        .then(pl.col(AT))
        .forward_fill()
    )
    marked = before.with_columns(holder=holder.shift(1)).filter(
        (pl.col("before") >= pl.col("start")) & (pl.col("group") == pl.col("group").shift(1))
    )
    return _overlap_rows(
        marked.select(at=pl.max_horizontal(AT, "holder"), first=pl.min_horizontal(AT, "holder"))
    )


def _overlap_rows(pairs: pl.DataFrame) -> pl.DataFrame:
    return (
        pairs.group_by(AT)
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
