"""What a call asks for, as one value: the same for every file of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from msgspec import Struct, field

from cgrev.booking import MonthCount
from cgrev.findings import Severity
from cgrev.plugin import Converter, ConverterOptions
from cgrev.rounding import Mode as Rounding
from cgrev.rules.rule import Mode, Rule
from cgrev.table import PIECE_ROWS, OpenTable

if TYPE_CHECKING:
    from cgrev.accounts import KnownAccounts


class Task(Struct, frozen=True):
    """What to do with every file of a call.

    `severities` is the level of each code that is on (None: off), `rules` the catalogue by code with
    those of plugins. `further` are files the converter joins, by the name of its `Join`. Infos are
    listed only with `show_info`, always counted. `piece_rows` only trades memory for speed: results do not
    depend on it. `month_count` and `first_open` (the day after the last closed month) are what the server
    books by, `known` the accounts that exist.
    """

    mode: Mode
    converter: Converter
    options: ConverterOptions
    rules: Mapping[str, Rule]
    severities: Mapping[str, Severity | None]
    rounding: Rounding = "half-up"
    further: Mapping[str, OpenTable] = field(default_factory=dict)
    show_info: bool = False
    month_count: MonthCount = "calendar"
    first_open: date | None = None
    known: KnownAccounts | None = None
    piece_rows: int = PIECE_ROWS
