"""`cgrev plugins list|show|check|new`."""

from __future__ import annotations

import json
from typing import Annotated

import typer

app = typer.Typer(help="Converters that are installed, and new ones.", no_args_is_help=True)


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """List the converters by their metadata; none of them is imported.

    Example: cgrev plugins list
    """
    from cgrev._registry import Registry

    entries = Registry().listed()
    if as_json:
        rows = [
            {"name": e.name, "distribution": e.distribution, "version": e.version, "problem": e.problem}
            for e in entries
        ]
        typer.echo(json.dumps(rows, indent=1))
        return
    width = max(len(entry.name) for entry in entries)
    for entry in entries:
        built = " (built in)" if entry.builtin else ""
        problem = f"  ! {entry.problem}" if entry.problem else ""
        typer.echo(f"{entry.name:<{width}}  {entry.origin}{built}{problem}")


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(help="A converter.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """What a converter reads: its options, what it may ask, the headings it knows, its profile.

    Example: cgrev plugins show canonical
    """
    from cgrev.cli.plugins import show_plugin

    raise typer.Exit(show_plugin(name, as_json))


@app.command("check")
def check(
    name: Annotated[
        str | None, typer.Argument(help="A converter, or a rule's code.", show_default=False)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every installed plugin.")] = False,
    cases: Annotated[
        str | None,
        typer.Option(
            "--cases",
            metavar="DIR",
            help="Folder of golden cases, instead of those the package ships.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Hold a converter, or a rule of a plugin, to everything the interface promises.

    Exit 0 when every check passes, 1 when one does not.

    Example: cgrev plugins check example --cases samples/example
    """
    from cgrev.cli.plugins import check_plugins

    raise typer.Exit(check_plugins(name, everything, cases, as_json))


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="The name for --from, such as acme.", show_default=False)],
    directory: Annotated[
        str, typer.Option("--directory", metavar="DIR", help="The folder to make the project in.")
    ] = ".",
) -> None:
    """Write a project for a converter of your own: it works, and passes its own tests at once.

    Example: cgrev plugins new acme --directory projects
    """
    from cgrev.cli.plugins import new_plugin

    raise typer.Exit(new_plugin(name, directory))
