"""Which rules hold: words, prefixes, the longer word, and rules that cannot be silenced."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from cgrev.errors import SettingsError
from cgrev.findings import Severity
from cgrev.selection import codes, fails, overrides, severities, threshold, words

E, W, I = Severity.ERROR, Severity.WARNING, Severity.INFO  # noqa: E741


@dataclass(frozen=True)
class Rule:
    code: str
    name: str


RULES = [
    Rule("CGR101", "missing-column"),
    Rule("CGR201", "blank-account"),
    Rule("CGR211", "bad-amount"),
    Rule("CGR212", "separators"),
    Rule("CGR301", "zero-amount"),
]
DEFAULTS = {"CGR101": E, "CGR201": E, "CGR211": E, "CGR212": W, "CGR301": None}
BLOCKING = {"CGR211"}


def chosen(**given: object) -> str:
    """The codes that are on, without their CGR, with the first letter of their severity."""
    found = severities(DEFAULTS, RULES, blocking=BLOCKING, **given)  # type: ignore[arg-type]
    return " ".join(f"{code[3:]}{level[0]}" for code, level in found.items() if level is not None)


@pytest.mark.parametrize(
    ("select", "ignore", "expected"),
    [
        ([], [], "101e 201e 211e 212w"),
        (["CGR2"], [], "201e 211e 212w"),
        (["cgr2", "missing-column"], [], "101e 201e 211e 212w"),
        (["CGR2"], ["CGR21"], "201e 211e"),  # 211 blocks
        (["CGR212"], ["CGR2"], "211e 212w"),
        (["CGR21"], ["CGR212"], "211e"),
        (["CGR2"], ["CGR2"], "211e"),
        (["separators"], ["CGR21"], "211e 212w"),
        ([], ["CGR1,CGR3", "blank-account"], "211e 212w"),
        ([], ["CGR"], "211e"),
        (["CGR101"], [], "101e 211e"),  # a rule that blocks holds whether selected or not
    ],
)
def test_the_longest_word_decides(select: list[str], ignore: list[str], expected: str) -> None:
    assert chosen(select=select, ignore=ignore) == expected


def test_severities_change_turn_on_and_turn_off() -> None:
    assert chosen(severity={"CGR212": "error", "CGR301": "info", "blank-account": "off"}) == (
        "101e 211e 212e 301i"
    )
    assert chosen(severity={"CGR201": "error", "CGR2": "info"}) == "101e 201e 211e 212i"


@pytest.mark.parametrize(
    "given",
    [
        {"ignore": ["CGR211"]},
        {"ignore": ["bad-amount"]},
        {"severity": {"CGR211": "warning"}},
        {"severity": {"bad-amount": "off"}},
    ],
)
def test_a_rule_that_blocks_cannot_be_silenced(given: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match=r"CGR211 bad-amount cannot be (ignored|lowered)") as refused:
        chosen(**given)
    assert refused.value.help


def test_a_blocking_rule_may_be_named_where_nothing_is_lowered() -> None:
    assert "211e" in chosen(severity={"CGR211": "error"}, select=["CGR211"])


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("CGR2122", "did you mean 'CGR212'?"),
        ("blank-acount", "did you mean 'blank-account'?"),
        ("", "`cgrev"),
        ("?", "`cgrev"),
    ],
)  # fmt: skip
def test_unknown_words_are_refused_with_the_nearest_name(word: str, near: str) -> None:
    with pytest.raises(SettingsError, match="no rule") as refused:
        codes(word, RULES)
    assert (refused.value.help or "").startswith(near)


def test_unknown_words_are_refused_wherever_they_stand() -> None:
    for given in ({"select": ["nope"]}, {"ignore": ["nope"]}, {"severity": {"nope": "error"}}):
        with pytest.raises(SettingsError, match="no rule 'nope'"):
            chosen(**given)
    with pytest.raises(SettingsError, match="severity 'fatal' of CGR2 is not known"):
        chosen(severity={"CGR2": "fatal"})


def test_words_of_options_may_be_joined_by_commas() -> None:
    assert words(["CGR2, CGR3", "", "x"]) == ["CGR2", "CGR3", "x"]
    assert overrides(["CGR2=Error,x = off"]) == {"CGR2": "error", "x": "off"}
    with pytest.raises(SettingsError, match="severity 'CGR2' is no pair"):
        overrides(["CGR2"])


def test_fail_on() -> None:
    counts = {("CGR212", "warning"): 3, ("CGR502", "info"): 1, ("CGR201", "error"): 0}
    assert [fails(counts, level) for level in ("error", "warning", "info", "never")] == [
        False,
        True,
        True,
        False,
    ]
    assert threshold("never") is None
    with pytest.raises(SettingsError, match="fail-on 'always' is not known"):
        threshold("always")
