"""A timetable for a terminal: months by type with bars, the largest accounts, what needs a second look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice

import polars as pl
from msgspec import Struct

from cgrev.layout import RevenueType
from cgrev.timetables.timetable import Timetable, View, Whole, totals
from cgrev.visible import shortened, visible, width

LINES = 200
"""Lines of figures shown; the other formats have them all."""
ACCOUNTS = 20
LONG_ARR = 10
MONTHS = 60
"""Months shown one by one; longer spans are shown by year."""
_NAME = 36
_BARS = " ▏▎▍▌▋▊▉█"


class Screen(Struct, frozen=True):
    """How wide a line may be, and whether it can show block characters."""

    columns: int = 100
    blocks: bool = True


def lines(timetable: Timetable, view: View, screen: Screen | None = None) -> Iterator[str]:
    """The whole answer, line by line."""
    screen = screen or Screen()
    yield headline(timetable)
    if timetable.records.is_empty():
        return
    if view.by == View().by:
        yield ""
        yield from months_by_type(timetable, view, screen)
        yield ""
        yield from largest_accounts(timetable, view, screen)
    else:
        yield ""
        yield from plain_lines(timetable, view, screen)
    yield from differing(timetable.whole())
    yield from two_readings(timetable, view)


def headline(timetable: Timetable) -> str:
    """What is booked from what, in one line."""
    records = timetable.records
    files = len(timetable.files)
    what = f"{counted(records.height, 'record')} in {counted(files, 'file')}"
    if records.is_empty():
        return f"{what}: nothing is booked"
    accounts = records["key"].n_unique()
    whole = timetable.whole()
    booked = sum((one.booked for one in whole), Decimal())
    return f"{what} book {money(booked)} for {counted(accounts, 'account')}"


def months_by_type(timetable: Timetable, view: View, screen: Screen) -> Iterator[str]:
    """A line a month (or a year, where there are many): each type, the total, a bar."""
    booked = timetable.frame(View(("type", "month"), view.first, view.last))
    if booked.is_empty():
        yield "nothing is booked in these months"
        return
    spans, kinds, cells = pivot(booked, MONTHS)
    headings = ["month" if len(spans[0]) == 7 else "year", *kinds, "total"]
    rows = []
    sums = []
    for span in spans:
        own = [cells.get((span, kind)) for kind in kinds]
        sums.append(sum((amount for amount in own if amount is not None), Decimal()))
        rows.append([span, *(money(a) if a is not None else "" for a in own), money(sums[-1])])
    rows.append(["total", *(money(_sum(cells, kind)) for kind in kinds), money(sum(sums, Decimal()))])
    table = list(aligned([headings, *rows]))
    room = screen.columns - max(map(width, table)) - 2
    most = max((abs(amount) for amount in sums), default=Decimal())
    for place, line in enumerate(table):
        drawn = 0 < place <= len(sums) and room >= 8
        yield (
            (line + "  " + bar(sums[place - 1], most, min(room, 40), screen.blocks)).rstrip()
            if drawn
            else line
        )


def largest_accounts(timetable: Timetable, view: View, screen: Screen) -> Iterator[str]:
    """The largest accounts by type, in the finest spans of time that fit beside one another."""
    best, count = timetable.accounts(view, ACCOUNTS)
    if best.is_empty():
        return
    names = best["account"].unique().to_list()
    chosen = timetable.of_accounts(names)
    booked = pl.concat(chosen.pieces(View(("account", "type", "month"), view.first, view.last)))
    booked = booked.join(best.select("account", "revenue_type"), on=["account", "revenue_type"], how="semi")
    for span in (_month, _quarter, _year, _nothing):
        table = list(aligned(_account_rows(best, booked, span), left=2))
        if max(map(width, table)) <= screen.columns:
            break
    yield from table
    if count > best.height:
        yield f"and {count - best.height:,} more accounts and types (--output-format csv lists all)"


def _account_rows(best: pl.DataFrame, booked: pl.DataFrame, label: pl.Expr) -> list[list[str]]:
    spanned = booked.group_by("account", "revenue_type", span=label).agg(pl.col("amount").sum())
    spans = sorted(set(spanned["span"]))
    cells = {(row[0], row[1], row[2]): row[3] for row in spanned.iter_rows()}
    rows = [["account", "type", *spans, "total"] if spans != [""] else ["account", "type", "total"]]
    for account, kind, total in best.iter_rows():
        own = [cells.get((account, kind, span)) for span in spans if span]
        shown = [money(amount) if amount is not None else "" for amount in own]
        rows.append([visible(shortened(account, _NAME)), kind, *shown, money(total)])
    return rows


def plain_lines(timetable: Timetable, view: View, screen: Screen) -> Iterator[str]:
    """The figures by the keys asked for, one line each, with bars."""
    shown: list[tuple[list[str], Decimal]] = []
    left, total = 0, Decimal()
    for piece in timetable.pieces(view):
        total += totals(piece)
        for row in islice(piece.iter_rows(), max(LINES - len(shown), 0)):
            keys = [f"{v:%Y-%m}" if isinstance(v, date) else visible(shortened(v, _NAME)) for v in row[:-1]]
            shown.append((keys, row[-1]))
        left += piece.height
    left -= len(shown)
    heads = [*view.by, "amount"]
    rows = [[*keys, money(amount)] for keys, amount in shown]
    end = [["total", *([""] * (len(view.by) - 1)), money(total)]] if len(rows) > 1 or left else []
    table = list(aligned([heads, *rows, *end], left=len(view.by)))
    room = screen.columns - max(map(width, table)) - 2
    most = max((abs(amount) for _, amount in shown), default=Decimal())
    for place, line in enumerate(table):
        drawn = 0 < place <= len(shown) and room >= 8
        amount = shown[place - 1][1] if drawn else Decimal()
        yield (line + "  " + bar(amount, most, min(room, 40), screen.blocks)).rstrip() if drawn else line
    if left:
        yield f"and {left:,} more lines (--output-format csv lists all)"


def differing(whole: Sequence[Whole]) -> Iterator[str]:
    """The booked total beside the source amount, for each type where they differ."""
    odd = [one for one in whole if one.booked != one.source]
    if not odd:
        return
    yield ""
    yield "booked totals that differ from the amounts in the files"
    for one in odd:
        yield f"  {told(one)}"


def told(one: Whole) -> str:
    """`12,000 ARR in 1 record books 36,000 (3.0x)`."""
    factor = one.factor
    times = f" ({times_of(factor)}x)" if factor is not None else ""
    records = counted(one.records, "record")
    verb = "books" if one.records == 1 else "book"
    return f"{money(one.source)} {one.revenue_type} in {records} {verb} {money(one.booked)}{times}"


def times_of(factor: Decimal) -> str:
    """`3.0`, `1.08`: two digits behind the mark where they tell more than one."""
    text = f"{factor:,.2f}"
    return text[:-1] if text.endswith("0") else text


def two_readings(timetable: Timetable, view: View) -> Iterator[str]:
    """Records over more than 12 months: what is documented, and what another page of the vendor says."""
    long = timetable.long_arr()
    if long.is_empty():
        return
    several = "records are" if long.height > 1 else "record is"
    yield ""
    yield f"{long.height:,} ARR {several} for more than 12 months: booked as documented, a twelfth a month;"
    yield "another page of the vendor spreads the amount over the period"
    columns = ("file", "row", "account_name", "amount", "months", "booked")
    for file, row, account, amount, months, booked in long.select(columns).head(LONG_ARR).iter_rows():
        share = Decimal(amount) / months
        yield (
            f"  {visible(timetable.files[file])}:{row}: {visible(shortened(account, _NAME))}: {amount:,} ARR"
            f" x {months} months books {money(booked)} ({times_of(Decimal(months) / 12)}x);"
            f" spread it is {amount:,}, about {share:,.2f} a month"
        )
    if long.height > LONG_ARR:
        yield f"  and {long.height - LONG_ARR:,} more"
    readings = timetable.readings(view)
    booked, spread = (sum(readings[name], Decimal()) for name in ("booked", "spread"))
    yield f"  in these months: {money(booked)} as documented, {money(spread)} spread"


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def money(amount: Decimal) -> str:
    """`1,234.50`; no cents where there are none."""
    return f"{amount:,.0f}" if amount == amount.to_integral_value() else f"{amount:,.2f}"


def bar(amount: Decimal, most: Decimal, room: int, blocks: bool) -> str:
    """A bar to scale; amounts below zero are drawn light and marked with a minus."""
    if not amount or not most:
        return ""
    eighths = max(int(abs(amount) / most * room * 8), 1)
    if not blocks:
        return ("-" if amount < 0 else "#") * max(eighths // 8, 1)
    if amount < 0:
        return "-" + "░" * max(eighths // 8, 1)
    return "█" * (eighths // 8) + _BARS[eighths % 8].strip()


def aligned(rows: Sequence[Sequence[str]], left: int = 1) -> Iterator[str]:
    """Rows as columns: the first `left` to the left, figures to the right."""
    widths = [max(width(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        cells = []
        for place, (text, room) in enumerate(zip(row, widths, strict=True)):
            pad = " " * (room - width(text))
            cells.append(text + pad if place < left else pad + text)
        yield "  ".join(cells).rstrip()


def pivot(booked: pl.DataFrame, most: int) -> tuple[list[str], list[str], dict[tuple[str, str], Decimal]]:
    """Spans of time in order without a gap, types in the order of the layout, the amount of each pair.

    The spans are months, or years where more than `most` months lie between the first and the last.
    """
    spanned = booked.group_by("revenue_type", span=label(booked, most)).agg(pl.col("amount").sum())
    found = set(spanned["revenue_type"])
    cells = {(span, kind): amount for kind, span, amount in spanned.iter_rows()}
    return spans_of(spanned["span"]), [k.value for k in RevenueType if k.value in found], cells


_month = pl.col("month").dt.strftime("%Y-%m")
_quarter = pl.format("{} Q{}", pl.col("month").dt.strftime("%Y"), pl.col("month").dt.quarter())
_year = pl.col("month").dt.strftime("%Y")
_nothing = pl.lit("")


def label(booked: pl.DataFrame, most: int) -> pl.Expr:
    """Months where at most so many lie between the first and the last, else years."""
    first, last = booked["month"].min(), booked["month"].max()
    assert isinstance(first, date) and isinstance(last, date)
    return _month if (last.year - first.year) * 12 + last.month - first.month < most else _year


def spans_of(found: pl.Series) -> list[str]:
    """Months or years as they follow one another, from the first found to the last."""
    first, last = str(found.min()), str(found.max())
    if len(first) == 4:
        return [str(year) for year in range(int(first), int(last) + 1)]
    numbers = [int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last)]
    return [f"{number // 12}-{number % 12 + 1:02}" for number in range(numbers[0], numbers[1] + 1)]


def _sum(cells: dict[tuple[str, str], Decimal], kind: str) -> Decimal:
    return sum((amount for (_, own), amount in cells.items() if own == kind), Decimal())
