"""The page of all rules, docs/rules.md, and a page for each of them, docs/rules/CODE.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from cgrev.layout import BY_ID
from cgrev.rules.catalogue import ALL
from cgrev.rules.explanation import shown
from cgrev.rules.rule import Family, Mode, Rule

HEAD = """\
# Rules

Every finding carries the code of a rule. `cgrev rules` lists them, `cgrev rules CGR211` explains one. A code
is never used again for something else. The severity of a rule can be changed (`--severity CGR502=error`, or
`[check] severity` in the settings), and a rule can be left out (`--ignore`); rules marked *blocking* cannot,
because such a cell leaves no value that could be written.

`convert` reads exports, where many odd ways of writing are normal and are put right; `check` reads files that
are meant to be uploaded as they are. The table shows both severities; `-` means that the rule does not apply.
Each code leads to its page, with an example. A *safe* fix keeps the meaning of the cell, an *unsafe* one may
change it (`--fix`, `--unsafe-fixes`).

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

OPTIONS = {
    "none": "no automatic fix",
    "safe": "safe fix: `check --fix`",
    "unsafe": "unsafe fix: `check --unsafe-fixes`",
}


def severity(rule: Rule, mode: Mode) -> str:
    """The word of the table."""
    found = rule.severity_in(mode)
    return found.value if found else "-"


def fix(rule: Rule) -> str:
    """What the table says of a fix."""
    if rule.fix == "none":
        return ""
    return f"{rule.fix}; unsafe where the amount is rounded" if rule.keeps else rule.fix


def table(rules: Iterable[Rule]) -> Iterator[str]:
    """Rules of one family, each with a link to its page."""
    yield "| code | name | in check | in convert | fix |"
    yield "|---|---|---|---|---|"
    for rule in rules:
        check, convert = severity(rule, "check"), severity(rule, "convert")
        blocking = " (blocking)" if rule.blocking else ""
        link = f"[{rule.code}](rules/{rule.code}.md)"
        yield f"| {link} | {rule.name} | {check}{blocking} | {convert} | {fix(rule)} |"
    yield ""


def page(rule: Rule) -> Iterator[str]:
    """One rule: what it does, why that is bad, an example, what to write instead."""
    yield f"# {rule.code} {rule.name}"
    yield ""
    check, convert = severity(rule, "check"), severity(rule, "convert")
    facts = [f"{check} in `check`", f"{convert} in `convert`" if convert != "-" else "not in `convert`"]
    facts += ["blocking"] if rule.blocking else []
    facts += [OPTIONS[rule.fix]] + (["unsafe where the amount is rounded"] if rule.keeps else [])
    yield f"*{', '.join(facts)}*"
    yield ""
    if rule.columns:
        yield from (f"Columns: {', '.join(BY_ID[name].heading for name in rule.columns)}", "")
    yield from ("## What it does", "", rule.what, "", "## Why it is bad", "", rule.why, "")
    if rule.bad:
        yield from ("## Example", "", "```csv", *shown(rule.bad), "```", "")
        if rule.settings:
            settings = ", ".join(f"`{key}` = `{value}`" for key, value in rule.settings.items())
            yield from (f"With the settings of `[check]`: {settings}.", "")
    yield from ("## Use instead", "", f"{rule.help[0].upper()}{rule.help[1:]}.", "")
    if rule.bad and rule.good:
        yield from ("```csv", *shown(rule.good), "```", "")
    yield "[All rules](../rules.md)"


def files() -> dict[str, str]:
    lines = [HEAD]
    for family, rules in groupby(ALL, key=lambda rule: rule.family):
        lines += [f"## {TITLES[family]}", "", *table(rules)]
    pages = {f"docs/rules/{rule.code}.md": "\n".join(page(rule)) + "\n" for rule in ALL}
    return {"docs/rules.md": "\n".join(lines).rstrip() + "\n", **pages}
