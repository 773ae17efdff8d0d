"""Names against known accounts: near misses are warnings, new ones are told, what was sent is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import Cgrev, Write

ROW = ",100,2024-01-01,2024-12-31,ARR,"
KNOWN = ["Acme Ltd", "Globex Corporation", "Store 12", "Beta GmbH", "Beta AG"]


@pytest.fixture
def known(write: Write) -> str:
    Path("known.txt").write_text("\n".join(KNOWN), "utf-8")
    return "known.txt"


def findings(cgrev: Cgrev, *words: object) -> list[dict[str, Any]]:
    ended = cgrev("check", *words, "--output-format", "json", "--show-info")
    found: list[dict[str, Any]] = json.loads(ended.out)["findings"]
    return found


def test_near_misses_and_new_accounts_are_told(cgrev: Cgrev, write: Write, known: str) -> None:
    names = ["ACME LTD", "Acme Limited", "Amce Ltd", "Globex Corporatoin", "Store 13", "Zenith Foods", "Beta"]
    found = findings(cgrev, write("a.csv", *(name + ROW for name in names)), "--accounts", known)
    told = {one["value"]: (one["code"], one["severity"], one["fix"]) for one in found}
    assert told == {
        "Acme Limited": ("CGR404", "warning", {"value": "Acme Ltd", "safe": False}),
        "Amce Ltd": ("CGR404", "warning", {"value": "Acme Ltd", "safe": False}),
        "Globex Corporatoin": ("CGR404", "warning", {"value": "Globex Corporation", "safe": False}),
        "Store 13": ("CGR405", "info", None),
        "Zenith Foods": ("CGR405", "info", None),
        "Beta": ("CGR404", "warning", None),  # two known names are as near: nothing is chosen
    }
    (beta,) = (one for one in found if one["value"] == "Beta")
    assert "'Beta AG' (or 'Beta GmbH')" in beta["message"]


def test_every_row_of_a_misspelt_account_is_found_so_that_a_fix_keeps_it_whole(
    cgrev: Cgrev, write: Write, known: str
) -> None:
    name = write("a.csv", "Amce Ltd" + ROW, "New" + ROW, "AMCE Ltd" + ROW.replace("2024", "2025"))
    found = findings(cgrev, name, "--accounts", known)
    assert [one["row"] for one in found if one["code"] == "CGR404"] == [2, 4]
    assert cgrev("check", name, "--accounts", known, "--unsafe-fixes").code == 0
    lines = Path(name).read_text().splitlines()
    assert lines[1].startswith("Acme Ltd,") and lines[3].startswith("Acme Ltd,")


def test_nothing_is_told_without_a_list(cgrev: Cgrev, write: Write) -> None:
    assert findings(cgrev, write("a.csv", "Amce Ltd" + ROW)) == []


def test_new_accounts_are_counted_when_infos_are_not_listed(cgrev: Cgrev, write: Write, known: str) -> None:
    name = write("a.csv", "One" + ROW, "Two" + ROW, "Two" + ROW.replace("2024", "2025"))
    ended = cgrev("check", name, "--accounts", known, "--output-format", "json")
    assert json.loads(ended.out)["summary"]["by_rule"] == {"CGR405": 2}


def test_a_table_of_accounts_is_read_by_its_heading(cgrev: Cgrev, write: Write) -> None:
    Path("known.csv").write_text("Id,Account name\n1,Acme Ltd\n2,Beta GmbH\n", "utf-8")
    found = findings(cgrev, write("a.csv", "Acme Limited" + ROW), "--accounts", "known.csv")
    assert [one["code"] for one in found] == ["CGR404"]
    Path("other.csv").write_text("Id,Customer\n1,Acme Ltd\n", "utf-8")
    ended = cgrev("check", "a.csv", "--accounts", "other.csv")
    assert ended.code == 2 and "none is headed 'Account name'" in ended.err
    Path("empty.txt").write_text("\n\n")
    for missing in ("nowhere.txt", "empty.txt"):
        ended = cgrev("check", "a.csv", "--accounts", missing)
        assert ended.code == 2 and ended.err.startswith("error: ") and missing in ended.err


@pytest.mark.parametrize("form", ["csv", "xlsx", "xml"])
def test_what_was_sent_is_known_afterwards(form: str, cgrev: Cgrev, write: Write, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    Path("cgrev.toml").write_text(f'[target]\nkind = "directory"\n[target.options]\npath = "{there}"\n')
    first = write("a.csv", "Acme Ltd" + ROW, "Beta GmbH" + ROW)
    assert (
        cgrev("convert", "--from", "canonical", first, "-o", "out", "--to", form, "--accounts", "sent").code
        == 0
    )
    assert cgrev("upload", "out", "--yes").code == 0
    found = findings(
        cgrev, write("b.csv", "acme ltd" + ROW, "Beta Gmbh." + ROW, "New" + ROW), "--accounts", "sent"
    )
    assert [(one["row"], one["code"]) for one in found] == [(3, "CGR404"), (4, "CGR405")]
