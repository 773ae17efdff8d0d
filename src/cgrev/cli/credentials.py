"""The `auth` commands behind their options."""

from __future__ import annotations

import json
import sys

import typer

from cgrev.cli.ending import CLEAN, FINDINGS, say
from cgrev.errors import UsageError
from cgrev.settings import load
from cgrev.targeting import opened_target
from cgrev.targets.credentials import NAMES, login, logout, where
from cgrev.targets.file_v41 import FileApiTarget
from cgrev.targets.secrets import Secret


def authority_of(config: str | None, kind: str | None, region: str | None) -> tuple[str, tuple[str, ...]]:
    """The host that judges the credentials, and the names of those it needs."""
    settings = load({"target.kind": kind, "target.region": region}, config=config)
    with opened_target(settings) as target:
        if not isinstance(target, FileApiTarget):
            raise UsageError(f"the target '{target.name}' needs no credentials")
        return target.authority(), NAMES[settings.target.auth]


def log_in(config: str | None, kind: str | None, region: str | None) -> int:
    """Ask for the credentials and keep them."""
    authority, names = authority_of(config, kind, region)
    values = {name: Secret(_asked(name, authority)) for name in names}
    for name in login(authority, values):
        say(f"{name} is kept in the keyring for '{authority}'")
    return CLEAN


def _asked(name: str, authority: str) -> str:
    if sys.stdin.isatty():
        answer: str = typer.prompt(f"{name} for {authority}", hide_input=True, err=True)
        return answer
    line = sys.stdin.readline().strip()
    if not line:
        raise UsageError(f"standard input ended before {name}", help="give one credential a line")
    return line


def show_origins(config: str | None, kind: str | None, region: str | None, as_json: bool) -> int:
    """Where each credential would come from; exit 1 when one is missing."""
    authority, names = authority_of(config, kind, region)
    origins = where(authority, names=names)
    if as_json:
        rows = [{"name": origin.name, "origin": origin.origin} for origin in origins]
        typer.echo(json.dumps({"authority": authority, "credentials": rows}, indent=1))
    else:
        typer.echo(f"credentials for '{authority}'")
        for origin in origins:
            typer.echo(f"  {origin.name:<20} {origin.origin or 'not set'}")
    missing = any(o.origin is None or o.origin.startswith("unusable") for o in origins)
    return FINDINGS if missing else CLEAN


def log_out(config: str | None, kind: str | None, region: str | None) -> int:
    """Remove the credentials."""
    authority, _ = authority_of(config, kind, region)
    removed = logout(authority)
    for name in removed:
        say(f"{name} is removed from the keyring")
    if not removed:
        say(f"the keyring holds nothing for '{authority}'")
    return CLEAN
