"""Which columns of a file a profile reads, and what is missing for a whole record."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from cgrev.errors import SettingsError
from cgrev.findings import Decision
from cgrev.layout import BY_ID, COLUMNS, RevenueType
from cgrev.mapping.headings import clean
from cgrev.mapping.matching import match_headings, missing_column
from cgrev.mapping.profile import FIELDS, Profile
from cgrev.mapping.profile_tables import SkipRule
from cgrev.mapping.references import needed_place, place_of
from cgrev.parsing.fields import Declared, SourceField
from cgrev.plugin import ConverterOptions, Reading

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")

DERIVED_FROM: dict[str, tuple[str, ...]] = {
    "amount": ("amount", "price", "quantity", "refunded", "tax"),
    "end_date": ("end_date",),
}
"""Fields of the same kind a computed column comes from: a bad cell among them is blamed."""


class Part(Struct, frozen=True):
    """One column of a description, with the literal text in front of it and (the last) behind it."""

    id: str
    reference: str
    before: str
    after: str = ""
    optional: bool = False


def description_parts(template: str | None) -> tuple[Part, ...]:
    """The columns of '{Opportunity Name} ({Opportunity ID})', each with its literal text.

    A heading with a question mark, '{Plan?}', may be absent from the file."""
    if not template:
        return ()
    pieces = _PLACEHOLDER.split(template)
    references = pieces[1::2]
    return tuple(
        Part(
            f"part{number}",
            reference.removesuffix("?"),
            pieces[number * 2],
            pieces[-1] if number == len(references) - 1 else "",
            reference.endswith("?"),
        )
        for number, reference in enumerate(references)
    )


def found_places(labels: Sequence[str], profile: Profile) -> dict[str, tuple[int, str]]:
    """Field to (place, reference) for the fields whose column is in the file; the first reference wins."""
    found: dict[str, tuple[int, str]] = {}
    for name, references in profile.headings().items():
        for reference in references:
            place = place_of(reference, labels, about=f"columns: {name}")
            if place is not None:
                found[name] = (place, reference)
                break
    side = profile.currency.side
    if side is not None and "currency" not in found:
        money = found.get("amount") or found.get("price")
        if money is not None:
            place = money[0] + (-1 if side == "left" else 1)
            if not 0 <= place < len(labels):
                raise SettingsError(
                    f"currency.side: no column stands {side} of column {money[0] + 1} with the amount",
                    help='name the column: columns = { "HEADING" = "currency" }',
                )
            found["currency"] = (place, f"{side} of the amount")
    return found


def profile_reading(labels: Sequence[str], profile: Profile, options: ConverterOptions, who: str) -> Reading:
    """The declaration of a profile for one file. Raises `SettingsError` where a record cannot be whole."""
    found = found_places(labels, profile)
    fields = [SourceField(name, FIELDS[name][0], place, labels[place]) for name, (place, _) in found.items()]
    fields += [
        SourceField(name, FIELDS[name][0], None, "", value)
        for name, value in profile.constants.items()
        if name not in found
    ]
    ids = {field.id for field in fields}
    _whole(ids, labels, profile, who)
    parts = description_parts(profile.description)
    for part in parts:
        place = place_of(part.reference, labels, about="description")
        if place is None and not part.optional:
            place = needed_place(part.reference, labels, about="description")
        if place is not None:
            fields.append(SourceField(part.id, "text", place, labels[place]))
    fields += _judged(labels, profile)
    derived = {
        name: tuple(source for source in sources if source in ids) for name, sources in DERIVED_FROM.items()
    }
    if "end_date" not in ids:
        derived["end_date"] = tuple(one for one in ("end_before", "start_date", "term") if one in ids)
    elif "end_before" in ids:
        derived["end_date"] = ("end_date", "end_before")
    if "start_otherwise" in ids:
        derived["start_date"] = tuple(one for one in ("start_date", "start_otherwise") if one in ids)
    if parts:
        derived["description"] = tuple(part.id for part in parts if any(part.id == one.id for one in fields))
    if profile.interval is not None and "interval" in ids:
        derived["revenue_type"] = ()
    if "account_name" in profile.values or "account_name" in profile.extract or "account_otherwise" in ids:
        derived["account_name"] = tuple(one for one in ("account_name", "account_otherwise") if one in ids)
    return Reading(tuple(fields), _declared(profile, options), derived, _decisions(labels, found, profile))


def joined_rules(profile: Profile) -> tuple[tuple[str, SkipRule], ...]:
    """The skip rules about columns of further files, each with the id of the field that holds its column.

    Such columns are there only after `tidy`, so `convert` judges them."""
    names = tuple(f"{join.name}." for join in profile.joins)
    return tuple(
        (f"skip{number}", rule)
        for number, rule in enumerate(profile.skip)
        if names and rule.column.startswith(names)
    )


def _judged(labels: Sequence[str], profile: Profile) -> list[SourceField]:
    """The fields that `joined_rules` look at, where the further file was handed in."""
    found = []
    for name, rule in joined_rules(profile):
        place = place_of(rule.column, labels, about="skip.column")
        if place is not None:
            found.append(SourceField(name, "text", place, labels[place]))
    return found


def _declared(profile: Profile, options: ConverterOptions) -> Declared:
    return Declared(
        decimal_mark=options.decimal_mark or profile.decimal_mark,
        date_order=options.date_order or profile.date_order,
        two_digit_years=profile.two_digit_years,
        date_format=profile.date_format,
        within=profile.dates_within,
        null_tokens=profile.null_tokens,
        type_words=dict(profile.values.get("revenue_type", {})),
        default_type=profile.default_type,
    )


def _whole(ids: set[str], labels: Sequence[str], profile: Profile, who: str) -> None:
    """Each required column of the six has a column, a constant, or something it is worked out from."""
    ways = {
        "account_name": bool(ids & {"account_name", "account_otherwise"}),
        "start_date": bool(ids & {"start_date", "start_otherwise"}),
        "amount": bool(ids & {"amount", "price"}),
        "end_date": bool(ids & {"end_date", "end_before", "term"})
        or profile.end.months is not None
        or (profile.end.one_time and profile.constants.get("revenue_type") == RevenueType.ONE_TIME),
        "revenue_type": "revenue_type" in ids
        or profile.default_type is not None
        or (profile.interval is not None and "interval" in ids),
    }
    if "interval" in ids and profile.interval is None:
        raise SettingsError(
            f"an amount is per billing interval, but nothing says what to bring it to ({who})",
            help='interval.to = "ARR", "MRR" or "as-billed"',
        )
    if "sign" in ids and profile.sign is None:
        raise SettingsError(
            f"a column gives the amounts their sign, but nothing says which mark is negative ({who})",
            help='sign.negative = ["H"]',
        )
    headings = profile.headings()
    for column in COLUMNS:
        if not column.required or ways.get(column.id, column.id in ids):
            continue
        if column.id == "revenue_type":
            raise SettingsError(
                f"nothing says what revenue type the rows are ({who})",
                help='say it for all rows: constants = { revenue_type = "Other" }; or by a column: '
                'columns = { "HEADING" = "revenue_type" } and values.revenue_type = { WORD = "ARR" }',
            )
        known = {column.id: headings.get(column.id, (column.heading,))}
        error = missing_column(column.id, labels, match_headings(labels, known), who=who)
        if column.id == "end_date":
            error.help = f"{error.help}; or say how long a period is: end.months = 12"
        raise error


def _decisions(
    labels: Sequence[str], found: dict[str, tuple[int, str]], profile: Profile
) -> tuple[Decision, ...]:
    decisions = []
    for name, (place, reference) in found.items():
        column = BY_ID.get(name)
        evidence = [f"column {place + 1}: {reference!r} in the profile"]
        others = [
            other
            for other in profile.headings().get(name, ())
            if other != reference and place_of(other, labels, about=f"columns: {name}") is not None
        ]
        if others:
            evidence.append(f"not taken, named later in the profile: {', '.join(map(repr, others))}")
        decisions.append(
            Decision(
                "column",
                column.heading if column else FIELDS[name][1],
                "declared",
                tuple(evidence),
                column=column.heading if column else None,
                source_column=clean(labels[place]) or None,
            )
        )
    for name, value in profile.constants.items():
        if name not in found:
            heading = BY_ID[name].heading if name in BY_ID else FIELDS[name][1]
            decisions.append(
                Decision("column", f"{heading}: {value!r} in every row", "declared", column=heading)
            )
    decisions += [
        Decision("assumption", text, "declared", (f"assumption: {text}",)) for text in profile.assumptions
    ]
    return tuple(decisions)
