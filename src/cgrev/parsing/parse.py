"""Text -> typed values, in one vectorised step, as the file's decisions say.

For each field a piece gets `<id>` (typed) and `<id>.flags` (bits of `parsing.flags`). The value is
null exactly where a bit under `UNREADABLE` is set, and then no readable bit is (but `NATIVE` may be).
Native cells never pass through the reading of marks and orders.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import polars as pl

from cgrev.layout import BY_ID
from cgrev.parsing.amount_columns import MONEY
from cgrev.parsing.amounts import Need
from cgrev.parsing.cell_columns import put, zeros
from cgrev.parsing.dates import FIRST_SERIAL, LAST_SERIAL, Order
from cgrev.parsing.decisions import AmountDecision, Decisions
from cgrev.parsing.fields import Declared, SourceField
from cgrev.parsing.flags import AmountFlag, DateFlag, TextFlag, TypeFlag
from cgrev.parsing.looks import Look, Looks, look
from cgrev.parsing.revenue_types import type_column
from cgrev.parsing.texts import clean_column
from cgrev.parsing.words import Names, Words
from cgrev.table import Kind

UNREADABLE = 0xFFFF
_Parsed = tuple[pl.Series, pl.Series]


def parse(
    frame: pl.DataFrame,
    fields: Sequence[SourceField],
    decisions: Decisions,
    declared: Declared,
    looks: Looks | None = None,
) -> pl.DataFrame:
    """One piece (`row`, `<id>.text`, perhaps `<id>.kind`) with `<id>` and `<id>.flags` of each field added.

    Amounts are Decimal(38, 18), dates Date, the others String. `looks` are those of this frame, where they
    are known already. Never raises on data; raises SettingsError for a declared date format that cannot be
    used.
    """
    looks = look(frame, fields, declared) if looks is None else looks
    added: list[pl.Series] = []
    for field in fields:
        one = looks[field.id]
        if field.role == "amount":
            values, flags = _amounts(one, decisions.amount(field.id))
        elif field.role == "date":
            values, flags = _dates(one, decisions)
        elif field.role == "type":
            values, flags = _types(one, declared)
        else:
            values, flags = _texts(one, field, declared)
        added += [values.alias(field.id), flags.alias(f"{field.id}.flags")]
    return frame.with_columns(added)


def _bit(flag: int) -> pl.Expr:
    return pl.lit(int(flag), pl.UInt32)


def _any_of(kind: pl.Expr, bits: dict[Kind, int], otherwise: pl.Expr) -> pl.Expr:
    """The flag of the first kind that fits."""
    out = otherwise
    for one, flag in bits.items():
        out = pl.when(kind == int(one)).then(_bit(flag)).otherwise(out)
    return out


def _assembled(look: Look, values: pl.Series, native: int, value: pl.Expr, flags: pl.Expr) -> _Parsed:
    """`values` where plain; elsewhere `value` and `flags` over the reading of the odd cells."""
    bits = zeros(len(values))
    if look.reading is not None:
        refused = flags & UNREADABLE
        found = look.reading.select(
            value=pl.when(refused == 0).then(value),
            flags=pl.when(refused == 0).then(flags).otherwise(refused),
        )
        values, bits = put(values, look.odd, found["value"]), put(bits, look.odd, found["flags"])
    if look.cells.kinds is not None:
        kind = look.cells.kinds.to_frame("kind").select(
            pl.when(~pl.col("kind").is_in([int(Kind.TEXT), int(Kind.ERROR), int(Kind.FORMULA)]))
            .then(_bit(native))
            .otherwise(_bit(0))
        )
        bits = bits | kind.to_series()
    return values, bits


def _amounts(look: Look, decided: AmountDecision) -> _Parsed:
    value, flags = _by_mark(decided.mark)
    if look.cells.kinds is not None:
        native = pl.col("kind") == int(Kind.NUMBER)
        exact = pl.col("point_flags") & _bit(0xFFFFFFFF ^ AmountFlag.SCIENTIFIC)
        value = pl.when(native).then("point").otherwise(value)
        flags = _any_of(pl.col("kind"), _AMOUNT_KINDS, pl.when(native).then(exact).otherwise(flags))
    values, flags_ = _assembled(look, look.values.cast(MONEY), AmountFlag.NATIVE, value, flags)
    if decided.currency == "mixed":
        mixed = (flags_ & UNREADABLE) == 0
        flags_ = flags_.set(mixed, int(AmountFlag.MIXED_CURRENCY))
        values = pl.repeat(None, len(values), dtype=MONEY, eager=True)
    return values, flags_


_AMOUNT_KINDS: dict[Kind, int] = {
    Kind.DATE: AmountFlag.DATE_CELL,
    Kind.DATETIME: AmountFlag.DATE_CELL,
    Kind.BOOLEAN: AmountFlag.BOOLEAN,
    Kind.ERROR: AmountFlag.ERROR_CELL,
    Kind.FORMULA: AmountFlag.NO_VALUE,
}


@cache
def _by_mark(mark: str) -> tuple[pl.Expr, pl.Expr]:
    """Value and flags of a text cell, as the column's decision says."""
    need = pl.col("need")
    if mark in ("point", "comma"):
        return pl.col(mark), pl.col(f"{mark}_flags")
    if mark == "contradictory":
        flags = (
            pl.when(need != int(Need.NONE)).then(_bit(AmountFlag.CONTRADICTORY_MARK)).otherwise("point_flags")
        )
        return pl.col("point"), flags
    comma = need == int(Need.COMMA)
    flags = pl.when(comma).then("comma_flags").otherwise("point_flags")
    flags = pl.when(need == int(Need.EITHER)).then(_bit(AmountFlag.AMBIGUOUS_MARK)).otherwise(flags)
    return pl.when(comma).then("comma").otherwise("point"), flags


