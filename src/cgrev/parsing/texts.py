"""Account names and descriptions: cleaned text and what was odd about it.

Cleaning removes what shows nothing and changes no word: surrounding and repeated white space, NBSP and
its relatives (made a space), zero-width characters; and text is put in NFC. A line break inside a
text is made a space; inside a name it stays a control character, which is refused: it mostly is a
quote that swallowed lines.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

import polars as pl

from cgrev.parsing.cell_columns import put, read_words, zeros
from cgrev.parsing.cells import INVISIBLE, is_error
from cgrev.parsing.flags import TextFlag

TextRole = Literal["name", "text"]

_SETTLED = (
    "\u00a1-\u00ac\u00ae-\u02ff"  # Latin letters that are whole characters
    "\u0391-\u03a1\u03a3-\u03a9\u03b1-\u03c9\u0410-\u044f"  # Greek and Cyrillic
    "\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2122"  # dashes, quotes, currency signs
    "\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff\uac00-\ud7a3"  # kana, Han, Hangul
)
"""Characters that stay as they are in NFC next to any other of them."""
CLEAN = rf"^[!-\"$-*,.-<>?A-~{_SETTLED}][!-~{_SETTLED}]*(?: [!-~{_SETTLED}]+)*$"
"""Texts that need no cleaning and carry no flag but perhaps for their length: the first character is
none of # = + - @ (an error text or a formula may begin)."""

_BREAK = re.compile("[\n\v\f\r\x85\u2028\u2029]")
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_ODD_SPACE = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_REPEATED = re.compile("[ \t]{2,}|\t")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def clean(text: str, role: TextRole = "text") -> tuple[str, int]:
    """The cleaned text and its flags, lengths apart; an unreadable text comes as far as it was cleaned."""
    flags = 0
    done = text
    if not text.isascii():
        done = _INVISIBLE.sub("", done)
        spaced = _ODD_SPACE.sub(" ", done)
        if done != text or spaced != done:
            flags |= TextFlag.INVISIBLE
        done = unicodedata.normalize("NFC", spaced)
        if done != spaced:
            flags |= TextFlag.DECOMPOSED
    edges = done.strip(" \t\n\v\f\r\x85\u2028\u2029")
    if edges != done:
        flags |= TextFlag.SPACES
    done = edges
    if role == "text" and _BREAK.search(done):
        flags |= TextFlag.LINE_BREAK
        lines = (line.strip(" \t") for line in _BREAK.split(done))
        done = " ".join(line for line in lines if line)
    single = _REPEATED.sub(" ", done)
    if single != done:
        flags |= TextFlag.SPACES
    done = single
    if not done:
        return "", int(TextFlag.MISSING)
    if is_error(done) and not done.startswith("##"):
        return done, int(TextFlag.ERROR_CELL)
    if _CONTROL.search(done):
        return done, int(TextFlag.CONTROL)
    if text.startswith(_FORMULA) or done.startswith(_FORMULA):
        flags |= TextFlag.FORMULA
    return done, int(flags)


def clean_column(texts: pl.Series, odd: pl.Series, role: TextRole) -> tuple[pl.Series, pl.Series]:
    """Cleaned texts (null where unreadable) and flags of texts without nulls, lengths apart.

    `odd` are the places of the texts that do not match `CLEAN`."""
    flags = zeros(len(texts))
    if not len(odd):
        return texts, flags
    values, bits = read_words(texts.gather(odd), lambda text: _readable(*clean(text, role)))
    return put(texts, odd, values), put(flags, odd, bits)


def _readable(text: str, bits: int) -> tuple[str | None, int]:
    return (None if bits & TextFlag.UNREADABLE else text), bits
