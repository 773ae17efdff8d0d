from __future__ import annotations

import csv
import json
import pickle
import runpy
from collections.abc import Sequence
from decimal import Decimal
from importlib.metadata import entry_points
from pathlib import Path

import polars as pl
import pytest

from cgrev.plugin import Converter, ConverterOptions, Question, Sample, SettingsError, Sheet
from cgrev_crm.hubspot import HubSpot, HubSpotOptions
from cgrev_crm.pipedrive import Pipedrive, PipedriveOptions

SAMPLES = Path(__file__).parents[3] / "samples"
regenerate = runpy.run_path(str(SAMPLES / "regenerate.py"))
CASES = [case for family in ("hubspot", "pipedrive") for case in regenerate["cases"](family)]
KINDS: list[type[Converter]] = [HubSpot, Pipedrive]
VIEW = ("Record ID", "Deal Name", "Deal Stage", "Close Date", "Amount", "Amount in company currency",
        "Associated Company")  # fmt: skip
DEALS = ("Deal - ID", "Deal - Title", "Deal - Status", "Deal - Value", "Deal - Currency of Value",
         "Deal - Weighted value", "Deal - Organization", "Deal - Won time")  # fmt: skip
SAID = {"revenue_type": "Other", "months": "12", "amount": "deal"}


def frame(rows: Sequence[Sequence[str | None]], first: int = 2) -> pl.DataFrame:
    cells = {f"c{place}": [row[place] for row in rows] for place in range(len(rows[0]))}
    schema = {"row": pl.UInt32(), **{name: pl.String() for name in cells}}
    return pl.DataFrame({"row": range(first, first + len(rows)), **cells}, schema=schema)


def question(converter: Converter, labels: Sequence[str], options: ConverterOptions) -> Question:
    with pytest.raises(Question) as caught:
        converter.fields(labels, options)
    return caught.value


@pytest.mark.parametrize("kind", KINDS)
def test_each_layout_has_its_plugin_and_can_be_sent_elsewhere(kind: type[Converter]) -> None:
    converter = pickle.loads(pickle.dumps(kind()))
    (point,) = entry_points(group="cgrev.converters", name=converter.name)
    assert isinstance(point.load().cgrev_converter(), kind)


def test_each_layout_knows_its_own_files_only() -> None:
    for labels, own, other in ((VIEW, HubSpot(), Pipedrive()), (DEALS, Pipedrive(), HubSpot())):
        sample = Sample("csv", frame([labels, ["x"] * len(labels)], 1))
        assert own.identify(sample).score > 0.9
        assert other.identify(sample).score < 0.3


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_the_sample_gives_the_expected_file_and_findings(case: Path) -> None:
    written, found = regenerate["run"](case)
    assert written == regenerate["expected_file"](case).read_text(encoding="utf-8")
    assert regenerate["text_of"](found) == case.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("case", "kept", "amount"),
    [
        ("hubspot/deals", ("Deal Stage", "Closed Won"), "Amount in company currency"),
        ("hubspot/table", ("is_deleted", "false"), "property_amount"),
        ("pipedrive/deals", ("Deal - Status", "Won"), "Deal - Value"),
    ],
)
def test_the_sums_of_the_samples_are_those_of_their_files(
    case: str, kept: tuple[str, str], amount: str
) -> None:
    told = json.loads((SAMPLES / f"{case}.case.json").read_text(encoding="utf-8"))
    with (SAMPLES / case).with_name(told["arguments"][-1]).open(encoding="utf-8", newline="") as file:
        rows = [one for one in csv.DictReader(file) if one[kept[0]] == kept[1]]
    total = sum(Decimal(one[amount]) for one in rows if one.get("Deal - Currency of Value") != "BGN")
    assert Decimal(told["totals"]["source"]) == total


def test_a_deal_says_neither_its_amount_nor_its_type_nor_its_length_by_itself() -> None:
    said: dict[str, str] = {}
    for option in ("amount", "revenue_type", "months"):
        assert question(HubSpot(), VIEW, HubSpotOptions.model_validate(said)).option == option
        said[option] = SAID[option]
    fields = {one.id: one.index for one in HubSpot().fields(VIEW, HubSpotOptions.model_validate(said)).fields}
    assert (fields["account_name"], fields["amount"], fields["start_otherwise"]) == (6, 4, 3)
    decisions = HubSpot().fields(VIEW, HubSpotOptions.model_validate(said)).decisions
    assert any(
        line.startswith("assumption: ") and "close date" in line for one in decisions for line in one.evidence
    )


def test_other_stages_and_several_companies_are_asked_about() -> None:
    deal = ["1", "Gold", "Closed Won", "2024-01-01", "1", "1", "Acme"]
    options = HubSpotOptions.model_validate(SAID)
    with pytest.raises(Question) as stages:
        HubSpot().tidy(Sheet(frame([deal, [*deal[:2], "Lost", *deal[3:]]]), VIEW), options)
    assert stages.value.option == "stages"
    with pytest.raises(Question) as companies:
        HubSpot().tidy(Sheet(frame([deal, [*deal[:6], "Acme; Beta"]]), VIEW), options)
    assert companies.value.option == "companies"
    assert companies.value.readings == ("first: row 3 is of 'Acme'", "whole: row 3 is of 'Acme; Beta'")
    assert HubSpot().tidy(Sheet(frame([deal]), VIEW), options).sheet.frame.height == 1


def test_the_weighted_value_is_never_the_revenue() -> None:
    options = PipedriveOptions(revenue_type="Other", months=12)
    fields = {one.id: one.index for one in Pipedrive().fields(DEALS, options).fields}
    assert (fields["amount"], fields["currency"], fields["start_date"]) == (3, 4, 7)
    with pytest.raises(SettingsError, match="only 'Deal - Weighted value': the value times its chance"):
        Pipedrive().fields((*DEALS[:3], *DEALS[4:]), options)


def test_only_won_deals_count() -> None:
    deal = ["1", "Gold", "Won", "5", "EUR", "5", "Acme", "2024-01-01 10:00:00"]
    rows = [deal, [*deal[:2], "Open", *deal[3:]], [*deal[:2], "Lost", *deal[3:]]]
    options = PipedriveOptions(revenue_type="Other", months=12)
    done = Pipedrive().tidy(Sheet(frame(rows), DEALS), options)
    assert done.sheet.frame["row"].to_list() == [2]
    assert done.skipped["reason"].to_list() == ["status is 'Open'", "status is 'Lost'"]
