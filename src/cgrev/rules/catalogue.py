"""All rules by code. `cgrev rules`, the schema and every reporter read them from here."""

from __future__ import annotations

from cgrev.rules import across, amount, date, file, layout, limits, meaning, plugin, row, text, type
from cgrev.rules.rule import Rule

ALL: tuple[Rule, ...] = tuple(
    sorted(
        (
            rule
            for module in (file, layout, text, amount, date, type, row, across, meaning, limits, plugin)
            for rule in module.RULES
        ),
        key=lambda rule: rule.code,
    )
)
BY_CODE: dict[str, Rule] = {rule.code: rule for rule in ALL}
BY_NAME: dict[str, Rule] = {rule.name: rule for rule in ALL}
BLOCKING: frozenset[str] = frozenset(rule.code for rule in ALL if rule.blocking)


def find(word: str) -> Rule | None:
    """A rule by code (`CGR212`, `cgr212`) or name (`amount-with-separators`)."""
    return BY_CODE.get(word.upper()) or BY_NAME.get(word.lower())
