"""One unit of work: a piece of a table through tidy, parse, convert and the rules.

A function of the piece and of what was decided for the whole file; it keeps no state and does not
raise on bad data, so that it runs unchanged on one machine or on many. What a converter or rule
itself breaks is a PluginError.
"""

from __future__ import annotations

from datetime import date
from functools import cache

import polars as pl
from msgspec import Struct

from cgrev.booking import MonthCount
from cgrev.guarding import accounted, delivered, guarded, has_columns
from cgrev.layout import ACCOUNT_NAME, AMOUNT, COLUMNS, IDS
from cgrev.mapping.joining import Further, join_all
from cgrev.mapping.pass_through import EXTRA
from cgrev.meaning import with_meaning
from cgrev.parsing.cell_columns import put
from cgrev.parsing.decisions import Decisions
from cgrev.parsing.evidence import Evidence, gather
from cgrev.parsing.fields import SourceField
from cgrev.parsing.looks import Look, Looks, look
from cgrev.parsing.parse import names_read, parse
from cgrev.parsing.words import Names
from cgrev.places import place
from cgrev.plugin import Converter, ConverterOptions, Reading, Sheet, Stated, Tidied
from cgrev.rounding import Mode as Rounding
from cgrev.rounding import units as round_expression
from cgrev.rules.rule import UNREADABLE
from cgrev.schema import DTYPES, Held, broken
from cgrev.stated import counted_cells
from cgrev.table import ROW

_CANONICAL = [ROW, *(name for i in IDS for name in (i, f"{i}.text", f"{i}.flags"))]
_NO_RAGGED = pl.DataFrame(schema={"row": pl.UInt32, "found": pl.UInt32, "text": pl.String})
_NO_UNMATCHED = pl.DataFrame(schema={"row": pl.UInt32, "name": pl.String, "key": pl.String})
MISSING = 1
"""Bit 0 of every flag set: nothing in the cell."""
FAULT = 1 << 15
"""Bit 15 of every flag set: the cells are readable, yet the converter cannot work the value out."""


class Unit(Struct, frozen=True):
    """What is known of a whole file before its pieces run: picklable, the same for every piece.

    `number` is the file's place in the call, `expected` the cells of its header (None where rows cannot
    be ragged), `rules` those over cells that are on, with the columns the file has.
    """

    number: int
    labels: tuple[str, ...]
    converter: Converter
    options: ConverterOptions
    reading: Reading
    rounding: Rounding
    rules: tuple[Held, ...]
    expected: int | None = None
    further: Further = {}
    month_count: MonthCount = "calendar"
    first_open: date | None = None


class Prepared(Struct, frozen=True):
    """A piece before it is read: `source` has `row`, `<field>.text` and perhaps `<field>.kind`."""

    source: pl.DataFrame
    looks: Looks
    ragged: pl.DataFrame
    skipped: pl.DataFrame
    unmatched: pl.DataFrame
    stated: tuple[Stated, ...] = ()
    counted: pl.DataFrame | None = None
    """Where totals are stated: the cells they are sums of (see `stated.counted_cells`)."""
    records: int = 0
    """Rows that are records of the source, those left out among them."""


class Piece(Struct):
    """A piece after the rules.

    `frame` has `at`, `row`, the canonical columns with `.text` and `.flags`, `units`, and perhaps
    `currency`; `broken` the rules that some row of it breaches; `ragged` rows (row, found, text);
    `skipped` rows (row, reason, text). Rows in = frame + ragged + skipped. `names` is what is known
    of the account names.
    """

    frame: pl.DataFrame
    broken: tuple[Held, ...]
    ragged: pl.DataFrame
    skipped: pl.DataFrame
    unmatched: pl.DataFrame
    names: Names | None = None


def tidied(frame: pl.DataFrame, unit: Unit) -> Tidied:
    """The converter's `tidy`, held to account: every row is kept or skipped, once."""
    known = len(unit.labels)
    frame = frame.drop(name for name in frame.columns if name != ROW and int(name[1:]) >= known)
    done: Tidied = guarded(unit.converter, "tidy", Sheet(frame, unit.labels), unit.options)
    accounted(unit.converter, frame, done)
    return done


def texts(sheet: Sheet, fields: tuple[SourceField, ...]) -> pl.DataFrame:
    """The declared columns as `<id>.text` and, where the file typed cells, `<id>.kind`."""
    columns: list[pl.Expr] = [pl.col(ROW)]
    for field in fields:
        if field.index is None:
            columns.append(pl.lit(field.constant, dtype=pl.String).alias(f"{field.id}.text"))
            continue
        columns.append(pl.col(f"c{field.index}").alias(f"{field.id}.text"))
        if f"k{field.index}" in sheet.frame.columns:
            columns.append(pl.col(f"k{field.index}").alias(f"{field.id}.kind"))
    return sheet.frame.select(columns)


def evidence(frame: pl.DataFrame, reading: Reading, looks: Looks | None = None) -> Evidence:
    """What the texts of one piece say about decimal marks, currencies and date order."""
    return gather(frame, reading.fields, reading.declared, looks)


def ragged_rows(frame: pl.DataFrame, expected: int | None) -> pl.DataFrame:
    """Rows with fewer or more cells than the header: row, found, text. Empty extra cells are none."""
    names = [name for name in frame.columns if name[0] == "c"]
    if expected is None or not names or expected > len(names):
        return _NO_RAGGED
    short = pl.col(names[expected - 1]).is_null()
    extra = [pl.col(name).fill_null("") != "" for name in names[expected:]]
    return frame.filter(pl.any_horizontal(short, *extra)).select(
        row=ROW,
        found=pl.sum_horizontal(pl.col(names).is_not_null()).cast(pl.UInt32),
        text=pl.concat_str(pl.col(names), separator=",", ignore_nulls=True),
    )


def prepare(frame: pl.DataFrame, unit: Unit) -> Prepared:
    """The row-dropping half: tidy, ragged rows, joins; what is left becomes texts of declared columns.

    Titles, totals and footers are short by nature, so only rows that `tidy` keeps can be ragged."""
    ragged = ragged_rows(frame, unit.expected)
    done = tidied(frame, unit)
    sheet = done.sheet
    counted = counted_cells(done, done.stated, unit.reading) if done.stated else None
    if ragged.height:
        ragged = ragged.join(sheet.frame.select(ROW), on=ROW, how="semi")
        sheet = Sheet(
            sheet.frame.join(ragged.select(ROW), on=ROW, how="anti", maintain_order="left"), sheet.labels
        )
    specs = guarded(unit.converter, "joins", unit.labels, unit.options)
    unmatched = _NO_UNMATCHED
    if specs or unit.further:
        joined, labels, unmatched = join_all(sheet.frame, sheet.labels, unit.further, specs)
        sheet = Sheet(joined, labels)
    has_columns(unit.converter, sheet.frame, unit.reading.fields)
    source = texts(sheet, unit.reading.fields)
    records = done.sheet.frame.height + (done.left_out.height if done.left_out is not None else 0)
    looks = look(source, unit.reading.fields, unit.reading.declared)
    return Prepared(source, looks, ragged, done.skipped, unmatched, done.stated, counted, records)


def process(prepared: Prepared, unit: Unit, decisions: Decisions) -> Piece:
    """The reading half: parse, convert, rules."""
    canonical, dropped = _without_skipped(read_rows(prepared.source, unit, decisions, prepared.looks))
    skipped, unmatched = prepared.skipped, prepared.unmatched
    if dropped.height:  # what a row that is no revenue would have been looked up for does not matter
        skipped = pl.concat([skipped, dropped])
        unmatched = unmatched.join(dropped.select("row"), on="row", how="anti", maintain_order="left")
    return Piece(
        canonical, broken(canonical, unit.rules), prepared.ragged, skipped, unmatched, _names(prepared, unit)
    )


def _names(prepared: Prepared, unit: Unit) -> Names | None:
    """What is known of the account names, where the converter takes each name as the file has it."""
    fields = [field for field in unit.reading.fields if field.id == ACCOUNT_NAME.id]
    if type(unit.converter).convert is not Converter.convert or not fields:
        return None
    return names_read(prepared.looks[ACCOUNT_NAME.id], fields[0], unit.reading.declared)


def read_rows(
    source: pl.DataFrame, unit: Unit, decisions: Decisions, looks: Looks | None = None
) -> pl.DataFrame:
    """From source texts to the canonical frame: values, texts, flags, whole units, place."""
    reading = unit.reading
    looks = look(source, reading.fields, reading.declared) if looks is None else looks
    parsed = parse(source, reading.fields, decisions, reading.declared, looks)
    frame = _as_read(parsed, unit)
    units: pl.Series | pl.Expr | None = None
    if frame is not None:
        units = _units_as_read(frame, looks[AMOUNT.id], unit)
    else:
        frame = _assembled(parsed, _converted(parsed, unit), unit, decisions)
    if units is None:
        units = round_expression(pl.col("amount"), unit.rounding)
    whole = frame.with_columns(at=place(unit.number, pl.col(ROW)), units=units)
    return with_meaning(whole, unit.month_count, unit.first_open)


def _as_read(parsed: pl.DataFrame, unit: Unit) -> pl.DataFrame | None:
    """The six columns as they were read, where the file has them all and the converter computes none."""
    if type(unit.converter).convert is not Converter.convert or unit.reading.derived:
        return None
    if any(name not in parsed.columns for name in IDS):
        return None
    return parsed.select(*_CANONICAL, *(name for name in parsed.columns if name in EXTRA))


def _units_as_read(frame: pl.DataFrame, look: Look, unit: Unit) -> pl.Series | None:
    """Whole units of amounts as they were read: only those that are not canonical have to be rounded.

    None where a column's amounts cannot be taken (two currencies)."""
    amounts = frame["amount"]
    if amounts.null_count() > len(look.odd):
        return None
    if not len(look.odd):
        return look.values
    some = amounts.gather(look.odd).to_frame().select(round_expression(pl.col("amount"), unit.rounding))
    return put(look.values, look.odd, some["amount"])


