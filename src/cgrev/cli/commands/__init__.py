"""The commands: one module each, imported and made when it is called for.

A command's parameters are read from the signature of its function, which takes longer than many a command
does its work: a call makes the one it names, `--help` all of them.
"""

from __future__ import annotations

from collections import UserDict
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

NAMES = (
    *("demo", "inspect", "convert", "check", "schedule", "diff", "upload", "rules", "serve", "doctor"),
    *("uploads", "auth", "plugins", "profile", "schema"),
)
"""The commands, then the groups of commands, in the order of `--help`."""


class Commands(TyperGroup):
    """The root of the command line."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Made(dict.fromkeys(NAMES))


class _Made(UserDict[str, Any]):
    """Commands by name; None until one is looked up."""

    def __getitem__(self, name: str) -> Any:
        if self.data[name] is None:
            self.data[name] = _made(name)
        return self.data[name]


def _made(name: str) -> Any:
    """The command of a module: its function of that name, or the group it calls `app`."""
    module = import_module(f"{__name__}.{name}")
    alone = typer.Typer(rich_markup_mode=None)
    if hasattr(module, "app"):
        alone.add_typer(module.app, name=name)
    else:
        alone.command(name)(getattr(module, name))
    return get_group(alone).commands[name]
