"""What profiles say of lists of documents: periods, orders, keys of further files, dates without a year."""

from __future__ import annotations

from datetime import date

import pytest

from cgrev.errors import SettingsError
from cgrev.mapping.joining import join_all
from cgrev.mapping.profile import profile_from_text
from cgrev.mapping.profile_converter import ProfileConverter
from cgrev.parsing.dates import compile_format, read_date
from cgrev.parsing.fields import Declared
from cgrev.parsing.flags import DateFlag
from cgrev.plugin import ConverterOptions, Join, Sheet

BASE = """
constants = { revenue_type = "Other" }
[columns]
Name = "account_name"
Amount = "amount"
Day = ["start_date", "end_date"]
"""


def converter(toml: str) -> ProfileConverter:
    return ProfileConverter(profile_from_text(toml, origin="test"))


def test_a_length_of_no_months_is_the_day_the_period_starts_on(run) -> None:
    profile = BASE.replace('["start_date", "end_date"]', '"start_date"') + "[end]\nmonths = 0"
    done = run(converter(profile), [["Name", "Amount", "Day"], ["A", "1", "2024-02-29"]])
    assert done.column("end_date") == [date(2024, 2, 29)]


def test_a_blank_start_is_another_column_and_a_bad_one_stays_bad(run) -> None:
    profile = BASE.replace('Day = ["start_date", "end_date"]', 'From = "start_date"\nDay = "start_otherwise"')
    rows = [["Name", "Amount", "From", "Day"]]
    rows += [["A", "1", day, "2024-01-05"] for day in ("2024-02-01", "", "2024-02-30")]
    done = run(converter(profile + "[end]\nmonths = 1"), rows)
    assert done.column("start_date") == [date(2024, 2, 1), date(2024, 1, 5), None]
    assert done.column("end_date") == [date(2024, 2, 29), date(2024, 2, 4), None]


def test_with_a_key_nothing_is_carried_into_the_next_order(table) -> None:
    profile = 'carry-down = ["Name", "Day"]\ncarry-key = "Order"\n' + BASE
    rows = [["1", "A", "5", "2024-01-05"], ["", "", "6", ""], ["2", "", "7", "2024-02-01"], ["", "", "8", ""]]
    sheet = Sheet(table(rows, first=2), ("Order", "Name", "Amount", "Day"))
    frame = converter(profile).tidy(sheet, ConverterOptions()).sheet.frame
    assert frame["c1"].to_list() == ["A", "A", None, None]
    assert frame["c3"].to_list() == ["2024-01-05", "2024-01-05", "2024-02-01", "2024-02-01"]
    with pytest.raises(SettingsError, match="carry-key: the file has no column 'Order'"):
        converter(profile).tidy(Sheet(sheet.frame, ("No", "Name", "Amount", "Day")), ConverterOptions())


def test_the_part_of_a_name_that_counts_is_extracted_and_other_texts_stay_whole(run) -> None:
    profile = (
        BASE
        + r"""[extract]
account_name = '^\[\w+\] (?:(.+) / .*|(.+))$'
"""
    )
    rows = [["Name", "Amount", "Day"]]
    rows += [[name, "1", "2024-01-05"] for name in ("[C1] Acme / Ann", "[C2] Beta", "Gamma")]
    assert run(converter(profile), rows).column("account_name") == ["Acme", "Beta", "Gamma"]


def test_a_blank_currency_has_the_name_the_profile_gives_it(run) -> None:
    profile = BASE.replace("Amount =", 'Cur = "currency"\nAmount =') + '[currency]\nblank = "LCY"'
    rows = [["Name", "Amount", "Day", "Cur"], ["A", "1", "2024-01-05", ""], ["A", "1", "2024-01-05", "usd"]]
    assert run(converter(profile), rows).column("currency") == ["LCY", "USD"]


def test_what_is_assumed_is_a_decision() -> None:
    profile = 'assumptions = ["amounts include tax"]\n' + BASE
    reading = converter(profile).fields(("Name", "Amount", "Day"), ConverterOptions())
    (one,) = [decision for decision in reading.decisions if decision.about == "assumption"]
    assert (one.value, one.how, one.evidence) == (
        "amounts include tax",
        "declared",
        ("assumption: amounts include tax",),
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (["-----", "-----", "-----"], "ruled line"),
        (["|----|-----|", None, None], "ruled line"),
        (["Page 2", None, None], "note line"),
        (["", "12.50", ""], "total row (its key columns are blank)"),
        (["**", "12.50", ""], "total row (marked)"),
        (["Name", "Amount", "Day"], "header row repeated"),
        (["", "", ""], "blank row"),
    ],
)
def test_lines_of_a_printed_list_are_told_apart(table, line: list[str | None], reason: str) -> None:
    profile = 'totals = { markers = ["*", "**"], blank-keys = ["Number", "Day"] }\n' + BASE
    sheet = Sheet(table([["A", "1", "2024-01-05"], line], first=2), ("Name", "Amount", "Day"))
    done = converter(profile).tidy(sheet, ConverterOptions())
    assert done.skipped.select("row", "reason").rows() == [(3, reason)]


