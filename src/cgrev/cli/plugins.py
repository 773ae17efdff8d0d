"""The `plugins` commands behind their options."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import typer

from cgrev._registry import BUILTIN, Listed, Registry
from cgrev._rule_registry import CODE, RuleRegistry
from cgrev.cli.ending import CLEAN, FINDINGS, say
from cgrev.errors import PluginError, UsageError

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from cgrev.plugin import Converter


def new_plugin(name: str, directory: str) -> int:
    """Write a project and say what to do next."""
    from cgrev.scaffolding import names_of, new_project

    folder = new_project(name, Path(directory))
    typer.echo(str(folder))
    say(f"next: pip install -e '{folder}[test]'; pytest {folder}; cgrev plugins check {names_of(name).name}")
    return CLEAN


def check_plugins(name: str | None, everything: bool, cases: str | None, as_json: bool) -> int:
    """Hold one converter or rule, or every plugin, against the contract."""
    registry = Registry()
    if (name is None) != everything:
        raise UsageError("name one converter or rule, or say --all", help="`cgrev plugins list` shows them")
    if cases is not None and not Path(cases).is_dir():
        raise UsageError(f"--cases '{cases}' is no folder", help="name the folder with the *.case.json files")
    names = [name] if name is not None else plugin_names(registry)
    if not names:
        say("no plugin is installed")
    folder = Path(cases).resolve() if cases is not None else None
    results = {one: results_of(one, folder, registry) for one in names}
    if as_json:
        typer.echo(json.dumps([entry for found in results.values() for entry in found], indent=1))
    else:
        for one, found in results.items():
            typer.echo("\n".join(table(one, found)))
    return FINDINGS if any(entry["problem"] for found in results.values() for entry in found) else CLEAN


def plugin_names(registry: Registry) -> list[str]:
    """The converters and rules that plugins bring, each once."""
    converters = [entry.name for entry in registry.listed() if not entry.builtin]
    return [*dict.fromkeys(converters), *(rule.code for rule in RuleRegistry().listed())]


def results_of(name: str, cases: Path | None, registry: Registry) -> list[dict[str, str | None]]:
    """Every check of a converter, or of a rule by its code, with what is wrong; None where it holds."""
    from cgrev.testing.contract import judged, subject_of
    from cgrev.testing.contract.rule import RULE_CHECKS, rule_of, rule_problem

    def entry(check: str, title: str, problem: str | None) -> dict[str, str | None]:
        return {"name": name, "check": check, "title": title, "problem": problem}

    loaded = ("can_be_loaded", "It can be loaded")
    try:
        if CODE.fullmatch(name):
            rule = rule_of(name)
            verdicts = [entry(one.name, one.title, rule_problem(one, rule)) for one in RULE_CHECKS]
        else:
            subject = subject_of(name, cases, registry)
            verdicts = [entry(v.check.name, v.check.title, v.problem) for v in judged(subject)]
    except PluginError as error:
        return [entry(*loaded, error.message)]
    return [entry(*loaded, None), *verdicts]


def table(name: str, found: Sequence[dict[str, str | None]]) -> Iterator[str]:
    """The checks as lines; a reason that stands above already is not written again."""
    failed = [entry for entry in found if entry["problem"]]
    seen: set[str] = set()
    yield f"{name}: {len(found) - len(failed)} of {len(found)} checks pass"
    for entry in found:
        problem = entry["problem"]
        again = " (as above)" if problem in seen else ""
        yield f"  {'FAIL' if problem else 'ok  '}  {entry['title']}{again}"
        if problem and not again:
            seen.add(problem)
            yield from (f"        {line}" for line in problem.splitlines())


def show_plugin(name: str, as_json: bool) -> int:
    """Everything a converter says of itself."""
    registry = Registry()
    converter = registry.load(name)
    listed = next(entry for entry in registry.listed() if entry.name == name)
    found = described(converter, listed)
    typer.echo(json.dumps(found, indent=1, ensure_ascii=False) if as_json else "\n".join(lines_of(found)))
    return CLEAN


def described(converter: Converter, listed: Listed) -> dict[str, Any]:
    """A converter as `--json` shows it."""
    from cgrev.mapping.profile_converter import ProfileConverter

    profile = converter.profile if isinstance(converter, ProfileConverter) else None
    headings = profile.headings() if profile is not None else converter.headings
    return {
        "name": converter.name,
        "title": converter.title,
        "distribution": listed.distribution,
        "version": listed.version,
        "interface": converter.interface,
        "options": [option_of(name, info) for name, info in converter.Options.model_fields.items()],
        "headings": {field: list(known) for field, known in headings.items()},
        "profile": profile.model_dump(mode="json", by_alias=True, exclude_defaults=True) if profile else None,
    }


def option_of(name: str, info: FieldInfo) -> dict[str, Any]:
    """One option: its name as on the command line, help text, default, the values it may have."""
    choices = [value for part in (info.annotation, *get_args(info.annotation)) for value in get_args(part)]
    return {
        "name": name.replace("_", "-"),
        "help": info.description or "",
        "default": info.default,
        "values": [value for value in choices if isinstance(value, str)],
        "asked": info.default is None and name not in ("decimal_mark", "date_order"),
    }


def lines_of(found: dict[str, Any]) -> Iterator[str]:
    """The same for a terminal."""
    import tomlkit

    builtin = " (built in)" if found["name"] in BUILTIN else ""
    yield f"{found['name']}: {found['title']}"
    yield f"  {found['distribution']} {found['version']}{builtin}, interface {found['interface']}"
    yield ""
    yield "options (-O NAME=VALUE; what has no default is asked when a file leaves it open)"
    width = max(len(option["name"]) for option in found["options"])
    for option in found["options"]:
        values = f" [{', '.join(option['values'])}]" if option["values"] else ""
        default = "" if option["default"] is None else f" (default: {option['default']})"
        yield f"  {option['name']:<{width}}  {option['help']}{values}{default}"
    if found["headings"]:
        yield ""
        yield "headings it knows, the likeliest first"
        width = max(len(field) for field in found["headings"])
        for field, known in found["headings"].items():
            yield f"  {field:<{width}}  {', '.join(known)}"
    if found["profile"]:
        yield ""
        yield "profile"
        yield from (f"  {line}".rstrip() for line in tomlkit.dumps(found["profile"]).splitlines())
