"""Which rules hold and how severe they are: select, ignore, severity, fail-on. Pure, standard library only.

A word names a rule by code (`CGR212`), by name (`amount-with-separators`) or by the beginning of its code
(`CGR2`, `CGR21`). The longest word that fits a rule decides, so `select = ["CGR2"], ignore = ["CGR21"]`
leaves CGR20x and CGR22x on, and `ignore = ["CGR2"], select = ["CGR212"]` leaves just that one on; of words
of equal length `ignore` wins.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Protocol

from cgrev.errors import SettingsError
from cgrev.findings import Severity

_CODE = re.compile(r"[A-Z]+[0-9]*")
OFF = "off"
NEVER = "never"


class Named(Protocol):
    """The part of a rule that selection looks at."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...


def words(given: Iterable[str]) -> list[str]:
    """Words of an option that may repeat and may hold several, separated by commas."""
    return [word for text in given for part in text.split(",") if (word := part.strip())]


def codes(word: str, rules: Iterable[Named]) -> frozenset[str]:
    """The codes a word stands for. Raises SettingsError, with the nearest name, when it is none."""
    known = list(rules)
    upper = word.upper()
    named = frozenset(rule.code for rule in known if rule.name == word.lower())
    if named:
        return named
    if _CODE.fullmatch(upper):
        found = frozenset(rule.code for rule in known if rule.code.upper().startswith(upper))
        if found:
            return found
    names = [name for rule in known for name in (rule.code, rule.name)]
    near = get_close_matches(upper, names, 1) or get_close_matches(word.lower(), names, 1)
    help = f"did you mean '{near[0]}'?" if near else "`cgrev rules` lists them"
    raise SettingsError(f"no rule '{word}'", help=help)


def overrides(given: Iterable[str]) -> dict[str, str]:
    """`--severity CODE=level` as a mapping. Raises SettingsError for anything else."""
    levels: dict[str, str] = {}
    for text in words(given):
        word, equals, level = text.partition("=")
        if not equals or not word.strip():
            raise SettingsError(
                f"severity '{text}' is no pair", help="write it as CODE=error, CODE=warning or CODE=info"
            )
        levels[word.strip()] = level.strip().lower()
    return levels


def severities(
    defaults: Mapping[str, Severity | None],
    rules: Collection[Named],
    *,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    severity: Mapping[str, str] | None = None,
    blocking: Collection[str] = (),
) -> dict[str, Severity | None]:
    """The severity of each code, None where the rule is off.

    `defaults` are those of the mode (None: off in it; a level given for such a rule turns it on). `severity`
    gives levels, `off` among them, by word. Blocking rules find values that cannot be written at all: a
    word that names just one of them in `ignore`, or a lower level for it, is refused; a wider word
    passes over them, and `select` never turns them off.

    Raises SettingsError for an unknown word or level and for an attempt to silence a blocking rule.
    """
    chosen = _weights(select, rules)
    left_out = _weights(ignore, rules, blocking=blocking, verb="be ignored")
    levels = _levels(severity or {}, rules, blocking)
    result: dict[str, Severity | None] = {}
    for code, default in defaults.items():
        level = default
        if code in levels:
            level = levels[code]
        on, off = chosen.get(code, 0), left_out.get(code, 0)
        silenced = (chosen and not on) or (off and off >= on)
        result[code] = default if code in blocking and silenced else None if silenced else level
    return result


def _weights(
    given: Iterable[str], rules: Collection[Named], *, blocking: Collection[str] = (), verb: str = ""
) -> dict[str, int]:
    """How exactly each code is named: the length of the longest word that fits; a whole name beats all."""
    weights: dict[str, int] = {}
    for word in words(given):
        found = codes(word, rules)
        whole = _whole(word, rules)
        if whole and verb and found & set(blocking):
            raise _blocked(next(iter(found)), rules, verb)
        for code in found:
            weights[code] = max(weights.get(code, 0), 1_000 if whole else len(word))
    return weights


def _whole(word: str, rules: Collection[Named]) -> bool:
    """Whether a word names one rule, and not a family that happens to have one member."""
    return any(rule.code == word.upper() or rule.name == word.lower() for rule in rules)


def _levels(
    given: Mapping[str, str], rules: Collection[Named], blocking: Collection[str]
) -> dict[str, Severity | None]:
    """Levels by code; the longer word decides, whatever the order."""
    levels: dict[str, Severity | None] = {}
    for word, text in sorted(given.items(), key=lambda item: len(item[0])):
        found = codes(word, rules)
        if text not in (*Severity, OFF):
            raise SettingsError(
                f"severity '{text}' of {word} is not known", help="a level is error, warning, info or off"
            )
        level = None if text == OFF else Severity(text)
        whole = _whole(word, rules)
        for code in found:
            if code in blocking and level is not Severity.ERROR:
                if whole:
                    raise _blocked(code, rules, "be lowered")
                continue
            levels[code] = level
    return levels


def _blocked(code: str, rules: Iterable[Named], verb: str) -> SettingsError:
    name = next((rule.name for rule in rules if rule.code == code), "")
    return SettingsError(
        f"{code} {name} cannot {verb}: such a row has no value that could be written",
        help="correct the file, or leave the row out of it",
    )


def threshold(fail_on: str) -> Severity | None:
    """The severity from which on a call fails; None for `never`. Raises SettingsError."""
    if fail_on == NEVER:
        return None
    if fail_on not in tuple(Severity):
        raise SettingsError(f"fail-on '{fail_on}' is not known", help="it is error, warning, info or never")
    return Severity(fail_on)


def fails(counts: Mapping[tuple[str, str], int], fail_on: str) -> bool:
    """Whether findings, counted by (code, severity), make a call fail."""
    limit = threshold(fail_on)
    if limit is None:
        return False
    return any(number and Severity(level).rank <= limit.rank for (_, level), number in counts.items())
