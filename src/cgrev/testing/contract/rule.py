"""What every rule of a plugin is held to."""

from __future__ import annotations

import pickle
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

import cgrev
from cgrev._rule_registry import RuleRegistry
from cgrev.errors import CgrevError, UsageError
from cgrev.layout import HEADINGS
from cgrev.rules.rule import Rule
from cgrev.testing.contract.subject import Broken
from cgrev.testing.surroundings import own_settings

_PYTHON = re.compile(r"python_udf", re.IGNORECASE)
_BLANK = ",".join(HEADINGS) + "\n" + "x" + "," * (len(HEADINGS) - 1) + "\n"


@dataclass(frozen=True, slots=True)
class RuleCheck:
    """One check of a rule, as `Check` is one of a converter."""

    name: str
    title: str
    run: Callable[[Rule], None]


def explains_itself(rule: Rule) -> None:
    """It says what to do, and shows a bad file and a good one."""
    missing = [name for name in ("help", "bad", "good") if not getattr(rule, name).strip()]
    if missing:
        raise Broken(f"{rule.code} has no {', no '.join(missing)}: `cgrev rules {rule.code}` shows them")
    if rule.message[:1].isupper() or rule.message.endswith("."):
        raise Broken(f"its message {rule.message!r} stands in a line: lower case first, no full stop")


def sees_its_bad_file(rule: Rule) -> None:
    """It reports its bad file, and no other rule does."""
    found = _codes(rule, rule.bad)
    if found != {rule.code}:
        raise Broken(f"its bad file gives {', '.join(sorted(found)) or 'nothing'}, not {rule.code} alone")


def passes_its_good_file(rule: Rule) -> None:
    """It has nothing to say about its good file."""
    found = _codes(rule, rule.good)
    if found:
        raise Broken(f"its good file gives {', '.join(sorted(found))}")


def looks_by_expressions_only(rule: Rule) -> None:
    """It looks by expressions, and can be sent elsewhere."""
    assert rule.breach is not None
    for column in rule.columns:
        expression = rule.breach(column)
        if not isinstance(expression, pl.Expr):
            raise Broken(f"breach answers with a {type(expression).__name__}, not with an expression")
        if _PYTHON.search(re.sub(r'"[^"]*"', "", str(expression))):
            raise Broken("breach calls Python for each value (map_elements): use expressions")
    try:
        pickle.loads(pickle.dumps(rule))
    except Exception as error:
        raise Broken(
            f"it cannot be pickled ({error}): make breach and parts functions of the module, no lambdas"
        ) from error


def bears_blank_cells(rule: Rule) -> None:
    """Blank cells are no fault of it."""
    _codes(rule, _BLANK)


RULE_CHECKS: tuple[RuleCheck, ...] = tuple(
    RuleCheck(function.__name__, (function.__doc__ or "").split(".")[0], function)
    for function in (
        explains_itself,
        looks_by_expressions_only,
        sees_its_bad_file,
        passes_its_good_file,
        bears_blank_cells,
    )
)
"""Every check of a rule."""


def rule_problem(check: RuleCheck, rule: Rule) -> str | None:
    """What a check finds wrong, or None."""
    try:
        check.run(rule)
    except Broken as broken:
        return str(broken)
    except CgrevError as error:
        return error.message
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def rule_of(code: str, registry: RuleRegistry | None = None) -> Rule:
    """The rule of a code. Raises UsageError where none is installed, PluginError where it cannot be used."""
    registry = registry or RuleRegistry()
    codes = [listed.code for listed in registry.listed()]
    if code not in codes:
        there = f"there is {', '.join(codes)}" if codes else "no plugin brings rules"
        raise UsageError(f"no rule '{code}' of a plugin is installed", help=there)
    return registry.load(code)


def _codes(rule: Rule, text: str) -> set[str]:
    """The codes of the findings of a check of this text."""
    given: dict[str, Any] = {f"check.{key}": value for key, value in (rule.settings or {}).items()}
    with tempfile.TemporaryDirectory(prefix="cgrev-") as folder, own_settings(Path(folder)):
        settings = cgrev.load_settings({"check.show-info": True, **given})
        report = cgrev.check(text.encode(), settings=settings)
    refused = [file.error.code for file in report.files if file.error is not None]
    return set(report.findings["code"].to_list()) | set(refused)
