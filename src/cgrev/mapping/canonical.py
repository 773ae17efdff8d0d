"""Files that are in the layout already: `--from canonical`, and what `check` looks at.

The server reads columns by position, "even for XML"; a person reads headings. A file whose headings
are known is read by them, in any order; without a header, or where an XML file names its elements
otherwise, the position decides. `layout_findings` says where the file would be misread by the server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from cgrev.findings import FINDINGS_HEADING
from cgrev.layout import BY_ID, COLUMNS, IDS
from cgrev.mapping.header import find_header
from cgrev.mapping.headings import clean, fold, listing
from cgrev.mapping.matching import Match, column_decision
from cgrev.parsing.fields import Declared, SourceField
from cgrev.plugin import Converter, ConverterOptions, Fit, Header, Reading, Sample

IssueKind = Literal[
    "missing-column", "extra-column", "wrong-order", "duplicate-heading", "respelt-heading", "no-header"
]

HEADINGS: Mapping[str, tuple[str, ...]] = {column.id: (column.heading, column.element) for column in COLUMNS}
"""The headings a column of the six is known by: as in files, and as an XML element."""

_BY_KEY: dict[str, str] = {fold(word): name for name, words in HEADINGS.items() for word in words}
_BY_KEY |= {key.replace(" ", ""): name for key, name in list(_BY_KEY.items())}


class LayoutIssue(Struct, frozen=True):
    """Something about the columns of a file in the layout, for the CGR1xx rules.

    `column` is a canonical id, `label` the heading as the file has it, `position` its place from 0; each
    is None where it has no meaning (a missing column has no position in the file).
    """

    kind: IssueKind
    column: str | None
    label: str | None
    position: int | None
    message: str
    help: str


class CanonicalConverter(Converter):
    """Reads the six columns by their headings, in any order, or by position where there are none."""

    name = "canonical"
    title = "account-based revenue layout"
    headings = HEADINGS

    def identify(self, sample: Sample) -> Fit:
        """Sure when all six headings are there; never by position alone."""
        header = find_header(sample.head, HEADINGS, sample.named)
        known = {name for name in map(column_of, header.labels) if name}
        if len(known) == len(IDS):
            return Fit(1.0, "all six headings of the layout")
        if known:
            return Fit(
                round(len(known) / len(IDS) * 0.9, 3), f"{len(known)} of the six headings of the layout"
            )
        return Fit(0.0, "none of the six headings of the layout")

    def header(self, sample: Sample, options: ConverterOptions) -> Header:
        """The row with the six headings. Labels are blank where the position decides."""
        header = find_header(sample.head, HEADINGS, sample.named)
        if sample.named is None or _all_six(sample.named):
            return header
        evidence = (
            f"the elements are named {listing(sample.named)}",
            "not all six names are known, so the position decides",
        )
        return Header(None, ("",) * len(sample.named), header.first, evidence, named=True)

    def fields(self, labels: Sequence[str], options: ConverterOptions) -> Reading:
        """The columns found; one that is missing is left out, `layout_findings` reports it."""
        places = columns_found(labels)
        matches = [
            Match(name, index, labels[index], _how(labels[index], name), BY_ID[name].heading)
            for name, index in places.items()
        ]
        return Reading(
            fields=tuple(SourceField(m.field, BY_ID[m.field].role, m.index, m.label) for m in matches),
            declared=Declared(decimal_mark=options.decimal_mark, date_order=options.date_order),
            decisions=tuple(column_decision(match) for match in matches),
        )


def column_of(label: str) -> str | None:
    """The canonical id a heading means, in any case, spacing or punctuation, else None."""
    key = fold(label)
    return _BY_KEY.get(key) or _BY_KEY.get(key.replace(" ", ""))


def columns_found(labels: Sequence[str]) -> dict[str, int]:
    """Canonical id to place (from 0), in the order of the layout.

    By heading; where all headings are blank, by position. Of a duplicated heading the first.
    """
    if not any(clean(label) for label in labels):
        return {name: index for index, name in enumerate(IDS) if index < len(labels)}
    places: dict[str, int] = {}
    for index, label in enumerate(labels):
        name = column_of(label)
        if name is not None:
            places.setdefault(name, index)
    return {name: places[name] for name in IDS if name in places}


def layout_findings(labels: Sequence[str], header: Header) -> list[LayoutIssue]:
    """What is odd about the columns of a file in the layout. `labels` and `header` as `header()` gave them.

    missing-column and duplicate-heading are errors in `convert` too; the others only matter to a file that
    is uploaded as it is.
    """
    if not any(clean(label) for label in labels):
        return _by_position(len(labels), header)
    places = columns_found(labels)
    issues = _missing(labels, places)
    for index, label in enumerate(labels):
        issue = _heading_issue(index, label, places, header)
        if issue is not None:
            issues.append(issue)
    ordered = sorted(places, key=lambda name: places[name])
    wanted = [name for name in IDS if name in places]
    if ordered != wanted:
        issues.append(
            LayoutIssue(
                "wrong-order",
                None,
                None,
                None,
                "the columns stand in another order than the server reads them: "
                + ", ".join(repr(BY_ID[name].heading) for name in ordered),
                "put them in this order: " + ", ".join(column.heading for column in COLUMNS),
            )
        )
    return issues


def _missing(labels: Sequence[str], places: Mapping[str, int]) -> list[LayoutIssue]:
    issues = []
    for position, name in enumerate(IDS):
        if name in places:
            continue
        stands = labels[position] if position < len(labels) and column_of(labels[position]) is None else ""
        instead = f"; column {position + 1} is headed {clean(stands)!r}" if clean(stands) else ""
        heading = BY_ID[name].heading
        issues.append(
            LayoutIssue(
                "missing-column",
                name,
                None,
                None,
                f"no column is headed {heading!r}{instead}",
                f"head the column {heading!r}; it is column {position + 1} of six",
            )
        )
    return issues


def _heading_issue(index: int, label: str, places: Mapping[str, int], header: Header) -> LayoutIssue | None:
    name = column_of(label)
    if label == FINDINGS_HEADING:
        return None  # the column an error workbook adds, read in again
    if name is None:
        shown = repr(clean(label)) if clean(label) else "no heading"
        return LayoutIssue(
            "extra-column",
            None,
            label,
            index,
            f"column {index + 1} ({shown}) is not part of the layout",
            "remove the column: the server reads by position",
        )
    heading = BY_ID[name].heading
    if places[name] != index:
        return LayoutIssue(
            "duplicate-heading",
            name,
            label,
            index,
            f"column {index + 1} is headed {heading!r} as column {places[name] + 1} is",
            "keep one of the two columns",
        )
    if label != heading and not header.named:
        return LayoutIssue(
            "respelt-heading",
            name,
            label,
            index,
            f"column {index + 1} is headed {label!r}",
            f"write the heading as {heading!r}",
        )
    return None


def _by_position(width: int, header: Header) -> list[LayoutIssue]:
    issues = []
    if not header.named:
        issues.append(
            LayoutIssue(
                "no-header",
                None,
                None,
                None,
                "the file has no header row, so the columns are taken by position",
                "put the six headings into the first row: " + ", ".join(column.heading for column in COLUMNS),
            )
        )
    for name in IDS[width:]:
        heading = BY_ID[name].heading
        issues.append(
            LayoutIssue(
                "missing-column",
                name,
                None,
                None,
                f"the rows have {width} column{'s' * (width != 1)}, so there is none for {heading!r}",
                "give every row six columns: " + ", ".join(column.heading for column in COLUMNS),
            )
        )
    issues += [
        LayoutIssue(
            "extra-column",
            None,
            "",
            index,
            f"column {index + 1} is not part of the layout",
            "remove the column: the server reads by position",
        )
        for index in range(len(IDS), width)
    ]
    return issues


def _all_six(named: Sequence[str]) -> bool:
    return {column_of(name) for name in named} >= set(IDS)


def _how(label: str, name: str) -> Literal["exact", "spelling", "position"]:
    if not clean(label):
        return "position"
    return "exact" if label in HEADINGS[name] else "spelling"
