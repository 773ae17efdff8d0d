"""CGR9xx: a converter or rule that broke its contract."""

from __future__ import annotations

from cgrev.findings import Severity
from cgrev.rules.rule import Family, Rule


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


RULES = (
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
