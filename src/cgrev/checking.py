"""`check`: files that are meant to be uploaded as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import blake2b

import polars as pl
from msgspec import Struct, field

from cgrev import __version__
from cgrev.baseline import ROW_KEY
from cgrev.breach import listed, no_findings, one_finding
from cgrev.crossing import cross
from cgrev.errors import InputRefused
from cgrev.examined import Examined
from cgrev.findings import FINDING_FIELDS
from cgrev.layout import IDS, MAX_BYTES, MAX_BYTES_ACCEPTED, MAX_RECORDS
from cgrev.listing import Listing
from cgrev.opening import DEFAULT_READING, Digests, Input, refused
from cgrev.pipeline import FileRun
from cgrev.places import AT
from cgrev.readers import ReadOptions
from cgrev.report import FileReport, Report, finding_schema
from cgrev.schema import expect_breaches
from cgrev.task import Task

SHARED_ROWS = 100_000
"""Rows of small files that share a comparison and a listing, each file judged for itself."""


class Limits(Struct, frozen=True):
    """What one upload file may hold: settings of the target.

    `accepted_bytes` is the larger reading of "2 MB"."""

    records: int = MAX_RECORDS
    safe_bytes: int = MAX_BYTES
    accepted_bytes: int = MAX_BYTES_ACCEPTED


DEFAULT_LIMITS = Limits()


class Checked(Struct):
    """The report, and for each file that was read the run that read it (excerpts and fixes need it)."""

    report: Report
    runs: dict[str, FileRun] = field(default_factory=dict)
    keyed: pl.DataFrame | None = None


TaskOf = Callable[[str], Task]
"""The task of a file by its path: settings may differ by file."""


def check_inputs(
    inputs: Sequence[Input],
    task_of: TaskOf,
    read: ReadOptions = DEFAULT_READING,
    limits: Limits = DEFAULT_LIMITS,
    *,
    row_keys: bool = False,
) -> Checked:
    """Check every file alone. A file that cannot be read is reported as refused; the others go on.

    `row_keys` adds what a baseline remembers rows by (`Checked.keyed`)."""
    files: list[FileReport] = []
    findings: list[pl.DataFrame] = []
    runs: dict[str, FileRun] = {}
    infos: Counter[str] = Counter()
    waiting: list[Examined] = []
    listing = Listing()

    def finish() -> None:
        """What waiting files share: rows held against each other, breaches listed; then their rows go."""
        cross(waiting)
        listing.end()
        for examined in waiting:
            own = pl.concat(examined.findings) if examined.findings else no_findings()
            own = keyed(own, examined) if row_keys else own
            if own.height:
                examined.report.status = "findings"
            infos.update(examined.collected.infos)
            findings.append(listed(own, row_keys))
        waiting.clear()

    with Digests() as digests:
        for number, source in enumerate(inputs):
            task = task_of(source.path)
            try:
                digests.start(source)
                examined = examine(source, task, number, read, listing)
            except InputRefused as error:
                files.append(refused(source.path, error))
            else:
                examined.findings += limit_findings(examined, source, task, limits)
                runs[source.path] = examined.run
                waiting.append(examined)
                files.append(examined.report)
            files[-1].sha256 = digests.of(source)
            if sum(one.report.rows.read for one in waiting) >= SHARED_ROWS:
                finish()
    finish()
    everything = pl.concat(findings) if findings else pl.DataFrame(schema=finding_schema())
    report = Report(files, everything.select(FINDING_FIELDS), __version__, infos)
    return Checked(report, runs, everything if row_keys and findings else None)


def examine(
    source: Input, task: Task, number: int, read: ReadOptions, listing: Listing | None = None
) -> Examined:
    """One file through the rules over its own rows. Raises InputRefused."""
    with suppress(OSError):  # opening it says what is wrong with it
        expect_breaches(source.size)
    return FileRun(source.open(read), task, source.path, number, listing=listing, apart=True).examine()


def limit_findings(examined: Examined, source: Input, task: Task, limits: Limits) -> list[pl.DataFrame]:
    """CGR6xx: records and bytes of a file that is uploaded as it is."""
    records = examined.report.rows.read - examined.report.rows.skipped
    size = source.size
    found = []
    if records > limits.records:
        found.append(("CGR601", {"found": f"{records:,}", "limit": f"{limits.records:,}"}))
    if size > limits.accepted_bytes:
        found.append(("CGR602", {"found": f"{size:,}", "limit": f"{limits.accepted_bytes:,}"}))
    elif size > limits.safe_bytes:
        found.append(("CGR603", {"found": f"{size:,}"}))
    return [
        one_finding(
            task.rules[code],
            examined.run.where,
            task.severities[code],
            message=task.rules[code].message.format(**words),
        )
        for code, words in found
    ]


def keyed(findings: pl.DataFrame, examined: Examined) -> pl.DataFrame:
    """The findings with `row_key`: a digest of the row's six cells, so that a row that moves stays known.

    Rows that are no record (a ragged line) are known by the text of the finding."""
    places = findings.filter(pl.col("row").is_not_null())[AT].unique().sort()
    rows = examined.run.rows_at(places, examined) if len(places) else None
    keys = pl.DataFrame(schema={AT: pl.UInt64, ROW_KEY: pl.String})
    if rows is not None and rows.height:
        text = pl.concat_str(
            *(pl.col(f"{name}.text").fill_null("").str.strip_chars() for name in IDS), separator="\x1f"
        )
        digests = [
            blake2b(row.encode(), digest_size=12).hexdigest()
            for row in rows.select(text)["account_name.text"]
        ]
        keys = rows.select(AT).with_columns(pl.Series(ROW_KEY, digests))
    joined = findings.join(keys, on=AT, how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce(ROW_KEY, "value").alias(ROW_KEY))
