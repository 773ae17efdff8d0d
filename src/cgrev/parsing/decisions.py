"""How a file's numbers and dates are read, decided from its evidence: never by a guess.

A declaration is obeyed. Without one, the decimal mark is one per amount column and the order of `/` and
`-` dates one per file; what the evidence leaves open or contradicts is a problem with both readings,
not a choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from cgrev.findings import Decision, plain
from cgrev.layout import BY_ID
from cgrev.parsing.amounts import read_amount
from cgrev.parsing.currencies import common, label
from cgrev.parsing.dates import read_date
from cgrev.parsing.evidence import NO_DATES, NOTHING, AmountEvidence, DateEvidence, Evidence, Seen
from cgrev.parsing.fields import Declared, SourceField

MarkState = Literal["point", "comma", "plain", "ambiguous", "contradictory"]
CurrencyState = Literal["none", "one", "mixed"]
OrderState = Literal["dmy", "mdy", "ymd", "none", "ambiguous", "contradictory"]
Settled = Literal["evidence", "declared"]
ProblemKind = Literal[
    "ambiguous-mark", "contradictory-mark", "mixed-currency", "ambiguous-order", "contradictory-order"
]


class Problem(Struct, frozen=True):
    """What stops a column from being read: `row` and `text` are those of the first affected cell."""

    kind: ProblemKind
    field: str
    row: int
    text: str
    message: str
    help: str


class Readings(Struct, frozen=True):
    """One text with the point and with the comma as the decimal mark, and the column's total either way."""

    text: str
    point: Decimal
    comma: Decimal
    point_total: Decimal
    comma_total: Decimal


class AmountDecision(Struct, frozen=True):
    """One amount field. `currency_name` is the code, or the marks as written where none is certain.

    `readings` are there when the mark is ambiguous, `conflict` (a cell for the point, a cell for the
    comma) when it is contradictory, `currencies` are each mark's first cell.
    """

    field: str
    mark: MarkState = "plain"
    how: Settled = "evidence"
    evidence: tuple[str, ...] = ()
    readings: Readings | None = None
    conflict: tuple[Seen, Seen] | None = None
    either: Seen = NOTHING
    currency: CurrencyState = "none"
    currency_name: str = ""
    currencies: tuple[tuple[str, Seen], ...] = ()


class Decisions(Struct, frozen=True):
    """The decisions of one file: `amounts` one for each amount field, `order` for all dates together."""

    amounts: tuple[AmountDecision, ...] = ()
    order: OrderState = "none"
    order_how: Settled = "evidence"
    order_evidence: tuple[str, ...] = ()
    dates: DateEvidence = NO_DATES
    dated: tuple[str, str] | None = None
    """The first cell that is ambiguous as an ISO date, day-first and month-first."""

    def amount(self, field: str) -> AmountDecision:
        """The decision about one amount field; an unknown field needs no mark."""
        for one in self.amounts:
            if one.field == field:
                return one
        return AmountDecision(field)

    def reads_alike(self, other: Decisions) -> bool:
        """Whether `parse` gives the same under both, for the cells that either was decided from.

        Where one was decided from a part and the other from the whole, True means that pieces parsed by
        the first need not be parsed again.
        """
        if not _alike(self.order, other.order, self.dates.either.count + other.dates.either.count):
            return False
        for field in {one.field for one in (*self.amounts, *other.amounts)}:
            mine, its = self.amount(field), other.amount(field)
            if not _alike(mine.mark, its.mark, mine.either.count + its.either.count):
                return False
            if (mine.currency == "mixed") != (its.currency == "mixed"):
                return False
        return True

    def described(self, fields: Sequence[SourceField]) -> tuple[Decision, ...]:
        """The decisions in words, for `inspect` and the report."""
        out: list[Decision] = []
        for field in fields:
            if field.role == "amount":
                out += _described(self.amount(field.id), field)
        if any(field.role == "date" for field in fields):
            out.append(Decision("date order", _ORDER_WORDS[self.order], self.order_how, self.order_evidence))
        return tuple(out)

    def problems(self, fields: Sequence[SourceField]) -> tuple[Problem, ...]:
        """What has to be settled first: at most two problems an amount field, one for all dates."""
        out: list[Problem] = []
        for field in fields:
            if field.role == "amount":
                decided = self.amount(field.id)
                out += _mark_problems(decided, _titled(field))
                out += _currency_problems(decided, _titled(field))
        if any(field.role == "date" for field in fields):
            out += _order_problems(self, {field.id: _titled(field) for field in fields})
        return tuple(out)


