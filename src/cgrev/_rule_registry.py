"""Rules that plugins bring: listed by metadata, loaded one by code, like converters.

An entry point of the group `cgrev.rules` is named after the code of its rule and points at a
`cgrev.plugin.Rule`. The prefix of the code is the plugin's own: CGR belongs to cgrev. Such a rule looks at
cells and rows, can be ignored like any other, and never keeps a row from being written by itself unless
its severity is error. A rule that cannot be loaded or fails stops the run (CGR904) and is named with its
distribution: a rule that did not run is not a rule that found nothing.
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
from collections.abc import Collection, Iterable
from functools import cache

from msgspec import Struct
from msgspec.structs import replace

from cgrev._registry import (
    DISABLED_VARIABLE,
    cause_line,
    disabled_names,
    distribution_of,
    normal_name,
    version_of,
)
from cgrev.errors import PluginError
from cgrev.layout import IDS
from cgrev.rules.catalogue import BY_NAME
from cgrev.rules.rule import Family, Rule

GROUP = "cgrev.rules"
"""Entry-point group; the name of an entry point is the code of its rule."""
CODE = re.compile(r"(?!CGR)[A-Z]{2,8}[0-9]{3}")
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


class ListedRule(Struct, frozen=True):
    """A rule of a plugin as its metadata states it: `code`, and where it comes from.

    `problem` says why it cannot be used, else None. `name` is the code in lower case: what it is really
    called is known once it is loaded."""

    code: str
    distribution: str
    version: str
    problem: str | None = None

    @property
    def name(self) -> str:
        return self.code.lower()

    @property
    def origin(self) -> str:
        return f"{self.distribution} {self.version}"


class RuleRegistry:
    """The rules of plugins at hand. `entry_points` replaces those installed, `disabled` the variable."""

    def __init__(
        self,
        entry_points: Iterable[importlib.metadata.EntryPoint] | None = None,
        disabled: Collection[str] | None = None,
    ) -> None:
        if entry_points is None:
            entry_points = importlib.metadata.entry_points(group=GROUP)
        left_out = {normal_name(word) for word in (disabled_names() if disabled is None else disabled)}
        self._points: dict[str, list[importlib.metadata.EntryPoint]] = {}
        for point in dict.fromkeys(entry_points):
            if not left_out & {normal_name(point.name), normal_name(distribution_of(point))}:
                self._points.setdefault(point.name, []).append(point)

    def listed(self) -> list[ListedRule]:
        """Every rule by code; nothing is imported."""
        return [
            ListedRule(code, distribution_of(point), version_of(point), self._problem(code))
            for code, points in sorted(self._points.items())
            for point in points[:1]
        ]

    def load(self, code: str) -> Rule:
        """Import the rule of a code and no other. Raises PluginError (CGR904), KeyError for no such code."""
        point = self._points[code][0]
        problem = self._problem(code)
        if problem is not None:
            raise _broken(point, problem)
        try:
            found = point.load()
        except (Exception, SystemExit) as error:
            raise _broken(point, cause_line(error)) from error
        if not isinstance(found, Rule):
            raise _broken(point, f"it is a {type(found).__name__}, not a Rule")
        fault = fault_of(found, code)
        if fault is not None:
            raise _broken(point, fault)
        return replace(found, family=Family.PLUGIN)

    def _problem(self, code: str) -> str | None:
        if not CODE.fullmatch(code):
            return "its code is not two to eight capital letters other than CGR and three digits"
        origins = [f"{distribution_of(point)} {version_of(point)}" for point in self._points[code]]
        return (
            f"it is brought by more than one distribution: {', '.join(origins)}" if len(origins) > 1 else None
        )


def fault_of(rule: Rule, code: str) -> str | None:
    """What of a rule does not fit where a plugin brings it, or None."""
    if rule.code != code:
        return f"it calls itself '{rule.code}'"
    if not _NAME.fullmatch(rule.name) or rule.name in BY_NAME:
        return f"its name '{rule.name}' is taken or no words with hyphens"
    if not rule.columns or not set(rule.columns) <= set(IDS):
        return f"it names no columns of the six ({', '.join(IDS)})"
    if rule.breach is None:
        return "it has no `breach`: a function of the column whose answer is an expression, true on a bad row"
    if rule.blocking:
        return "it is blocking: only cgrev's own rules may be"
    if not all((rule.message, rule.what, rule.why)):
        return "it needs a message, `what` it reports and `why` that is bad"
    return None


@cache
def _installed(disabled: tuple[str, ...], path: tuple[str, ...]) -> RuleRegistry:
    return RuleRegistry(disabled=disabled)


def installed_rules(disabled: Collection[str] | None = None) -> RuleRegistry:
    """The registry of what is installed, looked up once a process: a check asks for every file."""
    return _installed(tuple(disabled_names() if disabled is None else disabled), tuple(sys.path))


def rule_origin(code: str) -> str:
    """` of DISTRIBUTION VERSION` for the rule of a plugin, "" for one of cgrev."""
    listed = next((entry for entry in installed_rules().listed() if entry.code == code), None)
    return f" of {listed.origin}" if listed is not None else ""


def _broken(point: importlib.metadata.EntryPoint, why: str) -> PluginError:
    return PluginError(
        f"the rule {point.name} of {distribution_of(point)} {version_of(point)} cannot be used: {why}",
        help=f"leave it out with --ignore {point.name}, or all of the plugin: "
        f"{DISABLED_VARIABLE}={distribution_of(point)}",
        code="CGR904",
    )
