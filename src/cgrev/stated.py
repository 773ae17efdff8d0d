"""Totals a file states, held against the exact sums of the rows they count.

A row counts whether or not it becomes a record: a payment that is left out stands in the total of the
list it was taken from. Amounts are read as the file's decisions say, and summed as they stand in the
source, before anything is worked out of them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, localcontext

import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from cgrev.breach import Where, one_finding
from cgrev.findings import Decision, Severity, plain
from cgrev.layout import IDS
from cgrev.parsing.decisions import Decisions
from cgrev.parsing.fields import Declared, SourceField
from cgrev.parsing.parse import parse
from cgrev.plugin import Reading, Stated, Tidied
from cgrev.rounding import fraction, join_parts, whole
from cgrev.rules.rule import Rule
from cgrev.table import ROW

_DIGITS = 100
_SHOWN = 5


class Compared(Struct, frozen=True):
    """A stated total beside the sum of its rows. `value` is None where the cell is no amount.

    `rows` is how many amounts were summed, `unread` how many cells of those rows are no amounts;
    `first` and `last` are the rows of the file that were really summed.
    """

    stated: Stated
    value: Decimal | None
    total: Decimal
    rows: int
    unread: int
    first: int
    last: int

    @property
    def equal(self) -> bool:
        return self.value == self.total

    def message(self) -> str:
        """Both numbers and how far they are apart."""
        value = self.value if self.value is not None else Decimal(0)
        with localcontext(prec=_DIGITS):
            gap = self.total - value
        unread = f", {self.unread} of them unreadable," if self.unread else ""
        of = f" in {self.stated.where[1].strip()}" if self.stated.where else ""
        return (
            f"the file states a total of {plain(value)}{of}, the rows {self.first} to {self.last}{unread} "
            f"sum to {plain(self.total)}: {plain(abs(gap))} too {'much' if gap > 0 else 'little'}"
        )


class StatedTotals(Struct):
    """The totals of a file, piece by piece, and the cells they sum while the file is one piece."""

    stated: tuple[Stated, ...] = ()
    cells: pl.DataFrame | None = None
    pieces: int = 0

    def note(
        self, stated: tuple[Stated, ...], counted: pl.DataFrame | None, records: int, piecewise: bool
    ) -> None:
        """Take in the totals of the next piece, which holds so many records.

        A file that comes in pieces has one total: the last, where no record follows."""
        self.pieces += 1
        if not piecewise:
            self.stated, self.cells = stated, counted
        elif stated or records:
            self.stated = stated[-1:]
            self.cells = counted if self.pieces == 1 else None

    def compared(
        self, again: Iterable[Tidied], reading: Reading, decisions: Decisions
    ) -> tuple[Compared, ...]:
        """Each total beside its sum. `again` runs over the pieces once more, where there were several."""
        if not self.stated:
            return ()
        cells = [self.cells] if self.cells is not None else None
        pieces = cells or (counted_cells(done, self.stated, reading) for done in again)
        return compare(self.stated, pieces, reading, decisions)


def differing(
    compared: Sequence[Compared], reading: Reading, where: Where, rule: Rule, severity: Severity | None
) -> Iterator[pl.DataFrame]:
    """The findings about totals that are not the sums of their rows."""
    labels = {one.id: one.label for one in reading.fields}
    for one in compared:
        if one.value is not None and not one.equal:
            yield one_finding(
                rule,
                where,
                severity,
                message=one.message(),
                row=one.stated.row,
                column=one.stated.field if one.stated.field in IDS else None,
                value=one.stated.text,
                source_column=labels.get(one.stated.field) or None,
            )


def counted_cells(done: Tidied, stated: Sequence[Stated], reading: Reading) -> pl.DataFrame:
    """The cells that totals are sums of: `row`, `<field>.text`, `<field>.kind`, and the columns (`c3`)
    that `where` and `negative` look at; of records, and of rows left out that a total counts."""
    parts = [done.sheet.frame]
    if done.left_out is not None and done.left_out.height:
        parts.append(done.left_out)
    fields = {one.field for one in stated}
    wanted = [field for field in reading.fields if field.id in fields and field.index is not None]
    beside = {one.where[0] for one in stated if one.where} | {
        one.negative[0] for one in stated if one.negative
    }
    return pl.concat([_cells(part, wanted, sorted(beside)) for part in parts], how="diagonal_relaxed")


def _cells(frame: pl.DataFrame, fields: Sequence[SourceField], beside: Sequence[int]) -> pl.DataFrame:
    columns = [pl.col(ROW)]
    for field in fields:
        columns.append(pl.col(f"c{field.index}").alias(f"{field.id}.text"))
        kind = pl.col(f"k{field.index}") if f"k{field.index}" in frame.columns else pl.lit(0, dtype=pl.UInt8)
        columns.append(kind.alias(f"{field.id}.kind"))
    columns += [pl.col(f"c{place}") for place in beside if f"c{place}" in frame.columns]
    return frame.select(columns)


def compare(
    stated: Sequence[Stated], pieces: Iterable[pl.DataFrame], reading: Reading, decisions: Decisions
) -> tuple[Compared, ...]:
    """Each total with the sum of its rows over all pieces (frames as of `counted_cells`)."""
    fields = {field.id: field for field in reading.fields}
    known = [one for one in stated if one.field in fields]
    sums = [[(variant, _Sum()) for variant in _variants(one)] for one in known]
    for piece in pieces:
        columns = _Columns(piece, fields, reading.declared, decisions)
        for ways in sums:
            for variant, total in ways:
                total.add(columns.of(variant), variant.first, variant.last)
    done: list[Compared] = []
    readings = _readings(known, fields, reading.declared, decisions)
    for one, ways, values in zip(known, sums, readings, strict=True):
        chosen = next((total for _, total in ways if total.total in values), ways[0][1])
        if not chosen.rows and not chosen.unread:
            continue  # a total of no rows states nothing
        value = next((value for value in values if value == chosen.total), next(iter(values), None))
        first = chosen.first if chosen.first is not None else one.first
        last = chosen.last if chosen.last is not None else one.last
        done.append(Compared(one, value, chosen.total, chosen.rows, chosen.unread, first, last))
    return tuple(done)


def _variants(stated: Stated) -> list[Stated]:
    """The sums a total may be, the likeliest first: from its own first row or the other, with the signs of
    another column or as the amounts are shown."""
    ways = [stated]
    if stated.negative is not None:
        ways.append(replace(stated, negative=None))
    if stated.or_first is not None:
        ways += [replace(one, first=stated.or_first) for one in ways]
    return ways


def described(compared: Sequence[Compared]) -> tuple[Decision, ...]:
    """What `inspect` and the report say of the totals of a file: how many there are, and how many agree."""
    readable = [one for one in compared if one.value is not None]
    if not readable:
        return ()
    agreeing = [one for one in readable if one.equal]
    shown = agreeing[-_SHOWN:]
    evidence = [
        f"row {one.stated.row}: {plain(one.total)} is the sum of rows {one.first} to {one.last}"
        for one in shown
    ]
    if len(agreeing) > _SHOWN:
        evidence.insert(0, f"and {len(agreeing) - _SHOWN} more")
    if len(readable) == 1:
        what = "which its rows sum to" if agreeing else "which is not what its rows sum to"
        value = f"{plain(readable[0].value or Decimal(0))}, {what}"
    else:
        value = f"{len(agreeing)} of {len(readable)} are what their rows sum to"
    return (Decision("file total", value, "evidence", tuple(evidence)),)


class _Sum:
    """A running exact sum over pieces."""

    def __init__(self) -> None:
        self.whole = self.fraction = self.rows = self.unread = 0
        self.first: int | None = None
        self.last: int | None = None

    @property
    def total(self) -> Decimal:
        return join_parts(self.whole, self.fraction)

    def add(self, column: _Column, first: int, last: int) -> None:
        start, end = bisect_left(column.rows, first), bisect_right(column.rows, last)
        if start >= end:
            return
        self.whole += column.wholes[end] - column.wholes[start]
        self.fraction += column.fractions[end] - column.fractions[start]
        unread = column.unread[end] - column.unread[start]
        self.unread += unread
        self.rows += end - start - unread
        self.first = column.rows[start] if self.first is None else self.first
        self.last = column.rows[end - 1]


class _Column(Struct, frozen=True):
    """Rows in order, and what stands before each: sums of whole units and fractions, unreadable cells."""

    rows: list[int]
    wholes: list[int]
    fractions: list[int]
    unread: list[int]


class _Columns:
    """The amount columns of one piece, each read once for each condition that is asked for."""

    def __init__(
        self, piece: pl.DataFrame, fields: dict[str, SourceField], declared: Declared, decisions: Decisions
    ) -> None:
        self.piece, self.fields, self.declared, self.decisions = piece, fields, declared, decisions
        self.values: dict[str, pl.DataFrame] = {}
        self.known: dict[object, _Column] = {}

    def of(self, stated: Stated) -> _Column:
        key = (stated.field, stated.where, stated.negative)
        if key not in self.known:
            self.known[key] = self._column(stated)
        return self.known[key]

    def _column(self, stated: Stated) -> _Column:
        frame = self._read(stated.field)
        value = pl.col("value")
        if stated.negative is not None:
            mark = pl.col(f"c{stated.negative[0]}").fill_null("").str.strip_chars().str.to_lowercase()
            value = (
                pl.when(mark.is_in([word.strip().lower() for word in stated.negative[1]]))
                .then(-value)
                .otherwise(value)
            )
        if stated.where is not None:
            frame = frame.filter(
                pl.col(f"c{stated.where[0]}").fill_null("").str.strip_chars() == stated.where[1].strip()
            )
        frame = frame.with_columns(value.alias("value")).sort(ROW)
        sums = frame.select(
            ROW,
            whole=whole(pl.col("value")).fill_null(0).cum_sum(),
            fraction=fraction(pl.col("value")).fill_null(0).cum_sum(),
            unread=pl.col("unread").cast(pl.Int64).cum_sum(),
        )
        return _Column(
            sums[ROW].to_list(), *([0, *sums[name].to_list()] for name in ("whole", "fraction", "unread"))
        )

    def _read(self, field: str) -> pl.DataFrame:
        """`row`, `value`, `unread` (a cell that holds something, yet no amount) and the columns beside."""
        if field not in self.values:
            source = self.piece.select(ROW, f"{field}.text", f"{field}.kind")
            parsed = parse(source, (self.fields[field],), self.decisions, self.declared)
            blank = parsed[f"{field}.text"].fill_null("").str.strip_chars() == ""
            self.values[field] = self.piece.with_columns(
                value=parsed[field], unread=parsed[field].is_null() & ~blank
            )
        return self.values[field]


def _readings(
    stated: Sequence[Stated], fields: dict[str, SourceField], declared: Declared, decisions: Decisions
) -> list[tuple[Decimal, ...]]:
    """The amount of each total's cell; both readings where the rows leave its decimal mark open."""
    found: list[tuple[Decimal, ...]] = [()] * len(stated)
    for name in {one.field for one in stated}:
        places = [place for place, one in enumerate(stated) if one.field == name]
        field = fields[name]
        decided = decisions.amount(name)
        ways = [decisions]
        ways += [replace(decisions, amounts=(replace(decided, mark=mark),)) for mark in ("point", "comma")]
        cells = pl.DataFrame(
            {
                ROW: range(len(places)),
                f"{name}.text": [stated[place].text for place in places],
                f"{name}.kind": [stated[place].kind for place in places],
            },
            schema={ROW: pl.UInt32, f"{name}.text": pl.String, f"{name}.kind": pl.UInt8},
        )
        plain_ones, *others = (parse(cells, (field,), way, declared)[name].to_list() for way in ways)
        for place, value, *both in zip(places, plain_ones, *others, strict=True):
            readings = (value,) if value is not None else both
            found[place] = tuple(one for one in dict.fromkeys(readings) if one is not None)
    return found
