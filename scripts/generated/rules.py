"""The page of all rules: docs/rules.md."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from cgrev.rules.catalogue import ALL
from cgrev.rules.rule import Family, Mode, Rule

HEAD = """\
# Rules

Every finding carries the code of a rule. `cgrev rules` lists them, `cgrev rules CGR211` explains one. A code
is never used again for something else. The severity of a rule can be changed (`--severity CGR502=error`, or
`[check] severity` in the settings), and a rule can be left out (`--ignore`); rules marked *blocking* cannot,
because such a cell leaves no value that could be written.

`convert` reads exports, where many odd ways of writing are normal and are put right; `check` reads files that
are meant to be uploaded as they are. The table shows both severities; `-` means that the rule does not apply.
A *safe* fix keeps the meaning of the cell, an *unsafe* one may change it (`--fix`, `--unsafe-fixes`).

<!-- written by scripts/regenerate.py from the catalogue -->
"""
TITLES = {
    Family.FILE: "CGR0xx: the file",
    Family.LAYOUT: "CGR1xx: the layout",
    Family.CELL: "CGR2xx: cells",
    Family.ROW: "CGR3xx: rows",
    Family.ACROSS: "CGR4xx: across rows",
    Family.MEANING: "CGR5xx: meaning",
    Family.LIMITS: "CGR6xx: limits",
    Family.PLUGIN: "CGR9xx: plugins",
}


def anchor(rule: Rule) -> str:
    """The fragment of the rule's heading."""
    return f"{rule.code} {rule.name}".lower().replace(" ", "-")


def severity(rule: Rule, mode: Mode) -> str:
    """The word of the table."""
    found = rule.severity_in(mode)
    return found.value if found else "-"


def index() -> Iterator[str]:
    """The table of all rules."""
    yield "| code | name | in check | in convert | fix |"
    yield "|---|---|---|---|---|"
    for rule in ALL:
        check, convert = severity(rule, "check"), severity(rule, "convert")
        fix = "" if rule.fix == "none" else rule.fix
        yield f"| [{rule.code}](#{anchor(rule)}) | {rule.name} | {check} | {convert} | {fix} |"


def section(rule: Rule) -> Iterator[str]:
    """One rule: what it does, why that is bad, an example, what to write instead."""
    yield f"### {rule.code} {rule.name}"
    yield ""
    check, convert = severity(rule, "check"), severity(rule, "convert")
    facts = [f"{check} in `check`", f"{convert} in `convert`" if convert != "-" else "not in `convert`"]
    facts += ["blocking"] if rule.blocking else []
    facts += [f"{rule.fix} fix"] if rule.fix != "none" else []
    yield f"*{', '.join(facts)}*"
    yield ""
    yield f"{rule.what} {rule.why}"
    yield ""
    if rule.bad:
        yield "Example:"
        yield ""
        yield from ("```csv", rule.bad.rstrip("\n"), "```", "")
    yield f"Instead: {rule.help}."
    yield ""


def files() -> dict[str, str]:
    lines = [HEAD, *index(), ""]
    for family, rules in groupby(ALL, key=lambda rule: rule.family):
        lines += [f"## {TITLES[family]}", ""]
        for rule in rules:
            lines += section(rule)
    return {"docs/rules.md": "\n".join(lines).rstrip() + "\n"}
