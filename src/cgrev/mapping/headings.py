"""How headings are compared: by what a person reads, not by how it is typed.

Standard library only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_NO_WORD = re.compile(
    r"[\s!\"'*+,\-./:;=?@\[\\\](){}<>|_^`~\u2010-\u2015\u2018-\u201f\u2190-\u21ff\u25b2\u25bc]+"
)


def clean(label: str) -> str:
    """A heading without invisible characters, with single spaces and no line breaks."""
    return " ".join(label.translate(_INVISIBLE).split())


@lru_cache(maxsize=8192)
def fold(label: str) -> str:
    """The key two headings are compared by: case, spaces, NBSP, `*` and punctuation do not count.

    Arrows that show how a report is sorted do not count either.
    A heading of nothing but punctuation (`*`, `%`, `#`) stays what it is, so that it equals itself only.
    """
    text = unicodedata.normalize("NFKC", label.translate(_INVISIBLE)).casefold()
    return _NO_WORD.sub(" ", text).strip() or clean(label)


def squash(label: str) -> str:
    """The key by which `AccountId`, `ACCOUNTID` and `account_id` are one: `fold` without its spaces."""
    return fold(label).replace(" ", "")


def numbered(index: int, label: str) -> str:
    """A column as messages call it: its place as a person counts, and its heading."""
    shown = clean(label)
    return f"column {index + 1} ({shown!r})" if shown else f"column {index + 1} (no heading)"


def listing(labels: Sequence[str], most: int = 12) -> str:
    """Headings for a message: quoted, blank ones left out, cut after `most`."""
    shown = [repr(clean(label)) for label in labels if clean(label)]
    if not shown:
        return "none"
    rest = len(shown) - most
    return ", ".join(shown[:most]) + (f" and {rest} more" if rest > 0 else "")
