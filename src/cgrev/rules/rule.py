"""What a rule is. No library but msgspec: `cgrev rules` explains them without reading any data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from cgrev.findings import Severity

if TYPE_CHECKING:
    import polars as pl

Mode = Literal["check", "convert"]
UNREADABLE = 0xFFFF
"""Low bits of every flag set: the cell has no value (see `cgrev.parsing.flags`)."""


class Family(StrEnum):
    """The hundreds of the codes. Codes are never reused."""

    FILE = "file"
    LAYOUT = "layout"
    CELL = "cell"
    ROW = "row"
    ACROSS = "across rows"
    MEANING = "meaning"
    LIMITS = "limits"
    PLUGIN = "plugin"


class Rule(Struct, frozen=True):
    """One rule: its words, and for rules over cells and rows how to see a breach.

    `name` reads after "allow". `severity` holds in `check`; `in_convert` is the severity in `convert`
    where it differs, `"off"` where an odd way of writing is normal there and is normalised.
    `blocking` marks breaches that leave no value to write: such a rule cannot be ignored or lowered.

    A rule over cells names `columns` (canonical ids) and either `bits` (of that column's
    `<id>.flags`; readable-but bits count only where the cell is readable, and only without the bits of
    `unless`) or `breach(column)`, an expression over the parsed frame that is True on a bad row. `message`
    may use `{name}` of `parts`.
    `fixed(column)` is the expression of the text a fix puts in the cell; `fix` says if that is safe, and
    where `keeps(column)` is given, a safe fix is unsafe in the rows where it is not True.

    `bad` and `good` are small files: `bad` yields exactly this code, `good` nothing (tests hold both).
    `settings` are the check settings the example needs.
    """

    code: str
    name: str
    severity: Severity
    family: Family
    message: str
    help: str
    what: str
    why: str
    bad: str = ""
    good: str = ""
    in_convert: Severity | Literal["off"] | None = None
    columns: tuple[str, ...] = ()
    bits: int = 0
    unless: int = 0
    breach: Callable[[str], pl.Expr] | None = None
    parts: Callable[[str], Mapping[str, pl.Expr]] | None = None
    fix: Literal["none", "safe", "unsafe"] = "none"
    fixed: Callable[[str], pl.Expr] | None = None
    keeps: Callable[[str], pl.Expr] | None = None
    blocking: bool = False
    settings: Mapping[str, object] | None = None

    def severity_in(self, mode: Mode) -> Severity | None:
        """The default severity in a mode; None where the rule does not apply."""
        if mode == "convert" and self.in_convert is not None:
            return None if self.in_convert == "off" else self.in_convert
        return self.severity

    @property
    def over_cells(self) -> bool:
        """Whether the rule is a check of the schema (and not of the file, layout or whole table)."""
        return bool(self.bits) or self.breach is not None

    def expression(self, column: str) -> pl.Expr:
        """True where `column` breaches the rule; null never counts as a breach."""
        return _breached(self.breach, self.bits, self.unless, column)

    def text(self, column: str) -> pl.Expr:
        """The message of each breaching row."""
        import polars as pl

        if self.parts is None:
            return pl.lit(self.message, dtype=pl.String)
        parts = self.parts(column)
        pieces = _template(self.message)
        names = [parts[name].cast(pl.String).fill_null("?") for name in pieces[1]]
        return pl.format(pieces[0], *names)


@cache
def _breached(breach: Callable[[str], pl.Expr] | None, bits: int, unless: int, column: str) -> pl.Expr:
    import polars as pl

    if breach is not None:
        return breach(column).fill_null(False)
    flags = pl.col(f"{column}.flags")
    seen = (flags & bits) != 0
    if bits & UNREADABLE == 0:
        seen = seen & ((flags & UNREADABLE) == 0)
    return seen & ((flags & unless) == 0) if unless else seen


@cache
def _template(message: str) -> tuple[str, list[str]]:
    from string import Formatter

    out, names = "", []
    for literal, name, _, _ in Formatter().parse(message):
        out += literal
        if name is not None:
            out += "{}"
            names.append(name)
    return out, names


HEADER = "Account name,Revenue amount,Revenue start date,Revenue end date,Revenue type,Description\n"


def example(*rows: str) -> str:
    """A small file of the layout, for the examples of rules."""
    return HEADER + "".join(f"{row}\n" for row in rows)


GOOD = example("Acme Ltd,12000,2024-01-01,2024-12-31,ARR,Gold plan")
