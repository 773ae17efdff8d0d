from __future__ import annotations

import csv
import json
import pickle
from collections.abc import Sequence
from decimal import Decimal
from importlib.metadata import entry_points
from pathlib import Path

import polars as pl
import pytest

from cgrev.plugin import Converter, ConverterOptions, Question, Sample, SettingsError, Sheet
from cgrev_salesforce import cgrev_converter
from cgrev_salesforce.options import SalesforceOptions
from cgrev_salesforce.records import (
    ContractOptions,
    Contracts,
    CpqOptions,
    CpqSubscriptions,
    LineItemOptions,
    OpportunityLines,
)

SAMPLES = Path(__file__).parents[3] / "samples" / "salesforce"
KINDS: list[type[Converter]] = [Contracts, CpqSubscriptions, OpportunityLines]
LINES = ("Id", "OpportunityId", "ServiceDate", "Quantity", "UnitPrice", "TotalPrice",
         "SBQQ__SubscriptionType__c")  # fmt: skip
JOINED = ("opportunities.AccountId", "opportunities.CloseDate", "opportunities.StageName",
          "opportunities.CurrencyIsoCode", "accounts.Name")  # fmt: skip
CPQ = ("Name", "SBQQ__Account__c", "SBQQ__Contract__c", "SBQQ__NetPrice__c", "SBQQ__Quantity__c",
       "SBQQ__SubscriptionStartDate__c", "SBQQ__SubscriptionEndDate__c",
       "SBQQ__ProductSubscriptionType__c")  # fmt: skip
CONTRACTS = ("Id", "ContractNumber", "AccountId", "StartDate", "ContractTerm", "Status", "SBQQ__Evergreen__c",
             "ARR__c")  # fmt: skip


def frame(rows: Sequence[Sequence[str | None]], first: int = 2) -> pl.DataFrame:
    cells = {f"c{place}": [row[place] for row in rows] for place in range(len(rows[0]))}
    schema = {"row": pl.UInt32(), **{name: pl.String() for name in cells}}
    return pl.DataFrame({"row": range(first, first + len(rows)), **cells}, schema=schema)


def question(converter: Converter, labels: Sequence[str], options: ConverterOptions) -> Question:
    with pytest.raises(Question) as caught:
        converter.fields(labels, options)
    return caught.value


@pytest.mark.parametrize("kind", KINDS)
def test_each_object_has_its_plugin_and_can_be_sent_elsewhere(kind: type[Converter]) -> None:
    converter = pickle.loads(pickle.dumps(kind()))
    (point,) = entry_points(group="cgrev.converters", name=converter.name)
    assert isinstance(point.load().cgrev_converter(), kind)


@pytest.mark.parametrize(
    ("labels", "own"),
    [
        (LINES, "salesforce-lines"),
        (
            ("id", "opportunity_id", "service_date", "quantity", "unit_price", "total_price"),
            "salesforce-lines",
        ),
        (CPQ, "salesforce-cpq"),
        (CONTRACTS, "salesforce-contracts"),
        (("Id", "AccountId", "Name", "StageName", "Amount", "CloseDate", "IsWon"), "salesforce"),
    ],
)
def test_each_object_is_known_by_its_headings_only(labels: Sequence[str], own: str) -> None:
    sample = Sample("csv", frame([labels, ["x"] * len(labels)], 1))
    scores = {
        one.name: one.identify(sample).score for one in [cgrev_converter(), *(kind() for kind in KINDS)]
    }
    assert scores.pop(own) > 0.9
    assert max(scores.values()) < 0.6


@pytest.mark.parametrize(
    ("labels", "converter"),
    [(LINES, "salesforce-lines"), (CPQ, "salesforce-cpq"), (CONTRACTS, "salesforce-contracts")],
)
def test_reports_are_not_mistaken_for_other_objects(labels: Sequence[str], converter: str) -> None:
    with pytest.raises(SettingsError) as caught:
        cgrev_converter().fields(labels, SalesforceOptions(revenue_type="Other", months=12))
    assert caught.value.help == f"convert it with --from {converter}"


