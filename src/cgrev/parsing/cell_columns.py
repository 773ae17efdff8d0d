"""The cells of one field in one piece, as the parsers want them."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
from msgspec import Struct

from cgrev.parsing.fields import Declared, SourceField
from cgrev.table import ROW, Kind


class Cells(Struct, frozen=True):
    """`texts` without nulls: "" where there is no cell, or a null token. `kinds` None where all are TEXT."""

    rows: pl.Series
    texts: pl.Series
    kinds: pl.Series | None


FEW = 100
"""So many cells are read one by one: the steps that read columns cost more, however short the column."""


def few(texts: pl.Series) -> bool:
    """Whether these cells are read one by one."""
    return len(texts) <= FEW


def put(series: pl.Series, at: pl.Series, values: pl.Series) -> pl.Series:
    """The series with other values at some places. `Series.scatter` changes the series it is called on."""
    return series.clone().scatter(at, values)


def zeros(length: int) -> pl.Series:
    """Flags of cells about which nothing is odd."""
    return pl.Series("flags", [0], dtype=pl.UInt32).new_from_index(0, length)


def read_words(
    texts: pl.Series, read: Callable[[str], tuple[str | None, int]]
) -> tuple[pl.Series, pl.Series]:
    """What `read` makes of each text (value and flags): each distinct one is read once."""
    known = {text: read(text) for text in (texts if few(texts) else texts.unique())}
    if few(texts):
        pairs = [known[text] for text in texts]
        return (
            pl.Series("value", [value for value, _ in pairs], dtype=pl.String),
            pl.Series("flags", [bits for _, bits in pairs], dtype=pl.UInt32),
        )
    table = pl.DataFrame(
        {
            "text": list(known),
            "value": [value for value, _ in known.values()],
            "flags": [bits for _, bits in known.values()],
        },
        schema={"text": pl.String, "value": pl.String, "flags": pl.UInt32},
    )
    found = texts.to_frame("text").join(table, on="text", how="left", maintain_order="left")
    return found["value"], found["flags"]


def cells_of(frame: pl.DataFrame, field: SourceField, declared: Declared) -> Cells:
    """The cells of a field (`<id>.text`, perhaps `<id>.kind`); a null token is blank, whatever its kind."""
    texts = frame[f"{field.id}.text"].alias("text")
    if texts.dtype != pl.String:
        texts = texts.cast(pl.String)
    if texts.null_count():
        texts = texts.fill_null("")
    kinds: pl.Series | None = None
    if f"{field.id}.kind" in frame.columns:
        kinds = frame[f"{field.id}.kind"].fill_null(int(Kind.TEXT)).alias("kind")
        if not len(kinds) or kinds.max() == Kind.TEXT:
            kinds = None
    if declared.null_tokens:
        tokens = [token.strip() for token in declared.null_tokens]
        blank = texts.str.strip_chars().is_in(tokens)
        if blank.any():
            texts = texts.set(blank, "")
            kinds = kinds.set(blank, int(Kind.TEXT)) if kinds is not None else None
    return Cells(frame[ROW], texts, kinds)