def _converted(parsed: pl.DataFrame, unit: Unit) -> pl.DataFrame:
    if type(unit.converter).convert is Converter.convert:
        return parsed.with_columns(
            pl.lit(None, dtype=DTYPES[column.role]).alias(column.id)
            for column in COLUMNS
            if column.id not in parsed.columns
        )
    rows: pl.LazyFrame = guarded(unit.converter, "convert", parsed.lazy(), unit.options)
    return delivered(unit.converter, parsed, rows)


def _assembled(
    parsed: pl.DataFrame, converted: pl.DataFrame, unit: Unit, decisions: Decisions
) -> pl.DataFrame:
    """Values of `convert` with the texts and flags of the cells they come from."""
    ids = {field.id for field in unit.reading.fields}
    derived = unit.reading.derived
    columns: list[pl.Expr | pl.Series] = [pl.col(ROW)]
    written = _rewritten_texts(converted, unit, decisions)
    for column in COLUMNS:
        name = column.id
        value = converted[name]
        sources = tuple(source for source in derived.get(name, ()) if source in ids)
        silent = pl.lit(False)
        if name in ids and name not in derived:
            text, flags = pl.col(f"{name}.text"), pl.col(f"{name}.flags")
        elif sources:
            text, flags, silent = _from_sources(name, sources)
            flags = pl.when(pl.lit(value).is_not_null()).then(0).otherwise(flags)
        else:
            text, flags = pl.lit(None, dtype=pl.String), pl.lit(0, dtype=pl.UInt32)
        if name in written:
            value, own = written[name]
            flags = flags | pl.lit(own)
            text = pl.coalesce(text, pl.lit(converted[name]))
        if f"fault.{name}" in converted.columns:
            fault = converted[f"fault.{name}"]
            flags = pl.when(pl.lit(fault).is_not_null()).then(flags | FAULT).otherwise(flags)
        if column.required:
            absent = pl.lit(value).is_null() & ((flags & UNREADABLE) == 0) & ~silent
            flags = pl.when(absent).then(flags | MISSING).otherwise(flags)
        columns += [value, text.alias(f"{name}.text"), flags.cast(pl.UInt32).alias(f"{name}.flags")]
    extra = [converted[name] for name in converted.columns if name in EXTRA]
    return parsed.with_columns(*columns, *extra).select(*_CANONICAL, *(series.name for series in extra))


def _from_sources(name: str, sources: tuple[str, ...]) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Text and flags of a computed column: the first cell that cannot be read is shown and blamed.

    A source that is one of the six itself reports its own fault; then the computed column is silent."""
    texts = [pl.col(f"{source}.text") for source in sources]
    bad = [(pl.col(f"{source}.flags") & UNREADABLE) for source in sources]
    reported = [
        flags != 0 for source, flags in zip(sources, bad, strict=True) if source in IDS and source != name
    ]
    silent = pl.any_horizontal(*reported) if reported else pl.lit(False)
    blank = [text.fill_null("").str.strip_chars() == "" for text in texts]
    text = pl.coalesce(
        *(pl.when(flags != 0).then(t) for t, flags in zip(texts, bad, strict=True)),
        *(pl.when(b).then(pl.lit("")) for b in blank),
        texts[0],
    )
    flags = pl.coalesce(*(pl.when(f != 0).then(f) for f in bad), pl.lit(0, dtype=pl.UInt32))
    return text, pl.when(silent).then(0).otherwise(flags), silent


def _rewritten_texts(
    converted: pl.DataFrame, unit: Unit, decisions: Decisions
) -> dict[str, tuple[pl.Series, pl.Series]]:
    """Text columns that `convert` computed are cleaned and held to the limits like any other text."""
    fields = tuple(
        SourceField(column.id, column.role, None)
        for column in COLUMNS
        if column.role in ("name", "text", "type") and column.id in unit.reading.derived
    )
    if not fields:
        return {}
    frame = converted.select(ROW, *(pl.col(f.id).cast(pl.String).alias(f"{f.id}.text") for f in fields))
    parsed = parse(frame, fields, decisions, unit.reading.declared)
    return {f.id: (parsed[f.id], parsed[f"{f.id}.flags"]) for f in fields}


def _without_skipped(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    nothing = pl.DataFrame(schema={"row": pl.UInt32, "reason": pl.String, "text": pl.String})
    if "skip" not in frame.columns or frame["skip"].null_count() == frame.height:
        return frame, nothing
    skipped = frame.filter(pl.col("skip").is_not_null()).select(
        row=ROW,
        reason=pl.col("skip").cast(pl.String),
        text=pl.concat_str([pl.col(f"{i}.text") for i in IDS], separator=" | ", ignore_nulls=True),
    )
    return frame.filter(pl.col("skip").is_null()), skipped


@cache
def unwritable() -> pl.Expr:
    """True where a required value is missing or a text cannot be sent: such a row is never written."""
    return pl.any_horizontal(
        *(pl.col(c.id).is_null() for c in COLUMNS if c.required),
        pl.col("units").is_null(),
        *((pl.col(f"{c.id}.flags") & UNREADABLE & ~_blank(c.required)) != 0 for c in COLUMNS),
    )


def _blank(required: bool) -> int:
    return 0 if required else MISSING
