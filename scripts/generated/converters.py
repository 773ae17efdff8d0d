"""The page of all first-party converters: docs/converter-list.md, from the plugins of this repository."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

from cgrev._registry import Registry
from cgrev.plugin import Converter, ConverterOptions

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
GROUP = "cgrev.converters"
HEAD = """\
# First-party converters

Every package here is installed by itself (`pip install cgrev-salesforce`) or all of them at once
(`pip install "cgrev[all]"`). `cgrev plugins show NAME` says more about an installed one: the headings it
knows, and its profile. `--decimal-mark` and `--date-order` belong to every converter. An option without a
default is asked for when a file leaves it open.

<!-- what follows is written by scripts/regenerate.py from the plugins -->
"""


def projects() -> list[dict[str, object]]:
    """The `project` tables of the plugins."""
    found = sorted(PLUGINS.glob("*/pyproject.toml"))
    return [tomllib.loads(path.read_text("utf-8"))["project"] for path in found]


def options(converter: Converter) -> Iterator[str]:
    """The options that the converter has beyond those of every one."""
    own = {
        name: field
        for name, field in converter.Options.model_fields.items()
        if name not in ConverterOptions.model_fields
    }
    if own:
        yield from ("| option | default | means |", "|---|---|---|")
    for name, field in own.items():
        default = "" if field.default is None else f"`{field.default}`"
        meaning = (field.description or "").replace("|", "\\|")
        yield f"| `{name.replace('_', '-')}` | {default} | {meaning} |"


def section(project: dict[str, object]) -> Iterator[str]:
    """One package with its converters."""
    yield from (f"## {project['name']}", "", str(project["description"]), "")
    points = project["entry-points"]
    assert isinstance(points, dict)
    for name, value in sorted(points[GROUP].items()):
        # By their own entry points and folders: what happens to be installed does not matter.
        converter = Registry([EntryPoint(name, value, GROUP)]).load(name)
        yield from (f"### --from {name}", "", f"Reads: {converter.title}.", "")
        rows = list(options(converter))
        yield from ([*rows, ""] if rows else [])


def files() -> dict[str, str]:
    lines = [HEAD]
    sys.path += [str(folder) for folder in sorted(PLUGINS.glob("*/src")) if str(folder) not in sys.path]
    for project in projects():
        lines += section(project)
    return {"docs/converter-list.md": "\n".join(lines).rstrip() + "\n"}
