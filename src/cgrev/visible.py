"""Text of a file made safe and short for people: escapes, quotes, widths. Standard library only."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 120
"""Characters of a value that a line of text shows."""
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00a0\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str) -> str:
    """Control, invisible and direction characters as escapes: no cell can drive a terminal or a log."""
    return _UNSEEN.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    named = _NAMED.get(char)
    if named is not None:
        return named
    return f"\\x{ord(char):02x}" if ord(char) < 0x100 else f"\\u{ord(char):04x}"


def shortened(text: str, longest: int = LONGEST) -> str:
    """The text, cut with an ellipsis when it is longer than `longest` characters."""
    return text if len(text) <= longest else text[: longest - 3] + "..."


def quoted(value: str) -> str:
    """A value in quotes, escaped and not too long."""
    return f"'{visible(shortened(value))}'"


def width(text: str) -> int:
    """Columns a text takes in a terminal: wide letters take two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )
