"""Account keys: folding is idempotent and blind to letter case, width and what shows nothing."""

from __future__ import annotations

import unicodedata

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgrev.parsing.flags import TextFlag
from cgrev.parsing.names import fold
from cgrev.parsing.texts import CLEAN, clean, clean_column

pytestmark = pytest.mark.usefixtures("either_way")

LATIN = st.text("ABCxyzäÖüßéñÇøÅ& .-1", min_size=1, max_size=20)


def key(name: str) -> str:
    return str(fold(pl.Series([name]))[0])


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=20))
def test_the_key_of_a_key_is_the_key(name: str) -> None:
    assert key(key(name)) == key(name)


@settings(max_examples=200, deadline=None)
@given(LATIN)
def test_case_width_and_composition_do_not_matter(name: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in name)
    spaced = f"\u00a0{name.replace(' ', '  ')} "
    variants = [name.upper(), name.lower(), name.casefold(), wide, unicodedata.normalize("NFD", name), spaced]
    assert {key(variant) for variant in variants} == {key(name)}


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=20))
def test_cleaning_is_idempotent_and_leaves_nothing_to_clean(text: str) -> None:
    for role in ("name", "text"):
        value, flags = clean(text, role)
        if not flags & TextFlag.UNREADABLE:
            again, left = clean(value, role)
            assert again == value
            assert left & TextFlag.REWRITTEN == 0
            assert (value != text) == bool(flags & TextFlag.REWRITTEN)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(max_size=12) | LATIN | st.text("ab \u00a0é=-#\n\u0301각", max_size=6), max_size=15))
def test_columns_and_cells_are_cleaned_alike(texts: list[str]) -> None:
    column = pl.Series(texts, dtype=pl.String)
    for role in ("name", "text"):
        values, flags = clean_column(column, (~column.str.contains(CLEAN)).arg_true(), role)
        cells = [clean(text, role) for text in texts]
        assert flags.to_list() == [bits for _, bits in cells]
        assert values.to_list() == [None if bits & TextFlag.UNREADABLE else value for value, bits in cells]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=12) | LATIN | st.text("aB \u00a0é=-#\n\u0301각", max_size=6), max_size=15))
def test_names_known_to_be_clean_have_the_same_keys(texts: list[str]) -> None:
    column = pl.Series(texts, dtype=pl.String)
    odd = (~column.str.contains(CLEAN)).arg_true()
    values, _ = clean_column(column, odd, "name")
    assert fold(values, odd).equals(fold(values), null_equal=True)
