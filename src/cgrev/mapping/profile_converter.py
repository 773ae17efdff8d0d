"""A converter made wholly of a profile: `--profile FILE`, and the base of most plugins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Self

from cgrev.mapping.header import find_header
from cgrev.mapping.headings import listing
from cgrev.mapping.profile import Profile, merged_profiles
from cgrev.mapping.profile_fields import description_parts, found_places, profile_reading
from cgrev.mapping.references import alternatives, places_of
from cgrev.plugin import Converter, ConverterOptions, Fit, Header, Join, Reading, Sample, Sheet, Tidied

if TYPE_CHECKING:
    import polars as pl

    from cgrev.mapping.totals import Money


_KEYS = ("start_date", "start_otherwise", "end_date", "end_before", "revenue_type", "term", "interval")
"""Fields that every record fills and no total does."""


class ProfileConverter(Converter):
    """Converts as `profile` says. A plugin derives from it, states its `name` and `title`, and overrides
    `identify`, `effective` or whatever else its source needs beyond a profile."""

    name = "profile"

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        if not self.title:
            self.title = profile.title
        self.piecewise = profile.piecewise

    def with_profile(self, profile: Profile) -> Self:
        """The same converter with another profile laid over its own."""
        return type(self)(merged_profiles(self.profile, profile))

    def effective(self, labels: Sequence[str], options: ConverterOptions) -> Profile:
        """The profile for this file and these options; the place to lay options over it."""
        return self.profile

    def identify(self, sample: Sample) -> Fit:
        """The share of the profile's fields whose column is in the file."""
        known = self.profile.headings()
        if not known:
            return Fit(0.0, "the profile names no columns")
        labels = self.header(sample, self.Options()).labels
        there = [
            name for name, references in known.items() if any(places_of(one, labels) for one in references)
        ]
        shown = listing([labels[place] for one in there for place in places_of(known[one][0], labels)], 6)
        return Fit(
            round(len(there) / len(known), 3), f"{len(there)} of {len(known)} fields of the profile: {shown}"
        )

    def header(self, sample: Sample, options: ConverterOptions) -> Header:
        """The row the profile names, or the row that names the most of its columns."""
        rule = self.profile.header
        if rule.row is not None or rule.none:
            return _stated_header(sample, rule.row)
        return find_header(sample.head, self._words(), sample.named)

    def tidy(self, sheet: Sheet, options: ConverterOptions) -> Tidied:
        """Rows out, groups down, as the profile says."""
        from cgrev.mapping.profile_tidy import tidy_by_profile

        profile = self.effective(sheet.labels, options)
        found = found_places(sheet.labels, profile)
        keys = sorted(found[name][0] for name in _KEYS if name in found)
        status = found["status"][0] if "status" in found else None
        return tidy_by_profile(sheet, profile, keys, status, _money(profile, found))

    def appended(self, labels: Sequence[str], options: ConverterOptions) -> tuple[str, ...]:
        """The columns of the profile's group rows."""
        return tuple(group.label for group in self.effective(labels, options).groups)

    def joins(self, labels: Sequence[str], options: ConverterOptions) -> tuple[Join, ...]:
        """The further files the profile names."""
        profile = self.effective(labels, options)
        return tuple(
            Join(
                rule.name,
                rule.key,
                rule.other_key,
                rule.columns,
                rule.required,
                rule.numbers,
                rule.optional,
                profile.null_tokens,
            )
            for rule in profile.joins
        )

    def fields(self, labels: Sequence[str], options: ConverterOptions) -> Reading:
        """The columns of the profile. Raises `SettingsError` where the file lacks one that is needed."""
        return profile_reading(labels, self.effective(labels, options), options, self.title or self.name)

    def convert(self, rows: pl.LazyFrame, options: ConverterOptions) -> pl.LazyFrame:
        """Amounts, periods and types as the profile works them out."""
        from cgrev.mapping.profile_convert import convert_by_profile

        return convert_by_profile(rows, self.effective((), options))

    def _words(self) -> list[str]:
        """Every heading the profile speaks of."""
        profile = self.profile
        words = [*profile.columns, *profile.header.names, *profile.carry_down, *profile.totals.blank_keys]
        words += [profile.carry_key] if profile.carry_key is not None else []
        words += [rule.column for rule in profile.skip]
        words += [*profile.latest.key, profile.latest.by] if profile.latest is not None else []
        for join in profile.joins:
            keys = (join.key,) if isinstance(join.key, str) else join.key
            words += [one for key in keys for one in alternatives(key)]
        words += [part.reference for part in description_parts(profile.description)]
        return [word.rsplit(" @", 1)[0] for word in words if not word.startswith("#")]


def _money(profile: Profile, found: Mapping[str, tuple[int, str]]) -> Money | None:
    """Where the amounts of a file stand that its totals are sums of: none where they are worked out."""
    from cgrev.mapping.totals import Money

    if "amount" not in found:
        return None
    negative = None
    if profile.sign is not None and "sign" in found:
        words = profile.values.get("sign", {})
        marks = profile.sign.negative
        negative = (found["sign"][0], (*marks, *(word for word, mark in words.items() if mark in marks)))
    currency = found["currency"][0] if "currency" in found else None
    return Money(found["amount"][0], currency, negative)


def _stated_header(sample: Sample, row: int | None) -> Header:
    """The header where the profile says it stands, or that there is none."""
    head = sample.head
    cells = [name for name in head.columns if name[0] == "c"]
    numbers = head["row"].to_list()
    if row is None:
        first = numbers[0] if numbers else 1
        return Header(None, ("",) * len(cells), first, ("the profile says there is no header row",))
    if row not in numbers:
        from cgrev.errors import SettingsError

        raise SettingsError(
            f"header.row: the file has no row {row} among its first {len(numbers)}",
            help="give the number of the header row as an editor or a spreadsheet shows it",
        )
    place = numbers.index(row)
    labels = tuple(head[name][place] or "" for name in cells)
    first = numbers[place + 1] if place + 1 < len(numbers) else row + 1
    return Header(row, labels, first, (f"the profile says the header is row {row}",))
