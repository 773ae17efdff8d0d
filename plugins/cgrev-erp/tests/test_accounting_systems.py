from __future__ import annotations

import pickle
import runpy
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import polars as pl
import pytest

from cgrev.plugin import Header, LineConverter, Question, Sample, SettingsError, Sheet
from cgrev_erp.datev import ADDED, Datev, DatevOptions
from cgrev_erp.lists import BusinessCentral, BusinessCentralOptions, Intacct, IntacctOptions
from cgrev_erp.netsuite import GROUP, NetSuite, NetSuiteOptions
from cgrev_erp.odoo import Odoo, OdooOptions
from cgrev_erp.options import StatusOptions
from cgrev_erp.quickbooks import QuickBooks, QuickBooksOptions
from cgrev_erp.tables import NetSuiteTableOptions, NetSuiteTables, XeroTables
from cgrev_erp.xero import Xero, XeroOptions

SAMPLES = Path(__file__).parents[3] / "samples"
regenerate = runpy.run_path(str(SAMPLES / "regenerate.py"))
POINTS = [p for p in entry_points(group="cgrev.converters") if p.value.startswith("cgrev_erp.")]
SAID = {"revenue_type": "Other", "months": 0}
LINE_1 = ["EXTF", "700", "21", "Buchungsstapel", "9", "20240401093000000", "", "RE", "", "", "1001", "456",
          "20240101", "4", "20240101", "20240331", "", "", "1", "", "0", "EUR"]  # fmt: skip
BATCH = ["Umsatz (ohne Soll/Haben-Kz)", "Soll/Haben-Kennzeichen", "WKZ Umsatz", "Kurs", "Basisumsatz",
         "WKZ Basisumsatz", "Konto", "Gegenkonto (ohne BU-Schlüssel)", "BU-Schlüssel", "Belegdatum",
         "Belegfeld 1", "Belegfeld 2", "Skonto", "Buchungstext"]  # fmt: skip


def table(rows: Sequence[Sequence[str | None]], first: int = 1) -> pl.DataFrame:
    width = max(len(row) for row in rows)
    full = [[*row, *[None] * (width - len(row))] for row in rows]
    cells = {f"c{place}": [row[place] for row in full] for place in range(width)}
    numbers = {"row": list(range(first, first + len(full)))}
    return pl.DataFrame({**numbers, **cells}, schema={"row": pl.UInt32, **dict.fromkeys(cells, pl.String)})


def asked(question: pytest.ExceptionInfo[Question]) -> tuple[str, list[str]]:
    """The option that is asked for, and the answers."""
    return question.value.option, [reading.partition(":")[0] for reading in question.value.readings]


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_each_system_has_its_name_its_profile_and_can_be_sent_elsewhere(point: EntryPoint) -> None:
    converter = pickle.loads(pickle.dumps(point.load().cgrev_converter()))
    assert isinstance(converter, LineConverter)
    assert converter.name == point.name
    assert converter.title == converter.packaged().title
    assert converter.profile.assumptions or point.name == "erp-invoices"


# -- QuickBooks -----------------------------------------------------------------------------------

REPORT = ("", "Date", "Transaction Type", "Num", "Amount", "Balance")


def test_the_running_balance_is_never_read_and_groups_name_the_customer() -> None:
    fields = QuickBooks().fields((*REPORT, "Customer (group row)"), QuickBooksOptions(**SAID)).fields
    assert {field.id: field.label for field in fields if field.index is not None} == {
        "amount": "Amount",
        "start_date": "Date",
        "account_otherwise": "Customer (group row)",
    }


def nested_report() -> Sheet:
    rows = [
        ["North"],
        [None, "2024-01-05", "Invoice", "1", "100.00", "100.00"],
        ["Elm"],
        [None, "2024-01-18", "Invoice", "2", "8.00", "8.00"],
        ["Total for Elm", None, None, None, "8.00"],
        ["Total for North with sub-customers", None, None, None, "108.00"],
        ["Quay"],
        [None, "2024-02-18", "Invoice", "3", "5.00", "5.00"],
        ["Total for Quay", None, None, None, "5.00"],
        ["TOTAL", None, None, None, "113.00"],
    ]
    return Sheet(table(rows, 6), REPORT)


def test_lines_of_sub_customers_are_asked_about_and_go_where_the_answer_says() -> None:
    with pytest.raises(Question) as caught:
        QuickBooks().tidy(nested_report(), QuickBooksOptions(**SAID))
    assert caught.value.option == "customers"
    assert caught.value.readings == ("own: 'Elm' (row 8)", "parent: 'North'")
    named = {
        choice: QuickBooks()
        .tidy(nested_report(), QuickBooksOptions(customers=choice, **SAID))  # type: ignore[arg-type]
        .sheet.frame["c6"]
        .to_list()
        for choice in ("own", "parent")
    }
    assert named == {"own": ["North", "Elm", "Quay"], "parent": ["North", "North", "Quay"]}


