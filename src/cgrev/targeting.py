"""From settings to a target: the one place that knows which setting belongs to which kind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from cgrev.settings import Settings, TargetSettings
from cgrev.targets.ledger import Ledger
from cgrev.targets.protocol import Target
from cgrev.targets.registry import create

_FILE_API = (
    "region",
    "auth",
    "api_url",
    "auth_url",
    "tenant",
    "answers",
    "timeout",
    "attempts",
    "backoff",
    "max_wait",
)


def create_target(settings: TargetSettings) -> Target:
    """The target of the settings, not yet connected. Raises SettingsError and PluginError."""
    given: dict[str, object] = dict(settings.options)
    if settings.kind in ("file-v4.1", "sandbox"):
        given |= {name: getattr(settings, name) for name in _FILE_API}
        given["settle"] = settings.settle
    return create(settings.kind, {name: value for name, value in given.items() if value is not None})


@contextmanager
def opened_target(settings: Settings) -> Iterator[Target]:
    """The target for the length of a block."""
    target = create_target(settings.target)
    try:
        yield target
    finally:
        target.close()


def open_ledger(settings: Settings) -> Ledger:
    """The ledger of the settings' state folder."""
    folder = settings.tables.state_dir
    return Ledger(Path(folder) if folder else None)


def settings_digest(settings: Settings) -> str:
    """A digest of the settings that decide what is sent where; kept with each run."""
    return sha256(settings.target.model_dump_json(by_alias=True).encode()).hexdigest()
