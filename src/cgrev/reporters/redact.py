"""`--redact`: names and amounts as keyed hashes, in every place a report shows them.

Equal texts get equal marks within one run, so that a reader of a public log can still tell that two
findings are about one account. The key is made up for each run and kept nowhere, so a mark cannot be
found again by hashing a list of customers. Messages may hold values in any form, so they give way to
the name of the rule and the help of the catalogue. Paths and sheet names stay: they say where to look.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from hashlib import blake2b

import polars as pl
from msgspec.structs import replace

from cgrev.findings import Decision, SkippedRow
from cgrev.layout import HEADINGS, RevenueType
from cgrev.report import FileError, FileReport, Report
from cgrev.reporters.options import RuleInfo
from cgrev.reporters.source import SourceSheet
from cgrev.table import ROW, OpenTable

_DATE = re.compile(
    r"(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}([./-])\d{1,2}\1\d{4})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?",
    re.ASCII,
)
_QUOTED = re.compile(r"'([^']*)'")
_WORDS = frozenset({*RevenueType, *HEADINGS})
_TECHNICAL = frozenset({"encoding", "delimiter", "decimal mark", "date order", "header row"})


class Redactor:
    """Turns texts into marks such as `#5f0c1d9a2b`. `key` is random unless given."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key if key is not None else secrets.token_bytes(32)

    def text(self, value: str) -> str:
        """The mark of a text. Blanks, dates, revenue types and the six headings stay as they are."""
        if not value.strip() or value in _WORDS or _DATE.fullmatch(value):
            return value
        return self.mark(value)

    def mark(self, value: str) -> str:
        return "#" + blake2b(value.encode(errors="surrogatepass"), key=self._key, digest_size=5).hexdigest()

    def report(self, report: Report, rules: Mapping[str, RuleInfo]) -> Report:
        """The report as it may be shown to anyone."""
        frame = report.findings
        codes: list[str] = frame["code"].unique().to_list()
        named = pl.col("name").str.replace_all("-", " ", literal=True)
        helps = {code: rules[code].help if code in rules else "" for code in codes}
        redacted = frame.with_columns(
            *(self._column(frame, name) for name in ("value", "source_column", "fix_value")),
            named.alias("message"),
            pl.col("code").replace_strict(helps, return_dtype=pl.String).alias("help"),
        )
        return Report(
            [self._file(file, rules) for file in report.files], redacted, report.version, report.infos
        )

    def source(self, source: SourceSheet) -> SourceSheet:
        """The sheet with the same marks as the findings; its header row stays out of it, too."""
        table = source.table

        def pieces(rows: int) -> Iterator[pl.DataFrame]:
            for piece in table.pieces(rows):
                names = [name for name in piece.columns if name.startswith("c")]
                yield piece.select(ROW, *(self._column(piece, name) for name in names))

        opened = OpenTable(table.reader, table.width, pieces, table.sheet, ragged=table.ragged)
        labels = tuple(self.text(label) for label in source.labels)
        return SourceSheet(opened, labels, source.header_row, source.columns, None)

    def _column(self, frame: pl.DataFrame, name: str) -> pl.Series:
        values = frame[name]
        known = values.unique().drop_nulls()
        marks = pl.Series([self.text(value) for value in known.to_list()], dtype=pl.String)
        return values.replace_strict(known, marks, default=None, return_dtype=pl.String).alias(name)

    def _file(self, file: FileReport, rules: Mapping[str, RuleInfo]) -> FileReport:
        error = file.error
        if error is not None:
            rule = rules.get(error.code)
            said = rule.name.replace("-", " ") if rule is not None else "the file is refused"
            error = FileError(error.code, said, rule.help if rule is not None else None)
        return replace(
            file,
            decisions=tuple(self._decision(decision) for decision in file.decisions),
            skipped=[self._skipped(row) for row in file.skipped],
            error=error,
            redacted={name: self.mark(text) for name, text in file.totals.as_dict().items()},
        )

    def _skipped(self, row: SkippedRow) -> SkippedRow:
        reason = _QUOTED.sub(lambda match: f"'{self.text(match[1])}'", row.reason)
        return SkippedRow(row.row, reason, self.text(row.text))

    def _decision(self, decision: Decision) -> Decision:
        return replace(
            decision,
            value=decision.value if decision.about in _TECHNICAL else self.text(decision.value),
            evidence=tuple("redacted" for _ in decision.evidence[:1]),
            source_column=None if decision.source_column is None else self.text(decision.source_column),
        )
