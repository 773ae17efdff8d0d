"""The samples and what becomes of them: `python samples/regenerate.py` writes the expected files again.

With `check` nothing is written, and the exit code says whether anything differs. The cases are golden cases
as every author of a plugin has them: this is `python -m cgrev.testing.golden samples`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from cgrev.testing.golden import Case, main, run_command, text_of

__all__ = ["cases", "expected_file", "run", "text_of"]

HERE = Path(__file__).resolve().parent


def cases(family: str = "*") -> list[Path]:
    """The case files, of one folder or of all."""
    return sorted(HERE.glob(f"{family}/*.case.json"))


def run(case: Path) -> tuple[str, dict[str, Any]]:
    """The upload file of a case and what was found, by the command line itself."""
    outcome = run_command(Case(case))
    return outcome.written, dict(outcome.facts)


def expected_file(case: Path) -> Path:
    """The upload file a case must give."""
    return Case(case).expected


if __name__ == "__main__":
    sys.exit(main([str(HERE), *(["--check"] if sys.argv[1:] == ["check"] else [])]))
