"""`cgrev rules [CODE]`."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def rules(
    code: Annotated[str | None, typer.Argument(help="A code (CGR212) or a name.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """The catalogue of rules, or one rule explained.

    Example: cgrev rules CGR212
    """
    from cgrev._rule_registry import RuleRegistry
    from cgrev.rules.catalogue import ALL, find
    from cgrev.rules.explanation import as_dict, explain, listing

    registry = RuleRegistry()
    if code is None:
        typer.echo(json.dumps([as_dict(rule) for rule in ALL], indent=1) if as_json else listing(ALL))
        for rule in registry.listed() if not as_json else ():
            typer.echo(f"{rule.code}  of {rule.origin}" + (f"  ! {rule.problem}" if rule.problem else ""))
        return
    added = {listed.code for listed in registry.listed()}
    found = registry.load(code.upper()) if code.upper() in added else find(code)
    if found is None:
        from difflib import get_close_matches

        from cgrev.errors import UsageError

        near = get_close_matches(code.lower(), [r.name for r in ALL] + [r.code.lower() for r in ALL], 3)
        raise UsageError(
            f"no rule '{code}'",
            help="the nearest are: " + ", ".join(near) if near else "`cgrev rules` lists them all",
        )
    typer.echo(json.dumps(as_dict(found), indent=1) if as_json else explain(found))
