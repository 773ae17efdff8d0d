"""Purpose: rules of plugins hold like those of cgrev under their own prefix; a broken one can be left out."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cgrev.testing import RuleContract

RULE = """
import polars as pl
from cgrev.plugin import Family, Rule, Severity

HEAD = "Account name,Revenue amount,Revenue start date,Revenue end date,Revenue type,Description\\n"

def breach(column):
    return pl.col(column).str.starts_with("Test ")

def parts(column):
    return {"name": pl.col(column), "units": pl.col("units")}

RULE = Rule(
    code="ACME001",
    name="acme-test-account",
    severity=Severity.WARNING,
    family=Family.PLUGIN,
    message="the account {name} with {units} is one for tests",
    help="leave it out of the export",
    what="Reports accounts whose name begins with Test.",
    why="They are no customers.",
    bad=HEAD + "Test Ltd,100,2024-01-01,2024-12-31,ARR,Gold\\n",
    good=HEAD + "Acme Ltd,100,2024-01-01,2024-12-31,ARR,Gold\\n",
    columns=("account_name",),
    breach=breach,
    parts=parts,
)
"""
Install = Callable[..., None]
Cgrev = Callable[..., Any]


@pytest.fixture
def rule(install: Install, cgrev: Cgrev) -> Callable[..., None]:
    """Installs the rule, with parts of its source replaced, and writes a file with one breach."""
    Path("in.csv").write_text(
        "Account name,Revenue amount,Revenue start date,Revenue end date,Revenue type,Description\n"
        "Test Ltd,100,2024-01-01,2024-12-31,ARR,Gold\n"
        "Acme Ltd,200,2024-01-01,2024-12-31,ARR,Gold\n",
        "utf-8",
    )

    def make(*replaced: tuple[str, str], code: str = "ACME001") -> None:
        source = RULE
        for old, new in replaced:
            assert old in source
            source = source.replace(old, new)
        install(code, source, "cgrev.rules", "RULE")

    return make


def test_it_is_listed_without_being_imported_and_explained_by_its_code(
    rule: Callable[..., None], cgrev: Cgrev
) -> None:
    rule()
    listed = cgrev("rules")
    assert listed.out.splitlines()[-1] == "ACME001  of cgrev-acme001 3.4"
    assert "acceptance_acme001" not in sys.modules
    explained = cgrev("rules", "acme001")
    assert explained.out.startswith("ACME001 acme-test-account\n\nseverity warning")
    assert "They are no customers." in explained.out


def test_it_is_reported_like_any_other(rule: Callable[..., None], cgrev: Cgrev) -> None:
    rule()
    ended = cgrev("check", "in.csv", "--output-format", "concise")
    assert ended.code == 0
    assert "in.csv:2:Account name: ACME001 the account Test Ltd with 100 is one for tests" in ended.out
    assert cgrev("check", "in.csv", "--fail-on", "warning").code == 1
    sarif = cgrev("check", "in.csv", "--output-format", "sarif").out
    assert "leave it out of the export" in sarif


@pytest.mark.parametrize("word", ["ACME001", "ACME", "acme-test-account"])
def test_it_is_ignored_by_code_prefix_or_name(rule: Callable[..., None], cgrev: Cgrev, word: str) -> None:
    rule()
    assert "ACME001" not in cgrev("check", "in.csv", "--ignore", word).out


def test_as_an_error_it_rejects_the_row(rule: Callable[..., None], cgrev: Cgrev) -> None:
    rule()
    ended = cgrev("convert", "--from", "canonical", "in.csv", "-o", "up", "--severity", "ACME001=error")
    assert ended.code == 1
    assert "2 rows read = 1 written + 1 rejected" in ended.out
    assert "ACME001,the account Test Ltd with 100" in Path("up/rejected.csv").read_text("utf-8")
    assert '"ACME001"' in Path("up/report.json").read_text("utf-8")


BROKEN = {
    "an import that fails": (("import polars as pl", "import no_such_module"), "ModuleNotFoundError"),
    "no rule": (("RULE = Rule(", "RULE = dict("), "it is a dict, not a Rule"),
    "another code": (('code="ACME001"', 'code="ACME002"'), "it calls itself 'ACME002'"),
    "a name of ours": (
        ('name="acme-test-account"', 'name="missing-amount"'),
        "its name 'missing-amount' is taken",
    ),
    "no columns": (('columns=("account_name",)', "columns=()"), "it names no columns of the six"),
    "blocking": (("parts=parts,", "parts=parts, blocking=True,"), "only cgrev's own rules may be"),
    "no breach": (("    breach=breach,\n", ""), "it has no `breach`"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_one_that_cannot_be_used_stops_the_run_and_can_be_left_out(
    what: str, rule: Callable[..., None], cgrev: Cgrev, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced, says = BROKEN[what]
    rule(replaced)
    ended = cgrev("check", "in.csv")
    assert ended.code == 2
    lines = ended.err.splitlines()
    assert lines[0].startswith("error: CGR904 the rule ACME001 of cgrev-acme001 3.4 cannot be used: ")
    assert says in lines[0]
    assert lines[1] == (
        "help: leave it out with --ignore ACME001, or all of the plugin: CGREV_DISABLED_PLUGINS=cgrev-acme001"
    )
    assert cgrev("check", "in.csv", "--ignore", "ACME001").code == 0
    assert cgrev("check", "in.csv", "--select", "CGR2,missing-amount").code == 0
    checked = cgrev("plugins", "check", "ACME001")
    assert (checked.code, "FAIL  It can be loaded" in checked.out) == (1, True)
    examined = cgrev("doctor", "--offline")
    assert (examined.code, says in examined.out) == (1, True)
    monkeypatch.setenv("CGREV_DISABLED_PLUGINS", "cgrev-acme001")
    assert "ACME001" not in cgrev("doctor", "--offline").out
    assert cgrev("check", "in.csv").code == 0


def test_a_code_of_ours_cannot_be_taken(rule: Callable[..., None], cgrev: Cgrev) -> None:
    rule(('code="ACME001"', 'code="CGR299"'), code="CGR299")
    assert "! its code is not" in cgrev("rules").out
    ended = cgrev("check", "in.csv")
    assert (ended.code, "the rule CGR299 of cgrev-cgr299 3.4 cannot be used" in ended.err) == (2, True)


@pytest.mark.parametrize(
    "replaced",
    [
        ('pl.col(column).str.starts_with("Test ")', "1 / 0"),
        ('pl.col(column).str.starts_with("Test ")', 'pl.col("nothing") > 1'),
        ('pl.col(column).str.starts_with("Test ")', "pl.col(column)"),
        ('"units": pl.col("units")}', "}"),
        ('"units": pl.col("units")}', '"units": pl.col("nothing")}'),
    ],
)
def test_one_that_fails_on_the_data_is_named(
    replaced: tuple[str, str], rule: Callable[..., None], cgrev: Cgrev
) -> None:
    rule(replaced)
    ended = cgrev("check", "in.csv")
    assert ended.code == 2
    lines = ended.err.splitlines()
    assert lines[0].startswith("error: CGR904 the rule ACME001 of cgrev-acme001 3.4 failed while it looked")
    assert lines[1].startswith("help: leave it out with --ignore ACME001")
    assert len(lines) == 2


def test_the_contract_of_a_rule(rule: Callable[..., None], cgrev: Cgrev) -> None:
    rule()
    checked = cgrev("plugins", "check", "ACME001")
    assert (checked.code, checked.out.splitlines()[0]) == (0, "ACME001: 6 of 6 checks pass")
    kind = type("TestRule", (RuleContract,), {"code": "ACME001"})
    names = [name for name in dir(kind) if name.startswith("test_it_")]
    assert len(names) == 5
    for name in names:
        getattr(kind(), name)()


@pytest.mark.parametrize(
    ("replaced", "test", "says"),
    [
        (('"Test Ltd,100', '"Acme Ltd,100'), "sees_its_bad_file", "its bad file gives nothing"),
        (('"Test Ltd,100', '"Test Ltd,'), "sees_its_bad_file", "CGR210"),
        (('"Acme Ltd,100', '"Test Ltd,100'), "passes_its_good_file", "its good file gives ACME001"),
        (('help="leave it out of the export"', 'help=""'), "explains_itself", "ACME001 has no help"),
        (
            ("breach=breach", "breach=lambda column: breach(column)"),
            "looks_by_expressions_only",
            "no lambdas",
        ),
        (('message="the', 'message="The'), "explains_itself", "lower case first"),
    ],
)
def test_the_contract_sees_faults(
    replaced: tuple[str, str], test: str, says: str, rule: Callable[..., None], cgrev: Cgrev
) -> None:
    rule(replaced)
    kind = type("TestRule", (RuleContract,), {"code": "ACME001"})
    with pytest.raises(pytest.fail.Exception) as failed:
        getattr(kind(), f"test_it_{test}")()
    assert says in str(failed.value)


def test_the_rule_of_the_reference_keeps_the_contract(install: Install, cgrev: Cgrev) -> None:
    page = (Path(__file__).parents[3] / "docs" / "plugin-reference.md").read_text("utf-8")
    (block,) = [one for one in re.findall(r"^```python\n(.*?)^```$", page, re.M | re.S) if "Rule(" in one]
    install("ACME001", block, "cgrev.rules", "TEST_ACCOUNT")
    checked = cgrev("plugins", "check", "ACME001")
    assert (checked.code, checked.out.splitlines()[0]) == (0, "ACME001: 6 of 6 checks pass")
