"""The command line: one file a command; each parses, calls, and maps the result to an exit code.

Importing this package loads typer only; what a command needs is imported when it runs, because a
pre-commit hook pays the start-up on every commit.
"""

from __future__ import annotations

from cgrev.cli.main import main

__all__ = ["main"]
