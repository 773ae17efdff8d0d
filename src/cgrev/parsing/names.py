"""The key under which the server's accounts are compared: equal keys are one account."""

from __future__ import annotations

import unicodedata

import polars as pl

from cgrev.parsing.cell_columns import put, read_words
from cgrev.parsing.texts import clean

_QUICK = r"^[!-~]+(?: [!-~]+)*$"


def fold_name(name: str) -> str:
    """NFKC, case folding and cleaning, repeated until nothing changes: folding a key gives the key.

    Once is not enough: folding may compose anew, and compatibility forms may hold spaces."""
    for _ in range(8):
        cleaned, _ = clean(name, "name")
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", cleaned).casefold())
        if folded == name:
            break
        name = folded
    return name


def fold(series: pl.Series) -> pl.Series:
    """Keys of account names, null where the name is null; the order and name of the series are kept."""
    name = pl.col("name")
    quick = series.to_frame("name").select(  # in one step, so that the two run beside each other
        keys=name.str.to_lowercase(), odd=(~name.str.contains(_QUICK)).fill_null(False)
    )
    odd, keys = quick["odd"].arg_true(), quick["keys"].alias(series.name)
    if not len(odd):
        return keys
    folded, _ = read_words(series.gather(odd), lambda name: (fold_name(name), 0))
    return put(keys, odd, folded)
