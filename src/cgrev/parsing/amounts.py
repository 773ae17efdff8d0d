"""One amount as text -> what it may mean. The reference for `amount_columns`, which reads columns.

An amount is read without knowing the decimal mark: once with the point and once with the comma as
the mark. What stands in a cell then *needs* no mark (`1234`, `1 234`), is evidence for one
(`1,234.50`, `12,5`, `1.000.000`), or can be read both ways (`1,234`); the column decides.

Grouping has to be well formed: one kind of separator; groups of three behind a first group of one to
three; or, with commas only, the Indian way, groups of two before a last group of three
(`12,34,567.00`). A first group "0" is no group (`0,123` has a decimal mark). `1,2,3` and `12,34.5` are
no numbers. A mark without digits behind it (`500.`, `500,-`, `CHF 500.--`) is a decimal mark: the whole
units of a price list, never a minus behind the number.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import IntEnum

from msgspec import Struct

from cgrev.layout import FRACTION_DIGITS, MAX_AMOUNT, MIN_AMOUNT
from cgrev.parsing.cells import SPACES, is_error, trimmed
from cgrev.parsing.currencies import PATTERN, common
from cgrev.parsing.flags import AmountFlag


class Need(IntEnum):
    """Which decimal mark a cell needs to be a number."""

    NONE = 0
    POINT = 1
    COMMA = 2
    EITHER = 3


class Amount(Struct, frozen=True):
    """A cell under both readings. A reading that is refused has no value and one bit under `UNREADABLE`.

    `marks` are the currency marks as written.
    """

    need: Need
    point: Decimal | None
    comma: Decimal | None
    point_flags: int
    comma_flags: int
    marks: tuple[str, ...] = ()


DASHES = "\\-\u2010-\u2015\u2212\ufe58\ufe63\uff0d"
"""Characters that are typed or pasted as a minus, as the inside of a character class."""
THIN = " \u00a0\u2000-\u200a\u202f\u205f"
"""White space that groups digits, as the inside of a character class: on one line only."""
APOSTROPHES = "'\u2018\u2019\u00b4`\u02bc\uff07"

_BODY = re.compile(
    rf"^(?P<lead>[^0-9]*?)"
    rf"(?P<body>[.,]?[0-9](?:[0-9.,{APOSTROPHES}{THIN}]*[0-9])?[.,]?)"
    r"(?:[eE](?P<exponent>[+\-\u2212]?[0-9]+))?"
    r"(?P<tail>[^0-9]*)$",
    re.DOTALL,
)
_AFFIX = re.compile(
    rf"(?P<space>[{SPACES}]+)|(?P<minus>[{DASHES}])|(?P<plus>[+\uff0b])|(?P<open>\()|(?P<close>\))|(?P<mark>{PATTERN})"
)
_WHOLE_UNITS = re.compile(rf"^[{DASHES}]{{1,2}}(?=[{SPACES}]|$|[^{DASHES}])")
_ABBREVIATION = re.compile(rf"(?<![^\W\d_])(?:{PATTERN})$")
_SPACE = re.compile(rf"[{THIN}]")
_APOSTROPHE = re.compile(rf"[{APOSTROPHES}]")
_SEPARATOR = re.compile(r"[.,' ]")
_THREES = re.compile(r"^[0-9]{1,3}([,.' ])[0-9]{3}(?:\1[0-9]{3})*$")
_LAKHS = re.compile(r"^[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}$")
_NON_FINITE = re.compile(
    r"^[+\-\u2212(]?\s*(?:nan|inf|infinity|∞|1[.,]#(?:inf|ind|qnan|snan))\s*\)?$", re.IGNORECASE
)

_WIDE = Context(prec=400, Emax=10**6, Emin=-(10**6))
_QUANTUM = Decimal(1).scaleb(-FRACTION_DIGITS)
_LEAST, _MOST = MIN_AMOUNT - Decimal("0.5"), MAX_AMOUNT + Decimal("0.5")
"""Bounds, themselves outside: half a unit is rounded away from zero."""
_LONGEST_AFFIX = 40
"""Characters around a number beyond which it is none: several marks, signs and spaces take far less."""
_MAX_DIGITS = 300
"""Digits of a number beyond which it is too large, or too small to matter, without a calculation."""


def _refused(flag: AmountFlag) -> Amount:
    return Amount(Need.NONE, None, None, int(flag), int(flag))


_NOT_A_NUMBER = _refused(AmountFlag.NOT_A_NUMBER)


def read_amount(text: str) -> Amount:
    """What one cell of text may mean, whatever is written in it; null tokens are the caller's."""
    plain = trimmed(text)
    if not plain:
        return _refused(AmountFlag.MISSING)
    if is_error(plain):
        return _refused(AmountFlag.ERROR_CELL)
    if _NON_FINITE.match(plain):
        return _refused(AmountFlag.NON_FINITE)
    if not plain.isascii():
        if any(not c.isascii() and unicodedata.category(c) in ("Nd", "No", "Nl") for c in plain):
            return _refused(AmountFlag.NON_ASCII_DIGITS)
        plain = unicodedata.normalize("NFC", plain)
    if any(c in plain for c in "%‰٪％") and any(c.isdigit() for c in plain):
        return _refused(AmountFlag.PERCENT)
    found = _BODY.match(plain)
    if found is None:
        return _NOT_A_NUMBER
    lead, body, exponent, tail = found["lead"], found["body"], found["exponent"], found["tail"]
    if body[0] in ".," and lead[-1:].isalpha():
        if body[0] == "," or not _ABBREVIATION.search(lead + "."):
            return _NOT_A_NUMBER
        lead, body = lead + ".", body[1:]  # "Rs.500" is not half a rupee
    if body[-1] in ".," and exponent is None:
        tail, whole_units = _WHOLE_UNITS.subn("", tail)
    else:
        whole_units = 0
    affixes = _affixes(lead, tail)
    if isinstance(affixes, AmountFlag):
        return _refused(affixes)
    negative, flags, marks = affixes
    if whole_units or plain != text:
        flags |= AmountFlag.REWRITTEN
    return _both(body, exponent, negative, flags, marks)


