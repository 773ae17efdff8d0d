"""Small facts about one sheet that the pipeline needs: its labels, its width, its layout findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import polars as pl
from msgspec.structs import replace

from cgrev.breach import Where, no_findings, with_places
from cgrev.findings import Finding, Fix
from cgrev.guarding import guarded
from cgrev.layout import AMOUNT, BY_ID, COLUMNS, IDS
from cgrev.mapping.canonical import LayoutIssue
from cgrev.mapping.joining import join_header
from cgrev.places import AT
from cgrev.plugin import Converter, ConverterOptions, Header, Question, Reading
from cgrev.report import findings_frame
from cgrev.schema import DTYPES
from cgrev.table import PIECE_ROWS, ROW, OpenTable, cells
from cgrev.task import Task

LAYOUT_CODES = {
    "missing-column": "CGR101",
    "extra-column": "CGR102",
    "wrong-order": "CGR103",
    "duplicate-heading": "CGR104",
    "respelt-heading": "CGR105",
    "no-header": "CGR106",
}


def cells_expected(table: OpenTable, header: Header, head: pl.DataFrame) -> int | None:
    """Cells a row of delimited text must have: those of the header, or of most rows where there is none.

    None for sheets and XML, whose rows are as wide as the table."""
    if not table.ragged:
        return None
    names = cells(table.width)
    counts = head.select(ROW, n=pl.sum_horizontal(pl.col(names).is_not_null()))
    if header.row is not None:
        filled = len("".join("x" if label.strip() else " " for label in header.labels).rstrip())
        own = counts.filter(pl.col(ROW) == header.row)["n"]
        return max(filled, 1) if filled else (int(own[0]) if len(own) else None)
    usual = Counter(counts.filter(pl.col(ROW) >= header.first)["n"].to_list()).most_common(1)
    return int(usual[0][0]) if usual else None


def labels_of(header: Header, width: int, expected: int | None) -> tuple[str, ...]:
    """One label a column, without blank ones at the right end (a header row) or room beyond the rows."""
    labels = list(header.labels[: expected or width])
    while header.row is not None and labels and not labels[-1].strip():
        labels.pop()
    return tuple(labels)


def further_tables(
    converter: Converter, labels: Sequence[str], options: ConverterOptions, given: Mapping[str, OpenTable]
) -> dict[str, tuple[pl.DataFrame, tuple[str, ...]]]:
    """The further files that were handed in, read whole: frame below the header, labels."""
    specs = {spec.name: spec for spec in guarded(converter, "joins", labels, options)}
    found: dict[str, tuple[pl.DataFrame, tuple[str, ...]]] = {}
    for name, table in given.items():
        if name not in specs:
            found[name] = (pl.DataFrame(), ())
            continue  # join_all says that nothing of this name is wanted
        head = table.head()
        header = join_header(head, specs[name], table.named)
        frame = pl.concat(list(table.pieces(PIECE_ROWS)), how="diagonal")
        expected = cells_expected(table, header, head)
        found[name] = (frame.filter(pl.col(ROW) >= header.first), labels_of(header, table.width, expected))
    return found


def own_labels(reading: Reading) -> dict[str, str]:
    """The file's own heading of each canonical column (of the first source of a computed one)."""
    labels = {field.id: field.label for field in reading.fields if field.label}
    for name, sources in reading.derived.items():
        named = [labels[source] for source in sources if source in labels]
        if named:
            labels[name] = " / ".join(dict.fromkeys(named))
    return labels


def canonical_of(field: str, reading: Reading) -> str | None:
    """The canonical column a source field feeds."""
    if field in IDS:
        return field
    return next((name for name, sources in reading.derived.items() if field in sources), None)


def absent_columns(converter: Converter, reading: Reading) -> list[str]:
    """Canonical columns nothing in the file feeds: their rules are not evaluated (the layout rule speaks)."""
    if type(converter).convert is not Converter.convert:
        return []
    read = {field.id for field in reading.fields} | set(reading.derived)
    return [column.id for column in COLUMNS if column.id not in read]


def explained(question: Question, head: pl.DataFrame, header: Header, labels: tuple[str, ...]) -> Question:
    """The question with what the first rows hold in the columns its readings are about."""
    if not question.columns:
        return question
    rows = head.filter(pl.col(ROW) >= header.first)
    readings = []
    for number, reading in enumerate(question.readings):
        column = question.columns[number] if number < len(question.columns) else None
        name = f"c{column}"
        if column is None or name not in rows.columns:
            readings.append(reading)
            continue
        filled = rows.filter(pl.col(name).fill_null("") != "").select(ROW, name).head(1)
        shown = f" ('{filled[name][0]}' in row {filled[ROW][0]})" if filled.height else " (blank)"
        readings.append(reading + shown)
    return Question(question.question, option=question.option, readings=readings)


def note_currencies(frame: pl.DataFrame, seen: dict[str, int]) -> None:
    """Add the currencies of a piece with the first row each is seen in."""
    named = frame.filter(pl.col("currency").is_not_null() & (pl.col("currency") != ""))
    for code, row in named.group_by("currency").agg(pl.col(ROW).min()).iter_rows():
        seen[code] = min(row, seen.get(code, row))


def ragged_rejects(ragged: pl.DataFrame, number: int) -> pl.DataFrame:
    """Rejected rows of ragged lines: the line stands in the first text column, nothing else is known."""
    first, *others = IDS
    return ragged.select(
        (pl.col("row").cast(pl.UInt64) + (number << 32)).alias(AT),
        pl.col("row").cast(pl.UInt32).alias(ROW),
        pl.col("text").alias(f"{first}.text"),
        *(pl.lit(None, dtype=pl.String).alias(f"{name}.text") for name in others),
        pl.lit(None, dtype=DTYPES[AMOUNT.role]).alias("amount"),
        pl.lit(None, dtype=pl.String).alias("account_name"),
        pl.lit(None, dtype=pl.String).alias("revenue_type"),
    )


def without_duplicated(reading: Reading, issues: Sequence[LayoutIssue]) -> Reading:
    """The reading without columns whose heading stands twice: which one is meant is not guessed."""
    twice = {issue.column for issue in issues if issue.kind == "duplicate-heading"}
    return replace(reading, fields=tuple(field for field in reading.fields if field.id not in twice))


def layout_findings(issues: Sequence[LayoutIssue], header: Header, where: Where, task: Task) -> pl.DataFrame:
    """What is odd about the columns of a file in the layout (CGR1xx)."""
    if not issues:
        return no_findings()
    found = []
    for issue in issues:
        rule = task.rules[LAYOUT_CODES[issue.kind]]
        severity = task.severities[rule.code]
        if severity is None or (
            task.mode == "convert" and issue.kind == "missing-column" and not _required(issue)
        ):
            continue  # the written file has the column, blank
        heading = BY_ID[issue.column].heading if issue.column else None
        fix = Fix(heading, True) if issue.kind == "respelt-heading" and heading else None
        found.append(
            Finding(
                where.path,
                rule.code,
                rule.name,
                severity,
                issue.message,
                issue.help,
                where.sheet,
                header.row,
                heading,
                issue.label,
                issue.label,
                fix,
            )
        )
    return with_places(findings_frame(found), where.unit)


def _required(issue: LayoutIssue) -> bool:
    return issue.column is None or BY_ID[issue.column].required
