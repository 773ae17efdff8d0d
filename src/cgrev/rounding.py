"""Exact amounts to whole units, and exact sums.

All arithmetic is on the integers behind a `Decimal(38, 18)`: `whole` is its floor in units, `fraction`
what is left above it in units of 10^-18. Neither binary floats nor the decimal type's own rounding or
summing (which wraps beyond 38 digits without a word) take part. revenue.md section 2, "Rounding".
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from hashlib import blake2b
from typing import Literal

import polars as pl
from msgspec import Struct

from cgrev.layout import FRACTION_DIGITS, IDS, MAX_AMOUNT, MIN_AMOUNT

Mode = Literal["half-up", "half-even", "down"]
Group = Literal["none", "account", "file"]

EXACT = pl.Decimal(38, FRACTION_DIGITS)
"""The type of an amount before it is rounded."""

_ONE = 10**FRACTION_DIGITS
_UNIT = pl.lit(_ONE, dtype=pl.Int128)
_HALF = pl.lit(_ONE // 2, dtype=pl.Int128)
_SEPARATOR = "\x1f"
_MODES: tuple[Mode, ...] = ("half-up", "half-even", "down")


def whole(amount: pl.Expr) -> pl.Expr:
    """Floor of a Decimal(38, 18) in units, as Int128 (so that sums of any length are exact)."""
    return amount.to_physical() // _UNIT


def fraction(amount: pl.Expr) -> pl.Expr:
    """What stands above the floor, 0 up to but not including 10^18, as Int128."""
    return amount.to_physical() % _UNIT


def join_parts(whole: int, fraction: int) -> Decimal:
    """The exact decimal of a sum of `whole` and a sum of `fraction` parts, whatever its length."""
    return Decimal(f"{whole * _ONE + fraction}E-{FRACTION_DIGITS}")


def exact_total(amounts: pl.Series) -> Decimal:
    """Exact sum of a Decimal(38, 18) series of any length; nulls count as nothing."""
    _require_exact(amounts)
    parts = amounts.to_physical()
    highest, lowest = parts.max(), parts.min()
    if not isinstance(highest, int) or not isinstance(lowest, int):
        return join_parts(0, 0)
    if max(abs(highest), abs(lowest)) * len(parts) < 2**127:  # no order of adding them can overflow
        return join_parts(0, int(parts.sum()))
    column = pl.col(amounts.name)
    sums = amounts.to_frame().select(whole=whole(column).sum(), fraction=fraction(column).sum())
    return join_parts(sums["whole"][0] or 0, sums["fraction"][0] or 0)


def units(amount: pl.Expr, mode: Mode) -> pl.Expr:
    """`amount` (Decimal(38, 18)) in whole units, Int64; null where the units do not fit 64 bits.

    `half-up` takes ties away from zero, as a spreadsheet's ROUND; `half-even` to the even unit; `down`
    cuts towards zero.
    """
    return _round_parts(whole(amount), fraction(amount), mode).cast(pl.Int64, strict=False)


def round_units(amounts: pl.Series, mode: Mode) -> pl.Series:
    """A Decimal(38, 18) series in whole units, Int64, nulls kept.

    Raises OverflowError when an amount does not fit 64 bits: rules reject such rows before this.
    """
    _require_exact(amounts)
    frame = amounts.to_frame()
    column = pl.col(amounts.name)
    rounded = frame.select(_round_parts(whole(column), fraction(column), mode))[amounts.name]
    return _narrow(rounded)


class KeptTotal(Struct, frozen=True):
    """Whole units per row, in the frame's order, and the rows that were moved to keep a total.

    `moved` has `row` (the frame's row numbers), `from` and `to` (Int64): what plain rounding gave,
    and what is written instead; always one unit apart.
    """

    units: pl.Series
    moved: pl.DataFrame


def keep_total(
    frame: pl.DataFrame,
    group: Group,
    mode: Mode,
    *,
    account_key: str = "account_name",
    within: Sequence[str] = (),
    row: str = "row",
) -> KeptTotal:
    """Round every row, then move as few rows as needed, by one unit each, so that each group's total is kept.

    `frame` has the six canonical columns, `amount` as Decimal(38, 18) without nulls, and `row`. The total
    kept is the exact total of the group rounded half-up, whatever `mode` rounds the rows: the nearest
    whole unit. Rows with the largest remainder move first; among equal remainders the content digest of
    the six values decides, so that the order of rows never matters and only equal rows are
    interchangeable. `account_key` names the column that identifies an account (the folded name), `within`
    columns that always separate groups (a currency).

    Raises OverflowError when a row's units do not fit 64 bits.
    """
    rounded = round_units(frame["amount"], mode).alias("units")
    if group == "none" or frame.is_empty():
        return KeptTotal(rounded, _moved(frame[row], rounded, rounded))
    keys = [*within, account_key] if group == "account" else list(within)
    work = _residuals(frame, rounded, keys)
    chosen = _largest_remainders(frame, work)
    steps = pl.DataFrame({"index": chosen["index"], "step": chosen["step"]})
    final = (
        work.select("index", "units")
        .join(steps, on="index", how="left", maintain_order="left")
        .select(units=pl.col("units").cast(pl.Int128) + pl.col("step").fill_null(0))["units"]
    )
    kept = _narrow(final)
    return KeptTotal(kept, _moved(frame[row], rounded, kept))


def content_digests(frame: pl.DataFrame) -> list[bytes]:
    """A stable digest of the six values of each row; equal rows have equal digests.

    The canonical text of each value (18 digits behind the mark, ISO dates, blank for null) is hashed with
    the length of the text in front, so that no two contents run together.
    """
    texts = [pl.col(name).cast(pl.String).fill_null("") for name in IDS]
    parts = [pl.concat_str(text.str.len_bytes().cast(pl.String), text, separator=":") for text in texts]
    lines = frame.select(text=pl.concat_str(parts, separator=_SEPARATOR))["text"]
    return [blake2b(line.encode(), digest_size=16).digest() for line in lines]


def _round_parts(whole: pl.Expr, fraction: pl.Expr, mode: Mode) -> pl.Expr:
    """The floor, plus one where the mode goes up. `fraction` is already below one unit."""
    if mode == "half-up":
        up = (fraction > _HALF) | ((fraction == _HALF) & (whole >= 0))
    elif mode == "half-even":
        odd = whole % pl.lit(2, dtype=pl.Int128) != 0
        up = (fraction > _HALF) | ((fraction == _HALF) & odd)
    elif mode == "down":
        up = (fraction > 0) & (whole < 0)
    else:
        raise ValueError(f"rounding is one of {', '.join(_MODES)}, not {mode!r}")
    return whole + up.cast(pl.Int128)


def _residuals(frame: pl.DataFrame, rounded: pl.Series, keys: list[str]) -> pl.DataFrame:
    """Per row `index`, `units`, `rest` (exact minus units, in 10^-18), `group`, and `short` (units it lacks).

    `group` and `short` are null where the group's total is kept already.
    """
    exact = pl.col("amount").to_physical()
    work = frame.select(
        *(pl.col(key).alias(f"key {place}") for place, key in enumerate(keys)),
        index=pl.int_range(pl.len(), dtype=pl.UInt32),
        units=rounded,
        whole=whole(pl.col("amount")),
        fraction=fraction(pl.col("amount")),
        rest=(exact - rounded.cast(pl.Int128) * _UNIT).cast(pl.Int64),
    )
    by = [pl.col(f"key {place}") for place in range(len(keys))] or [pl.lit(0).alias("key")]
    carried = pl.col("fraction").sum() // _UNIT
    target = _round_parts(pl.col("whole").sum() + carried, pl.col("fraction").sum() % _UNIT, "half-up")
    groups = work.group_by(by).agg(
        short=target - pl.col("units").cast(pl.Int128).sum(), members=pl.col("index")
    )
    short = groups.filter(pl.col("short") != 0).with_row_index("group")
    members = short.select("group", pl.col("short").cast(pl.Int64), index="members").explode("index")
    return work.select("index", "units", "rest").join(members, on="index", how="left", maintain_order="left")


def _largest_remainders(frame: pl.DataFrame, work: pl.DataFrame) -> pl.DataFrame:
    """The rows that move: `index` and `step` (+1 or -1), as many in each group as units are missing."""
    wanted = pl.col("short").abs()
    at_last = pl.when(pl.col("place") == wanted - 1).then("rest")
    ranked = (
        work.filter(pl.col("short").is_not_null() & (pl.col("rest").sign() == pl.col("short").sign()))
        .with_columns(rest=pl.col("rest").abs(), step=pl.col("short").sign())
        .sort("group", "rest", descending=[False, True], maintain_order=True)
        .with_columns(place=pl.int_range(pl.len()).over("group"))
        .with_columns(last=at_last.max().over("group"))
    )
    above = ranked.filter(pl.col("rest") > pl.col("last"))
    tied = ranked.filter(pl.col("rest") == pl.col("last")).with_columns(
        # the ranks of tied rows are consecutive, so the first of them tells how many stand above
        left=wanted - pl.col("place").min().over("group"),
        rivals=pl.len().over("group"),
    )
    clear = tied.filter(pl.col("left") >= pl.col("rivals"))
    open_ = tied.filter(pl.col("left") < pl.col("rivals"))
    if not open_.is_empty():
        digests = pl.Series("digest", content_digests(frame[open_["index"]]), dtype=pl.Binary)
        open_ = open_.with_columns(digests).sort("group", "digest", maintain_order=True)
        open_ = open_.filter(pl.int_range(pl.len()).over("group") < pl.col("left"))
    return pl.concat([part.select("index", "step") for part in (above, clear, open_)])


def _moved(rows: pl.Series, before: pl.Series, after: pl.Series) -> pl.DataFrame:
    frame = pl.DataFrame({"row": rows, "from": before, "to": after})
    return frame.filter(pl.col("from") != pl.col("to"))


def _narrow(rounded: pl.Series) -> pl.Series:
    outside = rounded.filter(~rounded.is_between(MIN_AMOUNT, MAX_AMOUNT))
    if len(outside):
        raise OverflowError(f"amount {outside[0]} does not fit 64 bits")
    return rounded.cast(pl.Int64)


def _require_exact(amounts: pl.Series) -> None:
    if amounts.dtype != EXACT:
        raise TypeError(f"amounts are {EXACT}, not {amounts.dtype}")