def decide(evidence: Evidence, fields: Sequence[SourceField], declared: Declared) -> Decisions:
    """The decisions that the evidence and the declaration lead to."""
    amounts = tuple(
        _amount(field.id, evidence.amounts.get(field.id, AmountEvidence()), declared)
        for field in fields
        if field.role == "amount"
    )
    dates = evidence.dates
    order, how = _order(dates, declared)
    dated = None
    if order == "ambiguous":
        first = read_date(dates.either.text, declared)
        dated = (str(first.dmy), str(first.mdy))
    return Decisions(amounts, order, how, _order_evidence(dates), dates, dated)


def _alike(mine: str, other: str, open_cells: int) -> bool:
    if mine == other:
        return True
    if "contradictory" in (mine, other) or {mine, other} in ({"point", "comma"}, {"dmy", "mdy"}):
        return False
    if "ymd" in (mine, other):
        return False
    # One is settled and the other open, or both are open: cells with evidence read the same way.
    return open_cells == 0 or not {"point", "comma", "dmy", "mdy"} & {mine, other}


def _amount(field: str, seen: AmountEvidence, declared: Declared) -> AmountDecision:
    mark, how = _mark(seen, declared)
    readings = None
    if mark == "ambiguous":
        first = read_amount(seen.either.text)
        readings = Readings(
            seen.either.text,
            first.point if first.point is not None else Decimal(0),
            first.comma if first.comma is not None else Decimal(0),
            seen.point_total,
            seen.comma_total,
        )
    marks = [name for name, _ in seen.currencies]
    left = common(marks)
    currency: CurrencyState = "none" if left is None else "one" if left else "mixed"
    return AmountDecision(
        field,
        mark,
        how,
        _mark_evidence(seen),
        readings,
        (seen.point, seen.comma) if mark == "contradictory" else None,
        seen.either,
        currency,
        label(marks) if currency == "one" else "",
        seen.currencies,
    )


def _mark(seen: AmountEvidence, declared: Declared) -> tuple[MarkState, Settled]:
    if declared.decimal_mark is not None:
        return ("point" if declared.decimal_mark == "." else "comma"), "declared"
    if seen.point.count and seen.comma.count:
        return "contradictory", "evidence"
    if seen.point.count:
        return "point", "evidence"
    if seen.comma.count:
        return "comma", "evidence"
    return ("ambiguous" if seen.either.count else "plain"), "evidence"


def _mark_evidence(seen: AmountEvidence) -> tuple[str, ...]:
    kinds = (
        (seen.point, "only with '.' as the decimal mark"),
        (seen.comma, "only with ',' as the decimal mark"),
        (seen.either, "with either mark"),
    )
    return tuple(f"{_cells(one)} {what}" for one, what in kinds if one.count)


def _cells(seen: Seen) -> str:
    if seen.count == 1:
        return f"'{_short(seen.text)}' (row {seen.row}) reads"
    return f"'{_short(seen.text)}' (row {seen.row}) and {seen.count - 1} more read"


def _short(text: str) -> str:
    text = " ".join(text.split())  # a message is one line
    return text if len(text) <= 60 else text[:57] + "..."


def _order(dates: DateEvidence, declared: Declared) -> tuple[OrderState, Settled]:
    if declared.date_order is not None:
        return declared.date_order, "declared"
    if dates.dmy.count and dates.mdy.count:
        return "contradictory", "evidence"
    if dates.dmy.count:
        return "dmy", "evidence"
    if dates.mdy.count:
        return "mdy", "evidence"
    return ("ambiguous" if dates.either.count else "none"), "evidence"


def _order_evidence(dates: DateEvidence) -> tuple[str, ...]:
    kinds = ((dates.dmy, "day-first only"), (dates.mdy, "month-first only"), (dates.either, "either way"))
    return tuple(f"{_cells(one)} {what}" for one, what in kinds if one.count)


