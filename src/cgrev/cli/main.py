"""The application: commands by name, and the one place where faults become lines and exit codes."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
import threading
from typing import Annotated

import typer

from cgrev import __version__
from cgrev.cli.commands import Commands
from cgrev.cli.ending import tell

app = typer.Typer(
    name="cgrev",
    cls=Commands,
    help="Bring revenue from CRM, ERP and billing exports into CustomerGauge: convert, check, upload.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"cgrev {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Bring revenue from CRM, ERP and billing exports into CustomerGauge."""


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def main(arguments: list[str] | None = None) -> None:
    """Run the command line. Every fault ends in one clear line on stderr and an exit code of the table.

    Usage errors (2), interruption (130) and `typer.Exit` are ended by the framework. A request to end
    (SIGTERM) is an interruption: what is under way is put in order first."""
    # Almost all objects of a call are modules and live to its end: looking for garbage among them again and
    # again, and once more at the end, costs a fifth of a short call.
    gc.set_threshold(50_000, 20, 20)
    atexit.register(gc.freeze)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _interrupt)
    try:
        app(arguments)
    except BrokenPipeError:
        # The reader went away (`| head`): nothing is wrong, and nothing more can be said there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as fault:
        sys.exit(tell(fault))
