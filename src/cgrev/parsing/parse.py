"""Text -> typed values, in one vectorised step, as the file's decisions say.

For each field a piece gets `<id>` (typed) and `<id>.flags` (bits of `parsing.flags`). The value is
null exactly where a bit under `UNREADABLE` is set, and then no readable bit is (but `NATIVE` may be).
Native cells never pass through the reading of marks and orders.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from cgrev.layout import BY_ID
from cgrev.parsing import amount_columns, date_columns
from cgrev.parsing.amount_columns import MONEY
from cgrev.parsing.amounts import Need
from cgrev.parsing.cell_columns import Cells, cells_of, put
from cgrev.parsing.dates import FIRST_SERIAL, LAST_SERIAL, Order
from cgrev.parsing.decisions import AmountDecision, Decisions
from cgrev.parsing.fields import Declared, SourceField
from cgrev.parsing.flags import AmountFlag, DateFlag, TextFlag, TypeFlag
from cgrev.parsing.revenue_types import type_column
from cgrev.parsing.texts import CLEAN, clean_column
from cgrev.table import Kind

UNREADABLE = 0xFFFF
_Parsed = tuple[pl.Series, pl.Series]


def parse(
    frame: pl.DataFrame, fields: Sequence[SourceField], decisions: Decisions, declared: Declared
) -> pl.DataFrame:
    """One piece (`row`, `<id>.text`, perhaps `<id>.kind`) with `<id>` and `<id>.flags` of each field added.

    Amounts are Decimal(38, 18), dates Date, the others String. Never raises on data; raises
    SettingsError for a declared date format that cannot be used.
    """
    columns = {field.id: cells_of(frame, field, declared) for field in fields}
    first = _first_look(columns, fields)
    added: list[pl.Series] = []
    for field in fields:
        cells, plain = columns[field.id], first[f"{field.id}.plain"]
        if field.role == "amount":
            values, flags = _amounts(cells, plain, first[f"{field.id}.value"], decisions.amount(field.id))
        elif field.role == "date":
            values, flags = _dates(cells, plain, first[f"{field.id}.value"], decisions, declared)
        elif field.role == "type":
            values, flags = _types(cells, declared)
        else:
            values, flags = _texts(cells, plain, field, declared)
        added += [values.alias(field.id), flags.alias(f"{field.id}.flags")]
    return frame.with_columns(added)


def _first_look(columns: dict[str, Cells], fields: Sequence[SourceField]) -> pl.DataFrame:
    """Of all fields in one parallel step: which cells are canonical (`<id>.plain`), and their values."""
    looks: list[pl.Expr] = []
    for field in fields:
        text = pl.col(field.id)
        if field.role == "amount":
            looks.append(text.str.contains(amount_columns.PLAIN).alias(f"{field.id}.plain"))
            looks.append(text.cast(pl.Int64, strict=False).cast(MONEY).alias(f"{field.id}.value"))
        elif field.role == "date":
            looks.append(text.str.contains(date_columns.PLAIN).alias(f"{field.id}.plain"))
            day = text.str.to_date("%Y-%m-%d", strict=False, cache=False)
            looks.append(day.alias(f"{field.id}.value"))
        else:
            clean = text.str.contains(CLEAN) if field.role != "type" else pl.lit(True)
            looks.append(clean.alias(f"{field.id}.plain"))
    return pl.DataFrame({name: cells.texts for name, cells in columns.items()}).select(looks)


def _zeros(length: int) -> pl.Series:
    return pl.repeat(0, length, dtype=pl.UInt32, eager=True)


def _bit(flag: int) -> pl.Expr:
    return pl.lit(int(flag), pl.UInt32)


def _any_of(kind: pl.Expr, bits: dict[Kind, int], otherwise: pl.Expr) -> pl.Expr:
    """The flag of the first kind that fits."""
    out = otherwise
    for one, flag in bits.items():
        out = pl.when(kind == int(one)).then(_bit(flag)).otherwise(out)
    return out


def _assembled(
    cells: Cells,
    plain: pl.Series,
    values: pl.Series,
    native: int,
    read: Callable[[pl.DataFrame], pl.DataFrame],
) -> _Parsed:
    """`values` where `plain`; elsewhere what `read` makes of a frame (text, kind): value, flags."""
    flags = _zeros(len(values))
    odd = (~plain).arg_true()
    if len(odd):
        kinds = pl.lit(0, pl.UInt8) if cells.kinds is None else cells.kinds.gather(odd)
        found = read(cells.texts.gather(odd).to_frame("text").with_columns(kind=kinds))
        unread = (pl.col("flags") & UNREADABLE) != 0
        found = found.select(
            value=pl.when(~unread).then("value"),
            flags=pl.when(unread).then(pl.col("flags") & UNREADABLE).otherwise("flags"),
        )
        values, flags = put(values, odd, found["value"]), put(flags, odd, found["flags"])
    if cells.kinds is not None:
        kind = cells.kinds.to_frame("kind").select(
            pl.when(~pl.col("kind").is_in([int(Kind.TEXT), int(Kind.ERROR), int(Kind.FORMULA)]))
            .then(_bit(native))
            .otherwise(_bit(0))
        )
        flags = flags | kind.to_series()
    return values, flags


def _amounts(cells: Cells, plain: pl.Series, values: pl.Series, decided: AmountDecision) -> _Parsed:
    if cells.kinds is not None:
        plain = plain & (cells.kinds <= int(Kind.NUMBER))

    def read(odd: pl.DataFrame) -> pl.DataFrame:
        texts = odd.select(pl.when(pl.col("kind") <= int(Kind.NUMBER)).then("text").otherwise(pl.lit("")))
        odd = pl.concat([odd, amount_columns.read_column(texts.to_series())], how="horizontal")
        value, flags = _by_mark(decided.mark)
        native = pl.col("kind") == int(Kind.NUMBER)
        flags = (
            pl.when(native)
            .then(pl.col("point_flags") & _bit(0xFFFFFFFF ^ AmountFlag.SCIENTIFIC))
            .otherwise(flags)
        )
        return odd.select(
            value=pl.when(native).then("point").otherwise(value),
            flags=_any_of(pl.col("kind"), _AMOUNT_KINDS, flags),
        )

    values, flags = _assembled(cells, plain, values, AmountFlag.NATIVE, read)
    if decided.currency == "mixed":
        mixed = (flags & UNREADABLE) == 0
        flags = flags.set(mixed, int(AmountFlag.MIXED_CURRENCY))
        values = pl.repeat(None, len(values), dtype=MONEY, eager=True)
    return values, flags


_AMOUNT_KINDS: dict[Kind, int] = {
    Kind.DATE: AmountFlag.DATE_CELL,
    Kind.DATETIME: AmountFlag.DATE_CELL,
    Kind.BOOLEAN: AmountFlag.BOOLEAN,
    Kind.ERROR: AmountFlag.ERROR_CELL,
    Kind.FORMULA: AmountFlag.NO_VALUE,
}


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


def _dates(
    cells: Cells, plain: pl.Series, values: pl.Series, decisions: Decisions, declared: Declared
) -> _Parsed:
    plain = plain & values.is_not_null()
    if cells.kinds is not None:
        plain &= cells.kinds.is_in([int(Kind.TEXT), int(Kind.DATE)])
    if not date_columns.obeys_iso(declared):
        plain &= (
            pl.repeat(False, len(plain), eager=True) if cells.kinds is None else cells.kinds != int(Kind.TEXT)
        )

    def read(odd: pl.DataFrame) -> pl.DataFrame:
        odd = odd.with_row_index("at")
        kind = pl.col("kind")
        native = kind.is_in([int(Kind.DATE), int(Kind.DATETIME)])
        parts = []
        for group, how in ((odd.filter(native), Declared()), (odd.filter(~native), declared)):
            parts.append(pl.concat([group, date_columns.read_column(group["text"], how)], how="horizontal"))
        odd = pl.concat(parts).sort("at")
        value, flags = _by_order(decisions.order)
        return odd.select(value=value, flags=_any_of(kind, _DATE_KINDS, _serials(flags)))

    return _assembled(cells, plain, values, DateFlag.NATIVE, read)


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


def _types(cells: Cells, declared: Declared) -> _Parsed:
    values, flags = type_column(cells.texts, declared)
    if cells.kinds is None:
        return values, flags
    frame = pl.DataFrame({"value": values, "flags": flags, "kind": cells.kinds})
    bits = {Kind.ERROR: int(TypeFlag.ERROR_CELL), Kind.FORMULA: int(TypeFlag.MISSING)}
    frame = frame.with_columns(flags=_any_of(pl.col("kind"), bits, pl.col("flags")))
    frame = frame.with_columns(value=pl.when((pl.col("flags") & UNREADABLE) == 0).then("value"))
    return frame["value"], frame["flags"]


def _texts(cells: Cells, plain: pl.Series, field: SourceField, declared: Declared) -> _Parsed:
    values, flags = clean_column(cells.texts, plain, "name" if field.role == "name" else "text")
    column = BY_ID.get(field.id)
    most = declared.max_lengths.get(field.id, column.max_length if column else None)
    warn = column.warn_length if column else None
    longest = values.str.len_bytes().max()
    limits = [limit for limit in (most, warn) if limit is not None]
    frame = pl.DataFrame({"value": values, "flags": flags})
    if limits and isinstance(longest, int) and longest > min(limits):
        length = pl.col("value").str.len_chars()
        bits = pl.col("flags")
        if warn is not None:
            bits = pl.when(length > warn).then(bits | int(TextFlag.LONG)).otherwise(bits)
        if most is not None:
            bits = pl.when(length > most).then(_bit(TextFlag.TOO_LONG)).otherwise(bits)
        frame = frame.with_columns(flags=bits)
    if cells.kinds is not None:
        frame = frame.with_columns(kind=cells.kinds)
        bits_of = {Kind.ERROR: int(TextFlag.ERROR_CELL), Kind.FORMULA: int(TextFlag.NO_VALUE)}
        typed = [int(kind) for kind in (Kind.NUMBER, Kind.DATE, Kind.DATETIME, Kind.BOOLEAN)]
        # A native number below zero starts with "-" and is no formula.
        shown = (pl.col("flags") & _bit(0xFFFFFFFF ^ TextFlag.FORMULA)) | _bit(TextFlag.NATIVE)
        native = pl.when(pl.col("kind").is_in(typed)).then(shown)
        frame = frame.with_columns(flags=_any_of(pl.col("kind"), bits_of, native.otherwise("flags")))
    if frame["flags"].max() or 0:
        frame = frame.with_columns(value=pl.when((pl.col("flags") & UNREADABLE) == 0).then("value"))
    return frame["value"], frame["flags"]
