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


def fold(series: pl.Series, unclean: pl.Series | None = None) -> pl.Series:
    """Keys of account names, null where the name is null; the order and name of the series are kept.

    `unclean` are the places of names that need not match `CLEAN`, where the others are known to: a clean name
    of ASCII letters is only put in lower case."""
    name = pl.col("name")
    known = unclean is not None
    strange = name.str.len_bytes() != name.str.len_chars() if known else ~name.str.contains(_QUICK)
    quick = series.to_frame("name").select(  # in one step, so that the two run beside each other
        keys=name.str.to_lowercase(), odd=strange.fill_null(False)
    )
    keys, mask = quick["keys"].alias(series.name), quick["odd"]
    if unclean is not None and len(unclean):
        mask = mask.clone().scatter(unclean, True)
    odd = (mask & series.is_not_null()).arg_true() if mask.any() else None
    if odd is None or not len(odd):
        return keys
    folded, _ = read_words(series.gather(odd), lambda name: (fold_name(name), 0))
    return put(keys, odd, folded)
