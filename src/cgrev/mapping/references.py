"""How a profile names a column: by heading, `#3` by place, `Heading @2` for the second of a heading."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cgrev.errors import SettingsError
from cgrev.mapping.headings import clean, fold, listing, numbered, squash

_PLACE = re.compile(r"#(\d+)")
_OCCURRENCE = re.compile(r"(.+) @(\d+)")


def places_of(reference: str, labels: Sequence[str]) -> tuple[int, ...]:
    """The places (from 0) of the columns a reference fits: none, one, or several under one heading.

    A heading spelt exactly so goes before one that is equal without case and punctuation, and that before
    one that is equal without the spaces too (`AccountId` and `account_id`).
    """
    place = _PLACE.fullmatch(reference)
    if place is not None:
        index = int(place[1]) - 1
        return (index,) if 0 <= index < len(labels) else ()
    exact = tuple(i for i, label in enumerate(labels) if clean(label) and clean(label) == clean(reference))
    if exact:
        return exact
    same = tuple(i for i, label in enumerate(labels) if clean(label) and fold(label) == fold(reference))
    if same:
        return same
    joined = tuple(i for i, label in enumerate(labels) if clean(label) and squash(label) == squash(reference))
    if joined:
        return joined
    numbered_one = _OCCURRENCE.fullmatch(reference)
    if numbered_one is not None:
        all_of_it = places_of(numbered_one[1], labels)
        nth = int(numbered_one[2]) - 1
        return all_of_it[nth : nth + 1] if nth >= 0 else ()
    return ()


def place_of(reference: str, labels: Sequence[str], *, about: str) -> int | None:
    """The place of the column, None when it is not there.

    Raises `SettingsError` when several columns fit: `about` says which rule of the profile asks.
    """
    places = places_of(reference, labels)
    if len(places) > 1:
        shown = ", ".join(numbered(place, labels[place]) for place in places)
        raise SettingsError(
            f"{about}: {reference!r} fits several columns: {shown}",
            help=f"say which: '{reference} @2' is the second of them, '#{places[0] + 1}' one by its place",
        )
    return places[0] if places else None


def needed_place(reference: str, labels: Sequence[str], *, about: str) -> int:
    """The place of a column that must be there. Raises `SettingsError` when it is not, or not alone."""
    place = place_of(reference, labels, about=about)
    if place is None:
        raise SettingsError(
            f"{about}: the file has no column {reference!r}; its headings: {listing(labels)}",
            help="correct the profile, or export the column",
        )
    return place


def alternatives(reference: str) -> tuple[str, ...]:
    """The spellings of a heading of a further file: `Customer|kunnr`."""
    return tuple(one.strip() for one in reference.split("|") if one.strip())


def needed_alternative(reference: str, labels: Sequence[str], *, about: str) -> int:
    """The place of the first spelling that is there. Raises `SettingsError` when none is."""
    for one in alternatives(reference):
        place = place_of(one, labels, about=about)
        if place is not None:
            return place
    return needed_place(alternatives(reference)[0], labels, about=about)
