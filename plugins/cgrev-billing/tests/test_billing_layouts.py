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

from cgrev.plugin import Converter, ConverterOptions, Question, Sample, SettingsError, Sheet, Tidied
from cgrev_billing.chargebee import Chargebee, ChargebeeAddons, ChargebeeOptions
from cgrev_billing.recurly import Recurly
from cgrev_billing.stripe import (
    PaymentOptions,
    Stripe,
    StripeApi,
    StripeOptions,
    StripePayments,
)
from cgrev_billing.subscriptions import SubscriptionOptions
from cgrev_billing.zuora import Zuora

SAMPLES = Path(__file__).parents[3] / "samples"
FAMILIES = ("stripe", "chargebee", "recurly", "zuora")
regenerate = runpy.run_path(str(SAMPLES / "regenerate.py"))
CASES = [case for family in FAMILIES for case in regenerate["cases"](family)]
KINDS: list[type[Converter]] = [Chargebee, ChargebeeAddons, Recurly, Stripe, StripeApi, StripePayments, Zuora]
DASHBOARD = ("id", "Customer Name", "Customer Email", "Plan", "Quantity", "Currency", "Interval", "Amount",
             "Status", "Start (UTC)", "Current Period End (UTC)", "Ended At (UTC)")  # fmt: skip
PLAIN = ["s1", "Acme", "a@b.example", "Gold", "1", "eur", "month", "12.50", "active", "2024-01-01 08:00",
         "2024-02-01 08:00", "2024-02-01 08:00"]  # fmt: skip


def frame(rows: Sequence[Sequence[str | None]], first: int = 2) -> pl.DataFrame:
    cells = {f"c{place}": [row[place] for row in rows] for place in range(len(rows[0]))}
    schema = {"row": pl.UInt32(), **{name: pl.String() for name in cells}}
    return pl.DataFrame({"row": range(first, first + len(rows)), **cells}, schema=schema)


def row(**cells: str) -> list[str]:
    named = dict(zip(DASHBOARD, PLAIN, strict=True))
    return list({**named, **{name.replace("_", " "): value for name, value in cells.items()}}.values())


def tidied(rows: Sequence[Sequence[str]], **options: str) -> Tidied:
    converter, given = Stripe(), StripeOptions.model_validate(options)
    converter.fields(DASHBOARD, given)
    done = converter.tidy(Sheet(frame(rows), DASHBOARD), given)
    assert done.sheet.frame.height + done.skipped.height == len(rows)
    return done


def asked(rows: Sequence[Sequence[str]], **options: str) -> Question:
    with pytest.raises(Question) as caught:
        tidied(rows, **options)
    return caught.value


def question(converter: Converter, labels: Sequence[str], options: ConverterOptions) -> Question:
    with pytest.raises(Question) as caught:
        converter.fields(labels, options)
    return caught.value


@pytest.mark.parametrize("kind", KINDS)
def test_each_layout_has_its_plugin_and_can_be_sent_elsewhere(kind: type[Converter]) -> None:
    converter = pickle.loads(pickle.dumps(kind()))
    (point,) = entry_points(group="cgrev.converters", name=converter.name)
    assert isinstance(point.load().cgrev_converter(), kind)
    assert not converter.piecewise


def main_input(case: Path) -> tuple[str, list[list[str]]]:
    """The converter a case names and the cells of its input."""
    words = json.loads(case.read_text(encoding="utf-8"))["arguments"]
    data = case.with_name(words[-1]).read_bytes()
    text = data.decode("utf-16" if data[:2] == b"\xff\xfe" else "utf-8-sig")
    delimiter = ";" if text.split("\n", 1)[0].count(";") > 3 else ","
    return words[words.index("--from") + 1], list(csv.reader(text.splitlines(), delimiter=delimiter))


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_each_layout_knows_its_own_samples_and_no_other(case: Path) -> None:
    name, cells = main_input(case)
    sample = Sample("csv", frame(cells, 1))
    scores = {kind.name: kind().identify(sample).score for kind in KINDS}
    assert scores.pop(name) >= 0.9
    assert max(scores.values()) < 0.7


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_the_sample_gives_the_expected_file_and_findings(case: Path) -> None:
    written, found = regenerate["run"](case)
    assert written == regenerate["expected_file"](case).read_text(encoding="utf-8")
    assert regenerate["text_of"](found) == case.read_text(encoding="utf-8")


def stated_source(name: str) -> Decimal:
    case = json.loads((SAMPLES / f"{name}.case.json").read_text(encoding="utf-8"))
    return Decimal(case["totals"]["source"])