def _affixes(lead: str, tail: str) -> tuple[bool, int, tuple[str, ...]] | AmountFlag:
    """Sign, flags and currency marks of what stands around the digits."""
    tokens = _tokens(lead), _tokens(tail)
    if tokens[0] is None or tokens[1] is None:
        return AmountFlag.NOT_A_NUMBER
    front, behind = [kind for kind, _ in tokens[0]], [kind for kind, _ in tokens[1]]
    signs = [kind for kind in front + behind if kind in ("minus", "plus")]
    opened = front.count("open")
    if "close" in front or "open" in behind or opened > 1 or opened != behind.count("close"):
        return AmountFlag.NOT_A_NUMBER
    if len(signs) + opened > 1:
        return AmountFlag.MANY_SIGNS
    marks = tuple(text for kind, text in tokens[0] + tokens[1] if kind == "mark")
    if len(marks) > 2 or len(set(marks)) < len(marks) or (marks and not common(marks)):
        return AmountFlag.NOT_A_NUMBER
    flags = int(AmountFlag.SYMBOL) if marks else 0
    usual = "-" in lead if signs else True  # a hyphen in front; white space beside a mark goes with the mark
    if opened or not usual or (not marks and lead + tail not in ("", "-")):
        flags |= AmountFlag.REWRITTEN
    return opened == 1 or "minus" in signs, flags, marks


def _tokens(side: str) -> list[tuple[str, str]] | None:
    """What stands on one side of the digits; None where anything else than affixes is there.

    Two marks of letters have to stand apart: "RRs" is no currency."""
    if len(side) > _LONGEST_AFFIX:
        return None
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(side):
        token = _AFFIX.match(side, at)
        if token is None or token.lastgroup is None:
            return None
        if (
            tokens
            and tokens[-1][0] == token.lastgroup == "mark"
            and side[at - 1].isalpha()
            and side[at].isalpha()
        ):
            return None
        tokens.append((token.lastgroup, token[0]))
        at = token.end()
    return tokens


