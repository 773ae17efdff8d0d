"""A difference for a terminal: sums, months that change, then rows with - and +."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import polars as pl

from cgrev.differences.comparison import Difference, Side
from cgrev.layout import BY_ID, IDS
from cgrev.timetables.text import aligned, bar, counted, money
from cgrev.visible import shortened, visible

ROWS = 50
MONTHS = 120
_NAME = 40


def headline(difference: Difference) -> str:
    """How many rows differ, in one line."""
    if difference.is_empty:
        return f"the same {counted(difference.same, 'record')}"
    return (
        f"{counted(difference.added.height, 'row')} added, {difference.removed.height:,} removed, "
        f"{difference.changed.height:,} changed, {difference.same:,} the same"
    )


def lines(difference: Difference, blocks: bool = True) -> Iterator[str]:
    """The whole answer, line by line."""
    yield headline(difference)
    yield f"  old  {_side(difference.old)}"
    yield f"  new  {_side(difference.new)}"
    if difference.is_empty:
        return
    yield ""
    yield from _months(difference.months, blocks)
    for sign, rows, files in (
        ("-", difference.removed, difference.old.files),
        ("+", difference.added, difference.new.files),
    ):
        if rows.height:
            yield ""
            yield "removed" if sign == "-" else "added"
        for row in rows.head(ROWS).iter_rows():
            yield f"{sign} {place(files, row[0], row[1])}: {record(row[2:])}"
        yield from _more(rows)
    if difference.changed.height:
        yield ""
        yield f"changed (rows of the same {', '.join(difference.key)})"
    for row in difference.changed.head(ROWS).iter_rows():
        half = len(row) // 2
        where = place(difference.new.files, *row[half : half + 2])
        yield f"~ {where}: {_changes(row[2:half], row[half + 2 :])}"
    yield from _more(difference.changed)


def _side(side: Side) -> str:
    return (
        f"{counted(side.records, 'record')} in {counted(len(side.files), 'file')},"
        f" amounts {money(side.total)}, books {money(side.booked)}"
    )


def _months(months: pl.DataFrame, blocks: bool) -> Iterator[str]:
    if months.is_empty():
        yield "every month books the same"
        return
    yield "months that book something else"
    shown = months.head(MONTHS)
    rows = [
        [f"{month:%Y-%m}", kind, money(old), money(new), signed(change)]
        for kind, month, old, new, change in shown.iter_rows()
    ]
    total = [sum(months[name], Decimal()) for name in ("old", "new", "difference")]
    rows.append(["total", "", *map(money, total[:2]), signed(total[2])])
    most = max((abs(change) for change in shown["difference"]), default=Decimal())
    table = list(aligned([["month", "type", "old", "new", "change"], *rows], left=2))
    for number, line in enumerate(table):
        drawn = bar(shown["difference"][number - 1], most, 24, blocks) if 0 < number <= shown.height else ""
        yield f"  {line}  {drawn}".rstrip()
    if months.height > shown.height:
        yield f"  and {months.height - shown.height:,} more (--output-format json lists all)"


def signed(amount: Decimal) -> str:
    """`+1,000`, `-500`."""
    return f"+{money(amount)}" if amount > 0 else money(amount)


def place(files: tuple[str, ...], file: int, row: int) -> str:
    return f"{visible(files[file])}:{row}"


def record(cells: tuple[object, ...]) -> str:
    """The six values of a row in one line."""
    name, amount, start, end, kind, description = cells
    text = f" ({visible(shortened(str(description), _NAME))})" if description else ""
    return f"{visible(shortened(str(name), _NAME))}, {amount:,} {kind}, {start} to {end}{text}"


def _changes(old: tuple[object, ...], new: tuple[object, ...]) -> str:
    parts = [
        f"{BY_ID[name].heading.lower()} {_told(before)} -> {_told(after)}"
        for name, before, after in zip(IDS, old, new, strict=True)
        if before != after
    ]
    return f"{visible(shortened(str(new[0]), _NAME))}: {', '.join(parts)}"


def _told(value: object) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return f"'{visible(shortened(value, _NAME))}'" if isinstance(value, str) else str(value)


def _more(rows: pl.DataFrame) -> Iterator[str]:
    if rows.height > ROWS:
        yield f"  and {rows.height - ROWS:,} more (--output-format json lists all)"