_MARK_WORDS: dict[MarkState, str] = {
    "point": "'.'",
    "comma": "','",
    "plain": "none needed",
    "ambiguous": "ambiguous",
    "contradictory": "contradictory",
}
_ORDER_WORDS: dict[OrderState, str] = {
    "dmy": "day-month-year",
    "mdy": "month-day-year",
    "ymd": "year-month-day",
    "none": "none needed",
    "ambiguous": "ambiguous",
    "contradictory": "contradictory",
}


def _titled(field: SourceField) -> str:
    column = BY_ID.get(field.id)
    return field.label or (column.heading if column else field.id)


def _described(decided: AmountDecision, field: SourceField) -> list[Decision]:
    column = BY_ID.get(field.id)
    heading, source = (column.heading if column else None), field.label or None
    out = [
        Decision("decimal mark", _MARK_WORDS[decided.mark], decided.how, decided.evidence, heading, source)
    ]
    if decided.currency != "none":
        value = decided.currency_name or "more than one"
        evidence = tuple(f"'{_short(seen.text)}' (row {seen.row})" for _, seen in decided.currencies)
        out.append(Decision("currency", value, "evidence", evidence, heading, source))
    return out


_MARK_HELP = "say which it is: --decimal-mark . or --decimal-mark , (or decimal-mark in the profile)"


def _mark_problems(decided: AmountDecision, title: str) -> list[Problem]:
    if decided.readings is not None:
        both, first = decided.readings, decided.either
        message = (
            f"the decimal mark of column '{title}' is ambiguous: '{_short(first.text)}' is"
            f" {plain(both.point)} with '.'"
            f" as the mark (column total {plain(both.point_total)}), {plain(both.comma)} with ','"
            f" (column total {plain(both.comma_total)})"
        )
        return [Problem("ambiguous-mark", decided.field, first.row, first.text, message, _MARK_HELP)]
    if decided.conflict is not None:
        point, comma = decided.conflict
        first = min(decided.conflict, key=lambda seen: seen.row)
        message = (
            f"the decimal marks of column '{title}' contradict each other: '{_short(point.text)}'"
            f" (row {point.row}) needs '.', '{_short(comma.text)}' (row {comma.row}) needs ','"
        )
        help = (
            "correct the cells of the other kind, or "
            + _MARK_HELP
            + "; cells of the other kind are then errors"
        )
        return [Problem("contradictory-mark", decided.field, first.row, first.text, message, help)]
    return []


def _currency_problems(decided: AmountDecision, title: str) -> list[Problem]:
    if decided.currency != "mixed":
        return []
    by_row = sorted(decided.currencies, key=lambda item: (item[1].row, item[0]))
    upto = next(end for end in range(1, len(by_row) + 1) if not common(mark for mark, _ in by_row[:end]))
    clash = by_row[upto - 1][1]
    names = ", ".join(f"{mark} (row {seen.row})" for mark, seen in by_row[:5])
    more = f" and {len(by_row) - 5} more" if len(by_row) > 5 else ""
    return [
        Problem(
            "mixed-currency",
            decided.field,
            clash.row,
            clash.text,
            f"column '{title}' holds more than one currency: {names}{more}",
            "convert one currency at a time; the layout has no currency column",
        )
    ]


_ORDER_HELP = "say which it is: --date-order dmy or --date-order mdy (or date-order in the profile)"


def _order_problems(decisions: Decisions, titles: dict[str, str]) -> list[Problem]:
    dates = decisions.dates
    if decisions.order == "ambiguous" and decisions.dated is not None:
        first = dates.either
        message = (
            f"the order of day and month is ambiguous: '{_short(first.text)}' in column"
            f" '{titles.get(first.field, first.field)}' is {decisions.dated[0]} day-first,"
            f" {decisions.dated[1]} month-first"
        )
        return [Problem("ambiguous-order", first.field, first.row, first.text, message, _ORDER_HELP)]
    if decisions.order == "contradictory":
        first = min(dates.dmy, dates.mdy, key=lambda seen: (seen.row, seen.place))
        parts = [
            f"'{_short(seen.text)}' in column '{titles.get(seen.field, seen.field)}' (row {seen.row}) is"
            f" {what}"
            for seen, what in ((dates.dmy, "day-first"), (dates.mdy, "month-first"))
        ]
        help = f"correct the cells of one kind, or {_ORDER_HELP}"
        message = "the orders of day and month contradict each other: " + ", ".join(parts)
        return [Problem("contradictory-order", first.field, first.row, first.text, message, help)]
    return []
