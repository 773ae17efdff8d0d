from __future__ import annotations

import pytest

from cgrev.errors import SettingsError
from cgrev.mapping.matching import choose_column, match_headings

WANTED = {
    "account_name": ("Account Name", "Customer"),
    "amount": ("Net Value", "Amount"),
    "start_date": ("Start Date",),
    "end_date": ("End Date",),
}


def test_exact_goes_before_folded_spelling() -> None:
    found = match_headings(["Net value", "Net Value", "account_name"], WANTED).found
    assert (found["amount"].index, found["amount"].how) == (1, "exact")
    assert (found["account_name"].index, found["account_name"].how) == (2, "spelling")


def test_the_likelier_heading_wins_over_a_synonym() -> None:
    assert match_headings(["Customer", "Account Name"], WANTED).found["account_name"].index == 1


def test_two_columns_of_one_spelling_are_ambiguous_and_not_picked() -> None:
    matching = match_headings(["net value", "NET VALUE", "Amount"], WANTED)
    assert "amount" not in matching.found
    assert [match.index for match in matching.ambiguous["amount"]] == [0, 1]
    assert matching.unmatched == (2,)


def test_a_similar_heading_is_proposed_and_never_found() -> None:
    matching = match_headings(["Acount Name", "Amount"], WANTED)
    assert "account_name" not in matching.found
    (proposal,) = matching.proposals["account_name"]
    assert (proposal.index, proposal.likely) == (0, True)
    assert proposal.score > 90


def test_a_heading_that_looks_like_two_fields_is_likely_for_neither() -> None:
    wanted = {"start_date": ("Contract Start Date",), "end_date": ("Contract Ended Date",)}
    proposals = match_headings(["Contract Date"], wanted).proposals
    assert set(proposals) == {"start_date", "end_date"}
    assert not any(one.likely for several in proposals.values() for one in several)


def test_choosing_a_column_says_what_is_missing_or_double() -> None:
    assert choose_column("amount", ["x", "AMOUNT"], WANTED["amount"]) == 1
    assert choose_column("amount", ["x"], WANTED["amount"], required=False) is None
    with pytest.raises(SettingsError, match="no column of the file is known to be 'Revenue amount'"):
        choose_column("amount", ["x"], WANTED["amount"])
    with pytest.raises(SettingsError) as caught:
        choose_column("amount", ["Amount", "Amount"], WANTED["amount"])
    assert caught.value.help is not None
    assert '"#1" = "amount"' in caught.value.help
