"""Rows that are no records: blank, totals, repeated headers, footers. Each is left out with a reason.

Every decision looks at one row alone, so that a file can run through in pieces, and every row of the
input is either kept or skipped, once. What could be a record is kept: an account called
"Total Energies" has dates and a type, a total has none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl
from msgspec import Struct

from cgrev.mapping.headings import clean
from cgrev.plugin import Sheet, Stated, Tidied
from cgrev.table import ROW

SKIPPED_SCHEMA = {"row": pl.UInt32, "reason": pl.String, "text": pl.String}
"""Columns of a frame of skipped rows."""

BLANK = r"^[\s\u00ad\u200b\u200c\u200d\u2060\ufeff]*$"
"""A cell in which a person sees nothing."""

_SHOWN = 200
_RULED = r"^[\s|+]*[-=_][-=_\s|+]{2,}$"
"""A line drawn between rows of a printed list."""
_NUMBER = r"^\W*[0-9][0-9.,'\s\u00a0]*\W*(?:[A-Z]{3})?$"
"""What stands alone in a row and is an amount: a total without a word, and no title of a page."""

_NO_RECORD = (
    "^(blank row|header row repeated|footer line|report footer|group |total row|subtotal )|^(ruled|note) line"
)
"""Reasons of rows that no total counts."""

TOTAL_WORDS: tuple[str, ...] = (
    # English, German, French, Spanish, Portuguese, Italian, Dutch
    "grand total", "grand totals", "total", "totals", "subtotal", "subtotals", "sub total", "sum",
    "overall total", "total result", "gesamt", "gesamtsumme", "gesamtergebnis", "summe", "endsumme",
    "zwischensumme", "ergebnis", "insgesamt", "total général", "total general", "sous-total", "somme",
    "suma", "suma total", "total geral", "soma", "totale", "totale generale", "subtotale", "somma",
    "totaal", "eindtotaal", "subtotaal",
    # Swedish, Danish, Norwegian, Finnish, Polish, Czech, Turkish, Russian, Chinese, Japanese
    "summa", "totalt", "delsumma", "i alt", "sum i alt", "subtotaler", "yhteensä", "razem", "ogółem",
    "celkem", "součet", "toplam", "genel toplam", "итого", "всего", "общий итог", "合计", "总计", "小计",
    "合計", "小計", "総計",
)  # fmt: skip
"""Whole texts that name a total, compared without case; a colon or `(12 records)` may follow."""

_OF = "for|of|für|pour|van|di|per|para|por|по|для"


class Totals(Struct, frozen=True):
    """How total rows are recognised.

    `keys` are the columns every record fills (dates, revenue type): a total leaves all of them blank.
    `words` are whole texts that name a total, `beginnings` how longer ones begin, `markers` cells of
    nothing but a mark (`*`, `**`), and `blank_keys` columns whose common blankness alone makes a row a
    total (a profile's word only).
    """

    keys: tuple[int, ...] = ()
    words: tuple[str, ...] = TOTAL_WORDS
    beginnings: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()
    blank_keys: tuple[int, ...] = ()


def skip_rows(
    sheet: Sheet,
    totals: Totals | None = None,
    *,
    footers: Sequence[str] = (),
) -> Tidied:
    """Leave out blank rows, total rows, repeated header rows and lines that begin with a footer word.

    `footers` are beginnings of lines compared without case; such a line holds one cell only.
    """
    totals = totals or Totals()
    frame = sheet.frame
    columns = [name for name in frame.columns if name[0] == "c"]
    if not columns or frame.is_empty():
        return Tidied(sheet, nothing_skipped())
    suspects = _suspects(frame, columns, sheet.labels, totals, bool(footers))
    if suspects.is_empty():
        return Tidied(sheet, nothing_skipped())
    skipped = (
        suspects.select(
            pl.col(ROW).cast(pl.UInt32).alias("row"),
            _reason(columns, sheet.labels, totals, footers).alias("reason"),
            row_text(columns).alias("text"),
        )
        .filter(pl.col("reason").is_not_null())
        .cast(SKIPPED_SCHEMA)  # type: ignore[arg-type]
    )
    return without(sheet, skipped)


def grand_total(sheet: Sheet, done: Tidied, amount: int | None, field: str = "amount") -> tuple[Stated, ...]:
    """The total that the file states below its last record, to be compared with the sum of all its rows.

    `sheet` is the input, `done` the outcome, `amount` the place of the amounts. Of several totals (the last
    group's, the page's) the last is the grand one. None where a row was left out that is a record of the
    source (a payment, another stage): the file's total counts it.
    """
    if amount is None or f"c{amount}" not in sheet.frame.columns or done.skipped.is_empty():
        return ()
    counted = done.skipped["reason"].str.contains(_NO_RECORD)
    kept = done.sheet.frame[ROW]
    if kept.is_empty() or not counted.all():
        return ()
    totals = done.skipped.filter(pl.col("reason").str.contains("total") & (pl.col("row") > kept.max()))
    cells = sheet.frame.filter(pl.col(ROW).is_in(totals["row"].implode()) & ~is_blank(f"c{amount}"))
    if cells.is_empty():
        return ()
    row, text = cells.select(ROW, f"c{amount}").row(-1)
    kind = cells[f"k{amount}"][-1] if f"k{amount}" in cells.columns else 0
    return (Stated(row, field, text, int(kept.min()), int(kept.max()), kind or 0),)  # type: ignore[arg-type]


def nothing_skipped() -> pl.DataFrame:
    """An empty frame of skipped rows."""
    return pl.DataFrame(schema=SKIPPED_SCHEMA)


def without(sheet: Sheet, skipped: pl.DataFrame) -> Tidied:
    """The sheet without the rows in `skipped` (row, reason, text)."""
    if skipped.is_empty():
        return Tidied(sheet, nothing_skipped())
    kept = sheet.frame.filter(~pl.col(ROW).is_in(skipped["row"].implode()))
    return Tidied(Sheet(kept, sheet.labels), skipped)


def row_text(columns: Sequence[str]) -> pl.Expr:
    """The cells of a row a person sees, for the list of skipped rows."""
    shown = [pl.when(~is_blank(name)).then(pl.col(name)) for name in columns]
    return pl.concat_str(shown, separator=" | ", ignore_nulls=True).str.slice(0, _SHOWN)


def is_blank(name: str) -> pl.Expr:
    """True where the cell is missing or nothing is to be seen in it."""
    return pl.col(name).is_null() | pl.col(name).str.contains(BLANK)


def _suspects(
    frame: pl.DataFrame, columns: Sequence[str], labels: Sequence[str], totals: Totals, all_rows: bool
) -> pl.DataFrame:
    """Rows worth a closer look, by one or two cheap comparisons a row: most rows are records."""
    keys = totals.keys or totals.blank_keys
    if all_rows or not keys or totals.markers:
        return frame
    key = f"c{keys[0]}"
    heading = next(((f"c{i}", label) for i, label in enumerate(labels) if clean(label)), None)
    repeated = pl.lit(False)
    if heading is not None and heading[0] in columns:
        repeated = (pl.col(heading[0]) == heading[1]).fill_null(False)
    # What begins with a character that is seen is not blank; only other texts are held to the pattern.
    unclear = ((pl.col(key) <= " ") | (pl.col(key) >= "\x7f")).fill_null(True)
    return frame.filter(unclear | repeated).filter(is_blank(key) | repeated)


def _reason(columns: Sequence[str], labels: Sequence[str], totals: Totals, footers: Sequence[str]) -> pl.Expr:
    blank = {name: is_blank(name) for name in columns}
    first = pl.coalesce([pl.when(~blank[name]).then(pl.col(name)) for name in columns])
    filled = pl.sum_horizontal([(~blank[name]).cast(pl.UInt32) for name in columns])
    whole = pl.concat_str([pl.col(name).fill_null("") for name in columns])
    cases: list[tuple[pl.Expr, str]] = [
        (filled == 0, "blank row"),
        (whole.str.contains(_RULED), "ruled line"),
    ]
    repeated = _repeated(columns, labels)
    if repeated is not None:
        cases.append((repeated, "header row repeated"))
    keyless = [blank[f"c{index}"] for index in totals.keys if f"c{index}" in blank]
    if keyless:
        named = first.str.contains(total_pattern(totals.words))
        if totals.beginnings:
            begun = "|".join(re.escape(word) for word in totals.beginnings)
            named |= first.str.contains(f"^[\\s*]*(?i:{begun})")
        cases.append((named & pl.all_horizontal(keyless), "total row"))
    if totals.markers:
        marked = first.str.strip_chars().is_in(list(totals.markers))
        cases.append((marked & pl.all_horizontal(keyless) if keyless else marked, "total row (marked)"))
    if totals.markers or totals.blank_keys:
        cases.append(((filled == 1) & ~first.str.contains(_NUMBER), "note line"))
    if totals.blank_keys:
        columns_blank = [blank[f"c{index}"] for index in totals.blank_keys if f"c{index}" in blank]
        cases.append((pl.all_horizontal(columns_blank), "total row (its key columns are blank)"))
    if footers:
        pattern = "^\\s*(?i:" + "|".join(re.escape(word) for word in footers) + ")"
        cases.append(((filled == 1) & first.str.contains(pattern), "footer line"))
    reason: pl.Expr = pl.lit(None, dtype=pl.String)
    for condition, why in reversed(cases):
        reason = pl.when(condition).then(pl.lit(why)).otherwise(reason)
    return reason


def total_pattern(words: Sequence[str]) -> str:
    """The pattern of a text that names a total: one of `words`, or "total for X", whole."""
    names = "|".join(re.escape(word).replace("\\ ", "[\\s-]+") for word in sorted(words, key=len)[::-1])
    of = f"(?:sub-?)?totals?\\s+(?:{_OF})\\s+.+|totals?\\s*[-:]\\s*.+" if "total" in words else "[^\\s\\S]"
    return f"^[\\s*]*(?i:(?:{names})(?:\\s*\\([^)]*\\))?|{of})[\\s:*]*$"


def _repeated(columns: Sequence[str], labels: Sequence[str]) -> pl.Expr | None:
    """True where the row holds the headings again (a list prints them on each page)."""
    same = [
        pl.col(f"c{index}").str.strip_chars() == label.strip()
        for index, label in enumerate(labels)
        if clean(label) and f"c{index}" in columns
    ]
    if len(same) < 2:
        return None
    return pl.all_horizontal([one.fill_null(False) for one in same])
