from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest

from cgrev.errors import SettingsError
from cgrev.mapping.joining import join
from cgrev.mapping.profile import Profile
from cgrev.mapping.profile_converter import ProfileConverter
from cgrev.mapping.references import places_of
from cgrev.plugin import ConverterOptions, Join, Sheet, Tidied


def frame(rows: Sequence[Sequence[str | None]], first: int = 2) -> pl.DataFrame:
    cells = {f"c{place}": [row[place] for row in rows] for place in range(len(rows[0]))}
    schema = {"row": pl.UInt32(), **{name: pl.String() for name in cells}}
    return pl.DataFrame({"row": range(first, first + len(rows)), **cells}, schema=schema)


def tidied(
    rows: Sequence[Sequence[str | None]], labels: Sequence[str] = ("Key", "Version", "Amount")
) -> Tidied:
    profile = Profile.model_validate({"latest": {"key": ["Key"], "by": "Version"}})
    assert not profile.piecewise
    return ProfileConverter(profile).tidy(
        Sheet(frame(rows), ("Key", "Version", "Amount")), ConverterOptions()
    )


def test_rows_of_the_last_version_stay_all_of_them() -> None:
    done = tidied(
        [["A", "9", "1"], ["A", "10", "2"], ["A", "10", "3"], ["B", "1", "4"], ["", "1", "5"], ["", "2", "6"]]
    )
    assert done.sheet.frame["c2"].to_list() == ["2", "3", "4", "5", "6"]
    assert done.skipped.rows() == [(2, "superseded: Version '10' is the last", "A | 9 | 1")]


def test_versions_may_be_dates_and_a_blank_one_is_older_than_any() -> None:
    done = tidied(
        [["A", "2024-01-31 09:00", "1"], ["A", "2024-02-01", "2"], ["A", None, "3"], ["B", "", "4"]]
    )
    assert done.sheet.frame["c2"].to_list() == ["2", "4"]


def test_versions_in_no_order_are_refused_with_their_row() -> None:
    with pytest.raises(
        SettingsError, match="'second' in row 3 is no whole number or date such as 2024-01-31"
    ):
        tidied([["A", "1", "1"], ["A", "second", "2"]])


def test_numbers_and_dates_are_not_compared() -> None:
    with pytest.raises(SettingsError, match="'2024-01-31' in row 3"):
        tidied([["A", "20240101", "1"], ["A", "2024-01-31", "2"]])


@pytest.mark.parametrize("label", ["AccountId", "ACCOUNTID", "account_id", "Account ID"])
def test_one_heading_in_the_spellings_of_programs_is_one_column(label: str) -> None:
    assert places_of("AccountId", ["Name", label]) == (1,)


def test_a_heading_spelt_so_goes_before_one_without_its_spaces() -> None:
    assert places_of("Close Date", ["CloseDate", "close date"]) == (1,)
    assert places_of("Net value", ["Net Value", "Net value"]) == (1,)


def test_a_column_that_a_further_file_need_not_have_is_blank() -> None:
    spec = Join("plans", "Plan", "Id", ("Price", "Nickname"), optional=("Nickname",))
    other = frame([["gold", "10"]])
    joined, labels, missing = join(frame([["gold"], ["tin"]]), ["Plan"], other, ["Id", "Price"], spec)
    assert labels == ("Plan", "plans.Price", "plans.Nickname")
    assert joined.select("c1", "c2").rows() == [("10", None), (None, None)]
    assert missing["key"].to_list() == ["tin"]
    with pytest.raises(SettingsError, match="no column 'Price'"):
        join(frame([["gold"]]), ["Plan"], other, ["Id", "Cost"], spec)
