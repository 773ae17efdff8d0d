"""Settings: cgrev.toml, the user's file, the environment, flags; and where each value comes from.

Precedence: flag > environment > project file > user file > default. Tables are merged key by key, lists
and values of a higher layer replace those of a lower one. Each layer is checked by itself, so that a
fault is told with the file and line it stands on.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import platformdirs
from msgspec import Struct

from cgrev.settings import file as settingsfile
from cgrev.settings.layers import (
    CONFIG_VARIABLE,
    VARIABLES,
    Layer,
    check,
    environment_layer,
    file_layer,
    flag_layer,
    flat,
    has,
    merged,
)
from cgrev.settings.tables import (
    CheckSettings,
    FailOn,
    FileSettings,
    Level,
    LimitSettings,
    MoneySettings,
    Tables,
    TargetSettings,
    XmlSettings,
    kebab,
)

__all__ = [
    "CONFIG_VARIABLE",
    "VARIABLES",
    "CheckSettings",
    "FailOn",
    "FileSettings",
    "Level",
    "LimitSettings",
    "MoneySettings",
    "Origin",
    "Settings",
    "TargetSettings",
    "XmlSettings",
    "load",
    "settings_schema",
]


class Origin(Struct, frozen=True):
    """One setting: its dotted key, its value, and in words where that comes from."""

    key: str
    value: Any
    origin: str


class Settings(Struct, frozen=True):
    """The settings of one call: the tables merged, and the layers they come from."""

    tables: Tables
    layers: tuple[Layer, ...]
    root: Path
    """The folder that patterns of `[[files]]` are relative to."""

    @property
    def target(self) -> TargetSettings:
        return self.tables.target

    @property
    def check(self) -> CheckSettings:
        return self.tables.check

    @property
    def money(self) -> MoneySettings:
        return self.tables.money

    @property
    def limits(self) -> LimitSettings:
        return self.tables.limits

    @property
    def source(self) -> Mapping[str, Mapping[str, Any]]:
        return self.tables.source

    def check_for(self, path: str | Path) -> CheckSettings:
        """The check settings of one file: those of `[[files]]` entries that fit it, then flags."""
        relative = _relative(Path(path), self.root)
        changes: dict[str, Any] = {}
        check = self.check
        ignore, severity = list(check.ignore), dict(check.severity)
        for entry in self.tables.files:
            if not entry.fits(relative):
                continue
            ignore += [word for word in entry.ignore if word not in ignore]
            severity |= entry.severity
            if entry.select is not None:
                changes["select"] = entry.select
            if entry.closed_through is not None:
                changes["closed_through"] = entry.closed_through
        flagged = self.layers[-1].values.get("check", {})
        severity |= flagged.get("severity", {})
        kept = {name: value for name, value in changes.items() if kebab(name) not in flagged}
        return check.model_copy(update={**kept, "ignore": ignore, "severity": severity})

    def origin(self, key: str) -> str:
        """Where one setting comes from, by its dotted key; `default` where nothing sets it."""
        parts = tuple(key.split("."))
        for layer in reversed(self.layers):
            if has(layer.values, parts):
                return layer.origin(parts)
        return "default"

    def origins(self) -> list[Origin]:
        """Every setting with its value and origin, in the order of the tables; defaults included."""
        dumped = self.tables.model_dump(by_alias=True)
        return [Origin(".".join(key), value, self.origin(".".join(key))) for key, value in flat(dumped)]

    @property
    def files_read(self) -> tuple[Path, ...]:
        """The settings files this call read, the weakest first."""
        return tuple(layer.file.path for layer in self.layers if layer.file is not None)


def load(
    flags: Mapping[str, Any] | None = None,
    *,
    config: str | Path | None = None,
    start: Path | None = None,
    environment: Mapping[str, str] | None = None,
    user_file: Path | None = None,
) -> Settings:
    """Read and merge all settings.

    `flags` are values by dotted key ("check.fail-on"); None means not given. `config` (or CGREV_CONFIG)
    takes the place of the project file; `start` is the folder the search begins in. Raises SettingsError
    with file and line, naming the nearest key for one that does not exist.
    """
    variables = os.environ if environment is None else environment
    start = (start or Path.cwd()).absolute()
    named = config or variables.get(CONFIG_VARIABLE) or None
    project = settingsfile.read(Path(named)) if named else settingsfile.find_project_file(start)
    own = user_file if user_file is not None else platformdirs.user_config_path("cgrev") / "cgrev.toml"
    layers = [file_layer(settingsfile.read(own))] if own.is_file() else []
    if project is not None:
        layers.append(file_layer(project))
    layers.append(environment_layer(variables))
    layers.append(flag_layer(flags or {}))
    values: dict[str, Any] = {}
    for layer in layers:
        if layer.values:
            check(layer)
        values = merged(values, layer.values)
    root = project.path.absolute().parent if project is not None else start
    # nothing is set on most calls: then nothing is validated, and no validator has to be built
    tables = Tables.model_validate(values) if values else Tables.model_construct()
    return Settings(tables, tuple(layers), root)


def settings_schema(source: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The JSON Schema of cgrev.toml. `source` is the schema of a profile, for `[source.NAME]`."""
    schema = Tables.model_json_schema(by_alias=True)
    if source is not None:
        schema["properties"]["source"]["additionalProperties"] = dict(source)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:cgrev:schema:settings:1",
        **schema,
        "title": "cgrev settings",
        "description": "cgrev.toml, or [tool.cgrev] of pyproject.toml.",
    }


def _relative(path: Path, root: Path) -> str:
    absolute = Path(os.path.normpath(path if path.is_absolute() else Path.cwd() / path))
    try:
        return absolute.relative_to(root).as_posix()
    except ValueError:
        return absolute.as_posix()