def test_the_sums_of_the_samples_are_those_of_their_files() -> None:
    def dicts(name: str) -> list[dict[str, str]]:
        with (SAMPLES / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file, delimiter=";" if "payments" in name else ","))

    every = {"month": 12, "year": 1, "every 6 months": 2}
    stripe = sum(
        Decimal(one["Amount"].replace(",", "")) * int(one["Quantity"]) * every[one["Interval"]]
        for one in dicts("stripe/subscriptions.csv")
        if one["Interval"] in every and one["Status"] in ("active", "canceled")
    )
    assert stated_source("stripe/subscriptions") == stripe
    paid = sum(
        Decimal(one["Amount"]) - Decimal(one["Amount Refunded"])
        for one in dicts("stripe/payments.csv")
        if one["Status"] != "Failed" and one["Currency"] == "usd" and one["Amount"]
    )
    assert stated_source("stripe/payments") == paid
    prices = {
        one["Plan Id"]: 1 if one["Period Unit"] == "month" else 12 for one in dicts("chargebee/Plans.csv")
    }
    prices["gold-quarterly"] = 3
    monthly = sum(
        Decimal(one["subscriptions.plan_unit_price"])
        * int(one["subscriptions.plan_quantity"])
        / prices.get(one["subscriptions.plan_id"], 1)
        for one in dicts("chargebee/Subscriptions.csv")
        if one["subscriptions.status"] != "In Trial"
    )
    assert stated_source("chargebee/subscriptions") == monthly


def test_a_plain_file_is_asked_nothing() -> None:
    assert tidied([PLAIN, row(Interval="year")]).sheet.frame.height == 2


def test_amounts_without_decimals_may_be_cents() -> None:
    question = asked([row(Amount="150000"), row(Amount="5")])
    assert question.option == "units"
    assert question.readings == (
        "minor: they are cents, 150000 in row 2 is 1500.00",
        "major: they are as they stand, 150000 in row 2 is 150000.00",
    )
    assert tidied([row(Amount="150000")], units="major").sheet.frame.height == 1
    assert tidied([row(Amount="150000"), row(Amount="12.5")]).sheet.frame.height == 2
    assert tidied([row(Amount="150000", Currency="jpy")]).sheet.frame.height == 1


def test_a_quantity_makes_a_difference_to_what_the_amount_is_of() -> None:
    question = asked([PLAIN, row(Quantity="3")])
    assert question.option == "amount"
    assert question.readings == ("unit: row 3 is 12.50 x 3", "total: row 3 is 12.50 for all 3")
    assert tidied([row(Quantity="3", Status="trialing"), PLAIN]).skipped["reason"].to_list() == [
        "status is 'trialing'"
    ]
    fields = {one.id for one in Stripe().fields(DASHBOARD, StripeOptions(amount="unit")).fields}
    assert {"price", "quantity"} <= fields and "amount" not in fields


@pytest.mark.parametrize("interval", ["every 6 months", "quarter", "2 years"])
def test_what_other_intervals_are_brought_to_is_asked(interval: str) -> None:
    assert asked([PLAIN, row(Interval=interval)]).option == "to"
    assert tidied([row(Interval=interval)], to="ARR").sheet.frame.height == 1


def test_when_a_running_subscription_ends_is_asked_with_the_end_of_its_period() -> None:
    running = ["" if name == "Ended At (UTC)" else cell for name, cell in zip(DASHBOARD, PLAIN, strict=True)]
    question = asked([PLAIN, running])
    assert question.option == "end"
    assert question.question.endswith("is blank in 1 of 2 rows, the first is row 3: when do these end?")
    assert question.readings[0] == (
        "period: the day before the next period begins, by column 11 ('Current Period End (UTC)')"
    )
    assert tidied([running], end="period").sheet.frame.height == 1
    assert tidied([running], end="12").sheet.frame.height == 1


PAID = ("id", "Created date (UTC)", "Amount", "Amount Refunded", "Currency", "Converted Amount",
        "Converted Amount Refunded", "Converted Currency", "Status", "Customer Email")  # fmt: skip


def test_payments_are_never_recurring_and_refunds_go_with_their_amount() -> None:
    kinds = question(StripePayments(), PAID, PaymentOptions())
    assert (kinds.option, len(kinds.readings)) == ("revenue_type", 2)
    assert question(StripePayments(), PAID, PaymentOptions(revenue_type="Other")).option == "amount"
    for kind, money, refund in (("original", 2, 3), ("converted", 5, 6)):
        options = PaymentOptions.model_validate({"revenue_type": "Other", "amount": kind})
        found = {one.id: one.index for one in StripePayments().fields(PAID, options).fields}
        assert (found["amount"], found["refunded"]) == (money, refund)


