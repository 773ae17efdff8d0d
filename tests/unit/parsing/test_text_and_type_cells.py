"""Names, descriptions and types: what is cleaned, what is refused, what is flagged."""

from __future__ import annotations

import polars as pl
import pytest

from cgrev.parsing.canonical import amount_text, date_text, suggest_type, words
from cgrev.parsing.fields import Declared
from cgrev.parsing.flags import TextFlag as Flag
from cgrev.parsing.flags import TypeFlag
from cgrev.parsing.names import fold
from cgrev.parsing.revenue_types import type_column
from cgrev.parsing.texts import clean

CLEANED = [
    ("Acme Ltd", "Acme Ltd", 0),
    ("Müller & Söhne – 株式会社", "Müller & Söhne – 株式会社", 0),
    ("#1 Cleaning", "#1 Cleaning", 0),
    ("  Acme  Ltd ", "Acme Ltd", Flag.SPACES),
    ("Acme\tLtd", "Acme Ltd", Flag.SPACES),
    ("Acme\r\n", "Acme", Flag.SPACES),
    ("Beta\u00a0GmbH", "Beta GmbH", Flag.INVISIBLE),
    ("Beta\u202f GmbH", "Beta GmbH", Flag.INVISIBLE | Flag.SPACES),
    ("Gam\u200bma", "Gamma", Flag.INVISIBLE),
    ("\ufeffAcme", "Acme", Flag.INVISIBLE),
    ("Ac\u00adme", "Acme", Flag.INVISIBLE),
    ("Cafe\u0301", "Café", Flag.DECOMPOSED),
    ("=1+1", "=1+1", Flag.FORMULA),
    ("+Plus", "+Plus", Flag.FORMULA),
    ("-Minus", "-Minus", Flag.FORMULA),
    ("@home", "@home", Flag.FORMULA),
    ("\tAcme", "Acme", Flag.FORMULA | Flag.SPACES),
    ("\u200b=1", "=1", Flag.FORMULA | Flag.INVISIBLE),
    ("a=b", "a=b", 0),
]
REFUSED = [
    ("", Flag.MISSING),
    (" \u00a0\u200b\n", Flag.MISSING),
    ("Ac\x00me", Flag.CONTROL),
    ("Acme\x7f", Flag.CONTROL),
    ("\x01", Flag.CONTROL),
    ("Ac\x85me", Flag.CONTROL),
    ("#N/A", Flag.ERROR_CELL),
    (" #REF! ", Flag.ERROR_CELL),
]


@pytest.mark.parametrize(("text", "value", "flags"), CLEANED)
def test_cleaning_keeps_the_words(text: str, value: str, flags: int) -> None:
    assert clean(text, "name") == (value, flags)
    assert clean(text, "text") == (value, flags)


@pytest.mark.parametrize(("text", "flag"), REFUSED)
def test_a_name_that_cannot_be_sent_has_one_reason(text: str, flag: Flag) -> None:
    assert clean(text, "name")[1] == flag


@pytest.mark.parametrize("broken", ["Gold\nplan", "Gold \r\n plan", "Gold\r\n\r\nplan", "Gold\u2028plan"])
def test_a_line_break_is_a_space_in_a_description_and_refused_in_a_name(broken: str) -> None:
    assert clean(broken, "text") == ("Gold plan", Flag.LINE_BREAK)
    assert clean(broken, "name")[1] == Flag.CONTROL


def test_types_are_read_in_any_spelling() -> None:
    texts = [
        "ARR",
        "arr",
        " Mrr",
        "ONE-TIME",
        "one_time",
        "onetime",
        "One Time",
        "other ",
        "Annual",
        "",
        "#N/A",
    ]
    values, flags = type_column(pl.Series(texts), Declared())
    assert values.to_list() == [
        *("ARR", "ARR", "MRR", "One Time", "One Time", "One Time", "One Time", "Other"),
        *(None, None, None),
    ]
    respelt, unknown = int(TypeFlag.RESPELT), int(TypeFlag.UNKNOWN)
    assert flags.to_list() == [
        *(0, respelt, respelt, respelt, respelt, respelt, 0, respelt, unknown),
        *(int(TypeFlag.MISSING), int(TypeFlag.ERROR_CELL)),
    ]


def test_a_profile_maps_words_and_fills_blanks() -> None:
    declared = Declared(
        type_words={"Sub-scription": "arr", "MRR": "ARR", "#N/A": "Other"}, default_type="one time"
    )
    values, flags = type_column(pl.Series(["subscription", "mrr", "MRR", "#n/a", "", "Other"]), declared)
    assert values.to_list() == ["ARR", "ARR", "ARR", "Other", "One Time", "Other"]
    assert flags.to_list() == [int(TypeFlag.MAPPED)] * 5 + [0]


def test_a_map_to_a_word_that_is_no_type_gives_no_value() -> None:
    values, flags = type_column(pl.Series(["x", ""]), Declared(type_words={"x": "y"}, default_type="z"))
    assert values.to_list() == [None, None]
    assert flags.to_list() == [int(TypeFlag.UNKNOWN)] * 2


@pytest.mark.parametrize(
    ("word", "suggestion"),
    [
        ("Annual", "ARR"),
        ("Monthly", "MRR"),
        ("one off", "One Time"),
        ("One-Tme", "One Time"),
        ("Othr", "Other"),
        ("recuring", "ARR"),
        ("arr", "ARR"),
        ("", None),
        ("Zebra", None),
    ],
)
def test_a_type_is_suggested_where_one_is_near(word: str, suggestion: str | None) -> None:
    assert suggest_type(word) == suggestion


def test_spellings_of_one_account_have_one_key() -> None:
    same = ["Straße AG", "STRASSE  AG", "strasse\u00a0ag", " ＳＴＲＡＳＳＥ AG", "Stra\u200bße AG"]
    assert fold(pl.Series("name", same)).to_list() == ["strasse ag"] * 5
    other = fold(pl.Series(["Café", "Cafe\u0301", "CAFÉ", "Cafe", None, ""]))
    assert other.to_list() == ["café", "café", "café", "cafe", None, ""]
    assert fold(pl.Series([], dtype=pl.String)).to_list() == []


def test_canonical_texts() -> None:
    money = pl.Series(["12.5", "-0.10", "100", "0", None, "0.000000000000000001"]).cast(pl.Decimal(38, 18))
    shown = pl.DataFrame({"a": money}).select(
        money=amount_text(pl.col("a")), whole=amount_text(pl.col("a").cast(pl.Decimal(38, 0)))
    )
    assert shown["money"].to_list() == ["12.5", "-0.1", "100", "0", None, "0.000000000000000001"]
    assert shown["whole"][2] == "100"
    days = pl.Series(["2024-01-05", None, "0999-01-01"]).str.to_date("%Y-%m-%d").to_frame("d")
    assert days.select(date_text(pl.col("d"))).to_series().to_list() == ["2024-01-05", None, "0999-01-01"]
    types = pl.DataFrame({"t": ["arr", "ONE_TIME", "One Time", "Annual", None]})
    assert types.select(words(pl.col("t"))).to_series().to_list() == [
        "ARR",
        "One Time",
        "One Time",
        None,
        None,
    ]
