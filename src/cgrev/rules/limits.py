"""CGR6xx: what one upload file may hold."""

from __future__ import annotations

from cgrev.findings import Severity
from cgrev.rules.rule import GOOD, Family, Rule

TOO_MANY_RECORDS = Rule(
    "CGR601",
    "too-many-records",
    Severity.ERROR,
    Family.LIMITS,
    "the file holds {found} records, at most {limit} are taken",
    "use `cgrev convert --from canonical`, which cuts it into batches",
    "Reports a file of more than 1,000 records.",
    "The API takes no more; what it does with the rest is not documented.",
    good=GOOD,
    in_convert="off",
)
TOO_MANY_BYTES = Rule(
    "CGR602",
    "too-many-bytes",
    Severity.ERROR,
    Family.LIMITS,
    "the file has {found} bytes, at most {limit} are taken",
    "use `cgrev convert --from canonical`, which cuts it into batches",
    "Reports a file of more than 2,097,152 bytes (2 MiB).",
    "The API takes no more than 2 MB.",
    good=GOOD,
    in_convert="off",
)
NEARLY_TOO_MANY_BYTES = Rule(
    "CGR603",
    "more-bytes-than-two-million",
    Severity.WARNING,
    Family.LIMITS,
    "the file has {found} bytes; if 2 MB means 2,000,000 it is too large",
    "use `cgrev convert --from canonical`, which stays below 2,000,000",
    "Warns about a file between 2,000,000 and 2,097,152 bytes.",
    "The page says 2 MB and does not say which megabyte is meant.",
    good=GOOD,
    in_convert="off",
)
RULES = (TOO_MANY_RECORDS, TOO_MANY_BYTES, NEARLY_TOO_MANY_BYTES)
