"""A profile: what a person says about one kind of export, as TOML.

The same model reads a file of `--profile`, the profiles a plugin ships, and a section `[source.NAME]`
of the settings. Keys are written with hyphens (`date-order`); underscores are read too.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    ValidationError,
    field_validator,
)

from cgrev.errors import SettingsError
from cgrev.layout import IDS, RevenueType, Role
from cgrev.mapping.profile_tables import (
    AmountRule,
    CurrencyRule,
    EndRule,
    FieldId,
    GroupRule,
    HeaderRule,
    IntervalRule,
    JoinRule,
    LatestRule,
    Reference,
    SignRule,
    SkipRule,
    StatusRule,
    Table,
    TermRule,
    TotalRule,
    compiles,
)
from cgrev.parsing.fields import DateOrder, DecimalMark

SCHEMA: Literal["cgrev-profile/1"] = "cgrev-profile/1"

FIELDS: Mapping[str, tuple[Role, str]] = {
    "account_name": ("name", "the account"),
    "account_otherwise": ("name", "the account of rows whose account_name is blank"),
    "amount": ("amount", "the revenue amount"),
    "start_date": ("date", "the first day of the period"),
    "start_otherwise": ("date", "the first day of rows whose start_date is blank"),
    "end_date": ("date", "the last day of the period"),
    "end_before": ("date", "the first day after the period, for rows whose end_date is blank"),
    "revenue_type": ("type", "ARR, MRR, One Time or Other, or words that `values` maps to them"),
    "description": ("text", "free text"),
    "price": ("amount", "a price for one: multiplied with the quantity in place of an amount"),
    "quantity": ("amount", "how many at that price"),
    "refunded": ("amount", "what was paid back: subtracted from the amount"),
    "tax": ("amount", "tax contained in the amount: subtracted from it"),
    "discount": ("text", "a discount in percent"),
    "interval": ("text", "how often it is billed: monthly, quarterly, yearly"),
    "interval_count": ("text", "every how many intervals it is billed"),
    "term": ("text", "the length of the contract in months (or years)"),
    "currency": ("text", "the currency code of the amount"),
    "sign": ("text", "a mark that gives the amount its sign: S/H, D/C"),
    "status": ("text", "what `status` keeps or drops rows by"),
}
"""Fields a column can be, with how its cells are read and what it means."""


class Profile(Table):
    """What is known of one kind of export."""

    schema_: Literal["cgrev-profile/1"] = Field(default=SCHEMA, description="version of this format")
    title: str = Field("", description="one line: which export this is for")
    converter: str | None = Field(
        default=None, description="the converter this profile is laid over; none: it stands alone"
    )
    extends: str | None = Field(
        default=None, description="a profile to start from: a packaged name or a file beside this one"
    )
    header: HeaderRule = Field(default_factory=HeaderRule)
    columns: Mapping[str, FieldId | tuple[FieldId, ...]] = Field(
        default_factory=dict,
        description="heading (or #3) to field; of several headings of one field the first found is taken",
    )
    constants: Mapping[FieldId, str] = Field(
        default_factory=dict, description="what every row has where no column says it"
    )
    values: Mapping[FieldId, Mapping[str, str]] = Field(
        default_factory=dict, description="words of the source and what they mean, by field"
    )
    default_type: RevenueType | None = Field(
        default=None, description="revenue type of rows whose cell is blank"
    )
    null_tokens: tuple[str, ...] = Field(default=(), description="whole cells that mean blank: -, #N/A, null")
    decimal_mark: DecimalMark | None = Field(default=None, description="the decimal mark of amounts: . or ,")
    date_order: DateOrder | None = Field(default=None, description="order of 01/02/2024: dmy, mdy or ymd")
    date_format: str | None = Field(
        default=None, description="strptime pattern of dates without separators: %Y%m%d"
    )
    dates_within: tuple[date, date] | None = Field(
        default=None,
        description="first and last day of the year that dates without one fall in (date-format %d%m)",
    )
    two_digit_years: bool = Field(default=False, description="read 24 as 2024 (69 to 99 are 19xx)")
    carry_down: tuple[Reference, ...] = Field(
        default=(), description="columns whose blank cells repeat the cell above"
    )
    carry_key: Reference | None = Field(
        default=None,
        description="what carry-down repeats goes only into rows in which this column is blank: the lines of "
        "an order whose number stands in the first one",
    )
    groups: tuple[GroupRule, ...] = Field(default=(), description="group rows, the outermost first")
    skip: tuple[SkipRule, ...] = Field(default=(), description="rows that are no revenue")
    totals: TotalRule = Field(default_factory=TotalRule)
    footers: tuple[str, ...] = Field(default=(), description="beginnings of lines below the table")
    status: StatusRule | None = None
    sign: SignRule | None = None
    currency: CurrencyRule = Field(default_factory=CurrencyRule)
    amount: AmountRule = Field(default_factory=AmountRule)
    interval: IntervalRule | None = None
    term: TermRule = Field(default_factory=TermRule)
    end: EndRule = Field(default_factory=EndRule)
    latest: LatestRule | None = None
    joins: tuple[JoinRule, ...] = ()
    extract: Mapping[FieldId, Annotated[str, AfterValidator(compiles)]] = Field(
        default_factory=dict,
        description="the part of a text that counts, by field: the first bracketed group of a pattern, or "
        "the second where the first took no part; texts it does not fit stay whole",
    )
    assumptions: tuple[str, ...] = Field(
        default=(), description="what is taken for granted about the export; `inspect` shows it"
    )
    description: str | None = Field(
        default=None,
        description="a text made of several columns: '{Opportunity Name} ({Opportunity ID})'; one that may "
        "be absent has a question mark: '{Plan?}'",
    )

    @field_validator("columns", mode="before")
    @classmethod
    def _fields_exist(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        for heading, target in value.items():
            for name in target if isinstance(target, list | tuple) else (target,):
                if name not in FIELDS:
                    raise ValueError(
                        f"{heading!r} is mapped to {name!r}, which is no field ({', '.join(FIELDS)})"
                    )
        return {key: tuple(one) if isinstance(one, list) else one for key, one in value.items()}

    @field_validator("values")
    @classmethod
    def _types_exist(cls, value: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, str]]:
        for word, meaning in value.get("revenue_type", {}).items():
            if meaning not in list(RevenueType):
                known = ", ".join(RevenueType)
                raise ValueError(f"{word!r} is mapped to {meaning!r}, which is no revenue type ({known})")
        return value

    @property
    def piecewise(self) -> bool:
        """Whether rows can be tidied one by one: nothing is carried from row to row, and no totals of groups
        are compared."""
        rule = self.totals
        whole = self.carry_down or self.groups or self.latest is not None
        return not (whole or rule.markers or rule.blank_keys or rule.beginnings)

    def headings(self) -> dict[str, tuple[str, ...]]:
        """Field to the headings (not positions) it is known by, in the order of preference."""
        known: dict[str, list[str]] = {}
        for reference, target in self.columns.items():
            for name in (target,) if isinstance(target, str) else target:
                known.setdefault(name, []).append(reference)
        return {name: tuple(references) for name, references in known.items()}

    def feeds(self) -> frozenset[str]:
        """Canonical ids this profile says something about."""
        return frozenset(self.headings()) & frozenset(IDS) | frozenset(self.constants) & frozenset(IDS)


def parse_profile(data: Mapping[str, Any], *, origin: str) -> Profile:
    """A profile from parsed TOML. Raises `SettingsError` naming `origin` and the key that does not fit."""
    try:
        return Profile.model_validate(dict(data))
    except ValidationError as error:
        faults = [
            f"{'.'.join(str(part) for part in fault['loc']) or 'profile'}: {_fault(fault['msg'])}"
            for fault in error.errors(include_url=False)
        ]
        raise SettingsError(
            f"{origin}: {'; '.join(dict.fromkeys(faults))}",
            help="the keys of a profile are listed by `cgrev schema show profile`",
        ) from None


def load_profile(path: Path | str, *, packaged: Callable[[str], str | None] = lambda name: None) -> Profile:
    """Read a profile file and what it extends.

    `packaged` gives the TOML text of a profile a plugin ships, by name, or None. Raises
    `SettingsError` for a file that cannot be read, is not TOML, does not fit, or extends itself.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsError(f"the profile '{path}' cannot be read: {reason}") from None
    return parse_profile(_extended(text, str(path), path.parent, packaged, ()), origin=str(path))


