"""The figures of a statement, gathered frame by frame while rows go by.

Frames of rows have `account_name`, `revenue_type`, `currency` (each may be null) and `amount`
(Decimal(38, 18), exact); `key` names the account (the folded name), it is computed where it is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import polars as pl
from polars import selectors as cs

from cgrev.layout import FRACTION_DIGITS
from cgrev.reconcile import COUNTED, COUNTS, LINE, NAMES, SUMS, Kind, Statement, totals, with_key
from cgrev.rounding import EXACT, fraction, whole

_NO_CODES = pl.DataFrame(
    schema={
        **dict.fromkeys((*NAMES, "code", "kind"), pl.String),
        **dict.fromkeys(COUNTED[:2], pl.Int128),
        **dict.fromkeys(COUNTED[2:], pl.Int64),
    }
)
_FRESH_LINES = 1_000_000
"""Lines of sums that are kept before they are added to those there are, or as many as those, if more."""


def reconcile(
    accepted: pl.DataFrame,
    rejected: pl.DataFrame | None = None,
    skipped: pl.DataFrame | None = None,
    *,
    source: Mapping[str | None, Decimal] | None = None,
    sent: int | None = None,
    listed: pl.DataFrame | None = None,
) -> Statement:
    """Set up the statement of one run.

    `accepted` has the columns above and `units` (Int64): what was written for each row. `rejected` has
    `code`, `skipped` has `reason`; their `amount` may be null. Skipped rows are those a converter leaves out
    though they carry money of their own; a subtotal or footer, which repeats other rows, is not passed.

    Three witnesses that do not come from these frames make the gate worth something: `source`, exact totals
    by currency counted while reading; `sent`, the units in the finished files; `listed`, what the server has
    (`account_name`, `revenue_type`, `amount` of any integer or decimal type).
    """
    tally = Tally()
    tally.accept(accepted)
    if rejected is not None:
        tally.reject(rejected)
    if skipped is not None:
        tally.skip(skipped)
    return tally.statement(source=source, sent=sent, listed=listed)


class Tally:
    """Gathers what a statement is made of, frame by frame; it keeps sums by currency, type and account alone.

    The frames are those of `reconcile`, without `key`: accounts are brought together at the end, once each.
    Without `accounts` its lines are those of a currency and type: what the gate needs and the manifest
    keeps, for a fraction of the time and memory.
    """

    def __init__(self, *, accounts: bool = True) -> None:
        self._accounts = accounts
        self._known = _added_up([])
        self._fresh: list[pl.DataFrame] = []
        self._codes: list[pl.DataFrame] = []

    def accept(self, frame: pl.DataFrame) -> None:
        """Rows that are sent: with `units`, what is written for each."""
        taken = self._plain(frame, "units").with_columns(
            rest=pl.col("amount").to_physical() - pl.col("units").cast(pl.Int128) * _one()
        )
        near = pl.col("rest").abs() < _one()
        one = pl.lit(1, pl.Int64)
        parts = taken.select(
            *NAMES,
            taken_w=whole(pl.col("amount")),
            taken_f=fraction(pl.col("amount")),
            sent=pl.col("units").cast(pl.Int128),
            rounding=pl.when(near).then("rest"),
            rows=one,
            rounded=pl.when(near & (pl.col("rest") != 0)).then(one),
            strange=pl.when(~near).then(one),
        )
        self._add(parts.group_by(NAMES, maintain_order=True).agg(pl.exclude(NAMES).sum()))

    def reject(self, frame: pl.DataFrame) -> None:
        """Rows that are not sent because of errors: with `code`."""
        self._leave_out(frame, "rejected", "code")

    def skip(self, frame: pl.DataFrame) -> None:
        """Rows that are left out though they carry money of their own: with `reason`."""
        self._leave_out(frame, "skipped", "reason")

    def _leave_out(self, frame: pl.DataFrame, kind: Kind, why: str) -> None:
        left = self._plain(frame, why).rename({why: "code"})
        self._add(_left_out(left, kind))
        self._codes.append(_left_out_by_code(left, kind))

    def _add(self, sums: pl.DataFrame) -> None:
        """Keep sums. They are brought together when as many are fresh as are known: memory follows the
        number of lines, and each line is added a few times at most."""
        self._fresh.append(_shrunk(sums))
        if sum(one.height for one in self._fresh) > max(_FRESH_LINES, self._known.height):
            self._settle()

    def _settle(self) -> pl.DataFrame:
        if self._fresh:
            self._known, self._fresh = _added_up([self._known, *self._fresh]), []
        return self._known

    def _plain(self, frame: pl.DataFrame, *more: str) -> pl.DataFrame:
        plain = _plain(frame, *more)
        return plain if self._accounts else plain.with_columns(account_name=pl.lit(None, pl.String))

    def statement(
        self,
        *,
        source: Mapping[str | None, Decimal] | None = None,
        sent: int | None = None,
        listed: pl.DataFrame | None = None,
    ) -> Statement:
        """The statement of what was gathered, with the witnesses `reconcile` speaks of."""
        on_server = None
        if listed is not None:
            exact = _plain(
                listed.with_columns(pl.col("amount").cast(EXACT), currency=pl.lit(None, pl.String))
            )
            on_server = (
                with_key(exact)
                .group_by("revenue_type", "key")
                .agg(
                    pl.col("account_name").first(),
                    listed_w=whole(pl.col("amount")).sum() + fraction(pl.col("amount")).sum() // _one(),
                    listed_f=fraction(pl.col("amount")).sum() % _one(),
                )
            )
        codes = pl.concat([_NO_CODES, *self._codes])
        codes = with_key(codes).group_by(*LINE, "code", "kind").agg(pl.col(COUNTED).sum())
        return Statement(_lines(self._settle(), on_server), codes, on_server, source, sent)


def _one() -> pl.Expr:
    return pl.lit(10**FRACTION_DIGITS, dtype=pl.Int128)


def _plain(frame: pl.DataFrame, *more: str) -> pl.DataFrame:
    return frame.select(pl.col(NAMES).cast(pl.String), pl.col("amount").cast(EXACT), *more)


def _left_out(frame: pl.DataFrame, kind: Kind) -> pl.DataFrame:
    return frame.group_by(NAMES, maintain_order=True).agg(
        whole(pl.col("amount")).sum().alias(f"{kind}_w"),
        fraction(pl.col("amount")).sum().alias(f"{kind}_f"),
        pl.len().cast(pl.Int64).alias(f"{kind}_rows"),
        pl.col("amount").null_count().cast(pl.Int64).alias("unreadable"),
    )


def _left_out_by_code(frame: pl.DataFrame, kind: Kind) -> pl.DataFrame:
    return (
        frame.group_by(*NAMES, "code")
        .agg(
            kind=pl.lit(kind),
            whole=whole(pl.col("amount")).sum(),
            fraction=fraction(pl.col("amount")).sum(),
            rows=pl.len().cast(pl.Int64),
            unreadable=pl.col("amount").null_count().cast(pl.Int64),
        )
        .select(_NO_CODES.columns)
    )


def _added_up(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """Sums of several frames as one, figures that a frame lacks counted as 0; in the order of arrival."""
    blank = pl.DataFrame(schema=dict.fromkeys(NAMES, pl.String()) | dict.fromkeys(SUMS + COUNTS, pl.Int8()))
    kept = pl.concat([*frames, blank], how="diagonal_relaxed")
    return _shrunk(kept.group_by(NAMES, maintain_order=True).agg(totals()))


def _shrunk(sums: pl.DataFrame) -> pl.DataFrame:
    """The same figures in the smallest types that hold them: most are small, or all zero."""
    return sums.with_columns(figures.shrink_dtype() for figures in sums.select(cs.integer()))


def _lines(sums: pl.DataFrame, on_server: pl.DataFrame | None) -> pl.DataFrame:
    first = pl.col("account_name").drop_nulls().first()
    lines = _shrunk(with_key(sums).group_by(LINE, maintain_order=True).agg(first, *totals()))
    if on_server is None:
        return lines
    pair = ["revenue_type", "key"]
    ours = lines.join(on_server.drop("account_name"), on=pair, how="left", nulls_equal=True)
    # an account the server lists and we never sent is a line of its own
    theirs = on_server.join(lines, on=pair, how="anti", nulls_equal=True)
    return pl.concat([ours, theirs], how="diagonal").with_columns(pl.col(*SUMS, *COUNTS).fill_null(0))
