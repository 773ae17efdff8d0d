from __future__ import annotations

import pickle
import runpy
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from cgrev.plugin import Converter, Question, Sample, SettingsError
from cgrev_erp import plugins
from cgrev_erp.converters import ErpInvoices, OrderOptions, SapCustomerLines, SapOptions, SapOrders, packaged

SAMPLES = Path(__file__).parents[3] / "samples"
regenerate = runpy.run_path(str(SAMPLES / "regenerate.py"))
LINES = ("Account", "Document Number", "Document Type", "Posting Date", "Net Due Date",
         "Amount in Doc. Curr.", "Document Currency", "Amount in Local Currency", "Local Currency",
         "customers.Name 1")  # fmt: skip
ORDERS = ("SD Document", "Item (SD)", "Document Date", "Sold-To Party", "Name 1", "Net value", "Net Value")


def sample(labels: Sequence[str]) -> Sample:
    cells = {f"c{index}": [label, "x"] for index, label in enumerate(labels)}
    return Sample("csv", pl.DataFrame({"row": [1, 2], **cells}, schema_overrides={"row": pl.UInt32}))


@pytest.mark.parametrize("kind", [ErpInvoices, SapCustomerLines, SapOrders])
def test_each_layout_has_its_profile_and_can_be_sent_elsewhere(kind: type[Converter]) -> None:
    converter = pickle.loads(pickle.dumps(kind()))
    assert converter.title == packaged(converter.name).title
    assert converter.name in {plugins.erp_invoices.cgrev_converter().name, "sap-customer-lines", "sap-orders"}


def test_each_layout_knows_its_own_files_only() -> None:
    invoices = ("Kunde", "Rechnung", "Leistung von", "Leistung bis", "Betrag", "S/H")
    scores = {
        kind.name: [kind().identify(sample(labels)).score for labels in (invoices, LINES, ORDERS)]
        for kind in (ErpInvoices, SapCustomerLines, SapOrders)
    }
    assert scores["erp-invoices"][0] > 0.9
    assert scores["sap-customer-lines"][1] > 0.9
    assert scores["sap-orders"][2] > 0.9
    assert all(
        score < 0.3 for index, row in enumerate(scores.values()) for i, score in enumerate(row) if i != index
    )


def test_the_amount_in_which_currency_is_asked_and_then_taken_with_its_currency() -> None:
    converter = SapCustomerLines()
    with pytest.raises(Question) as caught:
        converter.fields(LINES, SapOptions())
    assert caught.value.readings == (
        "document: column 6 ('Amount in Doc. Curr.')",
        "local: column 8 ('Amount in Local Currency')",
    )
    local = {field.id: field.index for field in converter.fields(LINES, SapOptions(amount="local")).fields}
    assert (local["amount"], local["currency"]) == (7, 8)
    document = {
        field.id: field.index for field in converter.fields(LINES, SapOptions(amount="document")).fields
    }
    assert (document["amount"], document["currency"]) == (5, 6)


def test_the_items_value_is_read_and_never_the_orders_total() -> None:
    converter, options = SapOrders(), OrderOptions(months=12)
    fields = {field.id: field.index for field in converter.fields(ORDERS, options).fields}
    assert fields["amount"] == 6
    with pytest.raises(SettingsError, match="the total of an order, repeated in each of its items"):
        converter.fields(ORDERS[:-1], options)


def test_the_length_of_an_order_is_asked() -> None:
    with pytest.raises(Question) as caught:
        SapOrders().fields(ORDERS, OrderOptions())
    assert caught.value.option == "months"


@pytest.mark.parametrize("case", regenerate["cases"]("erp"), ids=lambda path: path.name)
def test_the_sample_gives_the_expected_file_and_findings(case: Path) -> None:
    written, found = regenerate["run"](case)
    assert written == regenerate["expected_file"](case).read_text(encoding="utf-8")
    assert regenerate["text_of"](found) == case.read_text(encoding="utf-8")