def profile_from_text(
    text: str, *, origin: str, packaged: Callable[[str], str | None] = lambda name: None
) -> Profile:
    """A profile from TOML text, e.g. package data; `extends` names packaged profiles only."""
    return parse_profile(_extended(text, origin, None, packaged, ()), origin=origin)


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Two parsed profiles as one: tables key by key, anything else from `over`; its columns go first."""
    base, over = _normal_keys(base), _normal_keys(over)
    result = dict(over)
    for key, value in base.items():
        mine = over.get(key)
        if isinstance(value, Mapping) and isinstance(mine, Mapping):
            result[key] = merged(value, mine)
        elif key not in over:
            result[key] = value
    return result


def merged_profiles(base: Profile, over: Profile) -> Profile:
    """`over` laid over `base`; only keys that `over` states count."""
    one = base.model_dump(by_alias=True, exclude_unset=True, mode="json")
    other = over.model_dump(by_alias=True, exclude_unset=True, mode="json")
    return Profile.model_validate(merged(one, other))


def _extended(
    text: str,
    origin: str,
    folder: Path | None,
    packaged: Callable[[str], str | None],
    seen: tuple[str, ...],
) -> dict[str, Any]:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{origin}: it is not TOML: {error}") from None
    parent = data.pop("extends", None)
    if parent is None:
        return data
    if not isinstance(parent, str):
        raise SettingsError(f"{origin}: extends: it must be the name of a profile")
    if parent in seen or len(seen) > 8:
        raise SettingsError(f"{origin}: extends: {' -> '.join((*seen, parent))} comes round to itself")
    base = packaged(parent)
    source, where = parent, None
    if base is None and folder is not None and (folder / parent).is_file():
        source, where = str(folder / parent), (folder / parent).parent
        base = (folder / parent).read_text(encoding="utf-8-sig")
    if base is None:
        raise SettingsError(
            f"{origin}: extends: there is no profile {parent!r}",
            help="name a packaged profile or a file beside this one",
        )
    return merged(_extended(base, source, where, packaged, (*seen, parent)), data)


def _normal_keys(data: Mapping[str, Any]) -> dict[str, Any]:
    """Top-level keys with hyphens, so that both spellings merge."""
    return {key.replace("_", "-") if key in _UNDERSCORED else key: value for key, value in data.items()}


_UNDERSCORED = frozenset(name for name in Profile.model_fields if "_" in name and name != "schema_")


def _fault(message: str) -> str:
    message = message.removeprefix("Value error, ")
    if message == "Extra inputs are not permitted":
        return "there is no such key"
    return message[:1].lower() + message[1:]


def profile_schema() -> dict[str, Any]:
    """The JSON Schema of a profile, as it is published."""
    schema = Profile.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:cgrev:schema:profile:1",
        **schema,
        "title": "cgrev profile",
        "description": "how the columns of one kind of export become the six columns (TOML)",
    }
