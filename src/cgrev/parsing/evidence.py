"""What the cells of a file say about how its numbers and dates are written.

Evidence of pieces merges, in any grouping and order, into the evidence of the whole: a frozen, small,
picklable monoid whose neutral element is `Evidence()`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import polars as pl
from msgspec import Struct, field

from cgrev.layout import FRACTION_DIGITS
from cgrev.parsing.amounts import Need
from cgrev.parsing.dates import Order
from cgrev.parsing.fields import Declared, SourceField
from cgrev.parsing.looks import Look, Looks, look
from cgrev.table import Kind


class Seen(Struct, frozen=True):
    """How many cells, and the first: its row, its field's place in the declaration and id, its text."""

    count: int = 0
    row: int = 0
    place: int = 0
    field: str = ""
    text: str = ""

    def merge(self, other: Seen) -> Seen:
        if not (self.count and other.count):
            return self if self.count else other
        first = min(self, other, key=lambda seen: (seen.row, seen.place, seen.field, seen.text))
        return Seen(self.count + other.count, first.row, first.place, first.field, first.text)


NOTHING = Seen()


class AmountEvidence(Struct, frozen=True):
    """One amount field.

    `point` and `comma` are cells that can only be read with that decimal mark, `either` those that can be
    read with both. `point_units` and `comma_units` are the exact totals of the cells readable with that
    mark, as whole numbers of 10^-18. `currencies` are the marks as written, in order of the alphabet.
    """

    point: Seen = NOTHING
    comma: Seen = NOTHING
    either: Seen = NOTHING
    point_units: int = 0
    comma_units: int = 0
    currencies: tuple[tuple[str, Seen], ...] = ()

    def merge(self, other: AmountEvidence) -> AmountEvidence:
        currencies = dict(self.currencies)
        for mark, seen in other.currencies:
            currencies[mark] = currencies.get(mark, NOTHING).merge(seen)
        return AmountEvidence(
            self.point.merge(other.point),
            self.comma.merge(other.comma),
            self.either.merge(other.either),
            self.point_units + other.point_units,
            self.comma_units + other.comma_units,
            tuple(sorted(currencies.items(), key=lambda item: item[0])),
        )

    @property
    def point_total(self) -> Decimal:
        """The total with the point as the decimal mark."""
        return _decimal(self.point_units)

    @property
    def comma_total(self) -> Decimal:
        """The total with the comma as the decimal mark."""
        return _decimal(self.comma_units)


def _decimal(units: int) -> Decimal:
    # From digits, because arithmetic would round to the precision of the context.
    return Decimal((1 if units < 0 else 0, tuple(map(int, str(abs(units)))), -FRACTION_DIGITS))


class DateEvidence(Struct, frozen=True):
    """All date fields of the file together: cells whose first part is above 12 (`dmy`), whose second part
    is (`mdy`), and those that are two different days in the two orders (`either`)."""

    dmy: Seen = NOTHING
    mdy: Seen = NOTHING
    either: Seen = NOTHING

    def merge(self, other: DateEvidence) -> DateEvidence:
        return DateEvidence(
            self.dmy.merge(other.dmy), self.mdy.merge(other.mdy), self.either.merge(other.either)
        )


NO_DATES = DateEvidence()


class Evidence(Struct, frozen=True):
    """What was seen in the amount fields, by id, and in the date fields."""

    amounts: Mapping[str, AmountEvidence] = field(default_factory=dict)
    dates: DateEvidence = NO_DATES

    def merge(self, other: Evidence) -> Evidence:
        """The evidence of both; neither is changed."""
        amounts = dict(self.amounts)
        for name, seen in other.amounts.items():
            amounts[name] = amounts.get(name, AmountEvidence()).merge(seen)
        return Evidence(amounts, self.dates.merge(other.dates))


def gather(
    frame: pl.DataFrame, fields: Sequence[SourceField], declared: Declared, looks: Looks | None = None
) -> Evidence:
    """The evidence in one piece: `row` UInt32, `<id>.text` String, perhaps `<id>.kind` (`cgrev.table.Kind`).

    Native cells and null tokens are no evidence. `looks` are those of this frame, where they are known
    already. Raises SettingsError for a date format that cannot be used.
    """
    wanted = [(place, one) for place, one in enumerate(fields) if one.role in ("amount", "date")]
    looks = look(frame, [one for _, one in wanted], declared) if looks is None else looks
    amounts: dict[str, AmountEvidence] = {}
    dates = DateEvidence()
    for place, one in wanted:
        if one.role == "amount":
            amounts[one.id] = _amounts(looks[one.id], place, one.id)
        else:
            dates = dates.merge(_dates(looks[one.id], place, one.id))
    return Evidence(amounts, dates)


def _amounts(look: Look, place: int, name: str) -> AmountEvidence:
    units = _sum(look.values) * 10**FRACTION_DIGITS
    if look.reading is None:
        return AmountEvidence(point_units=units, comma_units=units)
    kind = pl.col("kind")
    odd = look.reading.filter((pl.col("text") != "") & (kind <= int(Kind.NUMBER)))
    texts = odd
    if look.cells.kinds is not None:
        units += _money(odd.filter(kind == int(Kind.NUMBER))["point"])
        texts = odd.filter(kind == int(Kind.TEXT))
    currencies: dict[str, Seen] = {}
    marked = (
        texts.filter(pl.col("marks").is_not_null()) if texts["marks"].null_count() < texts.height else None
    )
    for (marks,), group in marked.group_by("marks") if marked is not None else ():
        seen = _seen(group, place, name)
        for mark in str(marks).split("\n"):
            currencies[mark] = currencies.get(mark, NOTHING).merge(seen)
    needs = set(texts["need"])
    point, comma, either = (
        _seen(texts.filter(pl.col("need") == int(need)), place, name) if int(need) in needs else NOTHING
        for need in (Need.POINT, Need.COMMA, Need.EITHER)
    )
    return AmountEvidence(
        point,
        comma,
        either,
        units + _money(texts["point"]),
        units + _money(texts["comma"]),
        tuple(sorted(currencies.items(), key=lambda item: item[0])),
    )


def _dates(look: Look, place: int, name: str) -> DateEvidence:
    if look.reading is None or not look.reading["order"].max():
        return NO_DATES
    odd = look.reading.filter((pl.col("kind") == int(Kind.TEXT)) & (pl.col("order") != int(Order.NONE)))
    return DateEvidence(
        *(
            _seen(odd.filter(pl.col("order") == int(order)), place, name)
            for order in (Order.DMY, Order.MDY, Order.EITHER)
        )
    )


def _seen(cells: pl.DataFrame, place: int, name: str) -> Seen:
    """The first of some cells (row, text): the smallest row, of one row the smallest text."""
    if not cells.height:
        return Seen()
    row = cells["row"].min()
    first = cells.filter(pl.col("row") == row)["text"].min()
    return Seen(cells.height, int(row), place, name, str(first))  # type: ignore[arg-type]


def _money(values: pl.Series) -> int:
    """The exact sum of decimals in units of 10^-18; nulls count as nothing."""
    return _sum(values.to_physical())


def _sum(integers: pl.Series) -> int:
    """The exact sum of integers, whatever their width."""
    if integers.null_count() == len(integers):
        return 0
    highest, lowest = integers.max(), integers.min()
    bound = max(abs(int(highest)), abs(int(lowest))) * len(integers)  # type: ignore[arg-type]
    if bound >= 2 ** (63 if integers.dtype == pl.Int64 else 127):
        return sum(map(int, integers.drop_nulls().to_list()))
    return int(integers.sum())
