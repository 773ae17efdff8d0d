"""The `profile` commands behind their options."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tomlkit
import typer

from cgrev.choosing import choose, read_profile
from cgrev.cli.conversions import further_of
from cgrev.cli.ending import CLEAN, FINDINGS, USAGE, say
from cgrev.cli.inspections import shown
from cgrev.errors import SettingsError
from cgrev.files import atomic_write
from cgrev.inspecting import inspect_input, open_inspection
from cgrev.mapping.profile import Profile, parse_profile, profile_schema
from cgrev.mapping.suggest import suggest
from cgrev.opening import Input, reading_of
from cgrev.plugin import Sample
from cgrev.readers import ReadOptions
from cgrev.settings import Settings, load
from cgrev.tasks import task_for


def suggest_profile(file: str, output: str | None, reading: ReadOptions) -> int:
    """Write or print a first profile."""
    table = Input.of(file).open(reading)
    text = suggest(Sample(table.reader, table.head(), file, table.sheet, table.named))
    if output is None:
        typer.echo(text, nl=False)
        return CLEAN
    path = Path(output)
    if path.exists():
        raise SettingsError(f"'{path}' is there already", help="name another file, or move that one away")
    atomic_write(path, text)
    say(f"{path}: decide what is commented, then prove it: cgrev profile check {path} {file}")
    return CLEAN


def show_profile(name: str | None, config: str | None) -> int:
    """The profile as it will be used, or the keys there are."""
    if name is None:
        for key, what in profile_schema()["properties"].items():
            typer.echo(f"{key:<20} {what.get('description', '')}")
        return CLEAN
    profile = named_profile(name, load({}, config=config))
    stated: dict[str, Any] = profile.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    typer.echo(tomlkit.dumps({"schema": "cgrev-profile/1", **stated}), nl=False)
    return CLEAN


def check_profile(
    name: str, file: str, further: Sequence[str], reading: ReadOptions, config: str | None
) -> int:
    """Run a file through with a profile and show what became of it."""
    settings = load({}, config=config)
    source = Input.of(file)
    section = name in settings.source
    chosen = choose(
        name if section else "profile",
        source,
        reading,
        settings=settings,
        profile=None if section else name,
    )
    inspection, table = open_inspection(source, reading_of(reading, settings))
    task = task_for("convert", chosen.converter, chosen.options, settings, file, further_of(further))
    inspect_input(inspection, source, table, task)
    typer.echo(shown(inspection))
    if inspection.report is None:
        return USAGE
    return FINDINGS if inspection.report.rows.rejected else CLEAN


def named_profile(name: str, settings: Settings) -> Profile:
    """A profile by file or by section of the settings. Raises SettingsError."""
    if name in settings.source:
        return parse_profile(settings.source[name], origin=settings.origin(f"source.{name}"))
    found = read_profile(name)
    assert found is not None
    return found
