"""One look at the cells of a piece: what is canonical as it stands, and a reading of all that is not.

Evidence and values both come from it, so that no cell is read twice. All fields are looked at in one
parallel step; only odd cells cost more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import polars as pl
from msgspec import Struct

from cgrev.layout import Role
from cgrev.parsing import amount_columns, date_columns
from cgrev.parsing.cell_columns import Cells, cells_of, put, zeros
from cgrev.parsing.fields import Declared, SourceField
from cgrev.parsing.revenue_types import plain_words
from cgrev.parsing.texts import CLEAN
from cgrev.parsing.words import Words, words_of
from cgrev.table import Kind

_NATIVE_DATES = (int(Kind.DATE), int(Kind.DATETIME))
_REPEATING = ("name", "date", "text")
"""Roles whose columns repeat their words. Types are compared with four words, amounts differ."""


class Look(Struct, frozen=True):
    """The cells of one field in one piece.

    `odd` are the places of the cells that are not in canonical form. `values` holds the others: amounts as
    Int64 (null where odd), dates as Date, texts and types as they are. `reading` has a row for each odd cell
    of an amount or date field: row, text, kind, and the columns of `read_column`; None without any.
    `words` are there where the column repeats its words; `odd_words` are the places of those that are odd.
    """

    cells: Cells
    values: pl.Series
    odd: pl.Series
    reading: pl.DataFrame | None = None
    words: Words | None = None
    odd_words: pl.Series | None = None


Looks = Mapping[str, Look]
"""The looks of a piece by field id."""


def look(frame: pl.DataFrame, fields: Sequence[SourceField], declared: Declared) -> Looks:
    """Look at a piece: `row` UInt32, `<id>.text` String, perhaps `<id>.kind` (`cgrev.table.Kind`).

    Raises SettingsError for a declared date format that cannot be used.
    """
    columns = {field.id: cells_of(frame, field, declared) for field in fields}
    repeated = words_of(
        {one.id: columns[one.id].texts for one in fields if one.role in _REPEATING},
        known=[one.id for one in fields if one.role == "date"],
    )
    first = _first_of_cells([one for one in fields if one.id not in repeated], columns, declared)
    for one in fields:
        if one.id in repeated:
            first[one.id] = _first_of_words(repeated[one.id], one, columns[one.id], declared)
    places = _odd(fields, columns, {name: seen.plain for name, seen in first.items()}, declared)
    looks = {}
    for field in fields:
        cells, seen, odd = columns[field.id], first[field.id], places[field.id]
        values = cells.texts if seen.values is None else seen.values
        if field.role == "amount" and cells.kinds is not None and len(odd):
            values = values.clone().scatter(odd, None)
        words = repeated.get(field.id)
        reading = _reading(cells, odd, field, declared, words, seen.odd_words) if len(odd) else None
        looks[field.id] = Look(cells, values, odd, reading, words, seen.odd_words)
    return looks


class _First(Struct, frozen=True):
    """Whether the text of each cell is plain, its value where that is more than the text, and the places of
    the odd words of a column that repeats them."""

    plain: pl.Series
    values: pl.Series | None
    odd_words: pl.Series | None = None


def _first_of_cells(
    fields: Sequence[SourceField], columns: Mapping[str, Cells], declared: Declared
) -> dict[str, _First]:
    """All these columns in one step."""
    first = pl.DataFrame({field.id: columns[field.id].texts for field in fields}).select(
        one for field in fields for one in _plain(field, declared, typed=columns[field.id].kinds is not None)
    )
    return {
        field.id: _First(first[f"{field.id}.plain"], first[f"{field.id}.value"] if _valued(field) else None)
        for field in fields
    }


def _first_of_words(words: Words, field: SourceField, cells: Cells, declared: Declared) -> _First:
    """A column by its words."""
    typed = cells.kinds is not None
    first = words.distinct.alias(field.id).to_frame().select(_plain(field, declared, typed=typed))
    plain = first[f"{field.id}.plain"]
    values = words.spread(first[f"{field.id}.value"]) if _valued(field) else None
    return _First(words.spread(plain), values, (~plain).arg_true())


def _valued(field: SourceField) -> bool:
    return field.role in ("amount", "date")


def _plain(field: SourceField, declared: Declared, *, typed: bool) -> list[pl.Expr]:
    """`<id>.plain`, and the values of plain texts where they are more than the text."""
    words = tuple(plain_words(declared)) if field.role == "type" else ()
    obeyed = field.role != "date" or typed or date_columns.obeys_iso(declared)
    return _plain_of(field.id, field.role, words, obeyed)


@cache
def _plain_of(name: str, role: Role, words: tuple[str, ...], obeyed: bool) -> list[pl.Expr]:
    text = pl.col(name)
    if role == "amount":
        plain = text.str.contains(amount_columns.PLAIN)
        value = pl.when(plain).then(text.cast(pl.Int64, strict=False))
        return [plain.alias(f"{name}.plain"), value.alias(f"{name}.value")]
    if role == "date":
        day = text.str.to_date("%Y-%m-%d", strict=False, cache=False)
        plain = text.str.contains(date_columns.PLAIN) & day.is_not_null() & obeyed
        return [plain.alias(f"{name}.plain"), day.alias(f"{name}.value")]
    if role == "type":  # a chain of comparisons is faster than a lookup
        return [pl.any_horizontal(False, *(text == word for word in words)).alias(f"{name}.plain")]
    return [text.str.contains(CLEAN).alias(f"{name}.plain")]


def _odd(
    fields: Sequence[SourceField],
    columns: Mapping[str, Cells],
    plain: Mapping[str, pl.Series],
    declared: Declared,
) -> dict[str, pl.Series]:
    """The places of the cells that are not plain: by their text, and by what the file says they are."""
    frame: dict[str, pl.Series] = dict(plain)
    odd: list[pl.Expr] = []
    for field in fields:
        same = pl.col(field.id)
        kinds = columns[field.id].kinds
        if kinds is not None and _valued(field):
            frame[f"{field.id}.kind"] = kinds
            kind = pl.col(f"{field.id}.kind")
            if field.role == "amount":
                same = same & (kind <= int(Kind.NUMBER))
            else:
                same = same & kind.is_in([int(Kind.TEXT), int(Kind.DATE)])
                if not date_columns.obeys_iso(declared):
                    same = same & (kind != int(Kind.TEXT))
        odd.append((~same).arg_true().implode().alias(field.id))
    found = pl.DataFrame(frame).select(odd)
    return {field.id: found[field.id][0] for field in fields}


def _reading(
    cells: Cells,
    odd: pl.Series,
    field: SourceField,
    declared: Declared,
    words: Words | None,
    odd_words: pl.Series | None,
) -> pl.DataFrame | None:
    if not _valued(field):
        return None
    frame = pl.DataFrame({"row": cells.rows, "text": cells.texts})[odd]
    texts = frame["text"]
    if cells.kinds is None:
        frame.insert_column(
            2, pl.Series("kind", [int(Kind.TEXT)], dtype=pl.UInt8).new_from_index(0, len(odd))
        )
        if words is not None and odd_words is not None:  # each word is read once
            read = date_columns.read_column(words.distinct.gather(odd_words), declared)
            order = pl.int_range(len(odd_words), dtype=pl.UInt32, eager=True)
            among = put(zeros(len(words.distinct)), odd_words, order)
            return frame.hstack(read[among.gather(words.places.gather(odd))])
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
