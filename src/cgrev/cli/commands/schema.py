"""`cgrev schema show|export`."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="The published schemas.", no_args_is_help=True)


@app.command("show")
def show(
    name: Annotated[
        str | None, typer.Argument(help="A schema; without it they are listed.", show_default=False)
    ] = None,
) -> None:
    """Print one schema.

    Example: cgrev schema show report
    """
    from cgrev.schemas import SCHEMAS, text

    if name is None:
        for known, (file, what, _) in SCHEMAS.items():
            typer.echo(f"{known:<9} {file:<26} {what}")
        return
    typer.echo(text(name), nl=False)


@app.command("export")
def export(
    folder: Annotated[str, typer.Argument(help="Folder to write them into.")] = "schemas/v1",
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 when a file differs.")
    ] = False,
) -> None:
    """Write all schemas into a folder.

    Example: cgrev schema export schemas/v1 --check
    """
    from pathlib import Path

    from cgrev.schemas import SCHEMAS, drifted
    from cgrev.schemas import export as write

    if check:
        names = drifted(Path(folder))
        for name in names:
            typer.echo(f"{Path(folder) / SCHEMAS[name][0]} differs from what this version writes", err=True)
        raise typer.Exit(1 if names else 0)
    for path in write(Path(folder)):
        typer.echo(f"wrote {path}")
