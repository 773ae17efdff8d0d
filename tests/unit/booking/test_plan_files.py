"""A frozen plan: what may be applied, what is refused, and why."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from cgrev.errors import SettingsError
from cgrev.planfile import differences, freeze, load
from cgrev.targets.batches import BatchFile
from cgrev.targets.plan import PlannedBatch, UploadPlan


def batch(name: str, total: int = 100) -> BatchFile:
    return BatchFile(Path(name), name, sha256(name.encode()).hexdigest(), 90, 3, total)


A, B = batch("a-001.csv"), batch("a-002.csv")
UPLOAD = UploadPlan(
    "file-v4.1 https://api.eu.example", {}, "out", (A, B), (PlannedBatch(A, "send"), PlannedBatch(B, "send")),
    format="csv", manifest_digest="0" * 64,
)  # fmt: skip
SETTINGS = {"target": {"kind": "file-v4.1", "region": "eu"}, "partial": False}
BOOKED = {"accounts": 2, "by_month": {"2026-01": "1000.00"}}
FROZEN = freeze(UPLOAD, SETTINGS, BOOKED)


def told(upload: UploadPlan = UPLOAD, settings: object = SETTINGS, booked: object = BOOKED) -> list[str]:
    assert isinstance(settings, dict) and isinstance(booked, dict)
    return differences(load(FROZEN, "plan"), load(freeze(upload, settings, booked), "now"))


def test_the_same_plan_gives_the_same_bytes_and_may_be_applied() -> None:
    turned = {"by_month": BOOKED["by_month"], "accounts": 2}
    assert freeze(UPLOAD, SETTINGS, turned) == FROZEN and told() == []
    skipped = replace(UPLOAD, items=(PlannedBatch(A, "skip"), PlannedBatch(B, "send")), source="elsewhere")
    assert told(skipped) == []


@pytest.mark.parametrize(
    ("upload", "line"),
    [
        (replace(UPLOAD, files=(A,)), "the batch 'a-002.csv' is gone or was changed"),
        (replace(UPLOAD, files=(A, B, batch("a-003.csv"))), "the batch 'a-003.csv' is not in the plan"),
        (replace(UPLOAD, files=(B, A)), "the batches are in another order"),
        (
            replace(UPLOAD, files=(A, replace(B, total=101))),
            "the batch 'a-002.csv' has the same bytes and is described otherwise",
        ),
        (
            replace(UPLOAD, target="sandbox"),
            "the target was 'file-v4.1 https://api.eu.example', now it is 'sandbox'",
        ),
        (replace(UPLOAD, rejected_rows=1), "the number of rejected rows was 0, now it is 1"),
        (
            replace(UPLOAD, manifest_digest="1" * 64),
            "the manifest is another one, though its batches are the same",
        ),
    ],
)
def test_anything_that_was_agreed_to_and_changed_is_told(upload: UploadPlan, line: str) -> None:
    assert told(upload) == [line]


def test_settings_and_bookings_are_compared_value_by_value() -> None:
    us = {**SETTINGS, "target": {"kind": "file-v4.1", "region": "us"}}
    assert told(settings=us) == ["setting target.region was 'eu', now it is 'us'"]
    later = {"accounts": 2, "by_month": {"2026-01": "900.00", "2026-02": "100.00"}}
    assert told(booked=later) == [
        "booked by_month.2026-01 was '1000.00', now it is '900.00'",
        "booked by_month.2026-02 was 'not set', now it is '100.00'",
    ]


def test_many_differences_are_told_by_number() -> None:
    many = tuple(batch(f"b-{number:03}.csv") for number in range(30))
    lines = told(replace(UPLOAD, files=(A, B, *many)))
    assert len(lines) == 21 and lines[-1] == "and 10 more of these"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "it is no JSON"),
        (b"[]", "is no plan"),
        (b'{"schema": "cgrev-manifest/1"}', "is no plan"),
        (FROZEN.replace(b"cgrev-plan/1", b"cgrev-plan/2"), "was made by a newer cgrev"),
        (FROZEN.replace(b'"records": 3', b'"records": "x"'), "is damaged at batches.0.records"),
        (FROZEN.replace(b'"1000.00"', b'"9000.00"'), "was changed after it was made"),
        (FROZEN.replace(b'"sealed": "', b'"sealed": "0'), "was changed after it was made"),
    ],
)
def test_a_file_that_is_no_whole_plan_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as refused:
        load(data, "plan.json")
    assert "plan.json" in str(refused.value) and refused.value.help


def test_the_file_holds_money_as_text_and_names_its_schema() -> None:
    plain = json.loads(FROZEN)
    assert next(iter(plain)) == "schema" and plain["schema"] == "cgrev-plan/1"
    assert plain["batches"][0]["total"] == "100"
