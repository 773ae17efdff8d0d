"""Every command, option, rule, hook, setting and environment variable has its place in docs/."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cgrev.rules.catalogue import ALL
from cgrev.settings import settings_schema
from generated.commands import command_lines, options
from generated.hooks import HOOKS

ROOT = Path(__file__).parents[2]
PAGES = {path: path.read_text("utf-8") for path in sorted((ROOT / "docs").rglob("*.md"))}
WRITTEN = {
    path: text
    for path, text in PAGES.items()
    if path.name not in ("cli.md", "rules.md", "settings.md") and path.parent.name != "rules"
}
"""Pages that people write; the others are derived and name everything by construction."""
README = (ROOT / "README.md").read_text("utf-8")
EVERYTHING = "\n".join([*PAGES.values(), README])
PROSE = "\n".join([*WRITTEN.values(), README])
VARIABLE = re.compile(r"\bCGREV_[A-Z]+(?:_[A-Z]+)*\b")
INTERNAL = {"CGREV_TEST_POSTGRES_URL", "CGREV_ACTION_FILES", "CGREV_ACTION_ARGUMENTS"}


@pytest.mark.parametrize("words", [words for words in command_lines() if words], ids=" ".join)
def test_every_command_is_described(words: tuple[str, ...]) -> None:
    assert f"cgrev {' '.join(words)}" in PROSE


@pytest.mark.parametrize("words", command_lines(), ids=lambda words: " ".join(("cgrev", *words)))
def test_every_command_says_what_it_does(words: tuple[str, ...]) -> None:
    from generated.commands import help_of

    lines = help_of(words).splitlines()
    assert lines[0].startswith("Usage: cgrev"), lines[0]
    assert lines[2].strip(), "no sentence below the usage line"


def test_every_option_is_named() -> None:
    unnamed = [
        f"cgrev {' '.join(words)} {name}"
        for words, name in options()
        if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", EVERYTHING)
    ]
    assert unnamed == []


def test_every_rule_has_its_page_and_its_line() -> None:
    text = PAGES[ROOT / "docs" / "rules.md"]
    assert [rule.code for rule in ALL if f"(rules/{rule.code}.md) | {rule.name} |" not in text] == []
    for rule in ALL:
        page = PAGES[ROOT / "docs" / "rules" / f"{rule.code}.md"]
        assert page.startswith(f"# {rule.code} {rule.name}\n")
        assert rule.what in page and rule.why in page


def test_no_document_names_a_rule_that_does_not_exist() -> None:
    known = {rule.code for rule in ALL}
    named = set(re.findall(r"\bCGR\d{3}\b", EVERYTHING))
    assert named - known == set()


@pytest.mark.parametrize("identifier", [hook[0] for hook in HOOKS])
def test_every_hook_is_described(identifier: str) -> None:
    assert f"`{identifier}`" in PROSE


def test_every_setting_is_named() -> None:
    schema = settings_schema()
    text = PAGES[ROOT / "docs" / "settings.md"]
    keys = {key for table in schema["$defs"].values() for key in table.get("properties", {})}
    keys |= set(schema["properties"])
    unnamed = [key for key in sorted(keys) if not re.search(rf"[`\[.]{re.escape(key)}[`\].]", text)]
    assert unnamed == []


def test_every_environment_variable_is_named() -> None:
    used = set()
    for path in (ROOT / "src").rglob("*.py"):
        used |= set(VARIABLE.findall(path.read_text("utf-8")))
    assert used - set(VARIABLE.findall(EVERYTHING)) - INTERNAL == set()


def test_every_command_that_documents_name_exists() -> None:
    known = set(command_lines())
    groups = {words[:1] for words in known if len(words) == 2}
    unknown = set()
    for text in (*WRITTEN.values(), README):
        for first, second in re.findall(r"(?:`|^|\$ )cgrev ([a-z]+)(?: ([a-z]+)\b)?", text, re.MULTILINE):
            if (first,) not in known:
                unknown.add(first)
            elif second and (first,) in groups and (first, second) not in known:
                unknown.add(f"{first} {second}")
    assert unknown == set()


def test_every_option_that_documents_name_exists() -> None:
    """In commands of documents, so that an example with a misspelt option is found."""
    known = {name for _, name in options()} | {"--help"}
    named = set()
    for text in (*WRITTEN.values(), README):
        for line in text.splitlines():
            if "cgrev " in line and (
                "`cgrev" in line or line.lstrip().startswith(("$ cgrev", "cgrev", "- cgrev"))
            ):
                named |= set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", line.partition("cgrev ")[2]))
    assert named - known == set()
