"""`check`: files that are meant to be uploaded as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from cgrev import __version__
from cgrev.breach import listed, no_findings, one_finding
from cgrev.crossing import cross
from cgrev.errors import InputRefused
from cgrev.layout import MAX_BYTES, MAX_BYTES_ACCEPTED, MAX_RECORDS
from cgrev.opening import Digests, Input, refused
from cgrev.pipeline import Examined, FileRun
from cgrev.readers import ReadOptions
from cgrev.report import FileReport, Report, finding_schema
from cgrev.task import Task


@dataclass(frozen=True, slots=True)
class Limits:
    """What one upload file may hold: settings of the target. `accepted_bytes` is the larger reading of 2 MB."""

    records: int = MAX_RECORDS
    safe_bytes: int = MAX_BYTES
    accepted_bytes: int = MAX_BYTES_ACCEPTED


@dataclass(slots=True)
class Checked:
    """The report, and for each file that was read the run that read it (excerpts and fixes need it)."""

    report: Report
    runs: dict[str, FileRun] = field(default_factory=dict)


def check_inputs(
    inputs: Sequence[Input | str | Path | bytes],
    task: Task,
    read: ReadOptions = ReadOptions(),
    limits: Limits = Limits(),
) -> Checked:
    """Check every file alone. A file that cannot be read is reported as refused; the others go on."""
    files: list[FileReport] = []
    findings: list[pl.DataFrame] = []
    runs: dict[str, FileRun] = {}
    infos: Counter[str] = Counter()
    with Digests() as digests:
        for number, given in enumerate(inputs):
            try:
                source = given if isinstance(given, Input) else Input.of(given)
                digests.start(source)
                examined = examine(source, task, number, read)
                runs[source.path] = examined.run
            except InputRefused as error:
                report = refused(given.path if isinstance(given, Input) else str(given), error)
                report.sha256 = digests.of(source)
                files.append(report)
                continue
            cross([examined], task)
            examined.findings += limit_findings(examined, source, task, limits)
            own = pl.concat(examined.findings) if examined.findings else no_findings()
            if own.height:
                examined.report.status = "findings"
            examined.report.sha256 = digests.of(source)
            files.append(examined.report)
            infos.update(examined.collected.infos)
            findings.append(listed(own))
    everything = pl.concat(findings) if findings else pl.DataFrame(schema=finding_schema())
    return Checked(Report(files, everything, __version__, infos), runs)


def examine(source: Input, task: Task, number: int, read: ReadOptions) -> Examined:
    """One file through the rules over its own rows. Raises InputRefused."""
    return FileRun(source.open(read), task, source.path, number).examine()


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