def _dates(look: Look, decisions: Decisions) -> _Parsed:
    value, flags = _by_order(decisions.order)
    if look.cells.kinds is not None:
        # A native number is no text whose order could be told; it gives no evidence either.
        guessed = (pl.col("kind") == int(Kind.NUMBER)) & (pl.col("order") != int(Order.NONE))
        value = pl.when(~guessed).then(value)
        flags = pl.when(guessed).then(_bit(DateFlag.NOT_A_DATE)).otherwise(flags)
        flags = _any_of(pl.col("kind"), _DATE_KINDS, _serials(flags))
    return _assembled(look, look.values, DateFlag.NATIVE, value, flags)


_DATE_KINDS: dict[Kind, int] = {
    Kind.BOOLEAN: DateFlag.NOT_A_DATE,
    Kind.ERROR: DateFlag.ERROR_CELL,
    Kind.FORMULA: DateFlag.NO_VALUE,
}


def _serials(flags: pl.Expr) -> pl.Expr:
    """A native number is a day number, where it is one at all and no declared format reads it."""
    number = pl.col("kind") == int(Kind.NUMBER)
    days = pl.col("text").cast(pl.Float64, strict=False)  # only compared with bounds, never kept
    serial = number & days.is_between(FIRST_SERIAL, LAST_SERIAL + 1, closed="left")
    return pl.when(serial & ((flags & UNREADABLE) != 0)).then(_bit(DateFlag.SERIAL)).otherwise(flags)


@cache
def _by_order(decided: str) -> tuple[pl.Expr, pl.Expr]:
    """Value and flags of a text cell, as the file's decision says."""
    order = pl.col("order")
    if decided in ("dmy", "mdy"):
        return pl.col(decided), pl.col(f"{decided}_flags")
    if decided == "contradictory":
        flags = (
            pl.when(order != int(Order.NONE)).then(_bit(DateFlag.CONTRADICTORY_ORDER)).otherwise("dmy_flags")
        )
        return pl.col("dmy"), flags
    month_first = order == int(Order.MDY)
    flags = pl.when(month_first).then("mdy_flags").otherwise("dmy_flags")
    flags = pl.when(order == int(Order.EITHER)).then(_bit(DateFlag.AMBIGUOUS_ORDER)).otherwise(flags)
    return pl.when(month_first).then("mdy").otherwise("dmy"), flags


