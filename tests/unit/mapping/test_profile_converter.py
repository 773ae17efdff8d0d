from __future__ import annotations

from datetime import date

import pytest

from cgrev.errors import SettingsError
from cgrev.mapping.profile import profile_from_text
from cgrev.mapping.profile_converter import ProfileConverter
from cgrev.plugin import ConverterOptions, Sheet

BASE = """
columns = { "Customer" = "account_name", "Total" = "amount", "From" = "start_date", "To" = "end_date" }
constants = { revenue_type = "Other" }
"""


def converter(text: str) -> ProfileConverter:
    return ProfileConverter(profile_from_text(text, origin="test.toml"))


def test_columns_and_constants_become_the_six(run) -> None:
    done = run(
        converter(BASE), [["Customer", "Total", "From", "To"], ["Acme", "12.50", "2024-01-01", "2024-01-31"]]
    )
    assert done.column("account_name") == ["Acme"]
    assert done.column("start_date") + done.column("end_date") == [date(2024, 1, 1), date(2024, 1, 31)]
    assert done.column("revenue_type") + done.column("description") == ["Other", None]
    assert done.amounts() == ["12.5"]


def test_the_first_heading_of_a_field_that_is_there_wins_and_the_other_is_mentioned(run) -> None:
    profile = converter(
        'constants = { revenue_type = "ARR" }\ncolumns = { "ARR" = "amount", "Total" = "amount", '
        '"Customer" = "account_name", "From" = ["start_date", "end_date"] }'
    )
    labels = ("Total", "Customer", "ARR", "From")
    reading = profile.fields(labels, ConverterOptions())
    assert {field.id: field.index for field in reading.fields}["amount"] == 2
    assert any("not taken" in line for decision in reading.decisions for line in decision.evidence)
    done = run(profile, [labels, ["1", "Acme", "2", "2024-02-01"]])
    assert done.amounts() == ["2"]
    assert done.column("end_date") == [date(2024, 2, 1)]


@pytest.mark.parametrize(
    ("reference", "place"),
    [("#3", 2), ("Net value", 1), ("Net Value", 2), ("Currency @2", 4), ("currency @1", 3)],
)
def test_columns_are_named_by_heading_place_or_occurrence(reference: str, place: int) -> None:
    profile = converter(
        f'columns = {{ "{reference}" = "amount", Name = "account_name", Day = ["start_date", "end_date"] }}\n'
        'constants = { revenue_type = "Other" }'
    )
    labels = ("Name", "Net value", "Net Value", "Currency", "Currency", "Day")
    indices = {field.id: field.index for field in profile.fields(labels, ConverterOptions()).fields}
    assert indices["amount"] == place


def test_a_heading_that_fits_two_columns_is_never_picked() -> None:
    with pytest.raises(SettingsError, match=r"'Total' fits several columns: column 2 \('Total'\), column 5"):
        converter(BASE).fields(("Customer", "Total", "From", "To", "Total"), ConverterOptions())


def test_a_similar_heading_is_proposed_with_its_score_and_the_line_that_settles_it() -> None:
    with pytest.raises(SettingsError) as caught:
        converter(BASE).fields(("Customer", "Totals", "From", "To"), ConverterOptions())
    assert "'Totals' (similarity" in caught.value.message
    assert caught.value.help is not None
    assert caught.value.help.endswith('columns = { "Totals" = "amount" }')


