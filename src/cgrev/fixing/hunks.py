"""A unified diff from the replacements that are known, in one pass: no search for common lines."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from cgrev.fixing.cells import Change
from cgrev.visible import visible

CONTEXT = 3
_BREAK = re.compile(r"\r\n|\r|\n")


class Replaced(Struct, frozen=True):
    """Text that begins at the start of a line (the first is 1), before and after."""

    line: int
    old: str
    new: str


def unified(name: str, text: str, replaced: Iterable[Replaced]) -> str:
    """The diff of `text` with the replacements made; lines without their ends, oddities escaped."""
    lines = _BREAK.split(text)
    if lines and not lines[-1]:
        lines.pop()
    edits = [(one.line - 1, _BREAK.split(one.old), _BREAK.split(one.new)) for one in replaced]
    out = [f"--- {visible(name)}", f"+++ {visible(name)}"]
    shift = 0
    place = 0
    while place < len(edits):
        last = place
        while last + 1 < len(edits) and edits[last + 1][0] - _end(edits[last]) <= 2 * CONTEXT:
            last += 1
        group = edits[place : last + 1]
        out += _hunk(lines, group, shift)
        shift += sum(len(new) - len(old) for _, old, new in group)
        place = last + 1
    return "\n".join(out) + "\n"


_Edit = tuple[int, list[str], list[str]]


def _end(edit: _Edit) -> int:
    return edit[0] + len(edit[1])


def _hunk(lines: list[str], group: list[_Edit], shift: int) -> list[str]:
    first = max(group[0][0] - CONTEXT, 0)
    end = min(_end(group[-1]) + CONTEXT, len(lines))
    body: list[str] = []
    position = first
    for start, old, new in group:
        body += [f" {visible(line)}" for line in lines[position:start]]
        body += [f"-{visible(line)}" for line in old]
        body += [f"+{visible(line)}" for line in new]
        position = start + len(old)
    body += [f" {visible(line)}" for line in lines[position:end]]
    length = end - first
    longer = length + sum(len(new) - len(old) for _, old, new in group)
    return [f"@@ -{first + 1},{length} +{first + 1 + shift},{longer} @@", *body]


def cell_list(name: str, changes: Iterable[Change]) -> str:
    """The changes cell by cell, for files that have no lines to show."""
    out = [f"--- {visible(name)}", f"+++ {visible(name)}"]
    for change in changes:
        out += [f"@@ {visible(change.place)} @@", f"-{visible(change.old)}", f"+{visible(change.new)}"]
    return "\n".join(out) + "\n"