def test_groups_without_totals_are_no_parents_of_the_next() -> None:
    rows = [["North"], [None, "2024-01-05", "Invoice", "1", "1", "1"], ["Quay"]]
    rows.append([None, "2024-01-06", "Invoice", "2", "2", "2"])
    done = QuickBooks().tidy(Sheet(table(rows, 6), REPORT), QuickBooksOptions(**SAID))
    assert done.sheet.frame["c6"].to_list() == ["North", "Quay"]


def test_each_total_of_a_report_counts_the_rows_below_the_group_it_names() -> None:
    done = QuickBooks().tidy(nested_report(), QuickBooksOptions(customers="own", **SAID))
    assert [(one.row, one.first, one.last) for one in done.stated] == [
        (10, 9, 9),
        (11, 7, 9),
        (14, 13, 13),
        (15, 0, 13),
    ]


def test_a_column_with_the_customer_goes_before_the_group() -> None:
    labels = (*REPORT, "Name")
    rows = [["Hosting"], [None, "2024-01-05", "Invoice", "1", "5", "5", "Alder"], ["Total for Hosting"]]
    done = QuickBooks().tidy(Sheet(table(rows, 6), labels), QuickBooksOptions(**SAID))
    assert done.sheet.frame["c6"].to_list() == ["Alder"]


# -- NetSuite -------------------------------------------------------------------------------------

SEARCH = ("*", "Date", "Period", "Type", "Document Number", "Name", "Memo", "Amount")


def test_types_of_a_search_are_asked_and_a_positive_credit_memo_is_shown() -> None:
    rows = [["", "2024-01-05", "Jan", kind, "1", "A", "", amount] for kind, amount in
            (("Invoice", "5.00"), ("Credit Memo", "2.50"))]  # fmt: skip
    with pytest.raises(Question) as caught:
        NetSuite().tidy(Sheet(table(rows, 2), SEARCH), NetSuiteOptions(**SAID))
    assert caught.value.readings == (
        "Invoice: 1 row, the first is row 2",
        "Credit Memo: 1 row, the first is row 3, a credit, yet positive in row 3: "
        "-Credit Memo makes it negative",
    )
    rows[1][-1] = "(2.50)"
    assert NetSuite().tidy(Sheet(table(rows, 2), SEARCH), NetSuiteOptions(**SAID)).skipped.is_empty()


def test_the_star_column_is_no_group_and_group_rows_name_who_has_no_column() -> None:
    labels = tuple(label for label in SEARCH if label != "Name")
    rows = [
        ["", "Alder Clinic"],
        ["", "2024-01-05", "Jan", "Invoice", "1", "", "5.00"],
        ["", "Total - Alder Clinic"],
    ]
    done = NetSuite().tidy(Sheet(table(rows, 2), labels), NetSuiteOptions(**SAID))
    assert done.sheet.labels[-1] == GROUP
    assert done.sheet.frame["c7"].to_list() == ["Alder Clinic"]
    assert NetSuite().appended(labels, NetSuiteOptions()) == (GROUP,)
    assert NetSuite().appended(SEARCH, NetSuiteOptions()) == ()


def test_amounts_in_several_currencies_are_asked_about() -> None:
    labels = (*SEARCH, "Amount (Foreign Currency)", "Currency")
    with pytest.raises(Question) as caught:
        NetSuite().fields(labels, NetSuiteOptions(**SAID))
    assert asked(caught) == ("amount", ["base", "foreign"])
    fields = {
        f.id: f.index for f in NetSuite().fields(labels, NetSuiteOptions(amount="foreign", **SAID)).fields
    }
    assert (fields["amount"], fields["currency"]) == (8, 9)


def test_recognition_dates_go_before_the_document_date() -> None:
    labels = (*SEARCH, "Rev. Rec. Start Date", "Rev. Rec. End Date")
    fields = {f.id: f.index for f in NetSuite().fields(labels, NetSuiteOptions(revenue_type="ARR")).fields}
    assert (fields["start_date"], fields["start_otherwise"], fields["end_date"]) == (8, 1, 9)


def test_the_sign_of_a_ledgers_table_is_asked() -> None:
    labels = ("transaction", "netamount", "entity", "customers.altname", "transactions.trandate")
    with pytest.raises(Question) as caught:
        NetSuiteTables().fields(labels, NetSuiteTableOptions(**SAID))
    assert asked(caught) == ("sign", ["flip", "keep"])


# -- Xero -----------------------------------------------------------------------------------------

INVOICES = (
    "*ContactName",
    "*InvoiceNumber",
    "*InvoiceDate",
    "Total",
    "*Quantity",
    "*UnitAmount",
    "TaxAmount",
)


