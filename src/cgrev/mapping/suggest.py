"""A first profile for a file, as TOML with its doubts written beside it.

Only what is certain is stated: a heading this module knows by name, and no other column like it.
Everything that merely looks right (a similar heading, cells that look like dates) is a comment, and
every open point is a question. The text is a valid profile as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from cgrev.layout import BY_ID, RevenueType
from cgrev.mapping.header import find_header
from cgrev.mapping.headings import clean, listing, numbered
from cgrev.mapping.matching import Match, Matching, match_headings
from cgrev.mapping.profile import FIELDS, SCHEMA
from cgrev.mapping.references import places_of
from cgrev.mapping.tidy import is_blank
from cgrev.mapping.vocabulary import KNOWN
from cgrev.plugin import Header, Sample

_DATE = re.compile(r"\d{4}-\d\d-\d\d.*|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}.*|\d{1,2}[ -][A-Za-z]{3,9}[ -]\d{2,4}")
_MONEY = re.compile(
    r"[^\w\d]*[-+(]?\s*(?:[A-Z]{3}|[€$£¥])?\s*\d[\d\s.,'\u2019\u00a0\u202f]*\)?-?\s*(?:[A-Z]{3}|[€$£¥])?"
)
_SEEN = 100
_WORDS_SHOWN = 20


class Seen(Struct, frozen=True):
    """What the cells of a column look like: the share of dates and of numbers, and one of them."""

    dates: float
    numbers: float
    example: str

    @property
    def shown(self) -> str:
        kind = "dates" if self.dates > 0.8 else "numbers" if self.numbers > 0.8 else "text"
        return f"{kind}, e.g. {self.example!r}" if self.example else "blank in the first rows"


def suggest(sample: Sample) -> str:
    """The text of a profile for this source: what is certain as lines, the rest as comments.

    `sample.head` is enough of the file to find its header and to look at some cells.
    """
    header = find_header(sample.head, KNOWN, sample.named)
    matching = _doubted(match_headings(header.labels, KNOWN), header.labels)
    seen = _look(sample.head, header)
    lines = [
        f"# suggested for {sample.file_name or 'this file'}: read as {sample.reader}; {_where(header)}",
        "# Lines are certain, comments are for you to decide.",
        f'schema = "{SCHEMA}"',
        "",
    ]
    lines += _whole_file(matching)
    lines += _columns(header, matching, seen)
    lines += _types(sample, header, matching)
    return "\n".join(lines).rstrip() + "\n"


def _doubted(matching: Matching, labels: Sequence[str]) -> Matching:
    """A field that several known headings of the file fit (Amount, ARR) is a question, not the first."""
    found, ambiguous = dict(matching.found), dict(matching.ambiguous)
    for name, headings in KNOWN.items():
        fitting = {place: word for word in reversed(headings) for place in places_of(word, labels)}
        if len(fitting) > 1:
            found.pop(name, None)
            ambiguous[name] = tuple(
                Match(name, place, labels[place], "spelling", fitting[place]) for place in sorted(fitting)
            )
    return replace(matching, found=found, ambiguous=ambiguous)


def _where(header: Header) -> str:
    return f"header in row {header.row}" if header.row else "no header row"


def _look(head: pl.DataFrame, header: Header) -> list[Seen]:
    body = head.filter(pl.col("row") >= header.first)
    looks = []
    for place in range(len(header.labels)):
        name = f"c{place}"
        filled = body.filter(~is_blank(name))[name].head(_SEEN).to_list() if name in body.columns else []
        dates = sum(1 for cell in filled if _DATE.fullmatch(cell.strip()))
        numbers = sum(
            1 for cell in filled if _MONEY.fullmatch(cell.strip()) and not _DATE.fullmatch(cell.strip())
        )
        count = max(len(filled), 1)
        looks.append(Seen(dates / count, numbers / count, clean(filled[0])[:40] if filled else ""))
    return looks


def _whole_file(matching: Matching) -> list[str]:
    """Keys above the tables, so that a line stays what it is when its comment mark is taken away."""
    there = {*matching.found, *matching.ambiguous}
    kinds = ", ".join(RevenueType)
    questions = [
        (
            not there & {"revenue_type", "interval"},
            f"nothing says what revenue type the rows are ({kinds}). For all rows:",
            'constants = { revenue_type = "Other" }',
        ),
        (not there & {"end_date", "term"}, "how long is a period without an end?", "end.months = 12"),
        (
            "interval" in there,
            "bring amounts to ARR, to MRR, or as-billed (monthly is MRR, yearly is ARR)?",
            'interval.to = "ARR"',
        ),
        ("sign" in there, "which marks are negative?", 'sign.negative = ["H"]'),
        ("status" in there, "which rows count?", 'status.keep = ["Won"]'),
        ("currency" in there, "one currency a file: which rows are kept?", 'currency.keep = "EUR"'),
    ]
    lines = [
        line
        for asked, question, key in questions
        if asked
        for line in (f"# question: {question}", f"# {key}")
    ]
    return [*lines, ""] if lines else []


def _columns(header: Header, matching: Matching, seen: Sequence[Seen]) -> list[str]:
    lines = ["[columns]"]
    for name in KNOWN:
        called = BY_ID[name].heading if name in BY_ID else FIELDS[name][1]
        if name in matching.found:
            match = matching.found[name]
            how = "the same heading" if match.how == "exact" else f"the heading {match.heading!r}"
            lines.append(f'{_key(header, match.index)} = "{name}"  # {how}; {_safe(seen[match.index].shown)}')
        elif name in matching.ambiguous:
            lines.append(f"# question: which column is {called!r}? Keep one:")
            lines += [
                f'# "#{match.index + 1}" = "{name}"  # {_safe(numbered(match.index, match.label))}; '
                f"{_safe(seen[match.index].shown)}"
                for match in matching.ambiguous[name]
            ]
        elif name in matching.proposals:
            lines.append(f"# question: is this {called!r}?")
            lines += [
                f'# {_key(header, one.index)} = "{name}"  # similarity {one.score:g}, margin {one.margin:g}; '
                f"{_safe(seen[one.index].shown)}"
                for one in matching.proposals[name]
            ]
        elif name in ("account_name", "amount", "start_date", "end_date"):
            if matching.found.keys() & {"amount": {"price"}, "end_date": {"term"}}.get(name, set()):
                continue
            lines.append(f"# question: no heading is known to be {called!r}")
            lines += _by_content(name, header, matching, seen)
    unused = [place for place in matching.unmatched if clean(header.labels[place])]
    if unused:
        lines += ["", f"# not used: {_safe(listing([header.labels[place] for place in unused], 40))}"]
    return [*lines, ""]


def _by_content(name: str, header: Header, matching: Matching, seen: Sequence[Seen]) -> list[str]:
    """Columns whose cells could be this field, where no heading says so."""
    taken = {match.index for match in matching.found.values()}
    share = {"amount": "numbers", "start_date": "dates", "end_date": "dates"}.get(name)
    return [
        f'# {_key(header, place)} = "{name}"  # holds {_safe(look.shown)}'
        for place, look in enumerate(seen)
        if share is not None and place not in taken and getattr(look, share) > 0.8
    ]


def _types(sample: Sample, header: Header, matching: Matching) -> list[str]:
    match = matching.found.get("revenue_type")
    if match is None:
        return []
    cells = sample.head.filter(pl.col("row") >= header.first)[f"c{match.index}"].drop_nulls().to_list()
    words = [word for word in dict.fromkeys(map(clean, cells)) if word and word != clean(match.label)]
    known = {re.sub(r"[\s_-]", "", kind).lower() for kind in RevenueType}
    strange = [word for word in words if re.sub(r"[\s_-]", "", word).lower() not in known]
    if not strange:
        return []
    lines = ["# question: which revenue type do these words mean?", "[values.revenue_type]"]
    lines += [f'# {_quoted(word)} = "Other"' for word in strange[:_WORDS_SHOWN]]
    return lines


def _key(header: Header, place: int) -> str:
    """How a line of `[columns]` names the column: by its heading where that is alone, else by its place."""
    label = clean(header.labels[place])
    alone = label and sum(1 for other in header.labels if clean(other) == label) == 1
    return _quoted(label) if alone else f'"#{place + 1}"'


def _quoted(text: str) -> str:
    """A TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda one: f"\\u{ord(one[0]):04x}", escaped) + '"'


def _safe(text: str) -> str:
    """Text for a comment: a control character would end it or make the file invalid."""
    return re.sub(r"[\x00-\x1f\x7f]", " ", text)