def test_statuses_of_payments_that_nobody_knows_are_asked() -> None:
    cells = ["p1", "2024-01-01", "1.00", "0.00", "eur", "", "", "", "Disputed", "a@b.example"]
    options = PaymentOptions(revenue_type="Other", amount="original")
    with pytest.raises(Question) as caught:
        StripePayments().tidy(Sheet(frame([cells]), PAID), options)
    assert caught.value.option == "statuses"


ITEMS = ("id", "subscription_id", "plan_id", "quantity", "current_period_end", "subscriptions.customer_id",
         "subscriptions.status", "subscriptions.start_date", "subscriptions.ended_at",
         "subscriptions.current_period_end", "customers.name", "customers.description",
         "customers.email", "plans.amount", "plans.currency", "plans.interval",
         "plans.interval_count", "plans.nickname")  # fmt: skip


def test_what_stands_in_further_files_is_asked_before_they_are_read() -> None:
    said: dict[str, str] = {}
    for option, answer in (("to", "ARR"), ("end", "period"), ("units", "minor")):
        asked = question(StripeApi(), ITEMS, SubscriptionOptions.model_validate(said))
        assert asked.option == option
        said[option] = answer
    found = {
        one.id: one.index
        for one in StripeApi().fields(ITEMS, SubscriptionOptions.model_validate(said)).fields
    }
    assert (found["price"], found["quantity"], found["end_date"], found["end_before"]) == (13, 3, 8, 4)


def test_lines_of_invoices_are_no_subscriptions() -> None:
    with pytest.raises(SettingsError, match="lines of invoices, not subscription items"):
        StripeApi().fields(("invoice_id", *ITEMS), SubscriptionOptions())
    assert StripeApi().identify(Sample("csv", frame([["invoice_id", *ITEMS[:4]], ["1"] * 5], 1))).score == 0


TERMS = ("subscriptions.id", "subscriptions.plan_id", "subscriptions.plan_quantity",
         "subscriptions.plan_unit_price", "subscriptions.status", "subscriptions.start_date",
         "subscriptions.current_term_end", "subscriptions.cancelled_at", "addresses.company")  # fmt: skip


def test_the_billing_period_of_a_plan_is_asked_or_looked_up() -> None:
    asked = question(Chargebee(), TERMS, ChargebeeOptions())
    assert asked.option == "interval" and "--with plans=FILE" in asked.question
    constants = {
        one.id: one.constant for one in Chargebee().fields(TERMS, ChargebeeOptions(interval="year")).fields
    }
    assert constants["interval"] == "year"
    assert question(Chargebee(), (*TERMS, "plans.plans.period_unit"), ChargebeeOptions()).option == "to"
    looked_up = (*TERMS, "plans.plans.period", "plans.plans.period_unit")
    fields = {one.id: one.index for one in Chargebee().fields(looked_up, ChargebeeOptions(to="MRR")).fields}
    assert (fields["interval_count"], fields["interval"]) == (9, 10)


PERIODS = ("uuid", "account_company", "state", "subtotal", "activated_at", "expires_at",
           "current_period_started_at", "current_period_ends_at")  # fmt: skip


def test_the_length_of_a_period_is_the_billing_interval() -> None:
    rows = [
        [
            "u1",
            "Acme",
            "active",
            "300.0",
            "2024-01-31",
            "2025-01-31",
            "2024-01-31T00:00:00",
            "2024-04-30T00:00:00",
        ]
    ]
    with pytest.raises(Question) as caught:
        Recurly().tidy(Sheet(frame(rows), PERIODS), SubscriptionOptions())
    assert caught.value.option == "to" and "('3 months')" in caught.value.question
    with pytest.raises(SettingsError, match="nothing says what billing period a price is for"):
        Recurly().fields(PERIODS[:-2], SubscriptionOptions())


def test_one_time_charges_are_their_total_value_and_others_their_mrr() -> None:
    rows = pl.LazyFrame(
        {
            "row": [1, 2],
            "amount": [Decimal("0"), Decimal("49")],
            "total": [Decimal("2352"), Decimal("588")],
            "revenue_type": ["One Time", "MRR"],
            "account_name": ["Acme", "Acme"],
        }
    ).with_columns(
        pl.lit("2024-01-01").str.to_date().alias("start_date"),
        pl.lit("2024-01-01").str.to_date().alias("end_date"),
        pl.lit("2024-01-01").alias("end_date.text"),
    )
    assert Zuora().convert(rows, Zuora.Options()).collect()["amount"].to_list() == [2352, 49]