def test_tax_in_the_prices_is_asked_about_and_then_subtracted() -> None:
    sheet = Sheet(table([["A", "1", "2024-01-05", "120", "1", "100", "20.00"]], 2), INVOICES)
    with pytest.raises(Question) as caught:
        Xero().tidy(sheet, XeroOptions(**SAID))
    assert asked(caught) == ("tax", ["inclusive", "exclusive"])
    ids = {f.id for f in Xero().fields(INVOICES, XeroOptions(tax="inclusive", **SAID)).fields}
    assert "tax" in ids
    ids = {f.id for f in Xero().fields(INVOICES, XeroOptions(tax="exclusive", **SAID)).fields}
    assert "tax" not in ids and {"price", "quantity"} <= ids and "amount" not in ids, "Total is never read"
    untaxed = Sheet(table([["A", "1", "2024-01-05", "100", "1", "100", "0.00"]], 2), INVOICES)
    assert Xero().tidy(untaxed, XeroOptions(**SAID)).sheet.frame.height == 1


def test_contacts_are_looked_up_over_the_invoices() -> None:
    labels = ("invoice_id", "line_amount", "line_item_id", "description")
    joins = XeroTables().joins(labels, StatusOptions())
    assert [(join.name, join.key) for join in joins] == [
        ("invoices", "invoice_id"),
        ("contacts", "invoices.contact_id"),
    ]


# -- DATEV ----------------------------------------------------------------------------------------


def settled(rows: list[list[str | None]], options: DatevOptions, at: int = 2) -> DatevOptions:
    labels = tuple(cell or "" for cell in rows[at - 1])
    done = Datev().preamble(Sample("csv", table(rows)), Header(at, labels, at + 1), options)
    assert isinstance(done, DatevOptions)
    return done


def booking(
    amount: str, mark: str, one: str, other: str, day: str = "1501", base: str | None = None
) -> list[str | None]:
    return [amount, mark, "CHF" if base else None, None, base, "EUR" if base else None, one, other, None, day]


def test_line_1_says_the_year_the_digits_and_the_currency_unless_the_user_does() -> None:
    options = settled(
        [LINE_1, BATCH, booking("1,00", "S", "10001", "8400")], DatevOptions(base_currency="CHF")
    )
    assert (options.year, options.digits, options.base_currency) == ("2024-01-01", 4, "CHF")
    profile = Datev().effective((), options)
    assert [str(day) for day in profile.dates_within or ()] == ["2024-01-01", "2024-12-31"]


def test_a_batch_without_line_1_asks_for_the_year_and_shows_what_each_would_mean() -> None:
    rows = [BATCH, booking("1,00", "S", "10001", "8400", "502")]
    with pytest.raises(Question) as caught:
        settled(rows, DatevOptions(), at=1)
    assert caught.value.option == "year"
    assert caught.value.readings[0] == "2023-01-01: '502' in row 2 is 2023-02-05"
    assert settled(rows, DatevOptions(year="2024"), at=1).year == "2024"


def test_a_batch_that_spans_two_fiscal_years_is_asked_about() -> None:
    line = [*LINE_1[:12], "20230101", "4", "20231201", "20240131", *LINE_1[16:]]
    with pytest.raises(Question, match="beyond the fiscal year that begins on 2023-01-01") as caught:
        settled([line, BATCH], DatevOptions())
    assert asked(caught) == ("year", ["2023-01-01", "2024-01-01"])


def test_a_list_of_debtors_is_no_batch() -> None:
    with pytest.raises(SettingsError, match="holds 'Debitoren/Kreditoren', not bookings") as caught:
        settled([[*LINE_1[:2], "16", "Debitoren/Kreditoren", *LINE_1[4:]], ["Konto", "Name"]], DatevOptions())
    assert caught.value.help == "hand it in beside the bookings: --with debitors=FILE"


def test_other_columns_are_refused() -> None:
    with pytest.raises(SettingsError, match="not those of a DATEV batch"):
        Datev().fields((*BATCH[::-1], *ADDED), DatevOptions(year="2024", account="number", **SAID))


def kept(rows: list[list[str | None]], options: DatevOptions) -> list[tuple[str | None, ...]]:
    labels = tuple(BATCH[:10])
    done = Datev().tidy(Sheet(table(rows, 3), labels), options)
    assert done.sheet.labels[10:] == ADDED
    return [tuple(row) for row in done.sheet.frame.select("c10", "c11", "c12", "c13").rows()]


