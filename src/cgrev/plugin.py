"""The surface for authors of converters.

A converter turns one kind of export into rows of the six columns, in two stages::

    tidy     whole sheet: drops titles, subtotals and footers (each with a reason), carries groups down
    convert  row by row: polars expressions from typed source columns to the six columns

Between the two, core parses the source columns the converter declares in `fields`: a converter
never parses money or dates itself. It must be picklable, stateless, deterministic, without network.

An entry point in the group `cgrev.converters` names it; the entry-point name is the `--from` value::

    [project.entry-points."cgrev.converters"]
    acme = "cgrev_acme"

The entry point is a module (or an object) whose hook hands over the converter::

    @hookimpl
    def cgrev_converter() -> Converter:
        return Acme()

A converter whose source holds the six columns under other headings states `headings` and is done.
The arithmetic of contracts (`times`, `per_months`, `end_after_months`, ...) is imported from here too.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct, field
from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, Field

from cgrev.findings import Decision, Severity
from cgrev.layout import RevenueType
from cgrev.parsing.fields import DateOrder, DecimalMark, Declared, SourceField
from cgrev.rules.rule import Family, Rule

if TYPE_CHECKING:
    import polars as pl

    from cgrev._hookspecs import hookimpl
    from cgrev.errors import SettingsError
    from cgrev.mapping.arithmetic import (
        day_before,
        end_after_months,
        less_percent,
        mapped,
        minor_units,
        minus,
        months_of_interval,
        months_of_term,
        per_months,
        percent,
        plus,
        shared,
        signed,
        times,
        whole_months,
        whole_number,
    )
    from cgrev.mapping.header import find_header
    from cgrev.mapping.headings import clean, fold, listing, numbered, squash
    from cgrev.mapping.lines import AmountColumns, LineConverter, LineOptions, RowChoice, words_of
    from cgrev.mapping.matching import choose_column, column_decision, match_headings
    from cgrev.mapping.pass_through import pass_through
    from cgrev.mapping.profile import Profile, merged_profiles, profile_from_text
    from cgrev.mapping.profile_convert import ZERO_DECIMAL
    from cgrev.mapping.profile_converter import ProfileConverter
    from cgrev.mapping.references import place_of, places_of
    from cgrev.mapping.tidy import (
        SKIPPED_SCHEMA,
        Totals,
        grand_total,
        is_blank,
        row_text,
        skip_rows,
        without,
    )

__all__ = [
    "INTERFACE",
    "SKIPPED_SCHEMA",
    "ZERO_DECIMAL",
    "AmountColumns",
    "Converter",
    "ConverterOptions",
    "Decision",
    "Declared",
    "Family",
    "Fit",
    "Header",
    "Join",
    "LineConverter",
    "LineOptions",
    "Profile",
    "ProfileConverter",
    "Question",
    "Reading",
    "RevenueType",
    "RowChoice",
    "Rule",
    "Sample",
    "SettingsError",
    "Severity",
    "Sheet",
    "SourceField",
    "Stated",
    "Tidied",
    "Totals",
    "choose_column",
    "clean",
    "column_decision",
    "day_before",
    "end_after_months",
    "find_header",
    "fold",
    "grand_total",
    "hookimpl",
    "is_blank",
    "less_percent",
    "listing",
    "mapped",
    "match_headings",
    "merged_profiles",
    "minor_units",
    "minus",
    "months_of_interval",
    "months_of_term",
    "numbered",
    "pass_through",
    "per_months",
    "percent",
    "place_of",
    "places_of",
    "plus",
    "profile_from_text",
    "replace",
    "row_text",
    "shared",
    "signed",
    "skip_rows",
    "squash",
    "times",
    "whole_months",
    "whole_number",
    "without",
    "words_of",
]

_ELSEWHERE = {
    "_hookspecs": "hookimpl",
    "errors": "SettingsError",
    "mapping.arithmetic": "day_before end_after_months less_percent mapped minor_units minus plus shared "
    "signed months_of_interval months_of_term per_months percent times whole_months whole_number",
    "mapping.header": "find_header",
    "mapping.headings": "clean fold listing numbered squash",
    "mapping.lines": "AmountColumns LineConverter LineOptions RowChoice words_of",
    "mapping.matching": "choose_column column_decision match_headings",
    "mapping.pass_through": "pass_through",
    "mapping.profile": "Profile merged_profiles profile_from_text",
    "mapping.profile_convert": "ZERO_DECIMAL",
    "mapping.profile_converter": "ProfileConverter",
    "mapping.references": "place_of places_of",
    "mapping.tidy": "SKIPPED_SCHEMA Totals grand_total is_blank row_text skip_rows without",
}
_HOME = {name: module for module, names in _ELSEWHERE.items() for name in names.split()}


def __getattr__(name: str) -> object:
    """Names that need other libraries are looked up when they are used: importing this module stays cheap."""
    if name in _HOME:
        return getattr(importlib.import_module(f"cgrev.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


INTERFACE = 1
"""Version of this interface. Core refuses a converter made for another one, by name."""


class ConverterOptions(BaseModel):
    """Base of a converter's options; each field needs a description, it is the help text.

    The general options every converter has. A question that only the user can answer is a field with
    default None, raised as `Question` when it is needed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    decimal_mark: DecimalMark | None = Field(default=None, description="the decimal mark of amounts: . or ,")
    date_order: DateOrder | None = Field(
        default=None, description="the order of dates such as 01/02/2024: dmy, mdy or ymd"
    )


