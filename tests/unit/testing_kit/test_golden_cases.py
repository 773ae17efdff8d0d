"""Purpose: golden cases are written by one command, held through command line and library, and depend on
nothing but the case."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cgrev.errors import UsageError
from cgrev.testing import ConverterContract
from cgrev.testing.contract import CHECKS, Subject
from cgrev.testing.golden import Case, differences, find_cases, main, regenerate, run_command, run_library

Spoiled = Callable[..., Subject]


def case_of(folder: Path, *words: str, name: str = "one") -> Case:
    path = folder / f"{name}.case.json"
    path.write_text(json.dumps({"arguments": list(words)}), "utf-8")
    return Case(path)


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    (tmp_path / "in.csv").write_text(
        "Account name,Revenue amount,Revenue start date,Revenue end date,Revenue type,Description\n"
        'Acme Ltd,"1.200,50",2024-01-01,2024-12-31,ARR,Gold\n'
        "Beta,x,2024-01-01,2024-12-31,ARR,\n",
        "utf-8",
    )
    return tmp_path


def test_the_command_writes_what_a_run_gives_once(layout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = case_of(layout, "--from", "canonical", "--decimal-mark", ",", "--rounding", "down", "in.csv")
    assert main([str(layout), "--check"]) == 1
    assert not case.expected.exists()
    assert main([str(layout)]) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [f"written: {case.path}", "1 case, 1 written"]
    assert case.stated["findings"] == [[3, "Revenue amount", "CGR211"]]
    assert case.stated["rows"] == {"read": 2, "written": 1, "rejected": 1, "skipped": 0}
    assert case.stated["totals"]["residual"] == "0.5"
    assert case.expected.read_text("utf-8").splitlines()[1] == "Acme Ltd,1200,2024-01-01,2024-12-31,ARR,Gold"
    assert main([str(layout), "--check"]) == 0
    assert differences(case, run_library(case)) == ""


def test_what_differs_is_shown_as_a_diff(layout: Path) -> None:
    case = case_of(layout, "--from", "canonical", "--decimal-mark", ",", "in.csv")
    regenerate(case)
    case.expected.write_text(case.expected.read_text("utf-8").replace("1201", "1200"), "utf-8")
    for outcome in (run_command(case), run_library(case)):
        shown = differences(case, outcome)
        assert "-Acme Ltd,1200,2024-01-01" in shown
        assert "+Acme Ltd,1201,2024-01-01" in shown


def test_an_error_is_a_case_too(layout: Path) -> None:
    case = case_of(layout, "--from", "canonical", "-O", "decimal-mark=;", "in.csv")
    regenerate(case)
    assert case.ends_early
    assert case.stated["exit"] == 2
    assert case.stated["message"][0].startswith("error: option decimal-mark")
    assert not case.expected.exists()
    assert differences(case, run_command(case)) == ""
    assert differences(case, run_library(case), spoken=False) == ""
    other = run_library(case_of(layout, "--from", "canonical", "-O", "what=1", "in.csv", name="two"))
    assert differences(case, other, spoken=False) != ""


def test_settings_of_whoever_runs_it_make_no_difference(
    layout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = case_of(layout, "--from", "canonical", "--decimal-mark", ",", "in.csv")
    regenerate(case)
    (layout / "cgrev.toml").write_text('[money]\nrounding = "down"\n', "utf-8")
    monkeypatch.setenv("CGREV_DISABLED_PLUGINS", "salesforce")
    monkeypatch.chdir("/")
    for outcome in (run_command(case), run_library(case)):
        assert differences(case, outcome) == ""
    assert Path.cwd() == Path("/")
    own = case_of(layout, "--config", "cgrev.toml", "--from", "canonical", "--decimal-mark", ",", "in.csv")
    assert "Acme Ltd,1200," in run_command(own).written
    assert run_library(own).written == run_command(own).written


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "it is no JSON"),
        ('{"arguments": "in.csv"}', "it states no arguments"),
        ("[]", "it states no arguments"),
    ],
)
def test_a_case_that_is_none_is_named(layout: Path, text: str, says: str) -> None:
    (layout / "bad.case.json").write_text(text, "utf-8")
    with pytest.raises(UsageError, match=says):
        regenerate(Case(layout / "bad.case.json"))
    assert main([str(layout)]) == 2


def test_words_that_are_none_of_convert_are_named(layout: Path) -> None:
    with pytest.raises(UsageError, match=r"one\.case\.json: unrecognized arguments: --output"):
        _ = case_of(layout, "--output", "up", "in.csv").call


def test_cases_of_one_converter_are_found(layout: Path) -> None:
    case_of(layout, "--from", "canonical", "in.csv", name="b")
    case_of(layout, "--from", "other", "in.csv", name="a")
    assert [case.name for case in find_cases(layout)] == ["a", "b"]
    assert [case.name for case in find_cases(layout, "canonical")] == ["b"]


def test_a_folder_without_cases_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert "error: no *.case.json below" in capsys.readouterr().err


def test_the_suite_has_a_test_for_every_check(probe: Spoiled) -> None:
    probe()
    kind = type("TestProbe", (ConverterContract,), {"converter": "probe"})
    names = [name for name in dir(kind) if name.startswith("test_")]
    assert set(names) == {f"test_it_{check.name}" for check in CHECKS}
    getattr(kind(), "test_it_documents_its_options")()  # noqa: B009 - made from the list of checks


@pytest.mark.parametrize(
    ("converter", "says"), [("", "names no converter"), ("not-there", "no converter is named 'not-there'")]
)
def test_the_suite_says_what_it_lacks(converter: str, says: str) -> None:
    kind = type("TestProbe", (ConverterContract,), {"converter": converter})
    with pytest.raises(pytest.fail.Exception, match=says):
        getattr(kind(), "test_it_has_golden_cases")()  # noqa: B009


def test_the_suite_fails_with_the_message_of_the_check(probe: Spoiled) -> None:
    subject = probe(('title = "probe list"', 'title = ""'))
    kind = type("TestProbe", (ConverterContract,), {"converter": "probe", "cases": subject.cases[0].folder})
    with pytest.raises(pytest.fail.Exception, match="not so: it says in one line what it reads\ntitle is ''"):
        getattr(kind(), "test_it_says_what_it_reads")()  # noqa: B009
