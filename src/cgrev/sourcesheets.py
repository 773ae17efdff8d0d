"""The person's own sheet behind a run, for excerpts, fixes and the error workbook."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cgrev.layout import BY_ID
from cgrev.pipeline import FileRun
from cgrev.reporters.source import SourceSheet


def source_sheet(run: FileRun) -> SourceSheet:
    """How to read the file of a run again, and where its columns stand."""
    columns = {
        BY_ID[field.id].heading: field.index
        for field in run.reading.fields
        if field.index is not None and field.id in BY_ID
    }
    path = Path(run.path)
    return SourceSheet(run.table, run.labels, run.header.row, columns, path if path.is_file() else None)


def source_sheets(runs: Mapping[str, FileRun]) -> dict[str, SourceSheet]:
    """`source_sheet` of every file of a call, by path."""
    return {path: source_sheet(run) for path, run in runs.items()}
