"""What is common to cells of every role: white space, invisible characters, error texts."""

from __future__ import annotations

import re

SPACES = "\t\n\v\f\r\x85\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000 "
"""White space, as the inside of a character class: ASCII, NBSP, narrow NBSP, thin and figure space..."""
INVISIBLE = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
"""Characters that show nothing: soft hyphen, zero-width, direction marks, byte-order mark."""


def _listed(inside: str) -> str:
    """The characters of the inside of a character class, ranges written out."""
    ranges = re.sub(
        "(.)-(.)", lambda r: "".join(map(chr, range(ord(r[1]), ord(r[2]) + 1))), inside, flags=re.S
    )
    return "".join(dict.fromkeys(ranges))


_EDGES = _listed(SPACES) + _listed(INVISIBLE)  # str.strip: a pattern would take quadratic time
_INVISIBLE = re.compile(rf"[{INVISIBLE}]")

_ERRORS = (
    "#N/A #REF! #VALUE! #DIV/0! #NAME? #NUM! #NULL! #SPILL! #CALC! #FIELD! #BLOCKED! #CONNECT! #BUSY!"
    " #UNKNOWN! #GETTING_DATA #EXTERNAL! #PYTHON! #TIMEOUT! #ERROR!"
    " #NV #BEZUG! #WERT! #ZAHL! #VALEUR! #NOM? #NOMBRE! #¡VALOR! #VALOR! #¿NOMBRE? #NOME?"
)
ERRORS = frozenset(_ERRORS.split())
"""What spreadsheets show for a failed formula, in capitals; also in German, French and Spanish."""

_HASHES = re.compile(r"^#{2,}$")


def trimmed(text: str) -> str:
    """The text without surrounding white space and without invisible characters anywhere."""
    if text.isascii():
        return text.strip()
    return _INVISIBLE.sub("", text.strip(_EDGES))


def is_error(text: str) -> bool:
    """Whether a trimmed text is a spreadsheet's error, or the `###` of a column that was too narrow."""
    return text[:1] == "#" and (text.upper() in ERRORS or _HASHES.match(text) is not None)
