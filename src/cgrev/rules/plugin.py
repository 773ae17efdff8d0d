"""CGR9xx: a converter or rule that broke its contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cgrev.findings import Severity
from cgrev.layout import IDS
from cgrev.rules.rule import Family, Rule

if TYPE_CHECKING:
    import polars as pl


def _fault(code: str, name: str, what: str, why: str) -> Rule:
    return Rule(
        code,
        name,
        Severity.ERROR,
        Family.PLUGIN,
        "",
        "report it to the author of the plugin; `cgrev doctor` names distribution and version",
        what,
        why,
        blocking=True,
    )


def _fault_text(column: str) -> dict[str, pl.Expr]:
    import polars as pl

    return {"fault": pl.col(f"fault.{column}")}


RULES = (
    Rule(
        "CGR900",
        "uncomputable-value",
        Severity.ERROR,
        Family.PLUGIN,
        "the value cannot be worked out: {fault}",
        "correct the cells it is worked out from",
        "Reports a value that a converter cannot work out from cells that can be read (a term of 0 months).",
        "Nothing is guessed about money and dates.",
        columns=IDS,
        bits=1 << 15,
        parts=_fault_text,
        blocking=True,
    ),
    _fault(
        "CGR901",
        "failing-plugin",
        "Reports a converter that cannot be loaded or raised an error.",
        "What it did before it failed cannot be trusted.",
    ),
    _fault(
        "CGR902",
        "unaccounted-rows",
        "Reports a converter whose rows do not add up to the rows it was given.",
        "A row that disappears is revenue that disappears.",
    ),
    _fault(
        "CGR903",
        "undeclared-column",
        "Reports a converter that does not deliver a column it must, or of another type.",
        "The schema cannot be held against what is not there.",
    ),
    _fault(
        "CGR904",
        "failing-rule",
        "Reports a rule that raised an error while it looked at the data.",
        "A rule that did not run is not a rule that found nothing.",
    ),
)
