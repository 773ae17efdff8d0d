from __future__ import annotations

import polars as pl
import pytest

from cgrev.errors import SettingsError
from cgrev.mapping.joining import join, join_all, join_header
from cgrev.plugin import Join
from cgrev.table import Kind

SPEC = Join("accounts", "AccountId", "Id", ("Name", "Tier"))
LABELS = ("AccountId", "Amount")
OTHER = ("Id", "Tier", "Name")


def test_cells_are_appended_by_key_and_rows_keep_their_number_and_order(table) -> None:
    frame = table([["002", "5"], [" 001 ", "6"], ["009", "7"], ["", "8"], ["002", "9"]], first=4)
    other = table([["001", "A", "Acme"], ["002", "B", "Beta"], ["003", "C", "Gamma"]])
    joined, labels, unmatched = join(frame, LABELS, other, OTHER, SPEC)
    assert labels == ("AccountId", "Amount", "accounts.Name", "accounts.Tier")
    assert joined.select("row", "c0", "c2", "c3").rows() == [
        (4, "002", "Beta", "B"),
        (5, " 001 ", "Acme", "A"),
        (6, "009", None, None),
        (7, "", None, None),
        (8, "002", "Beta", "B"),
    ]
    assert unmatched.rows() == [(6, "009")]


def test_native_marks_come_along(table) -> None:
    other = table([["1", "5"]]).with_columns(k1=pl.Series([Kind.NUMBER], dtype=pl.UInt8))
    joined, _, _ = join(table([["1"], ["2"]]), ["K"], other, ["K", "V"], Join("more", "K", "K", ("V",)))
    assert joined["k1"].to_list() == [Kind.NUMBER, Kind.TEXT]


def test_the_same_row_twice_is_no_question_but_two_answers_are(table) -> None:
    same = table([["001", "A", "Acme"], ["001", "A", "Acme"]])
    joined, _, _ = join(table([["001", "5"]]), LABELS, same, OTHER, SPEC)
    assert joined.height == 1
    two = table([["001", "A", "Acme"], ["x", "", ""], ["001", "A", "Acme Ltd"]], first=2)
    with pytest.raises(SettingsError, match="the key '001' stands in rows 2 and 4 of 'accounts'"):
        join(table([["001", "5"]]), LABELS, two, OTHER, SPEC)


def test_a_missing_column_is_named_on_either_side(table) -> None:
    with pytest.raises(SettingsError, match="join accounts: the file has no column 'AccountId'"):
        join(table([["1"]]), ["X"], table([["1", "", ""]]), OTHER, SPEC)
    with pytest.raises(SettingsError, match="join accounts: the file has no column 'Tier'"):
        join(table([["1", "2"]]), LABELS, table([["1", "n"]]), ["Id", "Name"], SPEC)


def test_files_not_wanted_and_files_not_given_are_errors(table) -> None:
    frame = table([["1", "2"]])
    with pytest.raises(SettingsError, match="no further file is called 'acounts' here: it takes accounts"):
        join_all(frame, LABELS, {"acounts": (frame, LABELS)}, [SPEC])
    with pytest.raises(SettingsError) as caught:
        join_all(frame, LABELS, {}, [SPEC])
    assert caught.value.help == "hand it in: --with accounts=FILE"
    optional = Join("accounts", "AccountId", "Id", ("Name",), required=False)
    same, labels, unmatched = join_all(frame, LABELS, {}, [optional])
    assert (same.equals(frame), labels, unmatched.height) == (True, LABELS, 0)


def test_the_header_of_a_further_file_is_found_below_titles(table) -> None:
    head = table([["All accounts"], ["Id", "Tier", "Name"], ["1", "A", "Acme"]])
    assert join_header(head, SPEC).row == 2