def test_revenue_is_what_a_debtor_owes_whichever_side_it_is_booked_on() -> None:
    options = DatevOptions(revenue="8000-8999, 4830", year="2024", digits=4, base_currency="EUR", **SAID)
    rows = [
        booking("1,00", "S", "10001", "8400"),
        booking("2,00", "H", "10001", "8400"),
        booking("3,00", "H", "8400", "10002"),
        booking("4,00", "S", "4830", "10002"),
        booking("5,00", "S", "1200", "10001"),
        booking("6,00", "S", "70001", "8400"),
    ]
    assert kept(rows, options) == [
        ("10001", "S", "1,00", "EUR"),
        ("10001", "H", "2,00", "EUR"),
        ("10002", "S", "3,00", "EUR"),
        ("10002", "H", "4,00", "EUR"),
    ]
    done = Datev().tidy(Sheet(table(rows, 3), tuple(BATCH[:10])), options)
    assert done.skipped.select("row", "reason").rows() == [
        (7, "no account of revenue: 1200 an 10001"),
        (8, "no debtor: 70001 an 8400"),
    ]


def test_accounts_of_revenue_are_asked_with_what_debtors_are_booked_against() -> None:
    rows = [booking("1,00", "S", "10001", "8400"), booking("5,00", "S", "1200", "10001")]
    with pytest.raises(Question) as caught:
        Datev().tidy(Sheet(table(rows, 3), tuple(BATCH[:10])), DatevOptions(year="2024", **SAID))
    assert asked(caught) == ("revenue", ["8400", "1200"])
    with pytest.raises(SettingsError, match="names 'sales', which is no range"):
        kept(rows, DatevOptions(revenue="sales", **SAID))


def test_rows_in_another_currency_are_asked_about() -> None:
    rows = [booking("124,00", "S", "10001", "8400", base="100,00")]
    said = {"revenue": "8400", "base_currency": "EUR", **SAID}
    with pytest.raises(Question) as caught:
        kept(rows, DatevOptions(**said))
    assert caught.value.readings == ("base: '100,00' EUR in row 3", "document: '124,00' CHF in row 3")
    assert kept(rows, DatevOptions(amount="base", **said)) == [("10001", "S", "100,00", "EUR")]
    assert kept(rows, DatevOptions(amount="document", **said)) == [("10001", "S", "124,00", "CHF")]


# -- Odoo, Business Central, Intacct ---------------------------------------------------------------

ORDERS = ("id", "partner_id/display_name", "confirmation_date", "order_line/price_subtotal")


def test_cells_of_an_order_go_down_within_it_and_no_further() -> None:
    rows = [["1", "A", "2024-01-05", "5"], ["", "", "", "6"], ["2", "B", "", "7"], ["", "", "", "8"]]
    frame = Odoo().tidy(Sheet(table(rows, 2), ORDERS), OdooOptions(**SAID)).sheet.frame
    assert frame["c1"].to_list() == ["A", "A", "B", "B"]
    assert frame["c2"].to_list() == ["2024-01-05", "2024-01-05", None, None]


def test_a_comma_without_codes_is_asked_about() -> None:
    def orders(partner: str) -> Sheet:
        return Sheet(table([["1", partner, "2024-01-05", "5"]], 2), ORDERS)

    with pytest.raises(Question) as caught:
        Odoo().tidy(orders("Pemberton Mills, Ruth Okafor"), OdooOptions(**SAID))
    assert caught.value.readings == (
        "company: the account is 'Pemberton Mills' (row 2)",
        "whole: the account is 'Pemberton Mills, Ruth Okafor'",
    )
    coded = orders("[C022]LUMEN, PATEL & ROY, [C022-1]Jo Lumen")
    assert Odoo().tidy(coded, OdooOptions(**SAID)).sheet.frame.height == 1


def test_a_blank_currency_of_business_central_is_the_local_one() -> None:
    profile = BusinessCentral().effective((), BusinessCentralOptions(currency="EUR"))
    assert (profile.currency.blank, profile.currency.keep) == ("LCY", "EUR")
    labels = ("Posting Date", "Customer Name", "Amount", "Amount (LCY)", "Currency Code")
    with pytest.raises(Question) as caught:
        BusinessCentral().fields(labels, BusinessCentralOptions(**SAID))
    assert asked(caught) == ("amount", ["document", "local"])
    local = BusinessCentral().fields(labels, BusinessCentralOptions(amount="local", **SAID)).fields
    assert "currency" not in {field.id for field in local}, "a local amount has no other currency"


def test_the_base_amount_of_intacct_is_in_base_currency() -> None:
    labels = ("customername", "amount", "currency", "basecurr", "entry_date", "state")
    fields = {f.id: f.label for f in Intacct().fields(labels, IntacctOptions(**SAID)).fields}
    assert fields["currency"] == "basecurr"


@pytest.mark.parametrize("case", regenerate["cases"]("erp"), ids=lambda path: path.name)
def test_the_sample_gives_the_expected_file_and_findings(case: Path) -> None:
    written, found = regenerate["run"](case)
    assert written == regenerate["expected_file"](case).read_text(encoding="utf-8")
    assert regenerate["text_of"](found) == case.read_text(encoding="utf-8")
