"""`convert`: exports through a converter to upload files, with every row and every unit accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from msgspec import Struct, field
from msgspec.structs import replace

from cgrev import __version__
from cgrev.batching import BatchOptions, batches
from cgrev.breach import listed, no_findings
from cgrev.crossing import cross
from cgrev.errors import InputRefused
from cgrev.examined import Examined
from cgrev.findings import RowCount, Severity, Totals
from cgrev.folder import REPORT, FolderWriter
from cgrev.layout import IDS
from cgrev.manifest import Amounts, ConverterUsed, Manifest, MovedRow, PluginUsed, Rows, RunFacts
from cgrev.manifest import Input as InputFacts
from cgrev.matches import folded
from cgrev.opening import DEFAULT_READING, Digests, Input, refused
from cgrev.pipeline import PROBLEM_CODES, FileRun
from cgrev.places import AT
from cgrev.progress import tell
from cgrev.readers import ReadOptions
from cgrev.reconcile import Statement, exact_sum
from cgrev.report import FileReport, Report
from cgrev.reporters import ReportOptions, render
from cgrev.rounding import Group, keep_total
from cgrev.rules.catalogue import BY_CODE
from cgrev.rules.rule import Rule
from cgrev.schema import expect_breaches
from cgrev.spool import Spool
from cgrev.statements import require_explained, statement_entries
from cgrev.tally import Tally
from cgrev.task import Task
from cgrev.writers import Format

if TYPE_CHECKING:
    from pydantic import JsonValue

Render = Callable[[Report], bytes | str]
"""The report as the bytes of `report.json`."""
COLUMN_CODES = (*PROBLEM_CODES.values(), "CGR101")
"""Rules that speak once for a whole column and reject each row it touches."""


class Writing(Struct, frozen=True):
    """How upload files are written: formats, limits, delimiter, and what keeps the total.

    `accounts` says whether the statement has a line for each account, or for each type alone."""

    formats: tuple[Format, ...] = ("csv",)
    batch: BatchOptions = field(default_factory=BatchOptions)
    keep_total: Group = "none"
    accounts: bool = True


class Provenance(Struct, frozen=True):
    """What the manifest says of how a run came about. No secret is a setting."""

    converter: ConverterUsed | None = None
    plugins: tuple[PluginUsed, ...] = ()
    settings: Mapping[str, JsonValue] = field(default_factory=dict)


class Conversion:
    """All files of one call on their way to one set of upload files. Use as a context manager.

    `examine` reads and judges; `write` writes what may be written. In between the caller may look.
    """

    def __init__(self, inputs: Sequence[Input], task: Task, read: ReadOptions = DEFAULT_READING) -> None:
        self.inputs, self.task, self.read = inputs, task, read
        self.examined: list[Examined] = []
        self.refused: list[FileReport] = []
        self._spools: list[Spool] = []
        self._stack = ExitStack()
        self.moved: list[tuple[str, pl.DataFrame]] = []
        self.statement: Statement | None = None
        self._kept: pl.DataFrame | None = None

    def __enter__(self) -> Conversion:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def examine(self) -> Report:
        """Read every file and judge its rows, alone and against each other."""
        with Digests() as digests:
            for number, source in enumerate(self.inputs):
                digests.start(source)
                with suppress(OSError):  # opening it says what is wrong with it
                    expect_breaches(source.size)
                spool = self._stack.enter_context(Spool())
                try:
                    examined = FileRun(
                        source.open(self.read), self.task, source.path, number, spool
                    ).examine()
                except InputRefused as error:
                    report = refused(source.path, error)
                    report.sha256 = digests.of(source)
                    self.refused.append(report)
                    continue
                examined.report.sha256 = digests.of(source)
                self.examined.append(examined)
                self._spools.append(spool)
        cross(self.examined)
        return self.report()

    def report(self) -> Report:
        """What was found out so far."""
        infos: Counter[str] = Counter()
        frames = []
        for examined in self.examined:
            own = pl.concat(examined.findings) if examined.findings else no_findings()
            examined.report.status = "findings" if own.height else "ok"
            infos.update(examined.collected.infos)
            frames.append(listed(own))
        order = {source.path: number for number, source in enumerate(self.inputs)}
        files = sorted([*(e.report for e in self.examined), *self.refused], key=lambda file: order[file.path])
        return Report(files, pl.concat(frames) if frames else listed(no_findings()), __version__, infos)

    def frames(self) -> Iterator[pl.DataFrame]:
        """Accepted rows in order, without those rejected later: at, row, the six, units, currency."""
        for examined, spool in zip(self.examined, self._spools, strict=True):
            gone = examined.rejected_at()
            currency = pl.lit(currency_of(examined), dtype=pl.String)
            for frame in spool.frames():
                kept = frame.filter(~pl.col(AT).is_in(gone.implode())) if len(gone) else frame
                yield kept.with_columns(currency=currency)

    def rows(self, group: Group, tally: Tally | None = None) -> Iterator[pl.DataFrame]:
        """Canonical rows for the writers: the six, amount in whole units. `tally` sees them as they pass."""
        if group != "none" and self._kept is None:
            self._kept = self._keep(group)
        for frame in self.frames() if self._kept is None else self._kept.iter_slices(self.task.piece_rows):
            if tally is not None:
                tally.accept(frame)
            yield frame.with_columns(amount=pl.col("units")).select(IDS)

    def _keep(self, group: Group) -> pl.DataFrame:
        """All rows with their units so moved that the total of each group is kept."""
        whole = folded(pl.concat(self.frames()))
        kept = keep_total(whole, group, self.task.rounding, account_key="key", within=["currency"], row=AT)
        for examined in self.examined:
            own = kept.moved.filter((pl.col("row") // (1 << 32)) == examined.run.number)
            if own.height:
                self.moved.append((examined.report.path, own.with_columns(pl.col("row") & 0xFFFFFFFF)))
                change = (own["to"].cast(pl.Int128) - own["from"].cast(pl.Int128)).sum()
                examined.report.totals.add(Totals(written=Decimal(int(change or 0))))
        return whole.with_columns(units=kept.units)

    def write(self, target: Path, writing: Writing, provenance: Provenance, render: Render) -> Manifest:
        """Write batches, rejected rows, report and manifest; the folder appears whole or not at all.

        Before it does, the money must add up: every unit between what the sources state and what the files
        hold has a listed cause. Raises CgrevError where one has none; then nothing is written.
        """
        tally, sent = Tally(accounts=writing.accounts), dict.fromkeys(writing.formats, 0)
        with FolderWriter(target, self.stem) as folder:
            written = 0
            for number, form in enumerate(writing.formats):
                options = replace(writing.batch, file=replace(writing.batch.file, format=form))
                for batch in batches(self.rows(writing.keep_total, None if number else tally), options):
                    folder.add(batch, form)
                    written += batch.records
                    tell("writing", written)
                    sent[form] += batch.total
            report = self.report()
            for rows in self.rejects():
                tally.reject(rows)
                folder.add_rejected(rejected_texts(rows))
            self.statement = self.reconciled(tally, sent)
            folder.add_file(REPORT, render(report))
            self._stack.close()  # the rows are in the batches: what they waited in need not reach the disk
            return folder.commit(self.facts(provenance))

    def reconciled(self, tally: Tally, sent: Mapping[Format, int]) -> Statement:
        """The statement of this run, held against the totals counted while reading and those of the files."""
        source: dict[str | None, Decimal] = {}
        for examined in self.examined:
            currency = currency_of(examined)
            source[currency] = exact_sum(source.get(currency, Decimal()), examined.report.totals.source)
        for total in dict.fromkeys(sent.values()):
            statement = tally.statement(source=source, sent=total)
            require_explained(statement)
        return statement

    @property
    def stem(self) -> str:
        """What the upload files are named after: the input, or the first of several."""
        return self.inputs[0].stem

    def rejects(self) -> Iterator[pl.DataFrame]:
        """Rejected rows with why; see `reasons`."""
        for examined in self.examined:
            if examined.rejected:
                yield reasons(examined, self.task)

    def facts(self, provenance: Provenance) -> RunFacts:
        """What the manifest states of the run."""
        rows, totals = RowCount(), Totals()
        for examined in self.examined:
            rows.add(examined.report.rows)
            totals.add(examined.report.totals)
        return RunFacts(
            inputs=tuple(
                InputFacts(
                    path=examined.report.path,
                    sha256=examined.report.sha256 or "",
                    rows=Rows.of(examined.report.rows),
                    totals=Amounts.of(examined.report.totals),
                    currency=currency_of(examined),
                )
                for examined in self.examined
            ),
            converter=provenance.converter,
            plugins=provenance.plugins,
            settings=dict(provenance.settings),
            rows=Rows.of(rows),
            totals=Amounts.of(totals),
            statement=statement_entries(self.statement) if self.statement is not None else (),
            moved=tuple(
                MovedRow(input=path, row=row, before=before, after=after)
                for path, frame in self.moved
                for row, before, after in frame.select("row", "from", "to").iter_rows()
            ),
        )


def reasons(examined: Examined, task: Task) -> pl.DataFrame:
    """Each rejected row once: its file, row, the codes and messages of its errors, its six texts, and what it
    is accounted for by (`account_name`, `revenue_type`, `amount`, `currency`).

    A row that is rejected for its column (an ambiguous mark) has no finding of its own: it gets the
    column's."""
    rows = pl.concat(examined.rejected).sort(AT)
    errors = pl.concat(examined.findings).filter(pl.col("severity") == Severity.ERROR.value)
    own = (
        errors.filter(pl.col("row").is_not_null())
        .sort(AT, "place", "code")
        .group_by(AT, maintain_order=True)
        .agg(
            pl.col("code").unique(maintain_order=True).str.join(" "), reason=pl.col("message").str.join("; ")
        )
    )
    columns = [task.rules[code] for code in COLUMN_CODES if code in set(errors["code"])]
    whole = columns or [task.rules["CGR101"]]
    joined = rows.join(own, on=AT, how="left", maintain_order="left")
    return joined.select(
        "row",
        *(f"{name}.text" for name in IDS),
        "account_name",
        "revenue_type",
        "amount",
        file=pl.lit(examined.report.path),
        code=pl.col("code").fill_null(" ".join(rule.code for rule in whole)),
        reason=pl.col("reason").fill_null("; ".join(rule.message for rule in whole)),
        currency=pl.lit(currency_of(examined), dtype=pl.String),
    )


def rejected_texts(rows: pl.DataFrame) -> pl.DataFrame:
    """Rejected rows as `rejected.csv` has them: the six texts as in the file."""
    return rows.select("file", "row", "code", "reason", **{name: pl.col(f"{name}.text") for name in IDS})


def currency_of(examined: Examined) -> str | None:
    """The currency of a file, where its rows state one: a file in several is refused."""
    return next(iter(examined.collected.currencies), None)


def as_json(report: Report, rules: Mapping[str, Rule] = BY_CODE) -> str | bytes:
    """`report.json` lists everything, whatever the terminal was told."""
    return render(report, "json", ReportOptions(rules=rules, show_info=True))
