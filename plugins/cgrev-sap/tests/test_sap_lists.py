from __future__ import annotations

import pickle
import runpy
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

import polars as pl
import pytest

from cgrev.plugin import (
    Converter,
    ConverterOptions,
    Header,
    Question,
    RevenueType,
    Sample,
    SettingsError,
    Sheet,
)
from cgrev_sap.billing import Billing, BillingOptions
from cgrev_sap.ledger import Ledger, LedgerOptions
from cgrev_sap.lists import ListOptions
from cgrev_sap.orders import OrderOptions, Orders
from cgrev_sap.receivables import ReceivableOptions, Receivables
from cgrev_sap.tables import TableOptions, Tables

SAMPLES = Path(__file__).parents[3] / "samples"
regenerate = runpy.run_path(str(SAMPLES / "regenerate.py"))
KINDS: list[type[Converter]] = [Receivables, Billing, Orders, Ledger, Tables]
LINES = ("Account", "Document Number", "Document Type", "Posting Date", "Net Due Date",
         "Amount in Doc. Curr.", "Document Currency", "Amount in Local Currency", "Local Currency",
         "customers.Name 1")  # fmt: skip
ORDERS = ("SD Document", "Item (SD)", "Document Date", "Sold-To Party", "Name 1", "Net value", "Net Value")
BILLED = ("Billing Document", "Billing Type", "Billing Date", "Customer", "Customer", "Net Value", "Curr",
          "Net Value", "Curr")  # fmt: skip


def table(rows: Sequence[Sequence[str | None]], first: int = 1) -> pl.DataFrame:
    width = len(rows[0])
    cells = {f"c{place}": [row[place] for row in rows] for place in range(width)}
    numbers = {"row": list(range(first, first + len(rows)))}
    schema = {"row": pl.UInt32, **dict.fromkeys(cells, pl.String)}
    return pl.DataFrame({**numbers, **cells}, schema=schema)


def settled(
    converter: Converter, rows: list[list[str | None]], options: ConverterOptions
) -> ConverterOptions:
    """The options after the first rows were seen."""
    head = table(rows)
    labels = tuple(label or "" for label in rows[0])
    return converter.preamble(Sample("csv", head), Header(1, labels, 2), options)


@pytest.mark.parametrize("kind", KINDS)
def test_each_list_has_its_profile_and_can_be_sent_elsewhere(kind: type[Converter]) -> None:
    converter = pickle.loads(pickle.dumps(kind()))
    assert converter.title
    (point,) = entry_points(group="cgrev.converters", name=converter.name)
    assert point.load().cgrev_converter().name == converter.name
    assert not converter.piecewise


def test_the_amount_in_which_currency_is_asked_and_then_taken_with_its_currency() -> None:
    converter = Receivables()
    with pytest.raises(Question) as caught:
        converter.fields(LINES, ReceivableOptions())
    assert caught.value.option == "amount"
    assert [reading.partition(":")[0] for reading in caught.value.readings] == ["document", "local"]
    for amount, places in (("local", (7, 8)), ("document", (5, 6))):
        options = ReceivableOptions(amount=amount, revenue_type="Other", months=0)  # type: ignore[arg-type]
        fields = {field.id: field.index for field in converter.fields(LINES, options).fields}
        assert (fields["amount"], fields["currency"]) == places
    one = [label for label in LINES if "Doc. Curr." not in label]
    fields = {
        f.id: f.index for f in converter.fields(one, ReceivableOptions(revenue_type="ARR", months=12)).fields
    }
    assert one[fields["amount"] or 0] == "Amount in Local Currency"


def test_type_and_length_are_asked_unless_every_row_is_one_time() -> None:
    converter = Receivables()
    with pytest.raises(Question) as caught:
        converter.fields(LINES, ReceivableOptions(amount="local"))
    assert caught.value.option == "revenue_type"
    assert [reading.partition(":")[0] for reading in caught.value.readings[:4]] == [
        kind.value for kind in reversed(RevenueType)
    ]
    with pytest.raises(Question) as caught:
        converter.fields(LINES, ReceivableOptions(amount="local", revenue_type="Other"))
    assert caught.value.option == "months"
    converter.fields(LINES, ReceivableOptions(amount="local", revenue_type="One Time"))


def test_document_types_are_asked_with_their_rows_unless_all_are_invoices_or_credit_memos() -> None:
    converter = Receivables()
    rows = [["1", "18", kind, "2024-01-02", "", "5", "EUR", "5", "EUR"] for kind in ("RV", "DZ", "ZX")]
    sheet = Sheet(table(rows, 2), LINES[:-1])
    said = {"amount": "local", "revenue_type": "Other", "months": 0}
    with pytest.raises(Question) as caught:
        converter.tidy(sheet, ReceivableOptions(**said))
    assert caught.value.readings == (
        "RV: 1 row, the first is row 2, usually an invoice of billing",
        "DZ: 1 row, the first is row 3, usually a payment",
        "ZX: 1 row, the first is row 4",
    )
    done = converter.tidy(sheet, ReceivableOptions(types="rv, zx", **said))
    assert done.skipped.select("row", "reason").rows() == [(3, "document type is 'DZ'")]
    assert done.left_out is not None and done.left_out["row"].to_list() == [3]
    assert converter.tidy(sheet, ReceivableOptions(types="all", **said)).skipped.is_empty()
    certain = Sheet(table(rows[:1], 2), LINES[:-1])
    assert converter.tidy(certain, ReceivableOptions(**said)).sheet.frame.height == 1


