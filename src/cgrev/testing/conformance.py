"""The suite to inherit: a test for every check of the contract."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import pytest

from cgrev.errors import CgrevError
from cgrev.testing.contract import CHECKS, Check, Subject, problem_of, subject_of
from cgrev.testing.contract.rule import RULE_CHECKS, RuleCheck, rule_of, rule_problem


class ConverterContract:
    """What every converter promises, as tests. Derive a class `Test...` from it and name the converter.

    `converter` is the name as in `--from`; the plugin must be installed (`pip install -e .` is enough).
    `cases` is the folder of its golden cases; None: the folder `cases` in its package.
    """

    converter: ClassVar[str] = ""
    cases: ClassVar[Path | None] = None


def _converter_test(check: Check) -> Callable[[Any], None]:
    def test(self: Any) -> None:
        problem = problem_of(check, _subject(type(self)))
        if problem is not None:
            pytest.fail(f"not so: {check.title[:1].lower()}{check.title[1:]}\n{problem}", pytrace=False)

    test.__doc__ = check.title
    return test


def _subject(kind: type[ConverterContract]) -> Subject:
    if not kind.converter:
        pytest.fail(f'{kind.__name__} names no converter: write converter = "NAME"', pytrace=False)
    try:
        return _loaded(kind.converter, kind.cases)
    except CgrevError as error:
        pytest.fail(f"{error.message}\n{error.help or ''}".strip(), pytrace=False)


@cache
def _loaded(name: str, cases: Path | None) -> Subject:
    """One subject for all tests of a class: what a case gives is then found out once."""
    return subject_of(name, cases)


for _check in CHECKS:
    setattr(ConverterContract, f"test_it_{_check.name}", _converter_test(_check))


class RuleContract:
    """What every rule of a plugin promises, as tests. Derive a class `Test...` and name the `code`."""

    code: ClassVar[str] = ""


def _rule_test(check: RuleCheck) -> Callable[[Any], None]:
    def test(self: Any) -> None:
        try:
            rule = rule_of(type(self).code)
        except CgrevError as error:
            pytest.fail(f"{error.message}\n{error.help or ''}".strip(), pytrace=False)
        problem = rule_problem(check, rule)
        if problem is not None:
            pytest.fail(f"not so: {check.title[:1].lower()}{check.title[1:]}\n{problem}", pytrace=False)

    test.__doc__ = check.title
    return test


for _rule_check in RULE_CHECKS:
    setattr(RuleContract, f"test_it_{_rule_check.name}", _rule_test(_rule_check))
