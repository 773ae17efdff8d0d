"""Purpose: the catalogue tests itself. Codes and names are unique, every rule is explained, its bad
example yields exactly its code and its good example nothing, through the public verb."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

import pytest

import cgrev
from cgrev.findings import Severity
from cgrev.rules.catalogue import ALL, BLOCKING, BY_CODE, BY_NAME, find
from cgrev.rules.rule import Family, Rule

FAMILY_DIGIT = {
    Family.FILE: "0",
    Family.LAYOUT: "1",
    Family.CELL: "2",
    Family.ROW: "3",
    Family.ACROSS: "4",
    Family.MEANING: "5",
    Family.LIMITS: "6",
    Family.PLUGIN: "9",
}
WITH_EXAMPLE = [rule for rule in ALL if rule.bad]
WITHOUT_EXAMPLE = {
    "CGR001",  # a missing file or damaged workbook
    "CGR003",  # a password
    "CGR009",  # a workbook with several sheets
    "CGR010",  # bytes that are not UTF-8
    "CGR209",  # a second file
    "CGR223",  # a file that states its total
    "CGR404",  # a list of known accounts
    "CGR405",
    "CGR601",  # 1,001 rows
    "CGR602",  # 2 MiB
    "CGR603",
    "CGR900",  # a converter that computes
    "CGR901",  # a broken plugin
    "CGR902",
    "CGR903",
    "CGR904",
}
"""Rules whose breach is no small text file; other tests break them."""


def settings_with(extra: Mapping[str, Any] | None) -> cgrev.Settings:
    shown = {"check.show-info": True} | {f"check.{key}": value for key, value in (extra or {}).items()}
    return cgrev.load_settings(shown, config=os.devnull, environment={})


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.code)
def test_a_rule_has_its_words(rule: Rule) -> None:
    assert re.fullmatch(r"CGR\d{3}", rule.code)
    assert rule.code[3] == FAMILY_DIGIT[rule.family]
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    for text in (rule.what, rule.why):
        assert text[0].isupper() and text.endswith((".", '"')), text
    assert rule.help, "what to do next"
    assert (rule.fix == "none") == (rule.fixed is None) or rule.code in {
        "CGR105",
        "CGR402",
        "CGR404",
        "CGR507",
    }
    assert rule.bad or rule.code in WITHOUT_EXAMPLE


def test_codes_and_names_are_unique_and_find_their_rule() -> None:
    assert len(BY_CODE) == len(BY_NAME) == len(ALL)
    for rule in ALL:
        assert find(rule.code) is find(rule.name) is find(rule.code.lower()) is rule
    assert find("CGR999") is None


def test_a_blocking_rule_is_an_error_and_cannot_be_off_in_convert() -> None:
    for code in BLOCKING:
        assert BY_CODE[code].severity is Severity.ERROR
        assert BY_CODE[code].severity_in("convert") is Severity.ERROR


@pytest.mark.parametrize("rule", WITH_EXAMPLE, ids=lambda rule: rule.code)
def test_the_bad_example_yields_exactly_its_code(rule: Rule) -> None:
    report = cgrev.check(rule.bad.encode(), settings=settings_with(rule.settings))
    codes = {file.error.code for file in report.files if file.error} | set(report.findings["code"])
    assert codes == {rule.code}


@pytest.mark.parametrize("rule", [rule for rule in ALL if rule.good], ids=lambda rule: rule.code)
def test_the_good_example_yields_nothing(rule: Rule) -> None:
    report = cgrev.check(rule.good.encode(), settings=settings_with(rule.settings))
    assert [file.error for file in report.files] == [None]
    assert list(report.findings["code"]) == []
