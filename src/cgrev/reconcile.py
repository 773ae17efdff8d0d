"""Three columns that must agree: what the source states, what is sent, what the server lists.

By currency, type and account. Every unit between source and sent has a listed cause (rounding, rejected,
skipped); `Statement.gate` names what has none, and a run with any of those fails (revenue.md section 6).
Sums are Int128 pairs (`whole`, `fraction` as in `cgrev.rounding`), so that no length of file overflows.
`cgrev.tally` gathers them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, localcontext
from typing import Any, Literal

import polars as pl
from msgspec import Struct

from cgrev.layout import RevenueType
from cgrev.parsing.names import fold
from cgrev.rounding import join_parts
from cgrev.schedule import CENTS

Kind = Literal["rounding", "rejected", "skipped"]
Check = Literal["rounding", "source", "sent", "listed"]

NAMES = ("currency", "revenue_type", "account_name")
LINE = ("currency", "revenue_type", "key")
SUMS = (
    "sent",
    "rounding",
    *(f"{kind}_{part}" for kind in ("taken", "rejected", "skipped") for part in ("w", "f")),
)
COUNTS = ("rows", "rounded", "strange", "rejected_rows", "skipped_rows", "unreadable")
"""Columns of figures. They are kept in the smallest type that holds them, and summed as `totals` does."""
COUNTED = ("whole", "fraction", "rows", "unreadable")
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
    """The reconciliation of one run; made by `cgrev.tally`."""

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
        causes = _by_line(self._codes, LINE)
        single = pl.col("currency").n_unique().over("revenue_type", "key") == 1
        for row in _sorted(self._lines.with_columns(alone=single)).iter_rows(named=True):
            listed = None
            if self._listed is not None and row["alone"]:
                listed = join_parts(row["listed_w"] or 0, row["listed_f"] or 0)
            yield _line(row, causes.get(tuple(row[name] for name in LINE), []), listed)

    def currencies(self) -> list[Line]:
        """One line a currency (type, account and `listed` None), the causes added up by rule or reason."""
        return self._summed("currency")

    def types(self) -> list[Line]:
        """One line a currency and type, as `currencies`."""
        return self._summed("currency", "revenue_type")

    def _summed(self, *by: str) -> list[Line]:
        codes = self._codes.group_by(*by, "kind", "code").agg(pl.col(COUNTED).sum())
        causes = _by_line(codes, by)
        summed = self._lines.group_by(by).agg(totals())
        order = [pl.col("revenue_type").cast(_TYPE, strict=False)] if "revenue_type" in by else []
        rows = summed.sort("currency", *order, nulls_last=True).iter_rows(named=True)
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
        units = int(self._lines["sent"].cast(pl.Int128).sum() or 0)
        if self._sent is not None and self._sent != units:
            yield Unexplained("sent", Decimal(units), Decimal(self._sent))

    def _beside_the_server(self) -> Iterator[Unexplained]:
        if self._listed is None:
            return
        # the server keeps no currency, so the currencies of one account and type are compared together
        pairs = self._lines.group_by("revenue_type", "key", maintain_order=True).agg(
            pl.col("account_name", "listed_w", "listed_f").first(),
            pl.col("sent").cast(pl.Int128).sum(),
            currency=pl.when(pl.col("currency").n_unique() == 1).then(pl.col("currency").first()),
        )
        listed = pl.col("listed_w").fill_null(0), pl.col("listed_f").fill_null(0)
        wrong = pairs.filter((listed[0] != pl.col("sent")) | (listed[1] != 0))
        for row in _sorted(wrong).iter_rows(named=True):
            found = join_parts(row["listed_w"] or 0, row["listed_f"] or 0)
            yield Unexplained("listed", Decimal(row["sent"]), found, *_place(row))


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
        with_key(frame).select(
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


def totals() -> list[pl.Expr]:
    """The sums of all figures, whatever types they are kept in."""
    return [pl.col(SUMS).cast(pl.Int128).sum(), pl.col(COUNTS).cast(pl.Int64).sum()]


def with_key(frame: pl.DataFrame) -> pl.DataFrame:
    return frame if "key" in frame.columns else frame.with_columns(fold(frame["account_name"]).alias("key"))


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
