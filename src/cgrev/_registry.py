"""The converters that are installed: listed by metadata, loaded one by name.

Listing imports no plugin and neither polars nor pydantic. Loading imports the named one only, so that a
broken plugin harms nobody else. The entry points are an argument, so tests hand in their own.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
from collections.abc import Callable, Collection, Iterable
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from cgrev.errors import PluginError, UsageError

if TYPE_CHECKING:
    from cgrev.mapping.profile import Profile
    from cgrev.plugin import Converter, Sample

GROUP = "cgrev.converters"
"""Entry-point group; the name of an entry point is the `--from` value."""
CORE = "cgrev"
"""The distribution whose converters are built in."""
DISABLED_VARIABLE = "CGREV_DISABLED_PLUGINS"
"""Environment variable: names of converters or distributions not to use, separated by commas."""

FIRST_PARTY: dict[str, str] = {
    "salesforce": "cgrev-salesforce",
    "salesforce-lines": "cgrev-salesforce",
    "salesforce-cpq": "cgrev-salesforce",
    "salesforce-contracts": "cgrev-salesforce",
    "stripe": "cgrev-billing",
    "stripe-payments": "cgrev-billing",
    "stripe-api": "cgrev-billing",
    "chargebee": "cgrev-billing",
    "chargebee-addons": "cgrev-billing",
    "recurly": "cgrev-billing",
    "zuora": "cgrev-billing",
    "hubspot": "cgrev-crm",
    "pipedrive": "cgrev-crm",
    "business-central": "cgrev-erp",
    "datev": "cgrev-erp",
    "erp-invoices": "cgrev-erp",
    "freshbooks": "cgrev-erp",
    "intacct": "cgrev-erp",
    "netsuite": "cgrev-erp",
    "netsuite-tables": "cgrev-erp",
    "odoo": "cgrev-erp",
    "quickbooks": "cgrev-erp",
    "quickbooks-tables": "cgrev-erp",
    "wave": "cgrev-erp",
    "xero": "cgrev-erp",
    "xero-tables": "cgrev-erp",
    "zoho": "cgrev-erp",
    "sap-billing": "cgrev-sap",
    "sap-ledger": "cgrev-sap",
    "sap-orders": "cgrev-sap",
    "sap-receivables": "cgrev-sap",
    "sap-tables": "cgrev-sap",
    "example": "cgrev-example",
}
"""Converter name to the package that brings it, for the advice to install it."""

CERTAIN = 0.6
"""The least score with which `--from auto` takes a converter."""
MARGIN = 0.1
"""How far the best converter must lie above the next: nearer is a tie, and a tie is an error."""

_HOOK = "cgrev_converter"


class Listed(Struct, frozen=True):
    """One converter as its metadata states it; nothing of it has been imported.

    `problem` says why it cannot be used (a duplicate name), else None.
    """

    name: str
    distribution: str
    version: str
    value: str = ""
    builtin: bool = False
    problem: str | None = None

    @property
    def origin(self) -> str:
        return f"{self.distribution} {self.version}"


class Candidate(Struct, frozen=True):
    """What a converter says about a file: its score from 0 to 1, and why."""

    name: str
    score: float
    reason: str


class Choice(Struct, frozen=True):
    """The converter `--from auto` took. `candidates` are all that were asked, best first; `problems` the
    plugins that could not be asked."""

    converter: Converter
    candidates: tuple[Candidate, ...]
    problems: tuple[PluginError, ...] = ()


def _canonical() -> Converter:
    from cgrev.mapping.canonical import CanonicalConverter

    return CanonicalConverter()


def _profile() -> Converter:
    raise UsageError(
        "the converter 'profile' works from a profile only",
        help="name one: --profile FILE; `cgrev profile suggest FILE` writes a first one",
    )


BUILTIN: dict[str, Callable[[], Converter]] = {"canonical": _canonical, "profile": _profile}
"""Converters of the core distribution."""


class Registry:
    """The converters at hand.

    `entry_points` replaces those of the installed distributions, `disabled` the environment variable.
    """

    def __init__(
        self,
        entry_points: Iterable[importlib.metadata.EntryPoint] | None = None,
        disabled: Collection[str] | None = None,
    ) -> None:
        left_out = disabled_names() if disabled is None else disabled
        self._disabled = {normal_name(word) for word in left_out}
        if entry_points is None:
            entry_points = importlib.metadata.entry_points(group=GROUP)
        self._points = self._enabled(entry_points)

    def listed(self) -> list[Listed]:
        """Every converter by name: built-in ones first, then plugins; duplicates with their problem."""
        core = _core_version()
        listed = [Listed(name, CORE, core, builtin=True) for name in BUILTIN]
        for name, points in sorted(self._points.items()):
            problem = self._duplicate(name)
            listed += [
                Listed(name, distribution_of(point), version_of(point), point.value, problem=problem)
                for point in points
            ]
        return listed

    def names(self) -> list[str]:
        """Names that `load` knows, each once."""
        return sorted({*BUILTIN, *self._points})

    def load(self, name: str, profile: Profile | None = None) -> Converter:
        """Import the converter `name` and no other; `profile` is laid over it.

        Raises `UsageError` for a name that is not known and `PluginError` for one that cannot be used.
        """
        if profile is not None:
            return self._with_profile(name, profile)
        if name in BUILTIN:
            return BUILTIN[name]()
        if name not in self._points:
            raise self._unknown(name)
        problem = self._duplicate(name)
        if problem is not None:
            raise PluginError(
                problem,
                help=f"uninstall one of them, or leave one out by its distribution: {DISABLED_VARIABLE}="
                f"{distribution_of(self._points[name][0])}",
            )
        return _load(self._points[name][0])

    def choose(self, sample: Sample, names: Collection[str] | None = None) -> Choice:
        """The converter that knows the sample best, for `--from auto`.

        Every converter is asked; one that breaks is passed over and listed in `problems`. Raises
        `UsageError` when none is certain, or when two are equally so: the message names them.
        """
        candidates, problems = self.rank(sample, names)
        return Choice(self.load(_best(candidates).name), candidates, problems)

    def rank(
        self, sample: Sample, names: Collection[str] | None = None
    ) -> tuple[tuple[Candidate, ...], tuple[PluginError, ...]]:
        """Every converter with how well it knows the sample, best first, and those that are broken."""
        candidates: list[Candidate] = []
        problems: list[PluginError] = []
        for name in names if names is not None else self.names():
            if name == "profile":
                continue
            try:
                candidates.append(_ask(name, self.load(name), sample, self._origin(name)))
            except PluginError as error:
                problems.append(error)
        candidates.sort(key=lambda candidate: (-candidate.score, candidate.name))
        return tuple(candidates), tuple(problems)

    def check(self) -> dict[str, PluginError | None]:
        """Load every plugin, for `doctor` and `plugins check`: name to what is wrong, or None."""
        health: dict[str, PluginError | None] = {}
        for name in sorted(self._points):
            try:
                self.load(name)
                health[name] = None
            except PluginError as error:
                health[name] = error
        return health

    def _enabled(
        self, points: Iterable[importlib.metadata.EntryPoint]
    ) -> dict[str, list[importlib.metadata.EntryPoint]]:
        kept: dict[str, list[importlib.metadata.EntryPoint]] = {}
        seen: set[tuple[str, str, str]] = set()
        for point in points:
            same = (point.name, point.value, normal_name(distribution_of(point)))
            if same in seen or self._disabled & {normal_name(point.name), same[2]}:
                continue
            seen.add(same)
            kept.setdefault(point.name, []).append(point)
        return kept

    def _duplicate(self, name: str) -> str | None:
        origins = [f"{distribution_of(point)} {version_of(point)}" for point in self._points.get(name, [])]
        if name in BUILTIN and origins:
            return f"the name {name!r} of {' and '.join(origins)} belongs to cgrev itself"
        if len(origins) > 1:
            return f"the converter {name!r} is brought by more than one distribution: {', '.join(origins)}"
        return None

    def _origin(self, name: str) -> str:
        points = self._points.get(name)
        return (
            f"{distribution_of(points[0])} {version_of(points[0])}" if points else f"{CORE} {_core_version()}"
        )

    def _with_profile(self, name: str, profile: Profile) -> Converter:
        from cgrev.mapping.overlay import overlay
        from cgrev.mapping.profile_converter import ProfileConverter

        if name == "profile":
            if profile.converter is None:
                return ProfileConverter(profile)
            name = profile.converter
        return overlay(self.load(name), profile)

    def _unknown(self, name: str) -> UsageError:
        package = FIRST_PARTY.get(name)
        if package is not None:
            if self._disabled & {normal_name(name), normal_name(package)}:
                return UsageError(
                    f"the converter {name!r} is left out by {DISABLED_VARIABLE}",
                    help=f"take it out of {DISABLED_VARIABLE}",
                )
            return UsageError(
                f"the converter {name!r} is not installed", help=f"install it: pip install {package}"
            )
        near = sorted(self.names(), key=lambda known: -_likeness(name, known))
        return UsageError(
            f"no converter is named {name!r}",
            help=f"use one of: {', '.join(near)}; `cgrev plugins list` shows where they come from",
        )


def _load(point: importlib.metadata.EntryPoint) -> Converter:
    """Import one plugin, ask its hook, and hold the answer to the interface."""
    import pluggy

    from cgrev import _hookspecs
    from cgrev.plugin import INTERFACE, Converter

    manager = pluggy.PluginManager(_hookspecs.PROJECT)
    manager.add_hookspecs(_hookspecs)
    try:
        plugin = point.load()
        manager.register(plugin, name=point.name)
        manager.check_pending()
        answers: list[Any] = manager.hook.cgrev_converter()
    except pluggy.PluginValidationError as error:
        raise _broken(
            point,
            f"it implements a hook that does not exist or with other arguments ({_line(error)})",
            help=f"the one hook is `{_HOOK}()`",
        ) from error
    except (Exception, SystemExit) as error:
        raise _broken(point, cause_line(error)) from error
    if len(answers) != 1:
        raise _broken(point, _no_answer(plugin, len(answers)), help=f"mark `{_HOOK}` with @hookimpl, once")
    converter: object = answers[0]
    made_for = getattr(converter, "interface", None)
    if not isinstance(converter, Converter) or made_for != INTERFACE:
        if isinstance(made_for, int) and made_for != INTERFACE:
            raise _broken(
                point,
                f"it is made for version {made_for} of the converter interface, this cgrev has {INTERFACE}",
                help=f"install a release of {distribution_of(point)} that fits, or another cgrev",
            )
        raise _broken(point, f"its hook answers with a {type(converter).__name__}, not with a Converter")
    if converter.name != point.name:
        raise _broken(
            point,
            f"its converter calls itself {converter.name!r}",
            help=f"the entry point and the attribute `name` must agree: {point.name!r}",
        )
    return converter


def _ask(name: str, converter: Converter, sample: Sample, origin: str) -> Candidate:
    try:
        fit = converter.identify(sample)
        score = float(fit.score)
        if not 0.0 <= score <= 1.0:
            raise ValueError(f"its score {score} is not between 0 and 1")
        return Candidate(name, score, str(fit.reason))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit and the panics of polars are no Exceptions
        raise PluginError(
            f"the converter {name!r} of {origin} fails to judge the file: {cause_line(error)}",
            help="name the converter with --from; report this to the author of the plugin",
        ) from error


def _best(candidates: Collection[Candidate]) -> Candidate:
    ranked = sorted(candidates, key=lambda candidate: (-candidate.score, candidate.name))
    shown = "; ".join(f"{c.name} ({c.score:.2f}: {c.reason})" for c in ranked if c.score > 0)
    if not ranked or ranked[0].score < CERTAIN:
        raise UsageError(
            "no converter knows this file" + (f" well enough: {shown}" if shown else ""),
            help="name one with --from, or describe the columns: `cgrev profile suggest FILE`",
        )
    close = [candidate for candidate in ranked if ranked[0].score - candidate.score < MARGIN]
    if len(close) > 1:
        raise UsageError(
            "several converters know this file equally well: "
            + "; ".join(f"{c.name} ({c.score:.2f}: {c.reason})" for c in close),
            help="name one with --from: " + " or ".join(f"--from {c.name}" for c in close),
        )
    return ranked[0]


def _broken(point: importlib.metadata.EntryPoint, why: str, *, help: str | None = None) -> PluginError:
    return PluginError(
        f"the plugin {point.name!r} of {distribution_of(point)} {version_of(point)} cannot be used: {why}",
        help=help or f"update {distribution_of(point)}, or leave it out: {DISABLED_VARIABLE}={point.name}",
    )


def _no_answer(plugin: object, answers: int) -> str:
    if answers:
        return f"it implements `{_HOOK}` {answers} times"
    if callable(getattr(plugin, _HOOK, None)):
        return f"its `{_HOOK}` is not marked with @hookimpl, or answers nothing"
    return f"it has no `{_HOOK}`"


def cause_line(error: BaseException) -> str:
    """What an error of a plugin says, in one line."""
    return f"{type(error).__name__}: {_line(error)}" if str(error) else type(error).__name__


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one.lower(), other.lower()).ratio()


def disabled_names() -> list[str]:
    """Plugins that the environment leaves out."""
    return [word for word in re.split(r"[,\s]+", os.environ.get(DISABLED_VARIABLE, "")) if word]


def normal_name(name: str) -> str:
    """Distribution names are equal without case, `-`, `_` and `.`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def distribution_of(point: importlib.metadata.EntryPoint) -> str:
    """The distribution that brings a plugin."""
    return _stated(point.dist)[0] if point.dist is not None else "an unknown distribution"


def version_of(point: importlib.metadata.EntryPoint) -> str:
    """The version of that distribution."""
    return _stated(point.dist)[1] if point.dist is not None else "unknown"


@lru_cache(maxsize=256)
def _stated(distribution: importlib.metadata.Distribution) -> tuple[str, str]:
    """Name and version; each look at a distribution's metadata parses the whole file again."""
    metadata = distribution.metadata
    return metadata["Name"], metadata["Version"]


def _core_version() -> str:
    try:
        return importlib.metadata.version(CORE)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
