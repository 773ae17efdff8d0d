"""The person's own sheet behind a run, for excerpts, fixes and the error workbook."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cgrev.layout import BY_ID
from cgrev.pipeline import FileRun
from cgrev.reporters.options import ReportOptions
from cgrev.reporters.source import SourceSheet
from cgrev.rules.catalogue import BY_CODE


def source_sheet(run: FileRun) -> SourceSheet:
    """How to read the file of a run again, and where its columns stand."""
    columns = {
        BY_ID[field.id].heading: field.index
        for field in run.reading.fields
        if field.index is not None and field.id in BY_ID
    }
    path = Path(run.path)
    return SourceSheet(run.table, run.labels, run.header.row, columns, path if path.is_file() else None)


def rendering(runs: Mapping[str, FileRun]) -> ReportOptions:
    """What the formats show besides the report: the words of the rules, and the files of these runs."""
    own = {code: rule for run in runs.values() for code, rule in run.task.rules.items()}
    return ReportOptions(rules={**BY_CODE, **own}, sources=source_sheets(runs))


def source_sheets(runs: Mapping[str, FileRun]) -> dict[str, SourceSheet]:
    """`source_sheet` of every file of a call, by path."""
    return {path: source_sheet(run) for path, run in runs.items()}
