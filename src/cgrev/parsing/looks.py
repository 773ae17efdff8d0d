"""One look at the cells of a piece: what is canonical as it stands, and a reading of all that is not.

Evidence and values both come from it, so that no cell is read twice. All fields are looked at in one
parallel step; only odd cells cost more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from cgrev.parsing import amount_columns, date_columns
from cgrev.parsing.cell_columns import Cells, cells_of
from cgrev.parsing.fields import Declared, SourceField
from cgrev.parsing.revenue_types import plain_words
from cgrev.parsing.texts import CLEAN
from cgrev.table import Kind

_NATIVE_DATES = (int(Kind.DATE), int(Kind.DATETIME))


@dataclass(frozen=True, slots=True)
class Look:
    """The cells of one field in one piece.

    `odd` are the places of the cells that are not in canonical form. `values` holds the others: amounts as
    Int64 (null where odd), dates as Date, texts and types as they are. `reading` has a row for each odd cell
    of an amount or date field: row, text, kind, and the columns of `read_column`; None without any.
    """

    cells: Cells
    values: pl.Series
    odd: pl.Series
    reading: pl.DataFrame | None = None


Looks = Mapping[str, Look]
"""The looks of a piece by field id."""


def look(frame: pl.DataFrame, fields: Sequence[SourceField], declared: Declared) -> Looks:
    """Look at a piece: `row` UInt32, `<id>.text` String, perhaps `<id>.kind` (`cgrev.table.Kind`).

    Raises SettingsError for a declared date format that cannot be used.
    """
    columns = {field.id: cells_of(frame, field, declared) for field in fields}
    cells: dict[str, pl.Series] = {}
    for name, one in columns.items():
        cells[name] = one.texts
        if one.kinds is not None:
            cells[f"{name}.kind"] = one.kinds
    first = pl.DataFrame(cells).select(
        expression
        for field in fields
        for expression in _first(field, declared, typed=f"{field.id}.kind" in cells)
    )
    places = first.select((~pl.col(f"{name}.plain")).arg_true().implode().alias(name) for name in columns)
    looks = {}
    for field in fields:
        one, odd = columns[field.id], places[field.id][0]
        values = first[f"{field.id}.value"] if field.role in ("amount", "date") else one.texts
        reading = _reading(one, odd, field, declared) if len(odd) else None
        looks[field.id] = Look(one, values, odd, reading)
    return looks


def _first(field: SourceField, declared: Declared, *, typed: bool) -> list[pl.Expr]:
    """`<id>.plain`, and the values of plain cells where they are more than their text."""
    text, kind = pl.col(field.id), pl.col(f"{field.id}.kind")
    if field.role == "amount":
        plain = text.str.contains(amount_columns.PLAIN)
        if typed:
            plain = plain & (kind <= int(Kind.NUMBER))
        value = pl.when(plain).then(text.cast(pl.Int64, strict=False))
        return [plain.alias(f"{field.id}.plain"), value.alias(f"{field.id}.value")]
    if field.role == "date":
        day = text.str.to_date("%Y-%m-%d", strict=False, cache=False)
        plain = text.str.contains(date_columns.PLAIN) & day.is_not_null()
        if typed:
            plain = plain & kind.is_in([int(Kind.TEXT), int(Kind.DATE)])
        if not date_columns.obeys_iso(declared):
            plain = plain & (kind != int(Kind.TEXT) if typed else pl.lit(False))
        return [plain.alias(f"{field.id}.plain"), day.alias(f"{field.id}.value")]
    if field.role == "type":
        return [text.is_in(plain_words(declared)).alias(f"{field.id}.plain")]
    return [text.str.contains(CLEAN).alias(f"{field.id}.plain")]


def _reading(cells: Cells, odd: pl.Series, field: SourceField, declared: Declared) -> pl.DataFrame | None:
    if field.role not in ("amount", "date"):
        return None
    texts = cells.texts.gather(odd)
    frame = pl.DataFrame({"row": cells.rows.gather(odd), "text": texts})
    if cells.kinds is None:
        frame = frame.with_columns(kind=pl.lit(int(Kind.TEXT), pl.UInt8))
        read = (
            amount_columns.read_column(texts)
            if field.role == "amount"
            else date_columns.read_column(texts, declared)
        )
        return frame.hstack(read)
    frame = frame.with_columns(kind=cells.kinds.gather(odd))
    if field.role == "amount":
        numbers = frame.select(pl.when(pl.col("kind") <= int(Kind.NUMBER)).then("text").otherwise(pl.lit("")))
        return frame.hstack(amount_columns.read_column(numbers.to_series()))
    # a date that the file itself typed has no order to be found out
    native = pl.col("kind").is_in(_NATIVE_DATES)
    frame = frame.with_row_index("at")
    parts = [
        group.hstack(date_columns.read_column(group["text"], how))
        for group, how in ((frame.filter(native), Declared()), (frame.filter(~native), declared))
        if group.height
    ]
    return pl.concat(parts).sort("at").drop("at")
