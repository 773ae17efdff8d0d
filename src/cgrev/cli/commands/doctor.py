"""`cgrev doctor`."""

from __future__ import annotations

from typing import Annotated

import typer

from cgrev.cli import options as o


def doctor(
    offline: Annotated[
        bool, typer.Option("--offline", help="Do not ask whether the target is there.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    target: o.TargetKind = None,
    region: o.Region = None,
    config: o.Config = None,
) -> None:
    """Versions, plugins and their health, where each setting comes from, whether the target is there.

    Exit 0 when all is well, 1 when something is not.

    Example: cgrev doctor --offline
    """
    from cgrev.cli.examination import examine

    raise typer.Exit(examine(config, target, region, offline, as_json))