@pytest.mark.parametrize(("number", "name"), [(3, 4), (4, 3)])
def test_of_two_customer_columns_the_one_with_words_is_the_account(number: int, name: int) -> None:
    row: list[str | None] = ["90", "F2", "01.02.2024", "", "", "5,00", "EUR", "6,00", "USD"]
    row[number], row[name] = "0000100041", "Lumen, Patel & Roy"
    options = settled(Billing(), [list(BILLED), row], BillingOptions(amount="second"))
    assert isinstance(options, BillingOptions)
    assert options.account == f"#{name + 1}"
    assert options.currency_column == "#9"
    assert settled(Billing(), [list(BILLED), row], BillingOptions(account="#1")).account == "#1"  # type: ignore[attr-defined]


def test_two_customer_columns_of_numbers_are_asked_about() -> None:
    row: list[str | None] = ["90", "F2", "01.02.2024", "41", "42", "5,00", "words", "6,00", "USD"]
    options = settled(Billing(), [list(BILLED), row], BillingOptions(amount="first"))
    assert isinstance(options, BillingOptions)
    assert options.account is None
    assert options.currency_column is None, "what stands right of the amount is no code"
    with pytest.raises(Question) as caught:
        Billing().fields(BILLED, BillingOptions(amount="first"))
    assert caught.value.option == "account"
    assert caught.value.columns == (3, 4)


def test_a_minus_before_a_billing_type_turns_its_sign() -> None:
    options = BillingOptions(types="F2,-G2", amount="first", account="#4", revenue_type="Other", months=0)
    profile = Billing().effective(BILLED, options)
    assert profile.status is not None and profile.status.keep == ("F2", "G2")
    assert profile.sign is not None and profile.sign.negative == ("G2",)
    fields = {field.id: field.index for field in Billing().fields(BILLED, options).fields}
    assert fields["sign"] == fields["status"] == 1


def test_the_items_value_is_read_and_never_the_orders_total() -> None:
    converter, options = Orders(), OrderOptions(months=12, revenue_type="Other", account="Name 1")
    fields = {field.id: field.index for field in converter.fields(ORDERS, options).fields}
    assert fields["amount"] == 6
    with pytest.raises(SettingsError, match="the total of an order, repeated in each of its items"):
        converter.fields(ORDERS[:-1], options)


def test_rejected_items_are_asked_about_and_left_out_or_kept() -> None:
    labels = (*ORDERS, "Reason for rejection")
    sheet = Sheet(table([["1", "10", "2024-01-02", "7", "A", "5", "5", "05 Too expensive"]], 2), labels)
    said = {"months": 1, "revenue_type": "Other", "account": "Name 1"}
    with pytest.raises(Question) as caught:
        Orders().tidy(sheet, OrderOptions(**said))
    assert caught.value.option == "rejected"
    assert Orders().tidy(sheet, OrderOptions(rejected="drop", **said)).sheet.frame.is_empty()
    assert Orders().tidy(sheet, OrderOptions(rejected="keep", **said)).skipped.is_empty()


def test_an_end_column_with_blank_cells_is_asked_about() -> None:
    labels = (*ORDERS, "Valid from", "Valid to")
    rows = [["1", "10", "2024-01-02", "7", "A", "5", "5", "2024-02-01", day] for day in ("2024-12-31", "")]
    with pytest.raises(Question, match="is blank in 1 of 2 rows, the first is row 3") as caught:
        Orders().tidy(Sheet(table(rows, 2), labels), OrderOptions(revenue_type="Other", account="Name 1"))
    assert caught.value.option == "months"


def test_the_sign_of_a_ledger_is_never_guessed() -> None:
    labels = ("G/L Account", "DocumentNo", "Posting Date", "Customer Name", "Amount in LC")
    said = {"revenue_type": "Other", "months": 0, "account": "Customer Name"}
    with pytest.raises(Question) as caught:
        Ledger().fields(labels, LedgerOptions(**said))
    assert caught.value.option == "sign"
    assert Ledger().effective(labels, LedgerOptions(sign="flip", **said)).amount.flip_sign
    assert not Ledger().effective(labels, LedgerOptions(sign="keep", **said)).amount.flip_sign


def test_heads_and_customers_are_looked_up_only_where_the_items_lack_them() -> None:
    bseg = ("bukrs", "belnr", "gjahr", "kunnr", "shkzg", "dmbtr")
    assert [join.name for join in Tables().joins(bseg, TableOptions())] == ["kna1", "bkpf"]
    bsid = (*bseg, "budat", "name1")
    assert Tables().joins(bsid, TableOptions()) == ()
    joined = (*bseg, "kna1.name1", "bkpf.budat", "bkpf.blart", "bkpf.waers", "bkpf.hwaer")
    with pytest.raises(Question) as caught:
        Tables().fields(joined, TableOptions())
    assert caught.value.option == "types"


def test_assumptions_are_stated() -> None:
    options = ReceivableOptions(amount="local", revenue_type="Other", months=0)
    stated = [d for d in Receivables().fields(LINES, options).decisions if d.about == "assumption"]
    assert [(one.value, one.how) for one in stated] == [
        ("a line's period begins on its posting date", "declared"),
        ("amounts of customer lines include tax", "declared"),
    ]
    assert stated[0].evidence == ("assumption: a line's period begins on its posting date",)


def test_options_of_one_list_are_no_options_of_another() -> None:
    assert "account" in ListOptions.model_fields
    assert not {"sign", "rejected"} & set(ReceivableOptions.model_fields)


@pytest.mark.parametrize("case", regenerate["cases"]("sap"), ids=lambda path: path.name)
def test_the_sample_gives_the_expected_file_and_findings(case: Path) -> None:
    written, found = regenerate["run"](case)
    assert written == regenerate["expected_file"](case).read_text(encoding="utf-8")
    assert regenerate["text_of"](found) == case.read_text(encoding="utf-8")
