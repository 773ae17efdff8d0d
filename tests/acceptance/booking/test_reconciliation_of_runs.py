"""Every unit between source and files has a cause, or nothing is written; what a run keeps of that."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cgrev.certificate import render
from cgrev.converting import Conversion
from cgrev.manifest import read_manifest
from cgrev.settings import load
from cgrev.targeting import open_ledger, opened_target
from cgrev.uploading import UploadSummary, plan, run

from .conftest import Cgrev, Write

PERIOD = "2024-01-01,2024-12-31"
ROWS = (
    f"Acme,100.40,{PERIOD},ARR,a",
    f"Acme,0.30,{PERIOD},MRR,b",
    f"Beta,10.60,{PERIOD},MRR,c",
    f"Beta,x,{PERIOD},MRR,d",
    f"Gamma,12.50,{PERIOD},Annual,e",
    f"Acme,100.40,{PERIOD},ARR,a",
)


def converted(cgrev: Cgrev, write: Write, *words: object) -> Any:
    ended = cgrev("convert", "--from", "canonical", write("in.csv", *ROWS), "-o", "out", *words)
    assert ended.code == 1
    return json.loads(Path("out/manifest.json").read_text("utf-8"))


def test_the_manifest_keeps_a_statement_that_adds_up(cgrev: Cgrev, write: Write) -> None:
    (entry,) = converted(cgrev, write)["statement"]
    assert entry["source"] == "224.2" and entry["sent"] == "111" and entry["rows"] == 6
    assert [(cause["kind"], cause["code"], cause["amount"], cause["rows"]) for cause in entry["causes"]] == [
        ("rounding", None, "0.3", 3),
        ("rejected", "CGR211", "0", 1),
        ("rejected", "CGR251", "12.5", 1),
        ("rejected", "CGR401", "100.4", 1),
    ]
    causes = sum(Decimal(cause["amount"]) for cause in entry["causes"])
    assert Decimal(entry["source"]) == Decimal(entry["sent"]) + causes


def test_the_statement_is_written_in_every_form_with_the_rows_that_were_moved(
    cgrev: Cgrev, write: Write
) -> None:
    words = ("--keep-total", "account", "--statement")
    manifest = converted(cgrev, write, *words, "st.json")
    found = json.loads(Path("st.json").read_text("utf-8"))
    assert found["schema"] == "cgrev-statement/1" and found["explained"] is True
    assert found["moved"] == manifest["moved"] == [{"input": "in.csv", "row": 2, "from": "100", "to": "101"}]
    places = [
        (line["revenue_type"], line["account"], line["source"], line["sent"]) for line in found["lines"]
    ]
    assert places == [
        ("ARR", "Acme", "200.8", "101"),
        ("MRR", "Acme", "0.3", "0"),
        ("MRR", "Beta", "10.6", "11"),
        (None, "Gamma", "12.5", "0"),
    ]
    for line in [*found["lines"], *found["types"], *found["currencies"]]:
        causes = sum(Decimal(cause["amount"]) for cause in line["causes"])
        assert Decimal(line["source"]) == Decimal(line["sent"]) + causes and line["unexplained"] == "0"
    converted(cgrev, write, *words, "st.txt")
    text = Path("st.txt").read_text("utf-8")
    assert "every unit between source and sent is explained" in text and "in.csv:2: 100 -> 101" in text
    converted(cgrev, write, *words, "st.html")
    page = Path("st.html").read_text("utf-8")
    assert "in.csv:2" in page and "100.4  1 row rejected by CGR401" in page
    converted(cgrev, write, *words, "st.csv")
    assert ",MRR,Beta,2,10.6,11,," in Path("st.csv").read_text("utf-8")
    ended = cgrev("convert", "--from", "canonical", "in.csv", "--statement", "st.pdf")
    assert ended.code == 2 and "--statement 'st.pdf'" in ended.err


@pytest.mark.parametrize("fault", ["a unit more", "a row lost", "another amount"])
def test_a_unit_without_a_cause_stops_the_run_and_leaves_the_folder_as_it_was(
    fault: str, cgrev: Cgrev, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    converted(cgrev, write)
    before = {path.name: path.read_bytes() for path in Path("out").iterdir()}
    frames = Conversion.frames

    def wrong(self: Conversion) -> Iterator[pl.DataFrame]:
        for frame in frames(self):
            if fault == "a row lost":
                yield frame.slice(1)
            else:
                name = "units" if fault == "a unit more" else "amount"
                yield frame.with_columns(pl.col(name) + pl.lit(1).cast(frame.schema[name]))

    monkeypatch.setattr(Conversion, "frames", wrong)
    ended = cgrev("convert", "--from", "canonical", "in.csv", "-o", "out")
    assert ended.code == 2 and "error: the money does not add up, so nothing is written" in ended.err
    assert {path.name: path.read_bytes() for path in Path("out").iterdir()} == before
    assert sorted(path.name for path in Path().iterdir()) == ["in.csv", "out"]


@pytest.fixture
def uploaded(cgrev: Cgrev, write: Write, tmp_path: Path) -> UploadSummary:
    """An upload to a folder, rejected rows left out."""
    (tmp_path / "there").mkdir()
    converted(cgrev, write, "--ignore", "CGR303", "--severity", "CGR402=error")
    given = load({"target.kind": "directory", "target.options": {"path": str(tmp_path / "there")}})
    with opened_target(given) as target, open_ledger(given) as ledger:
        return run(plan(Path("out"), target, ledger, partial=True), target, ledger)


def test_the_certificate_says_who_what_when_and_what_was_let_pass(uploaded: UploadSummary) -> None:
    manifest = read_manifest("out")
    found = json.loads(render(uploaded, manifest, "json"))
    assert found["schema"] == "cgrev-certificate/1" and found["exit_code"] == 0
    assert found["who"] and found["started"] <= found["ended"] and found["versions"]["cgrev"]
    assert found["batches"][0]["sha256"] == manifest.batches[0].sha256
    made = found["made_from"]
    assert made["inputs"][0]["sha256"] == manifest.inputs[0].sha256
    assert made["totals"]["source"] == "224.2" and made["statement"][0]["sent"] == "111"
    assert made["waived"] == [
        "rule CGR303 was left out",
        "rule CGR402 was set to error",
        "3 rows were rejected and not sent",
    ]
    page = render(uploaded, manifest, "html").decode()
    for text in (manifest.batches[0].sha256, manifest.inputs[0].sha256, "rule CGR303 was left out", "224.2"):
        assert text in page
    assert "<script" not in page and "default-src" in page


def test_a_certificate_of_plain_files_has_no_source(uploaded: UploadSummary) -> None:
    assert json.loads(render(uploaded, None, "json"))["made_from"] is None
    assert b"Made from" not in render(uploaded, None, "html")
