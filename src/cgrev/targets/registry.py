"""From `[target]` to a target: built-in kinds, and those of plugins by the metadata of entry points.

Nothing of a plugin is imported before its kind is named, and a broken one breaks no other.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from cgrev.errors import PluginError, SettingsError
from cgrev.targets.protocol import Target

GROUP = "cgrev.targets"
SANDBOX_URL = "http://127.0.0.1:8080"
"""Where `cgrev serve` listens when nothing else is said."""

Settings = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class TargetKind:
    """A kind of target that can be chosen: `distribution` is the package it comes from."""

    name: str
    distribution: str
    version: str = ""


def _file_v41(settings: Settings) -> Target:
    return _file_api(settings, "file-v4.1")


def _sandbox(settings: Settings) -> Target:
    """The same protocol at an address on this machine; one address serves tokens and files."""
    from cgrev.targets.addresses import authority, is_loopback

    given = dict(settings)
    url = given.setdefault("api_url", SANDBOX_URL)
    given.setdefault("auth_url", url)
    given.pop("region", None)
    target = _file_api(given, "sandbox")
    for name in ("api_url", "auth_url"):
        host = authority(str(getattr(target, name))).rpartition("@")[2]
        if not is_loopback(host if host.count(":") > 1 and "]" not in host else _without_port(host)):
            raise SettingsError(
                f"the sandbox is at '{host}', which is not this machine",
                help="use kind 'file-v4.1' for a server, or an address of this machine (127.0.0.1)",
            )
    return target


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1 : host.index("]")]
    return host.partition(":")[0]


def _file_api(settings: Settings, name: str) -> Target:
    from cgrev.targets import credentials
    from cgrev.targets.file_v41 import FileApiSettings, FileApiTarget

    typed = FileApiSettings(**_known(settings, FileApiSettings, name))
    target = FileApiTarget(typed, lambda: credentials.load(typed.auth, target.authority()), name=name)
    return target


def _directory(settings: Settings) -> Target:
    from cgrev.targets.directory import DirectoryTarget

    extra = sorted(set(settings) - {"path"})
    if extra:
        raise SettingsError(_unknown_setting(extra[0], "directory"), help="it has one setting: path")
    return DirectoryTarget(str(settings.get("path") or ""))


BUILT_IN: dict[str, Callable[[Settings], Target]] = {
    "file-v4.1": _file_v41,
    "sandbox": _sandbox,
    "directory": _directory,
}


def _unknown_setting(name: str, kind: str) -> str:
    return f"the setting '{name.replace('_', '-')}' is not one of the target '{kind}'"


def _known(settings: Settings, model: type[Any], kind: str) -> dict[str, Any]:
    """Settings by the names of a model's fields; kebab-case is read as snake_case, None as not given."""
    names = {field.name for field in fields(model)}
    found: dict[str, Any] = {}
    for key, value in settings.items():
        name = key.replace("-", "_")
        if name not in names:
            raise SettingsError(
                _unknown_setting(name, kind),
                help=f"its settings are {', '.join(sorted(n.replace('_', '-') for n in names))}",
            )
        if value is not None:
            found[name] = value
    return found


def _plugins(group: Iterable[EntryPoint] | None) -> list[EntryPoint]:
    return sorted(entry_points(group=GROUP) if group is None else group, key=lambda point: point.name)


def kinds(group: Iterable[EntryPoint] | None = None) -> list[TargetKind]:
    """Every kind there is, read from metadata alone. `group` stands in for the installed entry points."""
    found = [TargetKind(name, "cgrev") for name in BUILT_IN]
    for point in _plugins(group):
        dist = point.dist
        found.append(TargetKind(point.name, dist.name if dist else "unknown", dist.version if dist else ""))
    return found


def create(kind: str, settings: Settings, group: Iterable[EntryPoint] | None = None) -> Target:
    """The target of a kind, not yet connected. Makes no request and reads no credential.

    Raises `SettingsError` for an unknown kind or setting, `PluginError` for a plugin that fails, that has
    the name of a built-in kind, or shares its name with another one.
    """
    points = [point for point in _plugins(group) if point.name == kind]
    if kind in BUILT_IN:
        if points:
            raise PluginError(
                f"the target '{kind}' of {_source(points[0])} has the name of a built-in one",
                help="uninstall that package, or ask its author to rename the entry point",
            )
        return BUILT_IN[kind](settings)
    if not points:
        names = [found.name for found in kinds(group)]
        near = difflib.get_close_matches(kind, names, 1)
        raise SettingsError(
            f"the target kind '{kind}' is not installed",
            help=(f"did you mean '{near[0]}'? " if near else "") + f"there is {', '.join(names)}",
        )
    if len(points) > 1:
        raise PluginError(
            f"the target '{kind}' comes from {' and from '.join(_source(point) for point in points)}",
            help="uninstall one of them",
        )
    return _load(points[0], settings)


def _source(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else f"'{point.value}'"


def _load(point: EntryPoint, settings: Settings) -> Target:
    try:
        factory = point.load()
    except Exception as error:
        cause = f"{type(error).__name__}: {error}"
        raise PluginError(
            f"the target '{point.name}' of {_source(point)} cannot be loaded: {cause}",
            help="reinstall or update that package",
        ) from error
    target = factory(settings)
    if not isinstance(target, Target):
        raise PluginError(
            f"the target '{point.name}' of {_source(point)} is not a target: "
            "it lacks a part of `cgrev.targets.protocol.Target`",
            help="tell its author",
        )
    return target
