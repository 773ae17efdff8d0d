"""Amounts by column: what `amounts.read_amount` says of each cell, at the speed of a column.

Three ways, each exact: canonical integers by one pattern; numbers in the usual groupings, whatever stands
around them, by patterns and by reading each distinct surrounding once; all others cell by distinct cell.
A test holds the ways to say the same.
"""

from __future__ import annotations

import polars as pl

from cgrev.layout import FRACTION_DIGITS
from cgrev.parsing.amounts import APOSTROPHES, THIN, Need, read_amount
from cgrev.parsing.cell_columns import few
from cgrev.parsing.flags import AmountFlag

MONEY = pl.Decimal(38, FRACTION_DIGITS)
READING: dict[str, type[pl.DataType] | pl.DataType] = {
    "need": pl.UInt8,
    "point": MONEY,
    "comma": MONEY,
    "point_flags": pl.UInt32,
    "comma_flags": pl.UInt32,
    "marks": pl.String,
}
"""Columns of a frame of readings. `marks` are the currency marks, joined by a line feed; null without."""

PLAIN = r"^(?:0|-?[1-9][0-9]{0,17})$"
"""Texts that are canonical and safely within 64 bits."""

_CORE = (
    r"^(?:0|[1-9][0-9]{{0,17}}"
    r"|[1-9][0-9]{{0,2}}(?:(?:\{group}[0-9]{{3}}){{1,5}}|(?: [0-9]{{3}}){{1,5}}|(?:'[0-9]{{3}}){{1,5}}))"
    r"(?:\{mark}[0-9]{{1,18}})?$"
)
_POINT = _CORE.format(group=",", mark=".")
_COMMA = _CORE.format(group=".", mark=",")
_VALID = {"by_point": pl.col("core").str.contains(_POINT), "by_comma": pl.col("core").str.contains(_COMMA)}
_PARTS = rf"^([^0-9]*?)([0-9](?:[0-9.,{APOSTROPHES}{THIN}]*[0-9])?)([^0-9]*)$"


def read_column(texts: pl.Series) -> pl.DataFrame:
    """Readings of texts without nulls, in order, one row each (columns as in `READING`)."""
    if few(texts):
        return _one_by_one(texts)
    cells = texts.to_frame("text").with_row_index("at")
    bare = cells.select("at", "text", core=pl.col("text").str.strip_prefix("-")).with_columns(**_VALID)
    usual = bare["by_point"] | bare["by_comma"]
    sign = pl.when(pl.col("text").str.starts_with("-")).then(-1).otherwise(1)
    done = [
        _quick(
            bare.filter(usual).with_columns(
                sign=sign.cast(pl.Int8), flags=pl.lit(0, pl.UInt32), marks=pl.lit(None, pl.String)
            )
        )
    ]
    if done[0].height < cells.height:
        done += _surrounded(cells.filter(~usual))
    return (pl.concat(done).sort("at") if len(done) > 1 else done[0]).drop("at")


def _surrounded(cells: pl.DataFrame) -> list[pl.DataFrame]:
    """Readings of cells with something around the number, or in no usual grouping."""
    parts = cells.with_columns(
        pl.col("text").str.extract_groups(_PARTS).struct.rename_fields(["lead", "core", "tail"]).alias("p")
    ).unnest("p")
    affixes = _affixes(parts.select("lead", "tail").drop_nulls().unique())
    parts = parts.join(affixes, on=["lead", "tail"], how="left", maintain_order="left")
    parts = parts.with_columns(core=_with_common_separators(parts["core"])).with_columns(**_VALID)
    usual = parts.select(pl.col("sign").is_not_null() & (pl.col("by_point") | pl.col("by_comma")))
    known = usual.to_series().fill_null(False)
    return [_quick(parts.filter(known)), _slow(parts.filter(~known).select("at", "text"))]


def _affixes(pairs: pl.DataFrame) -> pl.DataFrame:
    """Sign, flags and marks of each distinct surrounding, read around the number 1; null where not usual."""
    rows = []
    for lead, tail in pairs.iter_rows():
        if lead[-1:] in (".", ",") or tail[:1] in (".", ",", "e", "E"):
            continue
        known = read_amount(f"{lead}1{tail}")
        if known.point is not None:
            rows.append((lead, tail, int(known.point), known.point_flags, "\n".join(known.marks) or None))
    schema = {"lead": pl.String, "tail": pl.String, "sign": pl.Int8, "flags": pl.UInt32, "marks": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _with_common_separators(cores: pl.Series) -> pl.Series:
    if not cores.str.contains(r"[^0-9.,' ]").any():
        return cores
    return cores.str.replace_all(f"[{APOSTROPHES}]", "'").str.replace_all(f"[{THIN}]", " ")


def _quick(parts: pl.DataFrame) -> pl.DataFrame:
    core, sign = pl.col("core"), pl.col("sign")
    digits = core.str.replace_all(r"[' ]", "")
    grouped = core.str.contains(r"[' ]")
    point, comma = core.str.contains(".", literal=True), core.str.contains(",", literal=True)
    zero = pl.when((sign < 0) & (core == "0")).then(pl.lit(int(AmountFlag.REWRITTEN), pl.UInt32)).otherwise(0)

    def value(text: pl.Expr, valid: str) -> pl.Expr:
        number = pl.when(valid).then(text).cast(MONEY, strict=False)
        return pl.when(sign < 0).then(-number).otherwise(number)

    def flags(mark: pl.Expr, group: pl.Expr, valid: str) -> pl.Expr:
        seen = (
            pl.col("flags")
            | zero
            | pl.when(mark).then(pl.lit(int(AmountFlag.DECIMALS), pl.UInt32)).otherwise(0)
            | pl.when(group).then(pl.lit(int(AmountFlag.SEPARATORS), pl.UInt32)).otherwise(0)
        )
        return pl.when(valid).then(seen).otherwise(pl.lit(int(AmountFlag.NOT_A_NUMBER), pl.UInt32))

    need = (
        pl.when(~point & ~comma)
        .then(int(Need.NONE))
        .when(pl.col("by_point") & pl.col("by_comma"))
        .then(int(Need.EITHER))
        .when("by_point")
        .then(int(Need.POINT))
        .otherwise(int(Need.COMMA))
    )
    return parts.select(
        "at",
        need=need.cast(pl.UInt8),
        point=value(digits.str.replace_all(",", "", literal=True), "by_point"),
        comma=value(
            digits.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True), "by_comma"
        ),
        point_flags=flags(point, grouped | comma, "by_point").cast(pl.UInt32),
        comma_flags=flags(comma, grouped | point, "by_comma").cast(pl.UInt32),
        marks=pl.col("marks"),
    )


def _slow(cells: pl.DataFrame) -> pl.DataFrame:
    distinct = cells["text"].unique()
    known = _one_by_one(distinct).insert_column(0, distinct)
    return cells.join(known, on="text", how="left").select("at", *READING)


def _one_by_one(texts: pl.Series) -> pl.DataFrame:
    read = [read_amount(text) for text in texts]
    columns = {
        "need": [int(one.need) for one in read],
        "point": [one.point for one in read],
        "comma": [one.comma for one in read],
        "point_flags": [one.point_flags for one in read],
        "comma_flags": [one.comma_flags for one in read],
        "marks": ["\n".join(one.marks) or None for one in read],
    }
    return pl.DataFrame(columns, schema=READING)
