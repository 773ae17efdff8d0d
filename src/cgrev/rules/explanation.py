"""A rule in words: for the terminal, for the pages under docs/rules, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from cgrev.layout import BY_ID
from cgrev.rules.rule import Rule
from cgrev.visible import visible

LONGEST = 110
"""Characters of a line of an example that are shown."""


def listing(rules: Sequence[Rule]) -> str:
    """The catalogue as a table, by family."""
    width = max(len(rule.name) for rule in rules)
    lines = []
    for family, members in groupby(rules, key=lambda rule: rule.family):
        lines.append(f"\n{family.value}")
        for rule in members:
            fix = {"none": "", "safe": "fix", "unsafe": "unsafe fix"}[rule.fix]
            lines.append(f"  {rule.code}  {rule.name:<{width}}  {rule.severity.value:<7}  {fix}".rstrip())
    lines += ["", "cgrev rules CODE explains one."]
    return "\n".join(lines).lstrip("\n")


def severity_line(rule: Rule) -> str:
    """Its severity in `check`, and in `convert` where that differs."""
    line = f"severity {rule.severity.value}"
    if rule.in_convert == "off":
        line += " in check; normal in convert, which normalises it"
    elif rule.in_convert is not None:
        line += f" in check, {rule.in_convert.value} in convert"
    if rule.blocking:
        line += "; cannot be ignored, because there is no value to write"
    return line


def fix_line(rule: Rule) -> str:
    """What `--fix` does about it."""
    if rule.keeps is not None:
        return "safe fix: check --fix; unsafe where the amount is rounded: check --unsafe-fixes"
    return {
        "none": "no automatic fix",
        "safe": "safe fix: check --fix",
        "unsafe": "unsafe fix (it may change the meaning): check --unsafe-fixes",
    }[rule.fix]


def explain(rule: Rule) -> str:
    """One rule for the terminal."""
    columns = ", ".join(BY_ID[name].heading for name in rule.columns)
    blocks = [
        f"{rule.code} {rule.name}",
        "\n".join(filter(None, (severity_line(rule), fix_line(rule), columns and f"columns: {columns}"))),
        f"What it does\n  {rule.what}",
        f"Why it is bad\n  {rule.why}",
    ]
    if rule.bad:
        blocks.append("Example\n" + _indented(rule.bad))
    blocks.append("Use instead\n" + (f"  {rule.help}\n" if rule.help else "") + _indented(rule.good))
    return "\n\n".join(block.rstrip() for block in blocks)


def shown(text: str) -> list[str]:
    """The lines of an example: invisible characters as escapes, very long lines cut."""
    lines = [visible(line) for line in text.removesuffix("\n").split("\n")]
    return [line if len(line) <= LONGEST else line[: LONGEST - 3] + "..." for line in lines]


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in shown(text))


def as_dict(rule: Rule) -> dict[str, Any]:
    """One rule as JSON; the published list of rules holds these."""
    return {
        "code": rule.code,
        "name": rule.name,
        "family": rule.family.value,
        "severity": rule.severity.value,
        "severity_in_convert": str(rule.in_convert or rule.severity),
        "columns": [BY_ID[name].heading for name in rule.columns],
        "what": rule.what,
        "why": rule.why,
        "help": rule.help,
        "bad": rule.bad,
        "good": rule.good,
        "fix": rule.fix,
        "blocking": rule.blocking,
    }
