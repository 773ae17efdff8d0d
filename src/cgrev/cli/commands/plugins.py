"""`cgrev plugins list|check|new`."""

from __future__ import annotations

import json
from typing import Annotated

import typer

app = typer.Typer(help="Converters that are installed.", no_args_is_help=True)


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
