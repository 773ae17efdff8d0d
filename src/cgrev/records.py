"""Records of upload files as `check` reads them: what may be booked, and why the rest may not.

`schedule` and `diff` start here. A folder that `convert` wrote stands for its batches of one format, each
held to the digest of the manifest. All files of a call are one set: a row that stands in two of them is a
duplicate, as it is in `convert`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from cgrev import __version__
from cgrev.breach import listed, no_findings
from cgrev.crossing import cross
from cgrev.errors import InputRefused, SettingsError
from cgrev.examined import Examined
from cgrev.findings import FINDING_FIELDS, Severity
from cgrev.layout import IDS, RevenueType
from cgrev.manifest import FILE_NAME, batch_name, content_digest, read_manifest
from cgrev.matches import folded
from cgrev.opening import DEFAULT_READING, Digests, Input, reading_of, refused
from cgrev.pipeline import FileRun
from cgrev.places import AT
from cgrev.readers import ReadOptions
from cgrev.report import FileReport, Report
from cgrev.settings import Settings
from cgrev.spool import Spool
from cgrev.verbs.check import Source, check_tasks

TYPES = pl.Enum([kind.value for kind in RevenueType])
"""Revenue types in the order of the layout, which is the order they are listed in."""
_FORMATS = ("csv", "xlsx", "xml")
"""Of the formats of a folder, which all hold the same rows, the first that is there is read."""


class Records(Struct, frozen=True):
    """The records that can be booked, in order, and what was found in the files.

    `frame` has `file` (place in `files`), `row`, `account_name`, `key` (the account as the server matches
    it), `amount` (whole units, Int64), `start_date`, `end_date`, `revenue_type` (`TYPES`), `description` (""
    for none), `twin` (an earlier row is the same, and such rows are not booked). `report` has the findings of
    severity error alone: what keeps rows from being booked.
    """

    frame: pl.DataFrame
    files: tuple[str, ...]
    report: Report

    @property
    def booked(self) -> pl.DataFrame:
        """The rows that the server books: a row that stands twice counts once."""
        return self.frame.filter(~pl.col("twin")) if self.frame["twin"].any() else self.frame

    @property
    def rejected(self) -> int:
        """Rows that cannot be booked."""
        return sum(file.rows.rejected for file in self.report.files)

    @property
    def is_whole(self) -> bool:
        """Whether every file was read and every row of it can be booked."""
        return not self.rejected and not self.report.findings.height and not self.is_refused

    @property
    def is_refused(self) -> bool:
        return any(file.status == "refused" for file in self.report.files)


def read_records(
    sources: Sequence[Source],
    settings: Settings,
    read: ReadOptions = DEFAULT_READING,
    text: Mapping[str, str | None] | None = None,
    *,
    duplicates: bool = False,
) -> Records:
    """Read files and folders through the rules of `check`.

    With `duplicates`, rows that stand twice are kept: `Records.booked` is without them.

    Raises SettingsError for a folder that is none of `convert` or was changed since; files that cannot be
    read safely are in the report as refused.
    """
    inputs = [one for source in sources for one in expanded(source)]
    task_of = check_tasks(settings, text or {})
    examined: list[Examined] = []
    spools: list[Spool] = []
    files: dict[str, FileReport] = {}
    with ExitStack() as stack:
        digests = stack.enter_context(Digests())
        for number, source in enumerate(inputs):
            task = replace(task_of(source.path), show_info=False)
            spool = stack.enter_context(Spool())
            digests.start(source)
            try:
                one = FileRun(
                    source.open(reading_of(read, settings)), task, source.path, number, spool
                ).examine()
                examined.append(one)
                spools.append(spool)
                files[source.path] = one.report
            except InputRefused as error:
                files[source.path] = refused(source.path, error)
            files[source.path].sha256 = digests.of(source)
        task = task_of(inputs[0].path)
        if examined and not duplicates:
            cross(examined)
        frames = [
            frame for one, spool in zip(examined, spools, strict=True) for frame in _accepted(one, spool)
        ]
    refusing = duplicates and task.severities.get("CGR401") is Severity.ERROR
    return Records(
        _keyed(frames, refusing),
        tuple(source.path for source in inputs),
        _report(list(files.values()), examined),
    )


def expanded(source: Source) -> Iterator[Input]:
    """A file as it is; a folder of `convert` as its batches, each held to its digest.

    Raises SettingsError: no manifest, a batch that is gone or changed, a folder without batches."""
    if not isinstance(source, str | Path) or not Path(source).is_dir():
        yield Input.of(source)
        return
    folder = Path(source)
    manifest = read_manifest(folder)
    by_format = {name: [b for b in manifest.batches if b.file.endswith(f".{name}")] for name in _FORMATS}
    form = next((name for name in _FORMATS if by_format[name]), None)
    if form is None:
        raise SettingsError(
            f"'{folder}' holds no batch",
            help="every row was rejected: see rejected.csv and report.json in it",
        )
    entries = by_format[form]
    digest = content_digest(manifest.stem, [entry.sha256 for entry in entries])
    for number, entry in enumerate(entries, 1):
        path = folder / entry.file
        batch = Input.of(path)
        expected = batch_name(manifest.stem, digest, number, len(entries), form)
        if entry.file != expected or Digests().of(batch) != entry.sha256:
            raise SettingsError(
                f"'{path}' is not the batch that {FILE_NAME} speaks of: it is gone or was changed",
                help="convert the source again; a batch is never edited by hand",
            )
        yield batch


def _accepted(examined: Examined, spool: Spool) -> Iterator[pl.DataFrame]:
    gone = examined.rejected_at()
    for frame in spool.frames():
        kept = frame.filter(~pl.col(AT).is_in(gone.implode())) if len(gone) else frame
        yield kept.select(
            pl.lit(examined.run.number, dtype=pl.UInt32).alias("file"),
            "row",
            "account_name",
            pl.col("units").alias("amount"),
            "start_date",
            "end_date",
            pl.col("revenue_type").cast(TYPES),
            pl.col("description").fill_null(""),
        )


def _keyed(frames: list[pl.DataFrame], refusing: bool) -> pl.DataFrame:
    empty = pl.DataFrame(
        schema={
            "file": pl.UInt32,
            "row": pl.UInt32,
            "account_name": pl.String,
            "amount": pl.Int64,
            "start_date": pl.Date,
            "end_date": pl.Date,
            "revenue_type": TYPES,
            "description": pl.String,
        }
    )
    rows = folded(pl.concat([empty, *frames]))
    same = ["key", *(name for name in IDS if name != "account_name")]
    twin = pl.int_range(pl.len()).over(same) > 0 if refusing else pl.lit(False)
    return rows.with_columns(twin=twin)


def _report(files: list[FileReport], examined: Sequence[Examined]) -> Report:
    """What keeps rows from being booked: findings of severity error."""
    parts = []
    for one in examined:
        own = pl.concat(one.findings) if one.findings else no_findings()
        own = own.filter(pl.col("severity") == Severity.ERROR.value)
        one.report.status = "findings" if own.height else "ok"
        parts.append(listed(own))
    findings = pl.concat(parts) if parts else listed(no_findings())
    return Report(files, findings.select(FINDING_FIELDS), __version__, Counter())
