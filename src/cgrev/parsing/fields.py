"""Which source columns are read as what: the declaration a converter makes, and core obeys."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from msgspec import Struct, field

from cgrev.layout import Role

DecimalMark = Literal[".", ","]
DateOrder = Literal["dmy", "mdy", "ymd"]


class SourceField(Struct, frozen=True):
    """One source column that is read: `id` names it in code, `index` its place (0 is the first).

    A field whose id is one of the six canonical ids feeds that column as it is; any other id is raw
    material for `Converter.convert`. `label` is the heading as the file has it. Role "amount" yields
    Decimal(38, 18), "date" Date, "type" one of the four words, "name" and "text" cleaned String.
    `index` None means the column is not in the file and all its cells are `constant`.
    """

    id: str
    role: Role
    index: int | None
    label: str = ""
    constant: str | None = None


class Declared(Struct, frozen=True):
    """What a profile, a converter or an option says about the text, so that nothing is guessed.

    `null_tokens` are whole-cell texts that mean blank ("#N/A", "-"). `type_words` maps the source's
    words to revenue types (keys compared without case, space, hyphen, underscore). `two_digit_years`
    True reads 24 as 2024 (00 to 68 are 20xx, 69 to 99 are 19xx, as POSIX does). `date_format` is a
    strptime pattern for sources that write dates without separators ("%Y%m%d"). It may leave the year out
    where `within` says in which year such dates fall: its first and last day, at most a year apart.
    `max_lengths` overrides the target's limits by field id.
    """

    decimal_mark: DecimalMark | None = None
    date_order: DateOrder | None = None
    two_digit_years: bool = False
    date_format: str | None = None
    within: tuple[date, date] | None = None
    null_tokens: tuple[str, ...] = ()
    type_words: Mapping[str, str] = field(default_factory=dict)
    default_type: str | None = None
    max_lengths: Mapping[str, int] = field(default_factory=dict)
