"""The source's word -> one of the four revenue types."""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from cgrev.layout import RevenueType
from cgrev.parsing.cell_columns import put, read_words, zeros
from cgrev.parsing.cells import INVISIBLE, SPACES, is_error, trimmed
from cgrev.parsing.fields import Declared
from cgrev.parsing.flags import TypeFlag

WORDS: tuple[str, ...] = tuple(word.value for word in RevenueType)

_IGNORED = re.compile(f"[{SPACES}{INVISIBLE}_\\-\u2010-\u2015]")


def type_key(word: str) -> str:
    """A word as types are compared: without letter case, white space, hyphen and underscore."""
    return _IGNORED.sub("", word).casefold()


_BY_KEY: dict[str, str] = {type_key(word): word for word in WORDS}

_MEANT: dict[RevenueType, str] = {
    RevenueType.ARR: "annual annually year yearly peryear annualrecurring annualrecurringrevenue"
    " annualsubscription acv subscription recurring renewal license licence maintenance",
    RevenueType.MRR: "month monthly permonth monthlyrecurring monthlyrecurringrevenue monthlysubscription",
    RevenueType.ONE_TIME: "oneoff once single onetimefee nonrecurring setup"
    " setupfee services professionalservices project hardware",
    RevenueType.OTHER: "others misc miscellaneous usage various",
}
"""Words other systems use, as keys: suggested in messages, never read as a type."""
_NEAREST = 75
"""RapidFuzz score from which a word is near enough to be suggested."""


def suggest_type(word: str) -> str | None:
    """The type that is most likely meant by a word that is none, for a message; None without a good guess."""
    key = type_key(word)
    if key in _BY_KEY:
        return _BY_KEY[key]
    meant = {known: kind.value for kind, words in _MEANT.items() for known in words.split()}
    if key in meant:
        return meant[key]
    from rapidfuzz import fuzz, process  # only needed for messages: kept out of the start-up

    meant.update(_BY_KEY)
    near = process.extractOne(key, list(meant), scorer=fuzz.ratio, score_cutoff=_NEAREST)
    return meant[near[0]] if near else None


def _read(word: str, declared: Declared, by_word: Mapping[str, str]) -> tuple[str | None, int]:
    plain = trimmed(word)
    key = type_key(plain)
    if not key:
        if declared.default_type is None:
            return None, int(TypeFlag.MISSING)
        value = _BY_KEY.get(type_key(declared.default_type))
        return value, int(TypeFlag.UNKNOWN if value is None else TypeFlag.MAPPED)
    mapped = by_word.get(key)
    if mapped is not None:
        value = _BY_KEY.get(type_key(mapped))
        if value is None:
            return None, int(TypeFlag.UNKNOWN)
        return value, 0 if value == word else int(TypeFlag.MAPPED)
    if is_error(plain):
        return None, int(TypeFlag.ERROR_CELL)
    value = _BY_KEY.get(key)
    if value is None:
        return None, int(TypeFlag.UNKNOWN)
    return value, 0 if value == word else int(TypeFlag.RESPELT)


def plain_words(declared: Declared) -> list[str]:
    """The types that are read as they stand: those the declaration gives no other meaning."""
    by_word = {type_key(word): value for word, value in declared.type_words.items()}
    return [word for word in WORDS if by_word.get(type_key(word), word) == word]


def type_column(
    texts: pl.Series, declared: Declared, odd: pl.Series | None = None
) -> tuple[pl.Series, pl.Series]:
    """Types (null where unreadable) and flags of texts without nulls; `odd` are the places of those that
    are not one of `plain_words`, where they are known already."""
    flags = zeros(len(texts))
    if odd is None:
        odd = (~texts.is_in(plain_words(declared))).arg_true()
    if not len(odd):
        return texts, flags
    by_word = {type_key(word): value for word, value in declared.type_words.items()}
    values, bits = read_words(texts.gather(odd), lambda word: _read(word, declared, by_word))
    return put(texts, odd, values), put(flags, odd, bits)
