"""`cgrev demo`: the main job end to end."""

from __future__ import annotations

from typing import Annotated

import typer


def demo(
    keep: Annotated[
        str | None,
        typer.Option(
            "--keep", metavar="DIR", help="Keep the upload files and the report here.", show_default=False
        ),
    ] = None,
) -> None:
    """Convert a Salesforce sample, check it, upload it to a sandbox of its own, read it back.

    Nothing to configure, nothing leaves this machine; the sandbox stops at the end.

    Example: cgrev demo
    """
    from cgrev.cli.demonstration import run_demo

    raise typer.Exit(run_demo(keep))
