"""The hooks offered to others: .pre-commit-hooks.yaml."""

from __future__ import annotations

NAME = ".pre-commit-hooks.yaml"
FILES = r"\.(csv|xlsx?|xml)$"
"""By file name: pre-commit knows no type for workbooks."""

HOOKS = (
    (
        "cgrev-check",
        "check revenue files",
        "reports what the server would refuse or book otherwise than meant in account-based revenue files",
        "cgrev check",
    ),
    (
        "cgrev-fix",
        "fix revenue files",
        "puts the safe fixes into account-based revenue files, and reports what is left",
        "cgrev check --fix",
    ),
)

HEADER = """\
# Hooks for pre-commit. They need neither network nor plugins: files are checked as they would be uploaded.
# Written by scripts/regenerate.py.
"""


def files() -> dict[str, str]:
    """`require_serial`: the files of one call are judged together, and one process reads them in parallel."""
    text = HEADER
    for identifier, name, description, entry in HOOKS:
        text += f"""\
- id: {identifier}
  name: {name}
  description: {description}
  entry: {entry}
  language: python
  files: '{FILES}'
  require_serial: true
"""
    return {NAME: text}
