"""Which heading of a file is which field.

Exact spelling first, then spelling without case and punctuation, both against the headings a
converter or profile states, the likeliest first. Similar spelling (a score) never decides: it makes the
line that settles it. Two columns that fit one field equally well are a question, never a pick.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from msgspec import Struct, field

from cgrev.errors import SettingsError
from cgrev.findings import Decision
from cgrev.layout import BY_ID, COLUMNS, Role
from cgrev.mapping.headings import clean, fold, listing, numbered
from cgrev.parsing.fields import Declared, SourceField

if TYPE_CHECKING:
    from cgrev.plugin import ConverterOptions, Fit, Reading, Sample

How = Literal["exact", "spelling", "position"]

FUZZY_FLOOR = 72.0
"""Similarity (0 to 100) below which a heading is not even proposed."""
FUZZY_MARGIN = 8.0
"""How far the best proposal must lie above the next to be called likely."""


class Match(Struct, frozen=True):
    """A column found for a field: `index` is its place from 0, `how` says what made it certain."""

    field: str
    index: int
    label: str
    how: How
    heading: str = ""


class Proposal(Struct, frozen=True):
    """A heading that looks like one a field is known by; never applied, only proposed."""

    field: str
    index: int
    label: str
    score: float
    margin: float

    @property
    def likely(self) -> bool:
        return self.margin >= FUZZY_MARGIN


class Matching(Struct, frozen=True):
    """What was found for each field.

    `found` is certain; `ambiguous` holds the columns that fit a field equally well; `proposals` those
    that only look similar, best first; `unmatched` the places of the columns no field claims.
    """

    found: Mapping[str, Match]
    ambiguous: Mapping[str, tuple[Match, ...]] = field(default_factory=dict)
    proposals: Mapping[str, tuple[Proposal, ...]] = field(default_factory=dict)
    unmatched: tuple[int, ...] = ()


def match_headings(
    labels: Sequence[str], wanted: Mapping[str, Sequence[str]], *, propose: bool = True
) -> Matching:
    """Match the headings `labels` of a file with the headings each field of `wanted` is known by.

    Of several headings of a field that are in the file, the one stated first wins. Of several columns
    under one heading, one spelt exactly so wins; else the field is ambiguous.
    """
    exact: dict[str, list[int]] = {}
    folded: dict[str, list[int]] = {}
    for index, label in enumerate(labels):
        if clean(label):
            exact.setdefault(clean(label), []).append(index)
            folded.setdefault(fold(label), []).append(index)
    found: dict[str, Match] = {}
    ambiguous: dict[str, tuple[Match, ...]] = {}
    for name, headings in wanted.items():
        for heading in headings:
            same, how = exact.get(clean(heading), []), "exact"
            if not same:
                same, how = folded.get(fold(heading), []), "spelling"
            matches = tuple(Match(name, index, labels[index], how, heading) for index in same)  # type: ignore[arg-type]
            if len(matches) > 1:
                ambiguous[name] = matches
            elif matches:
                found[name] = matches[0]
            if matches:
                break
    claimed = {match.index for match in found.values()}
    claimed |= {match.index for matches in ambiguous.values() for match in matches}
    unmatched = tuple(i for i, label in enumerate(labels) if clean(label) and i not in claimed)
    missing = {name: wanted[name] for name in wanted if name not in found and name not in ambiguous}
    proposals = propose_headings(labels, unmatched, missing) if propose and missing else {}
    return Matching(found, ambiguous, proposals, unmatched)


def propose_headings(
    labels: Sequence[str], places: Sequence[int], wanted: Mapping[str, Sequence[str]]
) -> dict[str, tuple[Proposal, ...]]:
    """For each field, the headings at `places` that look like one it is known by, best first.

    The margin of a proposal is its distance to the next best *for the same field*, or to the best other
    field that wants the same column, whichever is nearer: `Close Date` looks as much like a start as
    like an end, and must not be called likely for either.
    """
    from rapidfuzz import fuzz

    scores = {
        (name, index): max(
            (fuzz.token_sort_ratio(fold(labels[index]), fold(heading)) for heading in headings), default=0.0
        )
        for name, headings in wanted.items()
        for index in places
    }
    proposals: dict[str, tuple[Proposal, ...]] = {}
    for name in wanted:
        near = sorted((-scores[name, index], index) for index in places if scores[name, index] >= FUZZY_FLOOR)
        if near:
            proposals[name] = tuple(
                Proposal(name, index, labels[index], round(-score, 1), _margin(name, index, scores))
                for score, index in near[:5]
            )
    return proposals


def _margin(name: str, index: int, scores: Mapping[tuple[str, int], float]) -> float:
    rivals = [score for (field_id, place), score in scores.items() if (field_id == name) != (place == index)]
    return round(scores[name, index] - max(rivals, default=0.0), 1)


def missing_column(name: str, labels: Sequence[str], matching: Matching, *, who: str = "") -> SettingsError:
    """The error for a field without a column: what looks similar, and the line that settles it."""
    column = BY_ID.get(name)
    called = column.heading if column else name
    by = f" ({who})" if who else ""
    proposals = matching.proposals.get(name, ())
    if proposals:
        shown = ", ".join(f"{clean(p.label)!r} (similarity {p.score:g})" for p in proposals)
        return SettingsError(
            f"no column of the file is known to be {called!r}{by}; similar: {shown}",
            help=f"say which it is in the profile or under [source.NAME]: "
            f"{settling_line(proposals[0].label, name)}",
        )
    return SettingsError(
        f"no column of the file is known to be {called!r}{by}; its headings: {listing(labels)}",
        help=f"say which it is in the profile or under [source.NAME]: {settling_line('HEADING', name)}",
    )


def ambiguous_column(name: str, matches: Sequence[Match]) -> SettingsError:
    """The error for a field that several columns fit equally well."""
    column = BY_ID.get(name)
    shown = ", ".join(numbered(match.index, match.label) for match in matches)
    return SettingsError(
        f"several columns fit {column.heading if column else name!r}: {shown}",
        help="say which by its place in the profile or under [source.NAME]: "
        f"{settling_line(f'#{matches[0].index + 1}', name)}",
    )


def settling_line(label: str, name: str) -> str:
    """The line of a profile that says a column is a field."""
    quoted = clean(label).replace("\\", "\\\\").replace('"', '\\"')
    return f'columns = {{ "{quoted}" = "{name}" }}'


def choose_column(
    name: str, labels: Sequence[str], headings: Sequence[str], *, who: str = "", required: bool = True
) -> int | None:
    """The place of the column known by one of `headings`; None when it is not required and not there.

    Raises `SettingsError` when it is required and missing, or when several columns fit.
    """
    matching = match_headings(labels, {name: headings}, propose=required)
    if name in matching.ambiguous:
        raise ambiguous_column(name, matching.ambiguous[name])
    if name in matching.found:
        return matching.found[name].index
    if required:
        raise missing_column(name, labels, matching, who=who)
    return None


def column_decision(match: Match) -> Decision:
    """How `inspect` shows a matched column."""
    column = BY_ID.get(match.field)
    if match.how == "position":
        how = f"column {match.index + 1} by position"
    elif match.how == "exact":
        how = f"the heading {clean(match.heading)!r}"
    else:
        how = f"the heading {clean(match.heading)!r}, spelt {clean(match.label)!r}"
    return Decision(
        "column",
        column.heading if column else match.field,
        "position" if match.how == "position" else "header",
        (how,),
        column=column.heading if column else None,
        source_column=clean(match.label) or None,
    )


def reading(
    labels: Sequence[str], headings: Mapping[str, Sequence[str]], options: ConverterOptions, *, who: str
) -> Reading:
    """The default of `Converter.fields`: each field of `headings` is one column of the file.

    Required are the fields that feed a required column of the six.
    """
    from cgrev.plugin import Reading

    matching = match_headings(labels, headings)
    for name, matches in matching.ambiguous.items():
        raise ambiguous_column(name, matches)
    for name in headings:
        if name not in matching.found and name in BY_ID and BY_ID[name].required:
            raise missing_column(name, labels, matching, who=who)
    roles: dict[str, Role] = {column.id: column.role for column in COLUMNS}
    return Reading(
        fields=tuple(
            SourceField(name, roles.get(name, "text"), match.index, match.label)
            for name, match in matching.found.items()
        ),
        declared=Declared(decimal_mark=options.decimal_mark, date_order=options.date_order),
        decisions=tuple(column_decision(match) for match in matching.found.values()),
    )


def fit(sample: Sample, headings: Mapping[str, Sequence[str]]) -> Fit:
    """The default of `Converter.identify`: the share of the fields whose heading is in the header row."""
    from cgrev.mapping.header import find_header
    from cgrev.plugin import Fit

    if not headings:
        return Fit(0.0, "states no headings to know a file by")
    header = find_header(sample.head, headings, sample.named)
    matching = match_headings(header.labels, headings, propose=False)
    there = [name for name in headings if name in matching.found or name in matching.ambiguous]
    if not there:
        return Fit(0.0, "none of its headings is in the file")
    shown = listing(
        [header.labels[matching.found[name].index] for name in there if name in matching.found], 6
    )
    return Fit(round(len(there) / len(headings), 3), f"{len(there)} of {len(headings)} headings: {shown}")