def _types(look: Look, declared: Declared) -> _Parsed:
    cells = look.cells
    values, flags = type_column(cells.texts, declared, look.odd)
    if cells.kinds is None:
        return values, flags
    frame = pl.DataFrame({"value": values, "flags": flags, "kind": cells.kinds})
    bits = {Kind.ERROR: int(TypeFlag.ERROR_CELL), Kind.FORMULA: int(TypeFlag.MISSING)}
    frame = frame.with_columns(flags=_any_of(pl.col("kind"), bits, pl.col("flags")))
    frame = frame.with_columns(value=pl.when((pl.col("flags") & UNREADABLE) == 0).then("value"))
    return frame["value"], frame["flags"]


def names_read(look: Look, field: SourceField, declared: Declared) -> Names | None:
    """What is known of the names of a field as `parse` reads them; None where the file types its cells."""
    if look.cells.kinds is not None:
        return None
    if look.words is None or look.odd_words is None:
        return Names(None, look.odd)
    values, _ = _cleaned(look.words.distinct, look.odd_words, field, declared)
    return Names(Words(values, look.words.places), look.odd_words)


def _texts(look: Look, field: SourceField, declared: Declared) -> _Parsed:
    words = look.words
    if words is None or look.odd_words is None:
        values, flags = _cleaned(look.cells.texts, look.odd, field, declared)
    else:
        values, flags = _cleaned(words.distinct, look.odd_words, field, declared)
        plain = not len(look.odd_words)
        marked = bool(flags.max())
        values = look.cells.texts if plain and not marked else words.spread(values)
        flags = words.spread(flags) if marked else zeros(len(values))
    kinds = look.cells.kinds
    return (values, flags) if kinds is None else _typed_texts(values, flags, kinds)


def _cleaned(texts: pl.Series, odd: pl.Series, field: SourceField, declared: Declared) -> _Parsed:
    """Cleaned texts within their limits."""
    values, flags = clean_column(texts, odd, "name" if field.role == "name" else "text")
    column = BY_ID.get(field.id)
    most = declared.max_lengths.get(field.id, column.max_length if column else None)
    warn = column.warn_length if column else None
    limits = [limit for limit in (most, warn) if limit is not None]
    longest = values.str.len_bytes().max() if limits else None
    if not isinstance(longest, int) or longest <= min(limits):
        return values, flags
    length, bits = pl.col("value").str.len_chars(), pl.col("flags")
    if warn is not None:
        bits = pl.when(length > warn).then(bits | int(TextFlag.LONG)).otherwise(bits)
    if most is not None:
        bits = pl.when(length > most).then(_bit(TextFlag.TOO_LONG)).otherwise(bits)
    frame = pl.DataFrame({"value": values, "flags": flags}).with_columns(flags=bits)
    return _readable(frame)


def _readable(frame: pl.DataFrame) -> _Parsed:
    """`value` and `flags`, without the values that are unreadable."""
    value = pl.when((pl.col("flags") & UNREADABLE) == 0).then("value")
    return frame.select(value)["value"], frame["flags"]


def _typed_texts(values: pl.Series, flags: pl.Series, kinds: pl.Series) -> _Parsed:
    """Texts of cells that the file types: what is a number or a date there is text here."""
    frame = pl.DataFrame({"value": values, "flags": flags, "kind": kinds})
    bits_of = {Kind.ERROR: int(TextFlag.ERROR_CELL), Kind.FORMULA: int(TextFlag.NO_VALUE)}
    typed = [int(kind) for kind in (Kind.NUMBER, Kind.DATE, Kind.DATETIME, Kind.BOOLEAN)]
    # A native number below zero starts with "-" and is no formula.
    shown = (pl.col("flags") & _bit(0xFFFFFFFF ^ TextFlag.FORMULA)) | _bit(TextFlag.NATIVE)
    native = pl.when(pl.col("kind").is_in(typed)).then(shown)
    return _readable(frame.with_columns(flags=_any_of(pl.col("kind"), bits_of, native.otherwise("flags"))))
