"""Text -> typed values: one vectorised step, decisions with evidence, nothing guessed.

The names below are imported when they are asked for, so that modules that need only flags and
declarations stay free of polars.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cgrev.parsing.decisions import Decisions, Problem, decide
    from cgrev.parsing.evidence import Evidence, gather
    from cgrev.parsing.names import fold

_HOMES = {
    "Decisions": "decisions",
    "Evidence": "evidence",
    "Problem": "decisions",
    "decide": "decisions",
    "fold": "names",
    "gather": "evidence",
}

__all__ = ["Decisions", "Evidence", "Problem", "decide", "fold", "gather"]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(f"{__name__}.{home}"), name)
