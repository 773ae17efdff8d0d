"""`cgrev diff`: rows with exact multiplicity, booked months, and what was sent last."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Cgrev, Write

A = "Acme Ltd,12000,2024-01-01,2024-12-31,ARR,Gold"
B = "Beta GmbH,500,2024-03-01,2024-05-31,MRR,"


def test_the_same_rows_in_another_order_are_the_same(cgrev: Cgrev, write: Write) -> None:
    ended = cgrev("diff", write("old.csv", A, B), write("new.csv", B, A))
    assert (ended.code, ended.err) == (0, "") and ended.out.startswith("the same 2 records\n")


def test_added_removed_and_changed_rows_with_the_months_they_move(cgrev: Cgrev, write: Write) -> None:
    old = write("old.csv", A, B)
    new = write("new.csv", A.replace("12000", "24000").replace("Acme", "ACME"), B.replace("Beta", "Gamma"))
    ended = cgrev("diff", old, new, "--output-format", "json")
    assert ended.code == 1
    found = json.loads(ended.out)
    assert found["schema"] == "cgrev-diff/1"
    assert found["summary"] == {"same": 0, "added": 1, "removed": 1, "changed": 1}
    (changed,) = found["changed"]
    assert changed["columns"] == ["account_name", "amount"]
    assert (changed["old"]["amount"], changed["new"]["amount"]) == ("12000", "24000")
    assert (changed["old"]["file"], changed["new"]["row"]) == ("old.csv", 2)
    assert [row["account_name"] for row in found["added"]] == ["Gamma GmbH"]
    assert [row["account_name"] for row in found["removed"]] == ["Beta GmbH"]
    assert found["totals"] == [
        {"revenue_type": "ARR", "old": "12000.00", "new": "24000.00", "difference": "12000.00"}
    ]
    assert found["months"][0] == {
        "revenue_type": "ARR",
        "month": "2024-01",
        "old": "1000.00",
        "new": "2000.00",
        "difference": "1000.00",
    }
    assert len(found["months"]) == 12


def test_two_equal_rows_are_two_rows(cgrev: Cgrev, write: Write) -> None:
    once, twice, thrice = (write(f"{n}.csv", *[A] * n, B) for n in (1, 2, 3))
    ended = cgrev("diff", twice, thrice, "--output-format", "json")
    found = json.loads(ended.out)
    assert ended.code == 1 and found["summary"] == {"same": 3, "added": 1, "removed": 0, "changed": 0}
    assert found["months"] == []  # the server books a row that stands twice once
    assert json.loads(cgrev("diff", thrice, once, "--output-format", "json").out)["summary"]["removed"] == 2
    assert cgrev("diff", twice, twice).code == 0


def test_the_key_decides_what_is_a_change(cgrev: Cgrev, write: Write) -> None:
    old, new = write("old.csv", A), write("new.csv", A.replace("2024-01-01", "2024-02-01"))
    by_default = json.loads(cgrev("diff", old, new, "--output-format", "json").out)["summary"]
    assert by_default == {"same": 0, "added": 1, "removed": 1, "changed": 0}
    by_text = json.loads(
        cgrev("diff", old, new, "--key", "account,description", "--output-format", "json").out
    )
    assert by_text["summary"]["changed"] == 1 and by_text["key"] == ["account", "description"]
    ended = cgrev("diff", old, new, "--key", "colour")
    assert ended.code == 2 and "--key 'colour' is not known" in ended.err


def test_several_rows_of_one_key_are_paired_whatever_their_order(cgrev: Cgrev, write: Write) -> None:
    rows = [
        f"Acme,{amount},2024-01-01,2024-12-31,ARR,{text}" for amount, text in ((1, "a"), (2, "b"), (3, "c"))
    ]
    new = [row.replace(",3,", ",4,") for row in reversed(rows)]
    found = json.loads(
        cgrev("diff", write("o.csv", *rows), write("n.csv", *new), "--output-format", "json").out
    )
    assert found["summary"] == {"same": 2, "added": 0, "removed": 0, "changed": 1}


def test_text_and_page_show_the_same_and_escape_names(cgrev: Cgrev, write: Write) -> None:
    old, new = write("old.csv", A, B), write("new.csv", A, "<b>x</b>,5,2024-01-01,2024-01-31,MRR,")
    text = cgrev("diff", old, new)
    assert text.code == 1
    assert "- old.csv:3: Beta GmbH, 500 MRR, 2024-03-01 to 2024-05-31" in text.out
    assert "+ new.csv:3: <b>x</b>, 5 MRR" in text.out and "2024-03  MRR" in text.out
    assert cgrev("diff", old, new, "-o", "d.html").code == 1
    page = Path("d.html").read_text()
    assert "&lt;b&gt;x&lt;/b&gt;" in page and "<b>x" not in page and "<script" not in page


def test_rows_that_cannot_be_compared_are_told(cgrev: Cgrev, write: Write) -> None:
    bad = write("bad.csv", A, "X,1,2024-02-30,2024-12-31,ARR,")
    ended = cgrev("diff", bad, write("good.csv", A))
    assert ended.code == 1 and "bad.csv:3:Revenue start date: CGR231" in ended.err
    assert cgrev("diff", "nowhere.csv", "good.csv").code == 2
    assert cgrev("diff", "good.csv").code == 2


@pytest.fixture
def folder_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target that needs no server: files are put into a folder."""
    (tmp_path / "cgrev.toml").write_text(
        f'[target]\nkind = "directory"\n[target.options]\npath = "{tmp_path / "there"}"\n', "utf-8"
    )
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("folder_target")
def test_against_last_compares_with_what_was_sent_and_still_lies_there(cgrev: Cgrev, write: Write) -> None:
    new = write("new.csv", A, B)
    ended = cgrev("diff", "--against", "last", new)
    assert ended.code == 2 and "nothing was uploaded" in ended.err
    cgrev("convert", "--from", "canonical", write("old.csv", A), "-o", "out")
    assert cgrev("upload", "out", "--yes").code == 0
    ended = cgrev("diff", "--against", "last", new, "--output-format", "json")
    assert ended.code == 1 and "compared with run" in ended.err
    assert json.loads(ended.out)["summary"] == {"same": 1, "added": 1, "removed": 0, "changed": 0}
    batch = next(Path("out").glob("*.csv"))
    kept = batch.read_bytes()
    batch.write_bytes(kept + b"\n")
    ended = cgrev("diff", "--against", "last", new)
    assert ended.code == 2 and "is not what run" in ended.err
    batch.unlink()
    ended = cgrev("diff", "--against", "last", new)
    assert ended.code == 2 and "is no longer there" in ended.err
