"""The commands: one module each. They import nothing heavy before they run."""

from __future__ import annotations

import typer

from cgrev.cli.commands import check, convert, inspect, plugins, rules


def register(app: typer.Typer) -> None:
    """Add every command to the application, in the order of `--help`."""
    app.command("check")(check.check)
    app.command("convert")(convert.convert)
    app.command("inspect")(inspect.inspect)
    app.command("rules")(rules.rules)
    app.add_typer(plugins.app, name="plugins")
