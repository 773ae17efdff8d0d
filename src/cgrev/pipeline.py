"""The pipeline of one file as named steps: open > header > fields > read > rules > account.

The file runs through in pieces, once. Decisions about the whole file (decimal mark, date order) are
made on the first piece and proven on every other: when the evidence of all pieces together decides
otherwise, the file runs through once more with that. So the usual file is read once, and no decision
rests on a sample.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from functools import cache

import polars as pl

from cgrev.across import Across
from cgrev.ahead import WORTH_A_THREAD, ahead
from cgrev.breach import Told, Where, one_finding, row_findings
from cgrev.errors import InputRefused
from cgrev.examined import REJECTED, Collected, Examined
from cgrev.findings import Decision, RowCount, Severity, SkippedRow, Totals
from cgrev.guarding import guarded, sound_fields
from cgrev.layout import IDS
from cgrev.listing import Listing
from cgrev.mapping.canonical import CanonicalConverter
from cgrev.mapping.canonical import layout_findings as layout_issues
from cgrev.mapping.joining import labels_after
from cgrev.parsing.decisions import Decisions, Problem, decide
from cgrev.parsing.evidence import Evidence
from cgrev.piece import (
    Piece,
    Prepared,
    Unit,
    evidence,
    prepare,
    process,
    read_rows,
    tidied,
    unwritable,
)
from cgrev.places import AT
from cgrev.plugin import Header, Question, Reading, Sample
from cgrev.progress import tell
from cgrev.report import SKIPPED_KEPT, FileReport
from cgrev.rounding import exact_total
from cgrev.rules.amount import TOTAL_DIFFERS
from cgrev.rules.meaning import MOSTLY_NEGATIVE, MOSTLY_NEGATIVE_ROWS
from cgrev.schema import held
from cgrev.sheetfacts import (
    absent_columns,
    canonical_of,
    cells_expected,
    explained,
    further_tables,
    labels_of,
    layout_findings,
    note_currencies,
    own_labels,
    ragged_rejects,
    without_duplicated,
)
from cgrev.spool import Spool
from cgrev.stated import Compared, described, differing
from cgrev.table import ROW, OpenTable, cells
from cgrev.task import Task

PROBLEM_CODES = {
    "ambiguous-mark": "CGR214",
    "contradictory-mark": "CGR219",
    "mixed-currency": "CGR215",
    "ambiguous-order": "CGR233",
    "contradictory-order": "CGR239",
}
_REASONS = 3
ACCEPTED = [AT, ROW, *IDS, "units"]
"""Columns of a row that may be written, as it waits for the end of the file."""


class FileRun:
    """One opened source on its way through the steps.

    The breaches of its rows are listed when it is examined; with a `listing` that is shared with other files
    they are when that is settled. `apart` keeps its rows from being held against those of other files.

    Raises InputRefused, SettingsError, PluginError and `cgrev.plugin.Question`; never on bad data.
    """

    def __init__(
        self,
        table: OpenTable,
        task: Task,
        path: str,
        number: int,
        spool: Spool | None = None,
        listing: Listing | None = None,
        *,
        apart: bool = False,
    ) -> None:
        self.table, self.task, self.path, self.number, self.spool = table, task, path, number, spool
        self.listing, self._alone, self.apart = listing or Listing(), listing is None, apart
        converter, options = task.converter, task.options
        head = table.head()
        sample = Sample(table.reader, head, path, table.sheet, table.named)
        self.header: Header = guarded(converter, "header", sample, options)
        expected = cells_expected(table, self.header, head)
        self.labels = labels_of(self.header, table.width, expected)
        try:
            options = guarded(converter, "preamble", sample, self.header, options)
            further = further_tables(converter, self.labels, options, task.further)
            guarded(converter, "appended", self.labels, options)
            after = labels_after(converter, self.labels, options, further)
            self.reading: Reading = guarded(converter, "fields", after, options)
            sound_fields(converter, self.reading, max(len(after), table.width))
        except Question as question:
            raise explained(question, head, self.header, self.labels) from None
        self.layout = (
            layout_issues(self.labels, self.header) if isinstance(converter, CanonicalConverter) else []
        )
        self.reading = without_duplicated(self.reading, self.layout)
        self.absent = absent_columns(converter, self.reading)
        self.unit = Unit(
            number,
            self.labels,
            converter,
            options,
            self.reading,
            task.rounding,
            held((rule for rule in task.rules.values() if task.severities.get(rule.code)), self.absent),
            expected,
            further,
            task.month_count,
            task.first_open,
        )
        self.where = Where(path, table.sheet, own_labels(self.reading), number)
        listed = {
            c: s for c, s in task.severities.items() if s and (task.show_info or s is not Severity.INFO)
        }
        self.told = Told(self.where, listed)

    def examine(self) -> Examined:
        """Run the file through; every row ends as accepted, rejected or skipped."""
        decisions, collected = self._settled()
        if collected.rows.read == collected.rows.skipped:
            raise InputRefused(
                "CGR006",
                "the file has no records: " + self._why_empty(collected),
                help="export the file again, with its rows",
            )
        compared = self._compared(decisions, collected)
        report = FileReport(
            self.path,
            reader=self.table.reader,
            sheet=self.table.sheet,
            header_row=self.header.row,
            converter=self.task.converter.name,
            rows=collected.rows,
            totals=collected.totals,
            decisions=(*self._decisions(decisions), *described(compared)),
            skipped=collected.skipped,
            skipped_count=collected.rows.skipped,
        )
        rule = self.task.rules[TOTAL_DIFFERS.code]
        collected.findings += [
            *self._file_findings(decisions, collected),
            *differing(compared, self.reading, self.where, rule, self.task.severities[rule.code]),
        ]
        if self._alone:
            self.listing.end()
        return Examined(report, collected.findings, collected.rejected, self, decisions, collected)

    def _why_empty(self, collected: Collected) -> str:
        if collected.rows.read == 0:
            return "nothing stands below the header" if self.header.row else "no row is one"
        reasons = Counter(row.reason for row in collected.skipped).most_common(_REASONS)
        shown = ", ".join(f"{number} x {reason}" for reason, number in reasons)
        return f"all {collected.rows.read} rows are left out ({shown})"

    def _settled(self) -> tuple[Decisions, Collected]:
        """Decide on the first piece, prove it on every other; run again where it does not hold.

        Evidence only grows, so a decision that was overturned once stays overturned: from there on only
        evidence is gathered. The second run decides nothing any more.
        """
        fields, declared = self.reading.fields, self.reading.declared
        decisions: Decisions | None = None
        proven = False
        while True:
            seen, collected, holds = Evidence(), Collected(across=Across(apart=self.apart)), True
            self.listing.begin(self.told, collected.findings)
            if self.spool is not None:
                self.spool.clear()
            for prepared in self._ahead(self.prepared(collected)):
                seen = seen.merge(evidence(prepared.source, self.reading, prepared.looks))
                piecewise = self.task.converter.piecewise
                collected.stated.note(prepared.stated, prepared.counted, prepared.records, piecewise)
                if decisions is None:
                    decisions = decide(seen, fields, declared)
                elif not proven and holds:
                    holds = decide(seen, fields, declared).reads_alike(decisions)
                if holds:
                    self._collect(process(prepared, self.unit, decisions), collected)
                    tell(self.path, collected.rows.read, collected.found)
            self._note_titles(collected)
            final = decide(seen, fields, declared)
            if decisions is None or final.reads_alike(decisions):
                return final, collected
            decisions, proven = final, True

    def _compared(self, decisions: Decisions, collected: Collected) -> tuple[Compared, ...]:
        """The totals the file states beside their sums."""
        again = (tidied(frame, self.unit) for frame in self.body())
        return collected.stated.compared(again, self.reading, decisions)

    def body(self, collected: Collected | None = None) -> Iterator[pl.DataFrame]:
        """The rows below the header, in pieces; titles above it are counted as skipped."""
        whole: list[pl.DataFrame] = []
        for frame in self.table.pieces(self.task.piece_rows):
            below = frame
            if frame.height and frame[ROW][0] < self.header.first:
                if collected is not None and not (self.header.row == frame[ROW][0] == self.header.first - 1):
                    collected.above.append(frame.filter(pl.col(ROW) < self.header.first))
                below = frame.filter(pl.col(ROW) >= self.header.first)
            if below.is_empty():
                continue
            if self.task.converter.piecewise:
                yield below
            else:
                whole.append(below)
        if whole:
            yield pl.concat(whole, how="diagonal")

    def _note_titles(self, collected: Collected) -> None:
        """Rows above the header are left out, and told first."""
        if not collected.above:
            return
        titles = pl.concat(collected.above).filter(pl.col(ROW) != (self.header.row or 0))
        text = pl.concat_str(cells(self.table.width), separator=" ", ignore_nulls=True).str.strip_chars()
        collected.skipped[:0] = [
            SkippedRow(row, "above the header" if shown else "blank row", shown)
            for row, shown in titles.select(ROW, text.alias("text")).iter_rows()
        ]
        collected.rows.read += titles.height
        collected.rows.skipped += titles.height

    def _ahead(self, pieces: Iterator[Prepared]) -> Iterator[Prepared]:
        """The same pieces, each read and prepared while the one before it is worked on."""
        large = self.task.converter.piecewise and self.task.piece_rows >= WORTH_A_THREAD
        return ahead(pieces, "pieces") if large else pieces

    def prepared(self, collected: Collected | None = None) -> Iterator[Prepared]:
        for frame in self.body(collected):
            yield prepare(frame, self.unit)

    def _collect(self, piece: Piece, collected: Collected) -> None:
        frame = piece.frame
        marks, counts = self._marks(piece, collected)
        if counts["told"]:
            self.listing.add(frame.filter(marks["told"]), piece.broken)
        if piece.ragged.height:
            collected.findings.append(self._ragged(piece.ragged))
            collected.rejected.append(ragged_rejects(piece.ragged, self.number))
        if piece.unmatched.height:
            collected.findings.append(self._unmatched(piece.unmatched))
        for row, reason, text in piece.skipped.head(SKIPPED_KEPT).iter_rows():
            collected.skipped.append(SkippedRow(row, reason, text))
        rejects = frame.filter(marks["bad"]) if counts["bad"] else frame.clear()
        refused = Decimal(0)
        if rejects.height:  # texts copied: else those of the whole piece stay alive
            columns = (pl.col(name).cast(dtype) for name, dtype in REJECTED.items())
            collected.rejected.append(rejects.select(columns).with_columns(pl.col(pl.String) + ""))
            refused = exact_total(rejects["amount"])
        collected.totals.add(Totals(exact_total(frame["amount"]), Decimal(counts["written"] or 0), refused))
        ragged, skipped = piece.ragged.height, piece.skipped.height
        written = frame.height - rejects.height
        collected.rows.add(
            RowCount(frame.height + ragged + skipped, written, rejects.height + ragged, skipped)
        )
        collected.found += counts["told"] + ragged + piece.unmatched.height
        if "currency" in frame.columns:
            note_currencies(frame, collected.currencies)
        collected.across.add(self.number, frame, piece.names)
        if self.task.known is not None:
            collected.names = [pl.concat([*collected.names, frame["account_name"].drop_nulls()]).unique()]
        collected.negative += counts["negative"]
        collected.nonzero += counts["nonzero"]
        if self.spool is not None:
            rows = frame.select(ACCEPTED)
            self.spool.append(rows.filter(~marks["bad"]) if rejects.height else rows)
        collected.pieces += 1
        collected.kept = frame if collected.pieces == 1 else None

    def _marks(self, piece: Piece, collected: Collected) -> tuple[pl.DataFrame, dict[str, int]]:
        """For each row whether it is `bad` and whether something is `told` of it; and what is counted.

        Of rows that the reader itself finds fault with no more is told. Infos that are not listed are counted
        by their rule: a file can hold one for every row."""
        levels, told = self.task.severities, self.told.severities
        clear = ~self._noticed()
        marks = piece.frame.select(
            "units",
            bad=pl.any_horizontal(
                unwritable(),
                ~clear,
                *(rule.expression(c) for rule, c in piece.broken if levels[rule.code] is Severity.ERROR),
            ),
            told=clear
            & pl.any_horizontal(False, *(r.expression(c) for r, c in piece.broken if r.code in told)),
        )
        counts = marks.select(_counts()).row(0, named=True)
        for rule, column in piece.broken:
            if rule.code not in told:
                seen = int(piece.frame.select((clear & rule.expression(column)).sum()).item())
                if seen:
                    collected.infos[rule.code] = collected.infos.get(rule.code, 0) + seen
        return marks, counts

    def _ragged(self, ragged: pl.DataFrame) -> pl.DataFrame:
        expected = self.unit.expected
        message = pl.format("the row has {} cells where the header has {}", "found", pl.lit(str(expected)))
        rows = ragged.select("row", value="text", message=message)
        return row_findings(rows, self.task.rules["CGR007"], None, self.where, self.task.severities["CGR007"])

    def _unmatched(self, unmatched: pl.DataFrame) -> pl.DataFrame:
        message = pl.format("the key is in no row of the further file '{}'", "name")
        rows = unmatched.select("row", value="key", message=message)
        return row_findings(rows, self.task.rules["CGR209"], None, self.where, self.task.severities["CGR209"])

    def _noticed(self) -> pl.Expr:
        """Rows the reader itself found fault with (a quote that swallowed lines)."""
        rows = [notice.row for notice in self.table.notices if notice.row is not None]
        return pl.col(ROW).is_in(rows) if rows else pl.lit(False)

    def rows_at(self, places: pl.Series, examined: Examined) -> pl.DataFrame:
        """The canonical rows at these places, read again with the file's final decisions."""
        wanted = (places & 0xFFFFFFFF).cast(pl.UInt32).unique().sort()
        rows = wanted.implode()
        kept = examined.collected.kept
        if kept is not None:
            return kept.filter(pl.col(ROW).is_in(rows))
        piecewise = self.task.converter.piecewise
        if piecewise and self.table.at is not None:
            frames = self.table.at(wanted)
        else:
            frames = (frame.filter(pl.col(ROW).is_in(rows)) if piecewise else frame for frame in self.body())
        some = [frame for frame in frames if frame.height]
        prepared = prepare(pl.concat(some, how="diagonal"), self.unit)
        if piecewise:
            return read_rows(prepared.source, self.unit, examined.decisions, prepared.looks)
        source = prepared.source.filter(pl.col(ROW).is_in(rows))
        return read_rows(source, self.unit, examined.decisions)

    # -- findings about the file as a whole -------------------------------------------------------

    def _decisions(self, decisions: Decisions) -> tuple[Decision, ...]:
        header = Decision(
            "header row",
            f"row {self.header.row}" if self.header.row else "none",
            "header" if self.header.row else "position",
            self.header.evidence,
        )
        return (
            *self.table.decisions,
            header,
            *self.reading.decisions,
            *decisions.described(self.reading.fields),
        )

    def _file_findings(self, decisions: Decisions, collected: Collected) -> Iterator[pl.DataFrame]:
        rules, severities = self.task.rules, self.task.severities
        for notice in self.table.notices:
            yield one_finding(
                rules[notice.code],
                self.where,
                severities[notice.code],
                message=notice.message,
                row=notice.row,
                value=notice.value,
            )
        yield layout_findings(self.layout, self.header, self.where, self.task)
        for problem in decisions.problems(self.reading.fields):
            yield self._problem(problem)
        if collected.nonzero >= MOSTLY_NEGATIVE_ROWS and collected.negative * 2 > collected.nonzero:
            rule = rules[MOSTLY_NEGATIVE.code]
            words = {"negative": f"{collected.negative:,}", "counted": f"{collected.nonzero:,}"}
            yield one_finding(
                rule, self.where, severities[rule.code], message=rule.message.format(**words), column="amount"
            )
        if len(collected.currencies) > 1:
            shown = ", ".join(
                f"{code} (first in row {row})" for code, row in sorted(collected.currencies.items())
            )
            raise InputRefused(
                "CGR215",
                f"the rows are in {len(collected.currencies)} currencies: {shown}",
                help="convert one currency at a time: name it with the converter's currency option "
                "or a profile's `currency`; the layout has no currency column",
            )

    def _problem(self, problem: Problem) -> pl.DataFrame:
        code = PROBLEM_CODES[problem.kind]
        column = canonical_of(problem.field, self.reading)
        label = next((f.label for f in self.reading.fields if f.id == problem.field), None)
        return one_finding(
            self.task.rules[code],
            self.where,
            self.task.severities[code],
            message=problem.message,
            help=problem.help,
            row=problem.row,
            column=column,
            value=problem.text,
            source_column=label,
        )


@cache
def _counts() -> list[pl.Expr]:
    """Sums over the marks of a piece."""
    units = pl.col("units")
    return [
        pl.col("bad", "told").sum(),
        units.filter(~pl.col("bad")).cast(pl.Int128).sum().alias("written"),
        (units < 0).sum().alias("negative"),
        (units != 0).sum().alias("nonzero"),
    ]