def _both(body: str, exponent: str | None, negative: bool, flags: int, marks: tuple[str, ...]) -> Amount:
    body = _APOSTROPHE.sub("'", _SPACE.sub(" ", body))
    if exponent is None:
        point, comma = _split(body, "."), _split(body, ",")
    else:
        flags |= AmountFlag.SCIENTIFIC
        point, comma = _mantissa(body, "."), _mantissa(body, ",")
    if point is None and comma is None:
        return _NOT_A_NUMBER
    by_point = _valued(point, exponent, negative, flags)
    if "." not in body and "," not in body:
        return Amount(Need.NONE, by_point[0], by_point[0], by_point[1], by_point[1], marks)
    by_comma = _valued(comma, exponent, negative, flags)
    need = Need.EITHER if point and comma else Need.POINT if point else Need.COMMA
    return Amount(need, by_point[0], by_comma[0], by_point[1], by_comma[1], marks)


_Digits = tuple[str, str | None, bool]
"""Whole digits, digits behind the mark (None without a mark), and whether there were groups."""


def _split(body: str, mark: str) -> _Digits | None:
    """The digits of a number written with this decimal mark, or None where it cannot be."""
    whole, found, fraction = body.partition(mark)
    if found and not (fraction.isdigit() or (not fraction and whole)):
        return None
    if not _SEPARATOR.search(whole):
        return whole, fraction if found else None, False
    groups = _THREES.match(whole)
    if groups is None:
        if not _LAKHS.match(whole):
            return None
    elif whole[:2] == "0" + groups[1]:
        return None
    return _SEPARATOR.sub("", whole), fraction if found else None, True


def _mantissa(body: str, mark: str) -> _Digits | None:
    """Digits of the front part of `1.2E+03`, which is never grouped."""
    digits = _split(body, mark)
    return None if digits is None or digits[2] else digits


def _valued(
    digits: _Digits | None, exponent: str | None, negative: bool, flags: int
) -> tuple[Decimal | None, int]:
    if digits is None:
        return None, int(AmountFlag.NOT_A_NUMBER)
    whole, fraction, grouped = digits
    if grouped:
        flags |= AmountFlag.SEPARATORS
    if fraction is not None:
        flags |= AmountFlag.DECIMALS
    kept = whole.lstrip("0")
    if len(kept) != len(whole) and whole != "0":
        flags |= AmountFlag.REWRITTEN
    if not kept and fraction is None and negative:
        flags |= AmountFlag.REWRITTEN
    fraction = (fraction or "").rstrip("0")
    if not kept and not fraction:
        return Decimal(0), int(flags)
    return _scaled(kept, fraction, exponent, negative, flags)


def _scaled(
    kept: str, fraction: str, exponent: str | None, negative: bool, flags: int
) -> tuple[Decimal | None, int]:
    shift = 0
    if exponent is not None:
        digits = exponent.lstrip("+-\u2212").lstrip("0")[:9]
        shift = int(digits or "0") * (-1 if exponent[0] in "-\u2212" else 1)
    leading = len(kept) if kept else len(fraction.lstrip("0")) - len(fraction)
    if leading + shift > 20:
        return None, int(AmountFlag.TOO_LARGE)
    if leading + shift < -FRACTION_DIGITS:
        return Decimal(0), int(flags | AmountFlag.TOO_PRECISE)
    digits = (kept + fraction).lstrip("0")
    if len(digits) > _MAX_DIGITS:  # far behind the last digit that is kept: only "more than nothing" matters
        cut = len(digits) - _MAX_DIGITS
        digits, shift = digits[:_MAX_DIGITS] + "1", shift + cut - 1
    value = _WIDE.create_decimal(digits).scaleb(shift - len(fraction), _WIDE)
    exact = value.quantize(_QUANTUM, ROUND_HALF_EVEN, _WIDE)
    if exact != value:
        flags |= AmountFlag.TOO_PRECISE
    if negative:
        exact = _WIDE.minus(exact)
    if not _LEAST < exact < _MOST:
        return None, int(AmountFlag.TOO_LARGE)
    return exact, int(flags)
