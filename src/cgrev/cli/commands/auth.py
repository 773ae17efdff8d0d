"""`cgrev auth login|status|logout`."""

from __future__ import annotations

from typing import Annotated

import typer

from cgrev.cli import options as o

app = typer.Typer(help="Credentials in the system's keyring.", no_args_is_help=True)


@app.command("login")
def login(target: o.TargetKind = None, region: o.Region = None, config: o.Config = None) -> None:
    """Ask for the credentials and keep them in the keyring.

    On a terminal they are typed unseen; else they are read from standard input, one a line.

    Example: cgrev auth login --region eu
    """
    from cgrev.cli.credentials import log_in

    raise typer.Exit(log_in(config, target, region))


@app.command("status")
def status(
    target: o.TargetKind = None,
    region: o.Region = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    config: o.Config = None,
) -> None:
    """Say where each credential would come from, never what it is.

    Example: cgrev auth status --region eu
    """
    from cgrev.cli.credentials import show_origins

    raise typer.Exit(show_origins(config, target, region, as_json))


@app.command("logout")
def logout(target: o.TargetKind = None, region: o.Region = None, config: o.Config = None) -> None:
    """Remove the credentials from the keyring.

    Example: cgrev auth logout --region eu
    """
    from cgrev.cli.credentials import log_out

    raise typer.Exit(log_out(config, target, region))
