from __future__ import annotations

import pickle
from collections.abc import Sequence

import polars as pl
import pytest

from cgrev.errors import SettingsError
from cgrev.mapping.overlay import overlay
from cgrev.mapping.profile import Profile, profile_from_text
from cgrev.mapping.profile_converter import ProfileConverter
from cgrev.plugin import Converter, ConverterOptions, Reading, SourceField

LABELS = ("Account", "Value", "Value (EUR)", "Day", "Kind")


class Plain(Converter):
    name = "plain"
    headings = {  # noqa: RUF012 - as an author would write it
        "account_name": ("Account",),
        "amount": ("Value",),
        "start_date": ("Day",),
        "end_date": ("Day",),
        "revenue_type": ("Kind",),
    }


class Computing(Converter):
    name = "computing"

    def fields(self, labels: Sequence[str], options: ConverterOptions) -> Reading:
        return Reading((SourceField("price", "amount", 1, "Value"),), derived={"amount": ("price",)})

    def convert(self, rows: pl.LazyFrame, options: ConverterOptions) -> pl.LazyFrame:
        return rows


def profile(text: str) -> Profile:
    return profile_from_text(text, origin="[source.x]")


def test_the_profile_says_which_column_and_what_the_words_mean() -> None:
    text = 'decimal-mark = ","\ncolumns = { "Value (EUR)" = "amount" }\nvalues.revenue_type = { Sub = "ARR" }'
    both = pickle.loads(pickle.dumps(overlay(Plain(), profile(text))))
    reading = both.fields(LABELS, ConverterOptions())
    assert {field.id: field.index for field in reading.fields}["amount"] == 2
    assert reading.declared.decimal_mark == ","
    assert dict(reading.declared.type_words) == {"Sub": "ARR"}
    assert both.name == "plain"


def test_a_column_the_converter_knows_by_another_name_is_not_missing_to_it() -> None:
    both = overlay(Plain(), profile('columns = { "Customer" = "account_name" }'))
    reading = both.fields(("Customer", "Value", "Day", "Kind"), ConverterOptions())
    assert {field.id: field.index for field in reading.fields}["account_name"] == 0


def test_an_option_of_the_run_goes_before_the_profile() -> None:
    both = overlay(Plain(), profile('date-order = "dmy"'))
    assert both.fields(LABELS, ConverterOptions(date_order="mdy")).declared.date_order == "mdy"


def test_what_the_converter_works_out_itself_cannot_be_replaced_in_silence() -> None:
    both = overlay(Computing(), profile('columns = { "Value (EUR)" = "amount" }'))
    with pytest.raises(SettingsError, match=r"works out 'amount' by itself, so column 3 \('Value \(EUR\)'\)"):
        both.fields(LABELS, ConverterOptions())
    with pytest.raises(
        SettingsError, match="works out by itself what the profile states: amount, carry-down"
    ):
        overlay(Plain(), profile('carry-down = ["Account"]\namount.flip-sign = true'))


def test_over_a_converter_made_of_a_profile_both_profiles_are_one() -> None:
    base = ProfileConverter(
        profile('columns = { "Value" = "amount" }\ndate-order = "dmy"\nterm.unit = "years"')
    )
    both = overlay(base, profile('columns = { "Value (EUR)" = "amount" }\nterm.price = "term"'))
    assert isinstance(both, ProfileConverter)
    assert both.profile.headings() == {"amount": ("Value (EUR)", "Value")}
    assert (both.profile.date_order, both.profile.term.unit, both.profile.term.price) == (
        "dmy",
        "years",
        "term",
    )