class Sample(Struct, frozen=True):
    """The first rows of a source, enough to recognise it: `head` as in `cgrev.table`."""

    reader: str
    head: pl.DataFrame
    file_name: str = ""
    sheet: str | None = None
    named: tuple[str, ...] | None = None


class Fit(Struct, frozen=True):
    """How well a converter knows this source: score 0 to 1, and the reason in one sentence."""

    score: float
    reason: str


class Header(Struct, frozen=True):
    """Where the header stands. `row` is its row number as seen; None: the source has no header row.

    `labels` are the headings as the file has them, one a column, "" where blank. `first` is the
    number of the first row below it (rows before it are titles). `evidence` is shown by `inspect`.
    `named` True: the format names its columns outside the rows (XML elements), every row is data.
    """

    row: int | None
    labels: tuple[str, ...]
    first: int
    evidence: tuple[str, ...] = ()
    named: bool = False


class Sheet(Struct, frozen=True):
    """Rows below the header: `frame` as in `cgrev.table` (row, c0.., k0..), and the headings."""

    frame: pl.DataFrame
    labels: tuple[str, ...]


class Stated(Struct, frozen=True):
    """A total the file itself states, with the rows it should be the sum of: core compares the two.

    `field` is the id of the amount field, `text` the cell and `kind` its native mark, `first` and `last`
    the row numbers summed. `first` 0 is the first row of the file: the one way to state a total from a
    converter that is piecewise, where it counts only when no record follows. `or_first` is another row it
    may count from, where the file does not mark its level. `where` (place, text) names the rows it counts by
    what stands in another column (a total a currency), `negative` (place, marks) those it subtracts (S/H).
    """

    row: int
    field: str
    text: str
    first: int
    last: int
    kind: int = 0
    or_first: int | None = None
    where: tuple[int, str] | None = None
    negative: tuple[int, tuple[str, ...]] | None = None


class Tidied(Struct, frozen=True):
    """What `tidy` leaves. `skipped` is a frame (row UInt32, reason String, text String): every row of
    the input is either in `sheet` or in `skipped`, once.

    `left_out` are the rows of `skipped`, as frame like `sheet.frame`, that are records of the source all the
    same (a payment, another status): the totals in `stated` count them."""

    sheet: Sheet
    skipped: pl.DataFrame
    stated: tuple[Stated, ...] = ()
    left_out: pl.DataFrame | None = None


class Reading(Struct, frozen=True):
    """The declaration for one file: which columns are read as what, and what is known of the text.

    `derived` tells, for a canonical column that `convert` computes, the fields it comes from, so that
    a bad source cell is reported where it stands. `decisions` are shown by `inspect`.
    """

    fields: tuple[SourceField, ...]
    declared: Declared = field(default_factory=Declared)
    derived: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    decisions: tuple[Decision, ...] = ()


class Question(Exception):
    """Something only the user can settle. Stops the run with exit code 2, nothing written.

    `option` names the option that settles it, `readings` the possible answers with what each would
    mean for this file ("original amount: 1,234.00 USD in row 2", ...). `columns` are the places of the
    source columns the readings are about, one a reading: core adds what their first cell holds.
    """

    def __init__(
        self, question: str, *, option: str, readings: Sequence[str] = (), columns: Sequence[int] = ()
    ) -> None:
        super().__init__(question)
        self.question = question
        self.option = option
        self.readings = tuple(readings)
        self.columns = tuple(columns)

    def __reduce__(self) -> tuple[object, ...]:
        return _question, (self.question, self.option, self.readings, self.columns)


def _question(question: str, option: str, readings: Sequence[str], columns: Sequence[int]) -> Question:
    return Question(question, option=option, readings=readings, columns=columns)


