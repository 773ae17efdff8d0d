"""The `doctor` command behind its options."""

from __future__ import annotations

import importlib.metadata
import json
import platform
from typing import Any

import typer

from cgrev import __version__
from cgrev._registry import Registry
from cgrev._rule_registry import RuleRegistry
from cgrev.cli.ending import CLEAN, FINDINGS
from cgrev.errors import CgrevError
from cgrev.settings import Settings, load
from cgrev.targeting import opened_target
from cgrev.targets.credentials import NAMES, where
from cgrev.targets.file_v41 import FileApiTarget
from cgrev.targets.ledger import state_folder

LIBRARIES = ("polars", "pandera", "pydantic", "typer", "python-calamine", "xlsxwriter", "httpx2", "authlib")


def examine(config: str | None, kind: str | None, region: str | None, offline: bool, as_json: bool) -> int:
    """Look at everything once; exit 1 when something is not well."""
    settings = load({"target.kind": kind, "target.region": region}, config=config)
    found: dict[str, Any] = {
        "cgrev": __version__,
        "python": platform.python_version(),
        "libraries": libraries(),
        "plugins": plugins(settings),
        "settings": {
            "files": [str(path) for path in settings.files_read],
            "values": [{"key": o.key, "value": o.value, "origin": o.origin} for o in settings.origins()],
        },
        "state": settings.tables.state_dir or str(state_folder()),
        "target": target(settings, offline),
    }
    typer.echo(json.dumps(found, indent=1, default=str) if as_json else text(found))
    well = (
        all(plugin["problem"] is None for plugin in found["plugins"]) and found["target"]["ok"] is not False
    )
    return CLEAN if well else FINDINGS


def libraries() -> dict[str, str]:
    """Versions of the libraries results depend on."""
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return versions


def plugins(settings: Settings) -> list[dict[str, Any]]:
    """Every converter and every rule of a plugin, loaded once to see that it can be."""
    disabled = list(settings.tables.disabled_plugins) or None
    registry, rules = Registry(disabled=disabled), RuleRegistry(disabled=disabled)
    health = {name: error.message for name, error in registry.check().items() if error is not None}
    found = [
        {"name": entry.name, "origin": entry.origin, "problem": entry.problem or health.get(entry.name)}
        for entry in registry.listed()
    ]
    for rule in rules.listed():
        problem = rule.problem
        try:
            rules.load(rule.code)
        except CgrevError as error:
            problem = error.message
        found.append({"name": rule.code, "origin": rule.origin, "problem": problem})
    return found


def target(settings: Settings, offline: bool) -> dict[str, Any]:
    """The target, its credentials' origins, and whether it answers."""
    shown: dict[str, Any] = {
        "kind": settings.target.kind,
        "ok": None,
        "message": "",
        "help": "",
        "credentials": [],
    }
    try:
        with opened_target(settings) as place:
            shown["description"] = place.describe()
            if isinstance(place, FileApiTarget):
                origins = where(place.authority(), names=NAMES[settings.target.auth])
                shown["credentials"] = [{"name": o.name, "origin": o.origin} for o in origins]
            if offline:
                shown["message"] = "not asked (--offline)"
            else:
                answer = place.check()
                shown |= {"ok": answer.ready, "message": answer.message, "help": answer.help}
    except CgrevError as error:
        shown |= {"ok": None if offline else False, "message": error.message, "help": error.help or ""}
    return shown


def text(found: dict[str, Any]) -> str:
    """What was found, for a terminal."""
    lines = [f"cgrev {found['cgrev']}, Python {found['python']}"]
    lines.append("  " + ", ".join(f"{name} {version}" for name, version in found["libraries"].items()))
    lines.append("plugins")
    for plugin in found["plugins"]:
        lines.append(f"  {plugin['name']:<12} {plugin['origin']:<26} {plugin['problem'] or 'ok'}")
    lines.append("settings from " + (", ".join(found["settings"]["files"]) or "no file"))
    for value in found["settings"]["values"]:
        if value["origin"] != "default":
            lines.append(f"  {value['key']} = {value['value']!r}  ({value['origin']})")
    lines.append("  all others are defaults (--json lists them)")
    lines.append(f"ledger in {found['state']}")
    goal = found["target"]
    lines.append(f"target {goal['kind']}: {goal['message']}")
    if goal["help"]:
        lines.append(f"  help: {goal['help']}")
    lines += [f"  {key}: {value}" for key, value in goal.get("description", {}).items()]
    lines += [f"  {c['name']}: {c['origin'] or 'not set'}" for c in goal["credentials"]]
    return "\n".join(lines)
