"""What a run found out, as values: one `FileReport` a file, one `Report` a call.

Reporters only render these. Polars is imported by the type checker and inside functions, because
commands that report nothing must start without it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, field
from msgspec.structs import replace

from cgrev.findings import (
    FINDING_FIELDS,
    Decision,
    Finding,
    Fix,
    RowCount,
    Severity,
    SkippedRow,
    Totals,
)
from cgrev.layout import HEADINGS

if TYPE_CHECKING:
    import polars as pl

    from cgrev.reporters.options import ReportOptions

SCHEMA = "cgrev-report/1"
TOOL = "cgrev"
SKIPPED_KEPT = 1_000
"""Skipped rows kept one by one in a file's report; `skipped_count` stays exact."""
JSON_ROWS = 100_000
"""Findings encoded at a time, so that a million of them never lie in memory as text twice."""

Status = Literal["ok", "findings", "refused"]


class FileError(Struct, frozen=True):
    """Why a file was refused: the CGR0xx rule, one line, and what to do next."""

    code: str
    message: str
    help: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        return {"code": self.code, "message": self.message, "help": self.help}


class FileReport(Struct):
    """One input file: how it was read and decided, its rows and its money.

    `header_row` is the row as a person sees it. `skipped` holds the first `SKIPPED_KEPT` rows that
    are no records; `skipped_count` is exact (titles above the header are listed, too).
    """

    path: str
    sha256: str | None = None
    status: Status = "ok"
    reader: str | None = None
    sheet: str | None = None
    header_row: int | None = None
    converter: str | None = None
    rows: RowCount = field(default_factory=RowCount)
    totals: Totals = field(default_factory=Totals)
    decisions: tuple[Decision, ...] = ()
    skipped: list[SkippedRow] = field(default_factory=list)
    skipped_count: int = 0
    error: FileError | None = None
    redacted: Mapping[str, str] | None = None
    """Set by `--redact`: the totals as they may be shown, in place of `totals`."""

    def __post_init__(self) -> None:
        self.skipped_count = max(self.skipped_count, len(self.skipped))
        del self.skipped[SKIPPED_KEPT:]

    def skip(self, row: SkippedRow) -> None:
        """Count a skipped row, and keep it while there is room."""
        self.skipped_count += 1
        if len(self.skipped) < SKIPPED_KEPT:
            self.skipped.append(row)

    def shown_totals(self) -> dict[str, str]:
        """`source`, `written`, `residual` and `rejected` as text, redacted if that was asked for."""
        return dict(self.redacted) if self.redacted is not None else self.totals.as_dict()

    def as_dict(self) -> dict[str, Any]:
        return {
            "path": self.path,
            "sha256": self.sha256,
            "status": self.status,
            "reader": self.reader,
            "sheet": self.sheet,
            "header_row": self.header_row,
            "converter": self.converter,
            "rows": self.rows.as_dict(),
            "totals": self.shown_totals(),
            "decisions": [decision.as_dict() for decision in self.decisions],
            "error": self.error.as_dict() if self.error is not None else None,
        }


class Summary(Struct, frozen=True):
    """Exact counts of all findings, whether listed or not. `listed` is what the listing holds."""

    errors: int
    warnings: int
    infos: int
    by_rule: Mapping[str, int]
    listed: int

    @property
    def total(self) -> int:
        return self.errors + self.warnings + self.infos

    def as_dict(self) -> dict[str, Any]:
        return {
            "errors": self.errors,
            "warnings": self.warnings,
            "infos": self.infos,
            "by_rule": dict(self.by_rule),
            "listed": self.listed,
        }


def finding_schema() -> dict[str, Any]:
    """The polars schema of a findings frame: exactly `FINDING_FIELDS`."""
    import polars as pl

    types: dict[str, Any] = {"row": pl.UInt32, "fix_safe": pl.Boolean}
    return {name: types.get(name, pl.String) for name in FINDING_FIELDS}


def findings_frame(findings: Sequence[Finding]) -> pl.DataFrame:
    """A findings frame from single findings, for the few that no vectorised step makes."""
    import polars as pl

    rows = [
        (
            *(f.path, f.sheet, f.row, f.column, f.source_column, f.value),
            *(f.code, f.name, f.severity.value, f.message, f.help),
            f.fix.value if f.fix else None,
            f.fix.safe if f.fix else None,
        )
        for f in findings
    ]
    return pl.DataFrame(rows, schema=finding_schema(), orient="row")