class Join(Struct, frozen=True):
    """A further file whose columns are looked up by a key, before `fields` is asked.

    `name` is what the user hands the file in under (`--with name=FILE`). Where the text of column
    `key` of the source equals that of `other_key` in the file, the cells of its `columns` are appended;
    their labels are `<name>.<heading>`. Several columns together may be the key. `numbers` compares keys
    without leading zeros. A heading may have several spellings, `Customer|kunnr`: the label bears the first.
    Without `required` the file may be left out; columns of `optional` may be absent from it: their cells are
    blank then. A key that is one of `nulls` is blank.
    """

    name: str
    key: str | tuple[str, ...]
    other_key: str | tuple[str, ...]
    columns: tuple[str, ...]
    required: bool = True
    numbers: bool = False
    optional: tuple[str, ...] = ()
    nulls: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the appended columns."""
        return tuple(f"{self.name}.{column.partition('|')[0].strip()}" for column in self.columns)


class Converter:
    """Base class of converters. State `headings`; override `fields` and, where needed, the rest.

    `headings` maps field ids to the headings they are known by, the likeliest first: `identify`,
    `header` and the default `fields` use them. `piecewise` True promises that `tidy` looks at each row
    alone, so that core may stream the file through in pieces; a converter that carries groups down sets
    it False.
    """

    interface: ClassVar[int] = INTERFACE
    name: str = ""
    title: str = ""
    piecewise: bool = True
    headings: Mapping[str, Sequence[str]] = MappingProxyType({})
    Options: ClassVar[type[ConverterOptions]] = ConverterOptions

    def identify(self, sample: Sample) -> Fit:
        """Score how well this converter knows the sample; 0 means not at all.

        The default is the share of the fields of `headings` whose heading is found."""
        from cgrev.mapping.matching import fit

        return fit(sample, self.headings)

    def header(self, sample: Sample, options: ConverterOptions) -> Header:
        """Find the header row. The default looks for the row that names the most known headings."""
        from cgrev.mapping.header import find_header

        return find_header(sample.head, self.headings, sample.named)

    def preamble(self, sample: Sample, header: Header, options: ConverterOptions) -> ConverterOptions:
        """Options completed by what stands above the header and in the first rows (a fiscal year, a period).

        Asked once a file, right after `header`; what it answers is what every later method is given. The
        options must be this converter's own kind, so a value read from the file is an option too, and one
        that the user gave goes before it. The default answers the options as they are."""
        return options

    def tidy(self, sheet: Sheet, options: ConverterOptions) -> Tidied:
        """Drop rows that are no records. The default drops blank, total and repeated header rows.

        A total is a row that says so and leaves the columns of `fields` with dates and types blank."""
        from cgrev.mapping.tidy import Totals, skip_rows

        return skip_rows(sheet, Totals(keys=self.record_keys(sheet.labels, options)))

    def appended(self, labels: Sequence[str], options: ConverterOptions) -> tuple[str, ...]:
        """Headings of columns that `tidy` adds behind the file's own (a group's name carried down).

        Only a converter that is not piecewise may add any."""
        return ()

    def joins(self, labels: Sequence[str], options: ConverterOptions) -> tuple[Join, ...]:
        """The further files this source needs; they are joined after `tidy`, before `fields`."""
        return ()

    def fields(self, labels: Sequence[str], options: ConverterOptions) -> Reading:
        """Say which columns are read as what. Raises `Question` where only the user knows.

        Raises `SettingsError` when a column that is needed is not there. The default reads the six
        columns by `headings`; a field of another id is handed to `convert` as text."""
        from cgrev.mapping.matching import reading

        return reading(labels, self.headings, options, who=self.title or self.name)

    def convert(self, rows: pl.LazyFrame, options: ConverterOptions) -> pl.LazyFrame:
        """From typed source columns to the six columns, by expressions only, row by row.

        `rows` has `row`, each field by its id (typed, null where unreadable) and `<id>.text` as in
        the file. The answer has `row`, the six canonical ids typed (String, Decimal, Date, Date,
        String, String), and may have `skip` (String: why this row is no record, else null),
        `currency` (String), and `fault.<canonical id>` (String: why this cell cannot be worked out
        from readable ones, else null; the row is rejected with it).
        It must neither drop nor add rows. The default passes fields through.
        """
        from cgrev.mapping.pass_through import pass_through

        return pass_through(rows)

    def record_keys(self, labels: Sequence[str], options: ConverterOptions) -> tuple[int, ...]:
        """Places of the columns that every record fills and no total does: dates and revenue type."""
        added = [*self.appended(labels, options)]
        added += [label for join in self.joins(labels, options) for label in join.labels]
        fields = self.fields([*labels, *added], options).fields
        places = (field.index for field in fields if field.role in ("date", "type"))
        return tuple(sorted({place for place in places if place is not None and place < len(labels)}))
