"""Three columns that must agree: what the source states, what is sent, what the server lists.

By currency, type and account. Every unit between source and sent has a listed cause (rounding, rejected,
skipped); `Statement.gate` names what has none, and a run with any of those fails (revenue.md section 6).
Sums are Int128 pairs (`whole`, `fraction` as in `cgrev.rounding`), so that no length of file overflows.

Frames of rows have `account_name`, `revenue_type`, `currency` (each may be null) and `amount`
(Decimal(38, 18), exact); `key` names the account (the folded name), it is computed where it is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, localcontext
from typing import Any, Literal

import polars as pl
from msgspec import Struct

from cgrev.layout import FRACTION_DIGITS, RevenueType
from cgrev.parsing.names import fold
from cgrev.rounding import EXACT, fraction, join_parts, whole
from cgrev.schedule import CENTS

Kind = Literal["rounding", "rejected", "skipped"]
Check = Literal["rounding", "source", "sent", "listed"]

_NAMES = ("currency", "revenue_type", "account_name")
_LINE = ("currency", "revenue_type", "key")
_SUMS = (
    "sent",
    "rounding",
    *(f"{kind}_{part}" for kind in ("taken", "rejected", "skipped") for part in ("w", "f")),
)
_COUNTS = ("rows", "rounded", "strange", "rejected_rows", "skipped_rows", "unreadable")
_COUNTED = ("whole", "fraction", "rows", "unreadable")
_NO_CODES = pl.DataFrame(
    schema={
        **dict.fromkeys((*_NAMES, "code", "kind"), pl.String),
        **dict.fromkeys(_COUNTED[:2], pl.Int128),
        **dict.fromkeys(_COUNTED[2:], pl.Int64),
    }
)
_KEPT_SUMS = 16
"""Frames of sums that are kept before they are added up."""
_TYPE = pl.Enum([kind.value for kind in RevenueType])


class Cause(Struct, frozen=True):
    """Why an amount of the source was not sent.

    `amount` is exact (rounding: what rounding took away, negative where it added). `code` is the rule of
    rejected rows, the reason of skipped ones. `unreadable` rows state no amount that could be counted.
    """

    kind: Kind
    amount: Decimal
    rows: int
    code: str | None = None
    unreadable: int = 0


class Line(Struct, frozen=True):
    """One line of the statement. `sent` and `listed` are in whole units (`listed` as the server has it).

    `listed` is None where the server was not asked, or where one account and type has several currencies:
    the server keeps none, so those are compared together (see `Statement.gate`).
    """

    currency: str | None
    revenue_type: str | None
    account_name: str | None
    source: Decimal
    sent: Decimal
    listed: Decimal | None
    rows: int
    causes: tuple[Cause, ...]

    @property
    def difference(self) -> Decimal:
        """What the source states beyond what is sent."""
        return exact_sum(self.source, self.sent.copy_negate())

    @property
    def unexplained(self) -> Decimal:
        """What no cause accounts for; 0 in a sound run."""
        return exact_sum(self.difference, *(cause.amount.copy_negate() for cause in self.causes))


class Unexplained(Struct, frozen=True):
    """A difference without a cause.

    `check` says which comparison failed: "rounding" (`rows` rows written a whole unit or more away from
    their exact amount), "source" (the rows do not add up to the total counted while reading), "sent" (the
    files do not hold the rows' units), "listed" (the server lists other amounts than were sent). `expected`
    and `found` are the two sides. Account, type and currency are None where the check is above them.
    """

    check: Check
    expected: Decimal
    found: Decimal
    currency: str | None = None
    revenue_type: str | None = None
    account_name: str | None = None
    rows: int | None = None

    @property
    def difference(self) -> Decimal:
        return exact_sum(self.expected, self.found.copy_negate())


class Statement(Struct, frozen=True):
    """The reconciliation of one run; made by `reconcile`."""

    _lines: pl.DataFrame
    _codes: pl.DataFrame
    _listed: pl.DataFrame | None
    _source: Mapping[str | None, Decimal] | None
    _sent: int | None

    def __len__(self) -> int:
        """How many lines there are: currency, type and account."""
        return self._lines.height

    def lines(self) -> Iterator[Line]:
        """Every line, sorted by currency, type in the order of the layout, account."""
        causes = _by_line(self._codes, _LINE)
        single = pl.col("currency").n_unique().over("revenue_type", "key") == 1
        for row in _sorted(self._lines.with_columns(alone=single)).iter_rows(named=True):
            listed = None
            if self._listed is not None and row["alone"]:
                listed = join_parts(row["listed_w"] or 0, row["listed_f"] or 0)
            yield _line(row, causes.get(tuple(row[name] for name in _LINE), []), listed)

    def currencies(self) -> list[Line]:
        """One line a currency (type, account and `listed` None), the causes added up by rule or reason."""
        return self._summed("currency")

    def types(self) -> list[Line]:
        """One line a currency and type, as `currencies`."""
        return self._summed("currency", "revenue_type")

    def _summed(self, *by: str) -> list[Line]:
        codes = self._codes.group_by(*by, "kind", "code").agg(pl.col(_COUNTED).sum())
        causes = _by_line(codes, by)
        totals = self._lines.group_by(by).agg(pl.col(*_SUMS, *_COUNTS).sum())
        order = [pl.col("revenue_type").cast(_TYPE, strict=False)] if "revenue_type" in by else []
        rows = totals.sort("currency", *order, nulls_last=True).iter_rows(named=True)
        return [_line(row, causes.get(tuple(row[name] for name in by), []), None) for row in rows]

    def gate(self) -> list[Unexplained]:
        """Every difference that has no cause; empty in a sound run, else the run must fail."""
        return [
            *self._strange_rows(),
            *self._beside_the_source(),
            *self._beside_the_files(),
            *self._beside_the_server(),
        ]

    def _strange_rows(self) -> Iterator[Unexplained]:
        for row in _sorted(self._lines.filter(pl.col("strange") > 0)).iter_rows(named=True):
            expected = join_parts(row["taken_w"], row["taken_f"])
            found = exact_sum(Decimal(row["sent"]), join_parts(0, row["rounding"]))
            yield Unexplained("rounding", expected, found, *_place(row), rows=row["strange"])

    def _beside_the_source(self) -> Iterator[Unexplained]:
        if self._source is None:
            return
        found = {line.currency: line.source for line in self.currencies()}
        for currency in dict.fromkeys([*self._source, *found]):
            expected, added = self._source.get(currency, Decimal()), found.get(currency, Decimal())
            if expected != added:
                yield Unexplained("source", expected, added, currency=currency)

    def _beside_the_files(self) -> Iterator[Unexplained]:
        units = int(self._lines["sent"].sum() or 0)
        if self._sent is not None and self._sent != units:
            yield Unexplained("sent", Decimal(units), Decimal(self._sent))

    def _beside_the_server(self) -> Iterator[Unexplained]:
        if self._listed is None:
            return
        # the server keeps no currency, so the currencies of one account and type are compared together
        pairs = self._lines.group_by("revenue_type", "key", maintain_order=True).agg(
            pl.col("account_name", "listed_w", "listed_f").first(),
            pl.col("sent").sum(),
            currency=pl.when(pl.col("currency").n_unique() == 1).then(pl.col("currency").first()),
        )
        listed = pl.col("listed_w").fill_null(0), pl.col("listed_f").fill_null(0)
        wrong = pairs.filter((listed[0] != pl.col("sent")) | (listed[1] != 0))
        for row in _sorted(wrong).iter_rows(named=True):
            found = join_parts(row["listed_w"] or 0, row["listed_f"] or 0)
            yield Unexplained("listed", Decimal(row["sent"]), found, *_place(row))


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
        self._sums: list[pl.DataFrame] = []
        self._codes: list[pl.DataFrame] = []

    def accept(self, frame: pl.DataFrame) -> None:
        """Rows that are sent: with `units`, what is written for each."""
        taken = self._plain(frame, "units").with_columns(
            rest=pl.col("amount").to_physical() - pl.col("units").cast(pl.Int128) * _one()
        )
        near = pl.col("rest").abs() < _one()
        one = pl.lit(1, pl.Int64)
        parts = taken.select(
            *_NAMES,
            taken_w=whole(pl.col("amount")),
            taken_f=fraction(pl.col("amount")),
            sent=pl.col("units").cast(pl.Int128),
            rounding=pl.when(near).then("rest"),
            rows=one,
            rounded=pl.when(near & (pl.col("rest") != 0)).then(one),
            strange=pl.when(~near).then(one),
        )
        self._sums.append(parts.group_by(_NAMES, maintain_order=True).agg(pl.exclude(_NAMES).sum()))
        if len(self._sums) > _KEPT_SUMS:
            self._sums = [_added_up(self._sums, _NAMES)]

    def reject(self, frame: pl.DataFrame) -> None:
        """Rows that are not sent because of errors: with `code`."""
        self._leave_out(frame, "rejected", "code")

    def skip(self, frame: pl.DataFrame) -> None:
        """Rows that are left out though they carry money of their own: with `reason`."""
        self._leave_out(frame, "skipped", "reason")

    def _leave_out(self, frame: pl.DataFrame, kind: Kind, why: str) -> None:
        left = self._plain(frame, why).rename({why: "code"})
        self._sums.append(_left_out(left, kind))
        self._codes.append(_left_out_by_code(left, kind))

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
                _with_key(exact)
                .group_by("revenue_type", "key")
                .agg(
                    pl.col("account_name").first(),
                    listed_w=whole(pl.col("amount")).sum() + fraction(pl.col("amount")).sum() // _one(),
                    listed_f=fraction(pl.col("amount")).sum() % _one(),
                )
            )
        sums = _added_up(self._sums, _NAMES)
        codes = pl.concat([_NO_CODES, *self._codes])
        codes = _with_key(codes).group_by(*_LINE, "code", "kind").agg(pl.col(_COUNTED).sum())
        return Statement(_lines(_with_key(sums), on_server), codes, on_server, source, sent)


def compare_months(
    expected: pl.DataFrame, listed: pl.DataFrame, before: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Where the months the server lists are not those that were to be booked.

    All three have `account_name`, `revenue_type`, `month` and `amount` (Decimal(38, 2)), `key` where it is
    known; `before` is what the server listed before the upload. Answers the months that differ:
    `account_name`, `revenue_type`, `month`, `expected`, `listed` (without `before`), `difference`, sorted.
    """
    sides = [(expected, 1, 0), (listed, 0, 1), *([(before, 0, -1)] if before is not None else [])]
    by = ["revenue_type", "key", "month"]
    stacked = pl.concat(
        _with_key(frame).select(
            *by,
            "account_name",
            expected=pl.col("amount").cast(CENTS).to_physical() * mine,
            listed=pl.col("amount").cast(CENTS).to_physical() * theirs,
        )
        for frame, mine, theirs in sides
    )
    summed = stacked.group_by(by, maintain_order=True).agg(
        pl.col("account_name").first(), pl.col("expected", "listed").sum()
    )
    return (
        summed.filter(pl.col("expected") != pl.col("listed"))
        .with_columns(difference=pl.col("expected") - pl.col("listed"))
        .sort("account_name", pl.col("revenue_type").cast(_TYPE), "month")
        .select(
            "account_name",
            "revenue_type",
            "month",
            pl.col("expected", "listed", "difference").reinterpret(dtype=CENTS),
        )
    )


def _one() -> pl.Expr:
    return pl.lit(10**FRACTION_DIGITS, dtype=pl.Int128)


def _with_key(frame: pl.DataFrame) -> pl.DataFrame:
    return frame if "key" in frame.columns else frame.with_columns(fold(frame["account_name"]).alias("key"))


def _plain(frame: pl.DataFrame, *more: str) -> pl.DataFrame:
    return frame.select(pl.col(_NAMES).cast(pl.String), pl.col("amount").cast(EXACT), *more)


def _left_out(frame: pl.DataFrame, kind: Kind) -> pl.DataFrame:
    return frame.group_by(_NAMES, maintain_order=True).agg(
        whole(pl.col("amount")).sum().alias(f"{kind}_w"),
        fraction(pl.col("amount")).sum().alias(f"{kind}_f"),
        pl.len().cast(pl.Int64).alias(f"{kind}_rows"),
        pl.col("amount").null_count().cast(pl.Int64).alias("unreadable"),
    )


def _left_out_by_code(frame: pl.DataFrame, kind: Kind) -> pl.DataFrame:
    return (
        frame.group_by(*_NAMES, "code")
        .agg(
            kind=pl.lit(kind),
            whole=whole(pl.col("amount")).sum(),
            fraction=fraction(pl.col("amount")).sum(),
            rows=pl.len().cast(pl.Int64),
            unreadable=pl.col("amount").null_count().cast(pl.Int64),
        )
        .select(_NO_CODES.columns)
    )


def _added_up(frames: list[pl.DataFrame], by: Sequence[str]) -> pl.DataFrame:
    """Sums of several frames as one, columns that a frame lacks counted as 0; in the order of arrival."""
    types = dict.fromkeys(_SUMS, pl.Int128()) | dict.fromkeys(_COUNTS, pl.Int64())
    blank = pl.DataFrame(schema={**dict.fromkeys(_NAMES, pl.String()), **types})
    kept = pl.concat([*frames, blank], how="diagonal")
    return kept.group_by(by, maintain_order=True).agg(pl.col(*types).sum())


def _lines(sums: pl.DataFrame, on_server: pl.DataFrame | None) -> pl.DataFrame:
    first = pl.col("account_name").drop_nulls().first()
    lines = sums.group_by(_LINE, maintain_order=True).agg(first, pl.col(*_SUMS, *_COUNTS).sum())
    if on_server is not None:
        pair = ["revenue_type", "key"]
        ours = lines.join(on_server.drop("account_name"), on=pair, how="left", nulls_equal=True)
        # an account the server lists and we never sent is a line of its own
        theirs = on_server.join(lines, on=pair, how="anti", nulls_equal=True)
        lines = pl.concat([ours, theirs], how="diagonal").with_columns(pl.col(*_SUMS, *_COUNTS).fill_null(0))
    return lines


def _sorted(lines: pl.DataFrame) -> pl.DataFrame:
    return lines.sort(
        "currency", pl.col("revenue_type").cast(_TYPE, strict=False), "account_name", "key", nulls_last=True
    )


def _by_line(codes: pl.DataFrame, by: tuple[str, ...]) -> dict[tuple[str | None, ...], list[Cause]]:
    causes: dict[tuple[str | None, ...], list[Cause]] = {}
    for row in codes.sort("kind", "code", nulls_last=True).iter_rows(named=True):
        amount = join_parts(row["whole"], row["fraction"])
        cause = Cause(row["kind"], amount, row["rows"], row["code"], row["unreadable"])
        causes.setdefault(tuple(row[name] for name in by), []).append(cause)
    return causes


def _line(row: dict[str, Any], left_out: list[Cause], listed: Decimal | None) -> Line:
    parts = [join_parts(row[f"{kind}_w"], row[f"{kind}_f"]) for kind in ("taken", "rejected", "skipped")]
    causes = list(left_out)
    if row["rounded"]:
        causes.insert(0, Cause("rounding", join_parts(0, row["rounding"]), row["rounded"]))
    return Line(
        *_place(row),
        source=exact_sum(*parts),
        sent=Decimal(row["sent"]),
        listed=listed,
        rows=row["rows"] + row["rejected_rows"] + row["skipped_rows"],
        causes=tuple(causes),
    )


def _place(row: dict[str, Any]) -> tuple[str | None, str | None, str | None]:
    return row.get("currency"), row.get("revenue_type"), row.get("account_name")


def exact_sum(*terms: Decimal) -> Decimal:
    """A sum without the rounding of the ambient decimal context (which a unary minus is subject to, too)."""
    with localcontext(prec=100):
        return sum(terms, Decimal())