@dataclasses.dataclass(slots=True)
class Report:
    """Everything one call found out.

    `findings` has exactly the columns `FINDING_FIELDS`; it may hold a million rows. `infos` counts, by
    rule, findings of severity info that are *not* in the frame, for a run that does not list them.
    `rendering` is what formats show besides: the words of the rules, and the sheets of the files.
    """

    files: list[FileReport]
    findings: pl.DataFrame
    version: str
    infos: Mapping[str, int] = dataclasses.field(default_factory=dict)
    rendering: ReportOptions | None = dataclasses.field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if tuple(self.findings.columns) != FINDING_FIELDS:
            raise ValueError(f"a findings frame has the columns {', '.join(FINDING_FIELDS)}")

    def __iter__(self) -> Iterator[Finding]:
        for row in self.findings.iter_rows():
            yield finding(row)

    def __len__(self) -> int:
        return self.findings.height

    def file(self, path: str) -> FileReport | None:
        """The report of one input, by its path as given."""
        return next((file for file in self.files if file.path == path), None)

    def counts(self) -> dict[tuple[str, str], int]:
        """Findings by (rule code, severity), those only counted included; worst and most first."""
        frame = self.findings.group_by("code", "severity").len()
        counted: dict[tuple[str, str], int] = {(code, level): n for code, level, n in frame.iter_rows()}
        for code, number in self.infos.items():
            if number:
                key = (code, Severity.INFO.value)
                counted[key] = counted.get(key, 0) + number
        return dict(
            sorted(counted.items(), key=lambda item: (Severity(item[0][1]).rank, -item[1], item[0][0]))
        )

    def summary(self, *, show_info: bool = False, max_findings: int | None = None) -> Summary:
        """Exact counts; `listed` is how many findings `listing` with the same arguments holds."""
        by_rule: dict[str, int] = {}
        by_severity = dict.fromkeys(Severity, 0)
        for (code, level), number in self.counts().items():
            by_rule[code] = by_rule.get(code, 0) + number
            by_severity[Severity(level)] += number
        errors, warnings, infos = by_severity.values()
        listed = errors + warnings + (infos - sum(self.infos.values()) if show_info else 0)
        if max_findings is not None:
            listed = min(listed, max(max_findings, 0))
        return Summary(errors, warnings, infos, dict(sorted(by_rule.items())), listed)

    @property
    def worst(self) -> Severity | None:
        """The worst severity there is, None when nothing was found."""
        return min((Severity(level) for _, level in self.counts()), key=lambda s: s.rank, default=None)

    def at_or_above(self, severity: Severity) -> int:
        """How many findings are as bad as `severity` or worse."""
        return sum(n for (_, level), n in self.counts().items() if Severity(level).rank <= severity.rank)

    def listing(self, *, show_info: bool = False, max_findings: int | None = None) -> pl.DataFrame:
        """The findings to list, by file, sheet, row and column.

        Infos only with `show_info`. A cap keeps the worst ones: an error is never hidden by a warning.
        """
        import polars as pl

        frame = self.findings
        if not show_info:
            frame = frame.filter(pl.col("severity") != Severity.INFO.value)
        if max_findings is not None and frame.height > max_findings:
            ranks = {severity.value: severity.rank for severity in Severity}
            rank = pl.col("severity").replace_strict(ranks, return_dtype=pl.UInt8)
            keys = [rank, *self._place()]
            frame = frame.sort(keys, nulls_last=False, maintain_order=True).head(max(max_findings, 0))
        return frame.sort(self._place(), nulls_last=False, maintain_order=True)

    def _place(self) -> list[pl.Expr]:
        import polars as pl

        files = {file.path: index for index, file in enumerate(self.files)}
        columns = {heading: index for index, heading in enumerate(HEADINGS)}
        order = pl.col("path").replace_strict(files, default=len(files), return_dtype=pl.UInt32)
        column = pl.col("column").replace_strict(columns, default=len(columns), return_dtype=pl.UInt8)
        return [order, pl.col("path"), pl.col("sheet"), pl.col("row"), column, pl.col("code")]

    def json_pieces(self, *, show_info: bool = False, max_findings: int | None = None) -> Iterator[str]:
        """The JSON report (`cgrev-report/1`) piece by piece.

        A file name that is no UTF-8 leaves lone surrogates in the text: encode it with
        `errors="backslashreplace"`, which happens to be JSON's own escape.
        """
        summary = self.summary(show_info=show_info, max_findings=max_findings)
        head = {
            "schema": SCHEMA,
            "tool": {"name": TOOL, "version": self.version},
            "files": [file.as_dict() for file in self.files],
            "summary": summary.as_dict(),
        }
        text = json.dumps(head, ensure_ascii=False, indent=1)
        yield text[: text.rindex("\n}")] + ',\n "findings": ['
        separator = "\n"
        for lines in json_lines(self.listing(show_info=show_info, max_findings=max_findings)):
            yield separator + lines.rstrip("\n").replace("\n", ",\n")
            separator = ",\n"
        yield "]}\n" if separator == "\n" else "\n]}\n"

    def to_json(self, *, show_info: bool = False, max_findings: int | None = None) -> str:
        """The JSON report as text."""
        return "".join(self.json_pieces(show_info=show_info, max_findings=max_findings))

    def render(
        self,
        format: str,
        *,
        show_info: bool = False,
        max_findings: int | None = None,
        redact: bool = False,
    ) -> str | bytes:
        """The report in any format of `--output-format`: bytes for xlsx, text for the others.

        Excerpts, exact places and the workbook need the files to be where they were. `redact` hides names
        and amounts. Raises UsageError for an unknown format, SettingsError where a format cannot hold it.
        """
        from cgrev import reporters
        from cgrev.reporters.redact import Redactor

        options = replace(
            self.rendering or reporters.ReportOptions(),
            show_info=show_info,
            max_findings=max_findings,
            redactor=Redactor() if redact else None,
        )
        return reporters.render(self, format, options)

    def to_frame(self, *, show_info: bool = False, max_findings: int | None = None) -> pl.DataFrame:
        """The findings as a polars frame with the columns `FINDING_FIELDS`, in the order of a listing."""
        return self.listing(show_info=show_info, max_findings=max_findings)

    def to_sarif(self, *, show_info: bool = False, max_findings: int | None = None) -> str:
        """SARIF 2.1.0."""
        return self._text("sarif", show_info, max_findings)

    def to_junit(self, *, show_info: bool = False, max_findings: int | None = None) -> str:
        """JUnit test results."""
        return self._text("junit", show_info, max_findings)

    def to_html(self, *, show_info: bool = False, max_findings: int | None = None) -> str:
        """One self-contained page."""
        return self._text("html", show_info, max_findings)

    def to_xlsx(self, *, show_info: bool = False, max_findings: int | None = None) -> bytes:
        """The error workbook: the sheets of the files with the cells marked."""
        rendered = self.render("xlsx", show_info=show_info, max_findings=max_findings)
        assert isinstance(rendered, bytes)
        return rendered

    def _text(self, format: str, show_info: bool, max_findings: int | None) -> str:
        rendered = self.render(format, show_info=show_info, max_findings=max_findings)
        assert isinstance(rendered, str)
        return rendered

    def to_dict(self, *, show_info: bool = False, max_findings: int | None = None) -> dict[str, Any]:
        """The JSON report as plain values."""
        value: dict[str, Any] = json.loads(self.to_json(show_info=show_info, max_findings=max_findings))
        return value


def finding(row: Sequence[Any]) -> Finding:
    """One row of a findings frame (in the order of `FINDING_FIELDS`) as a `Finding`."""
    path, sheet, number, column, source_column, value, code, name, severity, message, text, fix, safe = row
    return Finding(
        path=path,
        code=code,
        name=name,
        severity=Severity(severity),
        message=message,
        help=text or "",
        sheet=sheet,
        row=number,
        column=column,
        source_column=source_column,
        value=value,
        fix=None if fix is None else Fix(fix, bool(safe)),
    )


def json_lines(frame: pl.DataFrame) -> Iterator[str]:
    """A findings frame as JSON objects, one a line, as the JSON report has them; text in pieces."""
    import polars as pl

    fix = pl.when(pl.col("fix_value").is_not_null()).then(
        pl.struct(pl.col("fix_value").alias("value"), pl.col("fix_safe").fill_null(False).alias("safe"))
    )
    for piece in frame.iter_slices(JSON_ROWS):
        if piece.height:
            yield piece.select(*FINDING_FIELDS[:-2], fix.alias("fix")).write_ndjson()
