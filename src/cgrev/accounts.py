"""Names of accounts against the names that are known: a typing error must not found a new account.

The server creates every account it does not know, so `Acme Ldt` beside `Acme Ltd` splits a customer in two.
Names that are equal as the server matches them (see `parsing.names`) are known. Of the others, near misses
are found without comparing all with all: only names that share a block are compared, and a block is a whole
word, beginning or end that few names have, the name without one of its letters, or its words in order of
the alphabet.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from cgrev.errors import SettingsError
from cgrev.layout import ACCOUNT_NAME
from cgrev.parsing.names import fold_name

_FORMS = (
    "ab ag as asa aps bhd bv bvba co company corp corporation doo ev gbr gesmbh gmbh inc incorporated kft kg"
    " kgaa kk limited llc llp lp ltd ltda nv ohg oy oyj plc pte pty pvt sa sab sarl sas sasu sau sca se sl"
    " sll slu snc spa spzoo srl sro the ug und zrt"
)
LEGAL = frozenset(_FORMS.split())
"""Words that say in which legal form an account is, after points are taken out of them (`S.A.` is `sa`)."""
_LONG_FORMS = ("company", "corporation", "incorporated", "limited")
ALIKE = 92
"""Score (0 to 100, words in any order) from which names that share a rare word are near."""
MARGIN = 5
"""Points by which the nearest name must lead the next for a fix to be offered."""
_SHORT, _LONG = 5, 16
"""Letters below which one wrong letter makes another name, and from which two do not."""
_RARE = 25
"""Names that a word may stand in to bring them together; `group` and `bank` bring nothing together."""
_COMMON = "wps"
"""Kinds of blocks that many names can share: words, beginnings and ends."""
_START = 6
"""Letters of a beginning or an end, in names at least twice as long."""
_DELETED = 40
"""Letters up to which the blocks of single missing letters are made."""
_WORDS = re.compile(r"[^\W_]+")


class Near(Struct, frozen=True):
    """The known name nearest to a new one, how alike they are (0 to 100), and the next if it is as near."""

    name: str
    score: int
    rival: str | None = None


class Core(Struct, frozen=True):
    """A name without legal form, accents and punctuation: its words, and all of them written together."""

    words: tuple[str, ...]
    joined: str
    marks: tuple[str, ...]
    """Numbers and single letters: `Store 12` and `Store 13` are two accounts whatever their likeness."""

    @property
    def ordered(self) -> str:
        return " ".join(sorted(self.words))


class KnownAccounts(Struct, frozen=True):
    """Accounts that exist already: the first spelling by key (`parsing.names.fold_name`)."""

    names: Mapping[str, str]
    source: str = ""

    @classmethod
    def of(cls, names: Iterable[str], source: str = "") -> KnownAccounts:
        known: dict[str, str] = {}
        for name in names:
            if key := fold_name(name):
                known.setdefault(key, " ".join(name.split()))
        return cls(known, source)

    def nearest(self, keys: Sequence[str]) -> dict[str, Near]:
        """For each key that is none of the known ones and near to one of them, that one.

        Equal scores are put in the order of the names, so that the answer never depends on the order given.
        """
        fresh = [key for key in dict.fromkeys(keys) if key and key not in self.names]
        if not fresh or not self.names:
            return {}
        cores = {key: core(key) for key in self.names}
        asked = {key: core(key) for key in fresh}
        blocks = _blocks(cores, {block for own in asked.values() for block in _keys(own)})
        found: dict[str, Near] = {}
        for key, own in asked.items():
            near: set[str] = set()
            for block in _keys(own):
                names = blocks.get(block, ())
                if len(names) <= _RARE or block[0] not in _COMMON:
                    near.update(names)
            scored = [(score, other) for other in near if (score := likeness(own, cores[other]))]
            if not scored:
                continue
            scored.sort(key=lambda pair: (-pair[0], pair[1]))
            best = scored[0]
            second = scored[1] if len(scored) > 1 and best[0] - scored[1][0] < MARGIN else None
            found[key] = Near(self.names[best[1]], best[0], None if second is None else self.names[second[1]])
        return found


def core(name: str) -> Core:
    """What of a name tells accounts apart."""
    text = unicodedata.normalize("NFKD", name.casefold().replace("&", " and ").replace("ß", "ss"))
    text = "".join(char for char in text if not unicodedata.combining(char))
    text = re.sub(r"(?<=\b\w)\.(?=\w\b)", "", text)  # S.A. and S. A. are one word
    words = _WORDS.findall(text)
    kept = [word for word in words if word != "and" and not _is_legal(word)] or words
    marks = tuple(sorted(word for word in kept if len(word) == 1 or any(char.isdigit() for char in word)))
    return Core(tuple(kept), "".join(kept), marks)


def _is_legal(word: str) -> bool:
    """Whether a word says a legal form, one wrong letter in the long ones included."""
    if word in LEGAL:
        return True
    return len(word) > 5 and any(OSA.distance(word, form, score_cutoff=1) <= 1 for form in _LONG_FORMS)


def likeness(one: Core, other: Core) -> int:
    """How alike two names are, 0 to 100; 0 where they are not near."""
    if one.marks != other.marks:
        return 0
    if one.joined == other.joined or one.ordered == other.ordered:
        return 100
    shortest, longest = sorted((len(one.joined), len(other.joined)))
    allowed = 2 if shortest >= _LONG else 1
    distance = OSA.distance(one.joined, other.joined, score_cutoff=allowed)
    if distance <= allowed and (shortest >= _SHORT or sorted(one.joined) == sorted(other.joined)):
        return round(100 * (1 - distance / longest))
    score = fuzz.ratio(one.ordered, other.ordered, score_cutoff=ALIKE)
    return int(score) if shortest >= _SHORT else 0


def _keys(own: Core) -> Iterator[str]:
    """The blocks a name belongs to."""
    yield "=" + own.joined
    yield "~" + own.ordered
    for word in own.words:
        if len(word) > 3:
            yield "w" + word
    if len(own.joined) >= 2 * _START:
        yield "p" + own.joined[:_START]
        yield "s" + own.joined[-_START:]
    if len(own.joined) <= _DELETED:
        yield "-" + own.joined
        for place in range(len(own.joined)):
            yield "-" + own.joined[:place] + own.joined[place + 1 :]


def _blocks(cores: Mapping[str, Core], wanted: set[str]) -> dict[str, list[str]]:
    """The known names in each block that a new name is in."""
    blocks: dict[str, list[str]] = defaultdict(list)
    for key, one in cores.items():
        for block in wanted.intersection(_keys(one)):
            blocks[block].append(key)
    return blocks


def read_accounts(path: Path | str) -> KnownAccounts:
    """Known accounts from a file: one name a line (`.txt`), or a table with a column `Account name`, or with
    one column alone. Raises SettingsError for a file without names, InputRefused for one that cannot be read.
    """
    file = Path(path)
    names = _lines(file) if file.suffix.lower() == ".txt" else _column(file)
    known = KnownAccounts.of(names, str(path))
    if not known.names:
        raise SettingsError(
            f"'{path}' names no account", help=f"one name a line, or a column '{ACCOUNT_NAME.heading}'"
        )
    return known


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        why = fault.strerror if isinstance(fault, OSError) and fault.strerror else "it is not UTF-8"
        raise SettingsError(
            f"cannot read '{file}': {why.lower()}", help="name a text file in UTF-8 with one account a line"
        ) from None


def _column(file: Path) -> list[str]:
    from cgrev.readers import open_table

    table = open_table(file, name=str(file))
    names: list[str] = []
    place: int | None = None
    for piece in table.pieces(50_000):
        rows = piece.select(name for name in piece.columns if name.startswith("c"))
        if place is None:
            first = [str(value or "").strip().casefold() for value in rows.row(0)]
            headed = ACCOUNT_NAME.heading.casefold()
            place = first.index(headed) if headed in first else 0
            if headed not in first and table.width > 1:
                raise SettingsError(
                    f"'{file}' has {table.width} columns and none is headed '{ACCOUNT_NAME.heading}'",
                    help="head the column of the names so, or write one name a line into a .txt file",
                )
            rows = rows.slice(1 if headed in first or first[0] in ("account", "accounts", "name") else 0)
        names += [value for value in rows[f"c{place}"].to_list() if value]
    return names
