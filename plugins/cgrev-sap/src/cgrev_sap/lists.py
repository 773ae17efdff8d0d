"""What all lists have in common: the customer's name, found by place and pattern."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from cgrev.plugin import (
    ConverterOptions,
    Header,
    LineConverter,
    LineOptions,
    Profile,
    Question,
    Sample,
    clean,
    numbered,
    places_of,
)
from cgrev_sap import captions


class ListOptions(LineOptions):
    """Options of every list."""

    account: str | None = Field(
        default=None, description="the column with the account: a heading, or its place such as #6"
    )


class SapList(LineConverter):
    """A list saved as a spreadsheet, as tab-separated text, or as it is printed (`|` and dashes)."""

    Options = ListOptions

    def preamble(self, sample: Sample, header: Header, options: ConverterOptions) -> ConverterOptions:
        """The column of the customer's name, where the caption stands over the number and over the name.

        The number is digits, the name is not: the cells of the first rows tell them apart."""
        mine: ListOptions = self.mine(options)
        stated = [one for one in self.profile.headings().get("account_name", ()) if "." not in one]
        if mine.account is not None or any(places_of(one, header.labels) for one in stated):
            return options
        names = places(captions.CUSTOMER_NAME, header.labels)
        if not names:
            twice = places(captions.CUSTOMER, header.labels)
            names = [place for place in twice if len(twice) > 1 and _names(sample, header, place)]
        if len(names) == 1:
            return mine.model_copy(update={"account": f"#{names[0] + 1}"})
        return options

    def said(self, labels: Sequence[str], options: ConverterOptions) -> dict[str, Any]:
        """The account's column beside what every list of documents says."""
        said = super().said(labels, options)
        account = self.mine(options).account
        if account is not None:
            said["columns"][account] = "account_name"
        return said

    def ask(self, labels: Sequence[str], options: ConverterOptions, profile: Profile) -> None:
        """Raise `Question` when several columns can be the account, or none is."""
        known = profile.headings().get("account_name", ())
        if not any(places_of(one, labels) for one in known):
            candidates = places((*captions.CUSTOMER_NAME, *captions.CUSTOMER), labels)
            candidates = candidates or [place for place, label in enumerate(labels) if clean(label)]
            raise Question(
                "which column is the account?",
                option="account",
                readings=[f"#{place + 1}: {numbered(place, labels[place])}" for place in candidates],
                columns=candidates,
            )
        super().ask(labels, options, profile)


def places(spellings: Sequence[str], labels: Sequence[str]) -> list[int]:
    """Every column under one of the captions, from left to right."""
    return sorted({place for one in spellings for place in places_of(one, labels)})


def _names(sample: Sample, header: Header, place: int) -> bool:
    """Whether the first cells of a column hold words and not numbers."""
    name = f"c{place}"
    if name not in sample.head.columns:
        return False
    cells = sample.head.filter(sample.head["row"] >= header.first)[name].drop_nulls().str.strip_chars()
    filled = [cell for cell in cells.head(100).to_list() if cell and cell != header.labels[place].strip()]
    words = [cell for cell in filled if any(sign.isalpha() for sign in cell)]
    return len(words) * 2 > len(filled)
