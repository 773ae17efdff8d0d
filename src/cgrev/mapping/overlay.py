"""A profile laid over an installed converter: `[source.NAME]` with `converter = ".."`.

Over a converter made of a profile everything can be said. Over any other, what concerns the text of the
columns it reads: which they are, their words, marks and orders.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from cgrev.errors import SettingsError
from cgrev.mapping.headings import numbered
from cgrev.mapping.profile import FIELDS, Profile
from cgrev.mapping.profile_converter import ProfileConverter
from cgrev.mapping.references import needed_place
from cgrev.parsing.fields import Declared, SourceField
from cgrev.plugin import Converter, ConverterOptions, Fit, Header, Join, Reading, Sample, Sheet, Tidied

if TYPE_CHECKING:
    import polars as pl

_OVER_ANY = frozenset(
    {
        "schema_", "title", "converter", "extends", "columns", "constants", "values", "default_type",
        "null_tokens", "decimal_mark", "date_order", "date_format", "two_digit_years",
    }
)  # fmt: skip


def overlay(converter: Converter, profile: Profile) -> Converter:
    """The converter with the profile laid over it.

    Raises `SettingsError` for a key the converter has no use for.
    """
    if isinstance(converter, ProfileConverter):
        return converter.with_profile(profile)
    strange = sorted(profile.model_fields_set - _OVER_ANY)
    if strange:
        raise SettingsError(
            f"the converter {converter.name!r} works out by itself what the profile states: "
            + ", ".join(name.replace("_", "-") for name in strange),
            help="leave the keys out, or use a profile of its own without `converter`",
        )
    return Overlaid(converter, profile)


class Overlaid(Converter):
    """A converter whose reading of columns is corrected by a profile."""

    def __init__(self, inner: Converter, profile: Profile) -> None:
        self.inner, self.profile = inner, profile
        self.name, self.title, self.piecewise = inner.name, inner.title, inner.piecewise
        self.Options = inner.Options  # type: ignore[misc]

    def identify(self, sample: Sample) -> Fit:
        return self.inner.identify(sample)

    def header(self, sample: Sample, options: ConverterOptions) -> Header:
        return self.inner.header(sample, options)

    def preamble(self, sample: Sample, header: Header, options: ConverterOptions) -> ConverterOptions:
        return self.inner.preamble(sample, header, options)

    def tidy(self, sheet: Sheet, options: ConverterOptions) -> Tidied:
        return self.inner.tidy(sheet, options)

    def appended(self, labels: Sequence[str], options: ConverterOptions) -> tuple[str, ...]:
        return self.inner.appended(labels, options)

    def joins(self, labels: Sequence[str], options: ConverterOptions) -> tuple[Join, ...]:
        return self.inner.joins(labels, options)

    def convert(self, rows: pl.LazyFrame, options: ConverterOptions) -> pl.LazyFrame:
        return self.inner.convert(rows, options)

    def fields(self, labels: Sequence[str], options: ConverterOptions) -> Reading:
        """The inner converter's fields, with the profile's columns, constants and words in their place."""
        reading = self.inner.fields(self._renamed(labels), options)
        fields = {field.id: field for field in reading.fields}
        for name, references in self.profile.headings().items():
            place = needed_place(references[0], labels, about=f"columns: {name}")
            self._replace(fields, reading, name, SourceField(name, FIELDS[name][0], place, labels[place]))
        for name, value in self.profile.constants.items():
            if name not in fields or fields[name].index is None:
                self._replace(fields, reading, name, SourceField(name, FIELDS[name][0], None, "", value))
        return replace(
            reading, fields=tuple(fields.values()), declared=self._declared(reading.declared, options)
        )

    def _renamed(self, labels: Sequence[str]) -> list[str]:
        """Labels as the inner converter knows them, so that a renamed column is not missing to it."""
        renamed = list(labels)
        for name, references in self.profile.headings().items():
            known = self.inner.headings.get(name)
            if known:
                place = needed_place(references[0], labels, about=f"columns: {name}")
                renamed = ["" if label == known[0] else label for label in renamed]
                renamed[place] = known[0]
        return renamed

    def _replace(
        self, fields: dict[str, SourceField], reading: Reading, name: str, field: SourceField
    ) -> None:
        if name not in fields and (
            name in reading.derived or type(self.inner).convert is not Converter.convert
        ):
            what = numbered(field.index, field.label) if field.index is not None else repr(field.constant)
            raise SettingsError(
                f"the converter {self.inner.name!r} works out {name!r} by itself, "
                f"so {what} cannot take its place",
                help="leave it out of the profile, or use one of the converter's options",
            )
        fields[name] = field

    def _declared(self, declared: Declared, options: ConverterOptions) -> Declared:
        profile = self.profile
        return replace(
            declared,
            decimal_mark=options.decimal_mark or profile.decimal_mark or declared.decimal_mark,
            date_order=options.date_order or profile.date_order or declared.date_order,
            two_digit_years=profile.two_digit_years or declared.two_digit_years,
            date_format=profile.date_format or declared.date_format,
            null_tokens=(*declared.null_tokens, *profile.null_tokens),
            type_words={**declared.type_words, **profile.values.get("revenue_type", {})},
            default_type=profile.default_type or declared.default_type,
        )