def test_one_of_the_key_columns_of_totals_must_be_there(table) -> None:
    profile = 'totals.blank-keys = ["Number", "Belegnummer"]\n' + BASE
    sheet = Sheet(table([["A", "1", "2024-01-05"]], first=2), ("Name", "Amount", "Day"))
    with pytest.raises(SettingsError, match=r"totals\.blank-keys: the file has no column 'Number'"):
        converter(profile).tidy(sheet, ConverterOptions())


def test_rows_are_left_out_by_a_column_of_a_further_file(run) -> None:
    profile = BASE.replace('["start_date", "end_date"]', '"end_date"').replace(
        "[columns]", '[columns]\n"heads.Day" = "start_date"'
    )
    profile += """
[[joins]]
name = "heads"
key = "No"
other-key = "No"
columns = ["Day", "Kind"]
[[skip]]
column = "heads.Kind"
equals = ["bill"]
reason = "a bill to pay"
"""
    rows = [["Name", "Amount", "Day", "No"], ["A", "1", "2024-03-31", "7"], ["B", "2", "2024-03-31", "8"]]
    heads = [["No", "Day", "Kind"], ["7", "2024-01-05", "Bill"], ["8", "2024-01-06", "sale"]]
    done = run(converter(profile), rows, further={"heads": heads})
    assert done.skipped == [(2, "a bill to pay")]
    assert done.column("start_date") == [date(2024, 1, 6)]


# -- keys of further files --------------------------------------------------------------------------


def joined(
    table, spec: Join, rows: list[list[str]], other: list[list[str]]
) -> tuple[list[object], list[object]]:
    """The appended cells of one join, and the keys that are in no row of the further file."""
    labels, names = ("Area", "No"), tuple(other[0])
    frame, appended, missing = join_all(
        table(rows, first=2), labels, {spec.name: (table(other[1:], first=2), names)}, (spec,)
    )
    assert appended[2:] == spec.labels
    return frame["c2"].to_list(), missing["key"].to_list()


def test_several_columns_are_one_key(table) -> None:
    spec = Join("heads", ("Area", "No"), ("Region", "Number"), ("Day",))
    other = [["Region", "Number", "Day"], ["N", "1", "first"], ["S", "1", "second"]]
    assert joined(table, spec, [["S", "1"], ["N", "1"], ["N", "2"], ["", ""]], other) == (
        ["second", "first", None, None],
        ["N / 2"],
    )


def test_leading_zeros_count_unless_the_keys_are_numbers(table) -> None:
    other = [["Number", "Day"], ["0017", "found"], ["0", "zero"]]
    rows = [["", "17"], ["", "00017"], ["", "000"], ["", "A17"]]
    text, numbers = (Join("heads", "No", "Number", ("Day",), numbers=flag) for flag in (False, True))
    assert joined(table, text, rows, other) == ([None] * 4, ["17", "00017", "000", "A17"])
    assert joined(table, numbers, rows, other) == (["found", "found", "zero", None], ["A17"])


def test_the_spelling_that_the_further_file_has_is_taken(table) -> None:
    spec = Join("heads", "Nr|No", "Customer|kunnr", ("Name 1|name1",))
    assert spec.labels == ("heads.Name 1",)
    for spelt in (["Customer", "Name 1"], ["KUNNR", "name1"]):
        assert joined(table, spec, [["", "7"]], [spelt, ["7", "Acme"]]) == (["Acme"], [])
    with pytest.raises(SettingsError, match="has no column 'Customer'"):
        joined(table, spec, [["", "7"]], [["Code", "name1"], ["7", "Acme"]])


# -- dates without a year -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0107", date(2023, 7, 1)),
        ("3112", date(2023, 12, 31)),
        ("101", date(2024, 1, 1)),
        ("2902", date(2024, 2, 29)),
        ("3006", date(2024, 6, 30)),
    ],
)
def test_a_day_and_a_month_fall_into_the_year_that_is_known(text: str, value: date) -> None:
    declared = Declared(date_format="%e%m", within=(date(2023, 7, 1), date(2024, 6, 30)))
    read = read_date(text, declared)
    assert (read.dmy, read.mdy) == (value, value)


@pytest.mark.parametrize("text", ["3002", "0013", "2902"])
def test_a_day_the_year_has_not_is_no_day(text: str) -> None:
    declared = Declared(date_format="%e%m", within=(date(2023, 1, 1), date(2023, 12, 31)))
    assert read_date(text, declared).dmy_flags == DateFlag.IMPOSSIBLE


def test_a_format_without_a_year_needs_a_year_that_is_known(run) -> None:
    with pytest.raises(SettingsError, match="it needs year, month and day"):
        compile_format("%d%m")
    profile = 'date-format = "%d%m"\ndates-within = ["2024-01-01", "2024-12-31"]\n' + BASE
    done = run(converter(profile), [["Name", "Amount", "Day"], ["A", "1", "0502"], ["B", "1", "2024-03-01"]])
    assert done.column("start_date") == [date(2024, 2, 5), date(2024, 3, 1)]
