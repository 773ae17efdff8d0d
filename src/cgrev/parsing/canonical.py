"""The text of typed values as the layout writes them, as expressions."""

from __future__ import annotations

import polars as pl

from cgrev.parsing.revenue_types import WORDS, suggest_type

__all__ = ["WORDS", "amount_text", "date_text", "suggest_type", "words"]


def amount_text(values: pl.Expr) -> pl.Expr:
    """Decimal -> its shortest plain text: no exponent, no zeros behind the mark at the end ("1234.5")."""
    text = values.cast(pl.String)
    short = text.str.strip_chars_end("0").str.strip_chars_end(".")
    return pl.when(text.str.contains(".", literal=True)).then(short).otherwise(text)


def date_text(values: pl.Expr) -> pl.Expr:
    """Date -> `YYYY-MM-DD`."""
    return values.dt.to_string("%Y-%m-%d")


def words(values: pl.Expr) -> pl.Expr:
    """Type in any spelling that is read -> the word as it is written; null where it is none of the four."""
    key = values.str.to_lowercase().str.replace_all(r"[\s_\-]", "")
    return key.replace_strict(
        {word.lower().replace(" ", ""): word for word in WORDS}, default=None, return_dtype=pl.String
    )
