"""The tables of a profile, one class each: header, groups, skips, totals, status, amounts, terms, joins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    model_validator,
)

from cgrev.layout import RevenueType

FieldId = Literal[
    "account_name", "account_otherwise", "amount", "start_date", "start_otherwise", "end_date", "end_before",
    "revenue_type", "description", "price", "quantity", "refunded", "tax", "discount", "interval",
    "interval_count", "term", "currency", "sign", "status",
]  # fmt: skip

Reference = Annotated[
    str,
    Field(
        min_length=1,
        description="a heading, `#3` for the third column, or `Heading @2` for the second of that heading",
    ),
]


def hyphened(name: str) -> str:
    return "schema" if name == "schema_" else name.replace("_", "-")


class Table(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=hyphened, validate_by_name=True, validate_by_alias=True
    )


def compiles(pattern: str | None) -> str | None:
    """Patterns run in polars' engine, which knows no look-around: refuse them when the profile is read."""
    if pattern is not None:
        import polars as pl

        try:
            pl.Series([""]).str.contains(pattern, literal=False, strict=True)
        except pl.exceptions.ComputeError as error:
            reason = str(error).strip().splitlines()[-1].removeprefix("error: ")
            raise ValueError(f"the pattern {pattern!r} does not compile: {reason}") from None
    return pattern


Pattern = Annotated[str | None, AfterValidator(compiles)]


class HeaderRule(Table):
    """Where the headings stand, where they are not found by themselves."""

    row: int | None = Field(default=None, ge=1, description="number of the header row, as a person sees it")
    none: bool = Field(default=False, description="the file has no header row; columns are given by position")
    names: tuple[str, ...] = Field(default=(), description="further headings that tell the header row")


class GroupRule(Table):
    """A row that holds one cell only and names the group of the rows below it (reports do this)."""

    column: Reference = Field(default="#1", description="the column the group's name stands in")
    label: str = Field(min_length=1, description="heading of the new column that holds the name in every row")
    pattern: Pattern = Field(
        None,
        description="only such texts are group rows; the name is its first bracketed group, "
        "e.g. '^Account Name: (.+?) \\([0-9,]+ records?\\)$'",
    )


class SkipRule(Table):
    """Rows that are no revenue. Each condition given must hold; texts are compared without case."""

    column: Reference
    equals: tuple[str, ...] = Field(default=(), description="whole texts, one of which the cell has")
    pattern: Pattern = Field(default=None, description="a regular expression found in the cell")
    blank: bool | None = Field(default=None, description="true: the cell is blank; false: it is not")
    reason: str = Field("", description="why, as the list of skipped rows says it")

    @model_validator(mode="after")
    def _says_something(self) -> SkipRule:
        if not self.equals and self.pattern is None and self.blank is None:
            raise ValueError("a skip rule needs one of: equals, pattern, blank")
        return self


class TotalRule(Table):
    """How total rows are recognised beyond the words every profile knows."""

    words: tuple[str, ...] = Field(default=(), description="further texts that name a total")
    beginnings: tuple[str, ...] = Field(
        default=(), description="beginnings of texts that name one, such as 'Summe ' before a customer"
    )
    markers: tuple[str, ...] = Field(default=(), description="cells that mark one, such as * and **")
    blank_keys: tuple[Reference, ...] = Field(
        default=(),
        description="a row in which all of these columns are blank is a total; those the file has not do not "
        "count, one it must have",
    )


class StatusRule(Table):
    """Which rows count, by the field `status`. Give one of the two lists."""

    keep: tuple[str, ...] = Field(default=(), description="rows of any other status are skipped")
    drop: tuple[str, ...] = Field(default=(), description="rows of these are skipped")
    called: str = Field(default="status", description="what the list of skipped rows calls it")

    @model_validator(mode="after")
    def _one_list(self) -> StatusRule:
        if bool(self.keep) == bool(self.drop):
            raise ValueError("status needs either keep or drop")
        return self


class SignRule(Table):
    """Marks of the field `sign`. With `positive` given, any other mark is an error."""

    negative: tuple[str, ...] = Field(min_length=1, description="marks of negative amounts, e.g. H")
    positive: tuple[str, ...] = Field(default=(), description="marks of positive amounts, e.g. S")


class CurrencyRule(Table):
    """The six columns hold no currency, so the rows of a file must have one."""

    side: Literal["left", "right"] | None = Field(
        default=None, description="the currency stands in the column left or right of the amount"
    )
    keep: str | None = Field(default=None, description="rows of any other currency are skipped and counted")
    blank: str | None = Field(default=None, description="the currency of rows that name none, such as LCY")


class AmountRule(Table):
    """How an amount is meant."""

    minor_units: int = Field(
        default=0, ge=0, le=4, description="digits that are cents: 2 where 150000 is 1500.00"
    )
    flip_sign: bool = Field(
        default=False, description="the source books revenue negative: turn every sign round"
    )


class IntervalRule(Table):
    """How an amount per billing interval becomes ARR or MRR."""

    to: Literal["ARR", "MRR", "as-billed"] = Field(
        description="bring amounts to ARR (x 12 / months) or MRR (/ months), "
        "or take monthly as MRR and yearly as ARR"
    )
    months: Mapping[str, int] = Field(default_factory=dict, description="further words and their months")
    blank: RevenueType | None = Field(default=None, description="revenue type of rows without an interval")


class TermRule(Table):
    """The length of a contract, and what its price is the price of."""

    unit: Literal["months", "years"] = Field(default="months", description="what a bare number counts")
    price: Literal["term", "annual"] = Field(
        default="annual",
        description="term: ARR and MRR amounts are for the whole term and are brought to a year or a month",
    )
    dated: bool = Field(
        default=False,
        description="the months between start and end go before a stated term: an end that is no whole "
        "number of months after the start is an error",
    )


class EndRule(Table):
    """The end of a period where the source has none, or means another day."""

    exclusive: bool = Field(
        default=False, description="the end is the first day after the period: take the day before"
    )
    months: int | None = Field(
        default=None,
        ge=0,
        le=1200,
        description="length of a period without end and term; 0: the day it starts on and no more",
    )
    one_time: bool = Field(default=True, description="a One Time row without end ends on its start date")


class LatestRule(Table):
    """Exports that list every version of a record: of rows with one key the last version counts."""

    key: tuple[Reference, ...] = Field(
        min_length=1, description="the columns that versions of one record have in common"
    )
    by: Reference = Field(
        description="the column that orders them: a whole number, or a date such as 2024-01-31"
    )


class JoinRule(Table):
    """A further file looked up by a key; its columns are then called `name.Heading`.

    Where a heading differs from file to file, `|` stands between its spellings: `Customer|kunnr`."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$", description="handed in as --with name=FILE")
    key: Reference | tuple[Reference, ...] = Field(
        description="the column of this source; several together are one key"
    )
    other_key: str | tuple[str, ...] = Field(
        description="the heading in the further file, one a column of key"
    )
    numbers: bool = Field(default=False, description="the keys are numbers: leading zeros do not count")
    columns: tuple[str, ...] = Field(min_length=1, description="headings of the further file to append")
    required: bool = Field(default=True, description="false: the run may go on without the file")
    optional: tuple[str, ...] = Field(
        default=(), description="those of columns that the further file need not have: their cells are blank"
    )
