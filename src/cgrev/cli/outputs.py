"""Where reports go: formats paired with files, and refused before anything is read or changed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct

from cgrev.errors import UsageError
from cgrev.files import atomic_write, writing
from cgrev.reporters import FORMATS

STDOUT = "-"


class Output(Struct, frozen=True):
    """Where a report goes: format, and a file or None for standard output."""

    format: str
    file: str | None = None


def outputs(
    formats: Sequence[str] | None,
    files: Sequence[str] | None,
    default: str,
    inputs: Iterable[str] = (),
) -> list[Output]:
    """Pair `--output-format` with `--output-file` in order; without a file, or with `-`, one goes to stdout.

    Raises UsageError for pairs that do not fit, and for a file that is an input or cannot be a file.
    """
    formats, files = list(formats or []), list(files or [])
    if not formats:
        formats = [default]
    for name in formats:
        if name not in FORMATS:
            raise UsageError(f"no output format '{name}'", help=f"one of: {', '.join(FORMATS)}")
    if len(files) > len(formats):
        raise UsageError("more --output-file than --output-format", help="give each file its format")
    paths = [None if path == STDOUT else path for path in files]
    paths += [None] * (len(formats) - len(files))
    if paths.count(None) > 1:
        raise UsageError(
            "only one report can go to standard output", help="give each --output-format its --output-file"
        )
    sources = {os.path.realpath(path) for path in inputs if path != STDOUT}
    taken: set[str] = set()
    for path in paths:
        if path is not None:
            _check(path, sources, taken)
            taken.add(os.path.realpath(path))
    return [Output(name, path) for name, path in zip(formats, paths, strict=True)]


def _check(path: str, sources: set[str], taken: set[str]) -> None:
    """Say no to a place that a report must not or cannot be written to."""
    place = os.path.realpath(path)
    if place in sources:
        raise UsageError(f"--output-file '{path}' is a file to be read", help="give the report another name")
    if place in taken:
        raise UsageError(f"--output-file '{path}' is named twice", help="give each report its own file")
    if not path or Path(path).is_dir():
        raise UsageError(f"--output-file '{path}' is not the name of a file", help="name a file")
    if not Path(place).parent.is_dir():
        raise UsageError(f"--output-file '{path}': there is no such folder", help="make the folder first")


def save(output: Output, data: bytes) -> None:
    """Write a report to its file, whole or not at all. Raises SettingsError."""
    assert output.file is not None
    path = Path(output.file)
    if path.exists() and not path.is_file():  # a pipe or device is written to, never put another file over
        with writing(path), path.open("wb") as stream:
            stream.write(data)
        return
    atomic_write(path, data)


def no_terminal(output: Output, *, terminal: bool) -> None:
    """Raises UsageError for bytes that a terminal cannot show; into a pipe or a file they may go."""
    if output.file is None and terminal and FORMATS[output.format].binary:
        raise UsageError(
            f"the format {output.format} is not for a terminal", help="name a file with --output-file"
        )
