"""How a command ends: one clear line, what to do next, an exit code."""

from __future__ import annotations

import os
import sys

CLEAN = 0
FINDINGS = 1
USAGE = 2
INTERRUPTED = 130
DEBUG_VARIABLE = "CGREV_DEBUG"
"""Set it to see the traceback of an unexpected error (secrets are hidden in it by their type)."""


def tell(fault: Exception) -> int:
    """Write what stopped the command to stderr; the answer is the exit code."""
    from cgrev.errors import CgrevError

    if isinstance(fault, CgrevError):
        say(f"error: {_code(fault)}{fault.message}")
        if fault.help:
            say(f"help: {fault.help}")
        return fault.exit_code
    if type(fault).__name__ == "Question":
        return _ask(fault)
    if os.environ.get(DEBUG_VARIABLE):
        raise fault
    say(f"error: unexpected {type(fault).__name__}: {next(iter(str(fault).splitlines()), '')}")
    say(f"help: this is a fault of cgrev; set {DEBUG_VARIABLE}=1 to see where, and report it")
    return USAGE


def _code(fault: Exception) -> str:
    code, path = getattr(fault, "code", None), getattr(fault, "path", None)
    place = f"{path}: " if path else ""
    return f"{place}{code} " if isinstance(code, str) else place


def _ask(fault: Exception) -> int:
    from cgrev.plugin import Question

    assert isinstance(fault, Question)
    say(f"error: {fault.question}")
    for reading in fault.readings:
        say(f"  - {reading}")
    say(f"help: settle it with -O {fault.option}=VALUE, or `{fault.option}` in a profile")
    return USAGE


def say(line: str) -> None:
    """A line on stderr, whatever the terminal can show."""
    encoding = sys.stderr.encoding or "utf-8"
    print(line.encode(encoding, "backslashreplace").decode(encoding), file=sys.stderr)
