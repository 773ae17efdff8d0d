"""One line on a terminal while a long run is under way: what is read, rows, findings, rows a second.

It goes to standard error, is gone when the run ends, and is not written at all where nobody would see it
(a pipe, a file, `TERM=dumb`).
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from cgrev.progress import Step, watched_by

PATIENCE = 1.0
"""Seconds before the line appears: short runs show none."""
PAUSE = 0.2
"""Seconds between two lines."""


@contextmanager
def shown_progress(stream: TextIO | None = None) -> Iterator[None]:
    """Show the steps of what runs inside, where the stream is a terminal."""
    stream = stream or sys.stderr
    if not stream.isatty() or os.environ.get("TERM") == "dumb":
        yield
        return
    line = _Line(stream)
    with watched_by(line.show):
        try:
            yield
        finally:
            line.clear()


class _Line:
    """The line, rewritten in place."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._since = self._last = time.monotonic()
        self._next = self._since + PATIENCE
        self._what = ""
        self._width = 0

    def show(self, step: Step) -> None:
        now = time.monotonic()
        if step.what != self._what:
            # the first rows of a file are there with its first step: it began where the last one ended
            self._what, self._since = step.what, self._last
        self._last = now
        if now < self._next:
            return
        self._next = now + PAUSE
        self._write(said(step, now - self._since))

    def clear(self) -> None:
        """Take the line away again."""
        if self._width:
            self._write("")

    def _write(self, text: str) -> None:
        encoding = self._stream.encoding or "utf-8"
        text = text.encode(encoding, "backslashreplace").decode(encoding)
        text = text[: shutil.get_terminal_size().columns - 1]
        self._stream.write("\r" + text.ljust(self._width) + ("" if text else "\r"))
        self._stream.flush()
        self._width = len(text)


def said(step: Step, seconds: float) -> str:
    """The line for a step after so many seconds."""
    name = "".join(char if char.isprintable() else "?" for char in step.what)
    if len(name) > 40:
        name = "..." + name[-37:]
    parts = [f"{name}: {step.rows:,} rows"]
    if step.findings:
        parts.append(f"{step.findings:,} findings")
    if seconds > 0:
        parts.append(f"{step.rows / seconds:,.0f} rows/s")
    return ", ".join(parts)