@pytest.mark.parametrize(
    ("drop", "says"),
    [
        ('constants = { revenue_type = "Other" }', "what revenue type the rows are"),
        (', "To" = "end_date"', "Revenue end date"),
        ('"Customer" = "account_name", ', "Account name"),
    ],
)
def test_a_profile_that_leaves_a_column_open_says_so(drop: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        converter(BASE.replace(drop, "")).fields(("Customer", "Total", "From", "To"), ConverterOptions())


def test_words_marks_orders_and_null_tokens_are_declared(run) -> None:
    profile = converter(
        'date-order = "dmy"\ndecimal-mark = ","\nnull-tokens = ["-"]\ndefault-type = "Other"\n'
        'columns = { A = "account_name", B = "amount", C = "start_date", D = "end_date",'
        ' E = "revenue_type" }\n'
        'values.revenue_type = { Abo = "ARR", "Einmalig" = "One Time" }'
    )
    done = run(
        profile,
        [
            list("ABCDE"),
            ["Acme", "1.234", "01/02/2024", "28/02/2024", "abo"],
            ["Beta", "1,5", "02/03/2024", "-", "EINMALIG"],
            ["Gamma", "7", "02/03/2024", "05/03/2024", "-"],
        ],
    )
    assert done.amounts() == ["1234", "1.5", "7"]
    assert done.column("start_date") == [date(2024, 2, 1), date(2024, 3, 2), date(2024, 3, 2)]
    assert done.column("revenue_type") == ["ARR", "One Time", "Other"]
    assert done.column("end_date") == [date(2024, 2, 28), date(2024, 3, 2), date(2024, 3, 5)]


def test_options_of_the_run_go_before_the_profile(run) -> None:
    profile = converter('date-order = "dmy"\n' + BASE)
    rows = [["Customer", "Total", "From", "To"], ["Acme", "1", "02/01/2024", "02/03/2024"]]
    assert run(profile, rows).column("start_date") == [date(2024, 1, 2)]
    assert run(profile, rows, ConverterOptions(date_order="mdy")).column("start_date") == [date(2024, 2, 1)]


def test_group_rows_are_carried_down_and_the_outer_ends_the_inner(run) -> None:
    profile = converter(
        """
        constants = { revenue_type = "Other" }
        description = "{Region}"
        [columns]
        "Client" = "account_name"
        "Amount" = "amount"
        "Date" = ["start_date", "end_date"]
        [[groups]]
        label = "Region"
        pattern = '^Region: (.+?) \\([0-9,]+ records?\\)$'
        [[groups]]
        label = "Client"
        """
    )
    done = run(
        profile,
        [
            ["", "Date", "Amount"],
            ["Region:\u00a0 North (2 records)", "", ""],
            ["\u00a0\u00a0Acme", None, None],
            ["", "2024-01-05", "10"],
            ["", "2024-01-06", "20"],
            ["Total for Acme", "", "30"],
            ["Region: South (1 record)", "", ""],
            ["", "2024-01-07", "5"],
            ["Beta", "", ""],
            ["", "2024-01-08", "7"],
            ["Grand Total", "", "42"],
        ],
    )
    assert done.labels == ("", "Date", "Amount", "Region", "Client")
    assert done.column("account_name") == ["Acme", "Acme", None, "Beta"]
    assert done.column("description") == ["North", "North", "South", "South"]
    assert done.amounts() == ["10", "20", "5", "7"]
    assert [reason for _, reason in done.skipped] == [
        "group row: its name is carried down",
        "group row: its name is carried down",
        "total row",
        "group row: its name is carried down",
        "group row: its name is carried down",
        "total row",
    ]


def test_blank_cells_repeat_the_cell_above_where_the_profile_says_so(run) -> None:
    profile = converter('carry-down = ["Customer", "From"]\n' + BASE)
    assert not profile.piecewise
    rows = [
        ["Customer", "Total", "From", "To"],
        ["Acme", "1", "2024-01-01", "2024-01-31"],
        ["", "2", "\u00a0", "2024-01-31"],
        ["Beta", "3", "2024-02-01", "2024-02-29"],
        [None, "4", None, "2024-02-29"],
    ]
    assert run(profile, rows).column("account_name") == ["Acme", "Acme", "Beta", "Beta"]


def test_rows_are_skipped_by_rule_and_status_each_with_its_reason(run) -> None:
    profile = converter(
        BASE.replace('"To" = "end_date"', '"To" = "end_date", "Stage" = "status"')
        + """
        values.status = { Gewonnen = "Won" }
        [status]
        keep = ["won"]
        [[skip]]
        column = "Kind"
        equals = ["payment"]
        [[skip]]
        column = "Kind"
        pattern = "^X"
        blank = false
        reason = "internal"
        """
    )
    day = ["2024-01-01", "2024-01-31"]
    rows = [
        ["Customer", "Total", "From", "To", "Stage", "Kind"],
        ["A", "1", *day, "Won", "Invoice"],
        ["B", "2", *day, "gewonnen", None],
        ["C", "3", *day, "Lost", "Invoice"],
        ["D", "4", *day, "Won", "Payment"],
        ["E", "5", *day, "Won", "X9"],
        ["F", "6", *day, "", "Invoice"],
    ]
    done = run(profile, rows)
    assert done.column("account_name") == ["A", "B"]
    assert done.skipped == [
        (4, "status is 'Lost'"),
        (5, "Kind is 'Payment'"),
        (6, "internal"),
        (7, "status is ''"),
    ]


def test_totals_by_marker_word_and_blank_keys_only_where_the_profile_says_so(run) -> None:
    day = ["2024-01-01", "2024-01-31"]
    rows = [
        ["Customer", "Total", "From", "To", "No"],
        ["A", "1", *day, "7"],
        ["*", "1", "", "", ""],
        ["Pagina totaal", "1", "", "", ""],
        ["", "2", *day, ""],
    ]
    assert run(converter(BASE), rows).skipped == []
    done = run(
        converter(
            BASE
            + '[totals]\nmarkers = ["*", "**"]\nwords = ["pagina totaal"]\nblank-keys = ["No", "Customer"]'
        ),
        rows,
    )
    assert done.skipped == [
        (3, "total row (marked)"),
        (4, "total row"),
        (5, "total row (its key columns are blank)"),
    ]


def test_totals_that_begin_with_a_word_are_the_profiles_to_name(run) -> None:
    day = ["2024-01-01", "2024-01-31"]
    rows = [
        ["Customer", "Total", "From", "To"],
        ["A", "1", *day],
        ["Summe A", "1", "", ""],
        ["Summe Ltd", "2", *day],
    ]
    assert run(converter(BASE), rows).skipped == []
    done = run(converter(BASE + 'totals.beginnings = ["Summe "]'), rows)
    assert done.skipped == [(3, "total row")]


def test_the_totals_a_file_states_are_handed_on_with_the_records_that_were_left_out(table) -> None:
    day = ["2024-01-01", "2024-01-31"]
    rows = [
        ["A", "1", *day],
        ["", "2", *day],
        ["Total", "3", "", ""],
        ["", "", "", ""],
        ["Grand Total", "3", "", ""],
    ]
    sheet = Sheet(table(rows, first=2), ("Customer", "Total", "From", "To"))
    less = BASE + '[[skip]]\ncolumn = "Total"\nequals = ["2"]'
    for toml, left_out in ((BASE, []), (less, [3])):
        done = converter('carry-down = ["Customer"]\n' + toml).tidy(sheet, ConverterOptions())
        assert [(one.row, one.field, one.text, one.last) for one in done.stated] == [
            (4, "amount", "3", 3),
            (6, "amount", "3", 3),
        ]
        assert (done.left_out["row"].to_list() if done.left_out is not None else []) == left_out
    in_pieces = converter(BASE).tidy(sheet, ConverterOptions()).stated
    assert [(one.row, one.first) for one in in_pieces] == [(6, 0)]


def test_the_sign_stands_in_another_column_and_an_unknown_mark_is_a_fault(run) -> None:
    profile = converter(
        BASE.replace('"To"', '"SH" = "sign", "To"') + '[sign]\nnegative = ["H"]\npositive = ["S"]'
    )
    day = ["2024-01-01", "2024-01-31"]
    rows = [
        ["Customer", "Total", "From", "To", "SH"],
        *([name, "5", *day, mark] for name, mark in zip("ABC", "Sh?", strict=True)),
    ]
    done = run(profile, rows)
    assert done.amounts() == ["5", "-5", None]
    assert done.faults() == [None, None, "the sign mark '?' is not known"]


def test_every_sign_turns_round_only_when_the_profile_says_so(run) -> None:
    rows = [["Customer", "Total", "From", "To"], ["A", "-5", "2024-01-01", "2024-01-31"]]
    assert run(converter(BASE), rows).amounts() == ["-5"]
    assert run(converter(BASE + "amount.flip-sign = true"), rows).amounts() == ["5"]


def test_minor_units_are_cents_but_not_where_the_currency_has_none(run) -> None:
    profile = converter(BASE.replace('"To"', '"Cur" = "currency", "To"') + "[amount]\nminor-units = 2")
    day = ["2024-01-01", "2024-01-31"]
    rows = [
        ["Customer", "Total", "From", "To", "Cur"],
        ["A", "150001", *day, "usd"],
        ["B", "1500", *day, "jpy"],
    ]
    done = run(profile, rows)
    assert done.amounts() == ["1500.01", "1500"]
    assert done.column("currency") == ["USD", "JPY"]


def test_price_quantity_discount_refund_and_tax(run) -> None:
    profile = converter(
        'constants = { revenue_type = "Other" }\n[columns]\nN = "account_name"\nP = "price"\nQ = "quantity"\n'
        'D = "discount"\nR = "refunded"\nT = "tax"\nS = ["start_date", "end_date"]'
    )
    rows = [
        list("NPQDRTS"),
        ["A", "33.45", "24", "", "", "", "2024-01-01"],
        ["B", "10", "3", "12,5 %", "1", "0.25", "2024-01-01"],
        ["C", "10", "3", "a lot", "", "", "2024-01-01"],
    ]
    done = run(profile, rows)
    assert done.amounts() == ["802.8", "25", None]
    assert done.faults()[2] == "the discount 'a lot' is no percentage"


def test_one_currency_is_kept_and_the_others_are_skipped_with_the_reason(run) -> None:
    text = BASE + '[currency]\nside = "left"\nkeep = "EUR"'
    day = ["2024-01-01", "2024-01-31"]
    rows = [
        ["Customer", "Total Currency", "Total", "From", "To"],
        ["A", "EUR", "1", *day],
        ["B", "usd", "2", *day],
        ["C", "", "3", *day],
    ]
    done = run(converter(text), rows)
    assert done.column("account_name") == ["A", "C"]
    assert done.skipped == [(3, "currency is 'USD', rows in EUR are kept")]
    assert done.faults() == [None, "the row names no currency"]


INTERVAL = """
[columns]
N = "account_name"
A = "amount"
I = "interval"
C = "interval_count"
S = ["start_date", "end_date"]
"""


def test_billing_intervals_are_brought_to_arr_exactly(run) -> None:
    rows = [
        list("NAICS"),
        ["A", "100", "Quarterly", "", "2024-01-01"],
        ["B", "100.10", "month", "", "2024-01-01"],
        ["C", "700", "Month", "7", "2024-01-01"],
        ["D", "50", "week", "", "2024-01-01"],
        ["E", "50", "year", "x", "2024-01-01"],
        ["F", "50", "", "", "2024-01-01"],
    ]
    done = run(converter(INTERVAL + '[interval]\nto = "ARR"\nblank = "One Time"'), rows)
    assert done.amounts() == ["400", "1201.2", "1200", None, None, "50"]
    assert done.column("revenue_type") == ["ARR", "ARR", "ARR", None, None, "One Time"]
    assert done.faults()[3:5] == [
        "the billing interval 'week' is no number of months",
        "the interval count 'x' is no whole number",
    ]


def test_as_billed_takes_months_as_mrr_and_years_as_arr_and_nothing_else(run) -> None:
    rows = [
        list("NAICS"),
        *(["A", "90", word, "", "2024-01-01"] for word in ("monthly", "annual", "quarterly")),
    ]
    done = run(converter(INTERVAL + '[interval]\nto = "as-billed"'), rows)
    assert done.column("revenue_type") == ["MRR", "ARR", None]
    assert done.amounts() == ["90", "90", None]
    assert done.faults()[2] == "billed every 3 months, which is neither ARR nor MRR"


def test_an_interval_that_nobody_explained_is_asked_about() -> None:
    with pytest.raises(SettingsError) as caught:
        converter(INTERVAL).fields(tuple("NAICS"), ConverterOptions())
    assert caught.value.help == 'interval.to = "ARR", "MRR" or "as-billed"'


def test_the_end_is_worked_out_of_term_default_or_start(run) -> None:
    profile = converter(
        'columns = { N = "account_name", A = "amount", T = "revenue_type", S = "start_date", E = "end_date",'
        ' M = "term" }\n[end]\nmonths = 12'
    )
    rows = [
        list("NATSEM"),
        ["A", "1", "ARR", "2024-01-01", "2024-06-30", "24"],
        ["B", "1", "ARR", "2024-01-31", "", "1"],
        ["C", "1", "ARR", "2024-02-29", "", "12 Months"],
        ["D", "1", "ARR", "2024-03-15", "", ""],
        ["E", "1", "One Time", "2024-03-15", "", ""],
        ["F", "1", "ARR", "2024-03-15", "", "soon"],
        ["G", "1", "ARR", "2024-03-15", "31/31/2024", "12"],
    ]
    done = run(profile, rows)
    assert done.column("end_date") == [
        date(2024, 6, 30),
        date(2024, 2, 28),
        date(2025, 2, 27),
        date(2025, 3, 14),
        date(2024, 3, 15),
        None,
        None,
    ]
    assert done.faults()[5] == "the term 'soon' is no number of months"


def test_an_exclusive_end_is_the_day_before(run) -> None:
    rows = [["Customer", "Total", "From", "To"], ["A", "5", "2024-01-01", "2025-01-01"]]
    done = run(converter(BASE + "end.exclusive = true"), rows)
    assert done.column("end_date") == [date(2024, 12, 31)]


def test_a_term_price_becomes_annual_for_recurring_rows_only(run) -> None:
    profile = converter(
        'columns = { N = "account_name", A = "amount", T = "revenue_type", S = "start_date",'
        ' E = "end_date" }\nterm.price = "term"'
    )
    rows = [
        list("NATSE"),
        ["A", "802.80", "ARR", "2021-05-01", "2023-04-30"],
        ["B", "802.80", "MRR", "2021-05-01", "2023-04-30"],
        ["C", "802.80", "One Time", "2021-05-01", "2023-04-30"],
        ["D", "802.80", "ARR", "2021-05-01", "2023-04-29"],
    ]
    done = run(profile, rows)
    assert done.amounts() == ["401.4", "33.45", "802.8", None]
    assert done.faults()[3] == "the price is for the whole term, but the period is not whole months"


def test_a_description_of_several_columns_leaves_blank_ones_out(run) -> None:
    profile = converter('description = "{Deal} ({Id})"\n' + BASE)
    day = ["2024-01-01", "2024-01-31"]
    rows = [
        ["Customer", "Total", "From", "To", "Deal", "Id"],
        ["A", "1", *day, "Gold", "7"],
        ["B", "1", *day, "Gold", ""],
        ["C", "1", *day, "", ""],
    ]
    assert run(profile, rows).column("description") == ["Gold (7)", "Gold", None]


JOINED = """
columns = { "accounts.Name" = "account_name", "Total" = "amount", "From" = ["start_date", "end_date"] }
constants = { revenue_type = "Other" }
[[joins]]
name = "accounts"
key = "AccountId"
other-key = "Id"
columns = ["Name"]
"""


def test_a_further_file_is_looked_up_by_its_key(run) -> None:
    rows = [["AccountId", "Total", "From"], ["001", "5", "2024-01-01"], ["003", "6", "2024-01-01"]]
    done = run(
        converter(JOINED), rows, further={"accounts": [["Id", "Name"], ["001", "Acme"], ["002", "Beta"]]}
    )
    assert done.column("account_name") == ["Acme", None]
    with pytest.raises(SettingsError) as caught:
        run(converter(JOINED), rows)
    assert caught.value.help == "hand it in: --with accounts=FILE"


def test_a_header_row_may_be_stated_or_absent(run) -> None:
    rows = [
        ["Customer", "Total", "From", "To"],
        ["Customer", "Total", "From", "To"],
        ["A", "5", "2024-01-01", "2024-01-31"],
    ]
    assert run(converter("header.row = 2\n" + BASE), rows).amounts() == ["5"]
    none = converter(
        'header.none = true\nconstants = { revenue_type = "Other" }\n'
        'columns = { "#1" = "account_name", "#2" = "amount", "#3" = "start_date", "#4" = "end_date" }'
    )
    assert run(none, rows[2:]).amounts() == ["5"]
    with pytest.raises(SettingsError, match="the file has no row 9"):
        run(converter("header.row = 9\n" + BASE), rows)