def test_stage_length_and_price_of_lines_are_asked() -> None:
    labels, said = (*LINES, *JOINED), dict[str, str]()
    for option, answer in (("stages", "Closed Won"), ("months", "12"), ("price", "annual")):
        assert question(OpportunityLines(), labels, LineItemOptions.model_validate(said)).option == option
        said[option] = answer
    reading = OpportunityLines().fields(labels, LineItemOptions.model_validate(said))
    fields = {one.id: one.index for one in reading.fields}
    assert (fields["amount"], fields["start_date"], fields["start_otherwise"]) == (5, 2, 8)
    assert "quantity" not in fields  # TotalPrice is for the whole quantity


def test_a_type_said_for_all_lines_goes_before_their_subscription_type() -> None:
    options = LineItemOptions(stages="all", months=12, revenue_type="Other")
    reading = OpportunityLines().fields((*LINES, *JOINED), options)
    (kind,) = [one for one in reading.fields if one.id == "revenue_type"]
    assert (kind.index, kind.constant) == (None, "Other")


@pytest.mark.parametrize("blank", ["#N/A", "", None])
def test_lines_without_a_subscription_type_are_asked_about(blank: str | None) -> None:
    rows: list[list[str | None]] = [
        ["1", "o", "#N/A", "1", "5", "5", "Renewable"],
        ["2", "o", "#N/A", "1", "5", "5", blank],
    ]
    options = LineItemOptions(stages="all", months=12, price="annual")
    with pytest.raises(Question) as caught:
        OpportunityLines().tidy(Sheet(frame(rows), LINES), options)
    assert caught.value.option == "blank_type"
    assert "is blank in 1 lines, the first is row 3" in caught.value.question


def test_the_length_of_a_subscription_comes_from_its_contract_or_is_asked() -> None:
    asked = question(CpqSubscriptions(), (*CPQ, "accounts.Name"), CpqOptions())
    assert asked.option == "months" and "--with contracts=FILE" in asked.question
    labels = (*CPQ, "accounts.Name", "contracts.ContractTerm", "contracts.StartDate", "contracts.Status")
    fields = {one.id: one.index for one in CpqSubscriptions().fields(labels, CpqOptions()).fields}
    assert (fields["price"], fields["quantity"], fields["term"], fields["end_date"]) == (3, 4, 9, 6)


def test_evergreen_records_have_no_end_and_are_asked_about() -> None:
    rows = [
        ["S1", "a", "c", "1", "1", "2024-01-01", "", "Renewable"],
        ["S2", "a", "c", "1", "1", "2024-01-01", "", "Evergreen"],
    ]
    with pytest.raises(Question) as caught:
        CpqSubscriptions().tidy(Sheet(frame(rows), CPQ), CpqOptions(months=12))
    assert caught.value.option == "evergreen"
    left = CpqSubscriptions().tidy(Sheet(frame(rows), CPQ), CpqOptions(months=12, evergreen="skip"))
    assert left.skipped["reason"].to_list() == ["evergreen: it has no end"]
    contract = ["1", "1", "a", "2024-01-01", "12", "Activated", "TRUE", "5"]
    options = ContractOptions(amount="ARR__c", price="annual", revenue_type="ARR")
    with pytest.raises(Question) as caught:
        Contracts().tidy(Sheet(frame([contract]), CONTRACTS), options)
    assert caught.value.option == "evergreen"


def test_a_contract_has_no_amount_of_its_own() -> None:
    labels = (*CONTRACTS, "accounts.Name")
    asked = question(Contracts(), labels, ContractOptions())
    assert (asked.option, asked.columns) == ("amount", tuple(range(9)))
    assert (
        question(Contracts(), labels, ContractOptions(amount="ARR__c", revenue_type="ARR")).option == "price"
    )
    assert Contracts().fields(labels, ContractOptions(amount="ARR__c", revenue_type="Other")).fields


def test_the_price_of_a_term_becomes_that_of_a_year() -> None:
    told = json.loads((SAMPLES / "cpq.case.json").read_text(encoding="utf-8"))
    with (SAMPLES / "cpq.csv").open(encoding="utf-8", newline="") as file:
        prices = {
            one["Name"]: Decimal(one["SBQQ__NetPrice__c"]) * int(Decimal(one["SBQQ__Quantity__c"]))
            for one in csv.DictReader(file)
            if one["SBQQ__NetPrice__c"] != "#N/A"
        }
    # 24 months, 12 months, once, a month; the fifth is co-termed over no whole number of months
    yearly = (prices["SUB-000101"] / 2, prices["SUB-000102"], prices["SUB-000103"], prices["SUB-000104"] * 12)
    assert Decimal(told["totals"]["source"]) == sum(yearly)
