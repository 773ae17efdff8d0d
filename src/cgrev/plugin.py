"""The surface for authors of converters.

A converter turns one kind of export into rows of the six columns, in two stages::

    tidy     whole sheet: drops titles, subtotals and footers (each with a reason), carries groups down
    convert  row by row: polars expressions from typed source columns to the six columns

Between the two, core parses the source columns the converter declares in `fields`: a converter
never parses money or dates itself. It must be picklable, stateless, deterministic, without network.

An entry point in the group `cgrev.converters` names it; the entry-point name is the `--from` value::

    [project.entry-points."cgrev.converters"]
    acme = "cgrev_acme:plugin"
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict

from cgrev.findings import Decision
from cgrev.parsing.fields import DateOrder, DecimalMark, Declared, SourceField

if TYPE_CHECKING:
    import polars as pl

INTERFACE = 1
"""Version of this interface. Core refuses a converter made for another one, by name."""


class ConverterOptions(BaseModel):
    """Base of a converter's options; each field needs a description, it is the help text.

    The general options every converter has. A question that only the user can answer is a field with
    default None, raised as `Question` when it is needed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    decimal_mark: DecimalMark | None = None
    date_order: DateOrder | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """The first rows of a source, enough to recognise it: `head` as in `cgrev.table`."""

    reader: str
    head: pl.DataFrame
    file_name: str = ""
    sheet: str | None = None
    named: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a converter knows this source: score 0 to 1, and the reason in one sentence."""

    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class Header:
    """Where the header stands. `row` is its row number as seen; None: the source has no header row.

    `labels` are the headings as the file has them, one a column, "" where blank. `first` is the
    number of the first row below it (rows before it are titles). `evidence` is shown by `inspect`.
    """

    row: int | None
    labels: tuple[str, ...]
    first: int
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows below the header: `frame` as in `cgrev.table` (row, c0.., k0..), and the headings."""

    frame: pl.DataFrame
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stated:
    """A total the file itself states, with the rows it should be the sum of (for reconciliation).

    `field` is the id of the amount field, `text` the cell, `first`/`last` the row numbers summed.
    """

    row: int
    field: str
    text: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Tidied:
    """What `tidy` leaves. `skipped` is a frame (row UInt32, reason String, text String): every row of
    the input is either in `sheet` or in `skipped`, once."""

    sheet: Sheet
    skipped: pl.DataFrame
    stated: tuple[Stated, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
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
    mean for this file ("original amount: 1,234.00 USD in row 2", ...).
    """

    def __init__(self, question: str, *, option: str, readings: Sequence[str] = ()) -> None:
        super().__init__(question)
        self.question = question
        self.option = option
        self.readings = tuple(readings)


class Converter:
    """Base class of converters. Override `identify`, `fields` and, where needed, the rest.

    `piecewise` True promises that `tidy` looks at each row alone, so that core may stream the file
    through in pieces; a converter that carries groups down sets it False.
    """

    interface: ClassVar[int] = INTERFACE
    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    piecewise: ClassVar[bool] = True
    Options: ClassVar[type[ConverterOptions]] = ConverterOptions

    def identify(self, sample: Sample) -> Fit:
        """Score how well this converter knows the sample; 0 means not at all."""
        raise NotImplementedError

    def header(self, sample: Sample, options: ConverterOptions) -> Header:
        """Find the header row. The default looks for the row that names the most known headings."""
        raise NotImplementedError

    def tidy(self, sheet: Sheet, options: ConverterOptions) -> Tidied:
        """Drop rows that are no records. The default drops blank, total and repeated header rows."""
        raise NotImplementedError

    def fields(self, labels: Sequence[str], options: ConverterOptions) -> Reading:
        """Say which columns are read as what. Raises `Question` where only the user knows.

        Raises `SettingsError` when a column that is needed is not there."""
        raise NotImplementedError

    def convert(self, rows: pl.LazyFrame, options: ConverterOptions) -> pl.LazyFrame:
        """From typed source columns to the six columns, by expressions only, row by row.

        `rows` has `row`, each field by its id (typed, null where unreadable) and `<id>.text` as in
        the file. The answer has `row`, the six canonical ids typed (String, Decimal, Date, Date,
        String, String), and may have `skip` (String: why this row is no record, else null) and
        `currency` (String). It must neither drop nor add rows. The default passes fields through.
        """
        raise NotImplementedError
