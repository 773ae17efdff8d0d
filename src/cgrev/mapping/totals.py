"""Which rows each total of a file counts: by the group it names, by its stars, or by where it stands.

A list prints `*` below a group and `**` below the groups; a report prints "Total for X" below the group row
of X; a grid leaves the key columns blank and marks nothing: of totals directly below each other the second
is one level up. Nothing is summed here; core compares.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

import polars as pl
from msgspec import Struct

from cgrev.mapping.headings import fold
from cgrev.mapping.tidy import is_blank
from cgrev.plugin import Stated
from cgrev.table import ROW

GRAND = frozenset(
    fold(word)
    for word in (
        "grand total", "grand totals", "overall total", "total result", "gesamtsumme", "gesamtergebnis",
        "endsumme", "insgesamt", "total général", "total general", "total geral", "totale generale",
        "eindtotaal", "suma total", "i alt", "genel toplam", "общий итог", "总计", "総計",
    )
)  # fmt: skip
"""Words of a total that counts every row above it."""

_TOP = 1_000
_STARS = re.compile(r"[\s*]*")
_OF = re.compile(
    r"^[\s*]*(?i:(?:sub-?)?totals?\s*(?:for|of|für|pour|van|di|per|para|por|по|для|[-:])\s*)(.+)$"
)
_WITH = " with "
"""A report that nests groups says "Total for X with sub-customers"."""


class Money(Struct, frozen=True):
    """Where the amounts of a file stand: `amount`, the currency beside it, and the column of signs."""

    amount: int
    currency: int | None = None
    negative: tuple[int, tuple[str, ...]] | None = None


class _Total(Struct, frozen=True):
    row: int
    text: str
    kind: int
    label: str
    currency: str | None


def stated_totals(
    frame: pl.DataFrame,
    totals: pl.Series,
    records: pl.DataFrame,
    money: Money,
    *,
    groups: Sequence[tuple[int, str]] = (),
    beginnings: Sequence[str] = (),
    field: str = "amount",
) -> tuple[Stated, ...]:
    """The totals among the rows `totals` of `frame`, with the rows they count.

    `records` are the rows of the source a total can count, `groups` the group rows and their names,
    `beginnings` how labels of totals begin before such a name.
    """
    found = _totals(frame, totals, money)
    several = _currencies(records, money.currency) > 1
    levels = _Levels(records[ROW].sort().to_list(), groups, beginnings)
    stated = []
    for one in found:
        first, last, or_first = levels.of(one)
        if several and one.currency is None:
            continue  # a sum over several currencies states nothing
        where = (money.currency, one.currency) if money.currency is not None and one.currency else None
        stated.append(
            Stated(one.row, field, one.text, first, last, one.kind, or_first, where, money.negative)
        )
    return tuple(stated)


def last_total(
    frame: pl.DataFrame, totals: pl.Series, records: pl.DataFrame, money: Money, field: str = "amount"
) -> tuple[Stated, ...]:
    """The total below the last record of a piece: it counts every row of the file."""
    found = _totals(frame, totals, money)
    if not found or _currencies(records, money.currency) > 1:
        return ()
    one, after = found[-1], records[ROW].max()
    if isinstance(after, int) and after > one.row:
        return ()
    where = (money.currency, one.currency) if money.currency is not None and one.currency else None
    last = after if isinstance(after, int) else one.row
    return (Stated(one.row, field, one.text, 0, last, one.kind, None, where, money.negative),)


def _totals(frame: pl.DataFrame, totals: pl.Series, money: Money) -> list[_Total]:
    cells = [name for name in frame.columns if name[0] == "c"]
    amount, mark = f"c{money.amount}", f"k{money.amount}"
    if amount not in frame.columns or totals.is_empty():
        return []
    rows = frame.filter(pl.col(ROW).is_in(totals.implode()) & ~is_blank(amount))
    currency = f"c{money.currency}"
    labels = [pl.when(~is_blank(name)).then(pl.col(name)) for name in cells if name != amount]
    shown = rows.select(
        ROW,
        text=amount,
        kind=pl.col(mark) if mark in rows.columns else pl.lit(0, dtype=pl.UInt8),
        label=pl.coalesce(*labels, pl.lit("")),
        currency=pl.when(~is_blank(currency)).then(pl.col(currency))
        if currency in rows.columns
        else pl.lit(None, dtype=pl.String),
    )
    return [
        _Total(row, text, kind or 0, label or "", code) for row, text, kind, label, code in shown.iter_rows()
    ]


def _currencies(records: pl.DataFrame, place: int | None) -> int:
    name = f"c{place}"
    if name not in records.columns:
        return 0
    return records.filter(~is_blank(name))[name].str.strip_chars().n_unique()


class _Levels:
    """Where the rows of each total begin, asked in the order of rows."""

    def __init__(
        self, records: Sequence[int], groups: Sequence[tuple[int, str]], beginnings: Sequence[str]
    ) -> None:
        self.records = records
        self.groups = [(row, fold(name)) for row, name in groups]
        self.beginnings = tuple(word.strip().lower() for word in beginnings)
        self.above: list[tuple[int, int]] = []
        """Row and level of the totals of earlier blocks."""
        self.block: list[tuple[int, int]] = []
        self.before = -1
        self.seen: dict[str | None, int] = {}

    def of(self, total: _Total) -> tuple[int, int, int | None]:
        """The first and the last row a total counts, and another it may count from where its level is not
        marked."""
        before = bisect_left(self.records, total.row)
        last = self.records[before - 1] if before else total.row
        if before != self.before:
            self.above += self.block
            self.block, self.before, self.seen = [], before, {}
        group = self._group(total)
        if group is not None:
            return group + 1, last, None
        stars = _STARS.match(total.label)
        depth = stars[0].count("*") if stars else 0
        marked = bool(depth) or fold(total.label) in GRAND
        if depth:
            level = depth
        elif marked:
            level = _TOP
        else:
            level = self.seen[total.currency] = self.seen.get(total.currency, 0) + 1
        self.block.append((total.row, level))
        first = next((row + 1 for row, high in reversed(self.above) if high >= level), 0)
        return first, last, (0 if first and not marked else None)

    def _group(self, total: _Total) -> int | None:
        """The row of the group a total names."""
        found = _OF.match(total.label)
        name = found[1] if found else self._begun(total.label)
        if name is None:
            return None
        key = fold(name)
        for row, group in reversed(self.groups):
            if row < total.row and (key == group or key.startswith(f"{group}{_WITH}")):
                return row
        return None

    def _begun(self, label: str) -> str | None:
        text = label.strip().lower()
        return next((label.strip()[len(word) :] for word in self.beginnings if text.startswith(word)), None)
