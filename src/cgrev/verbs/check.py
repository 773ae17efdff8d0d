"""`cgrev.check`: the library's verb, and what the command line calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from cgrev.checking import Checked, TaskOf, check_inputs
from cgrev.converteroptions import parse_options
from cgrev.mapping.canonical import CanonicalConverter
from cgrev.opening import DEFAULT_READING, Input, reading_of
from cgrev.readers import ReadOptions
from cgrev.report import Report
from cgrev.settings import Settings, load
from cgrev.task import Task
from cgrev.tasks import limits_of, task_for

Source = str | Path | bytes | pl.DataFrame
"""A path, the bytes of a file, or a frame whose column names are the headings."""


def check(
    *sources: Source,
    settings: Settings | None = None,
    read: ReadOptions = DEFAULT_READING,
    decimal_mark: str | None = None,
    date_order: str | None = None,
) -> Report:
    """Check files that are meant to be uploaded as they are.

    Findings are values in the report (`report.findings` is a polars frame, iterating gives `Finding`s);
    a file that cannot be read safely is reported as refused. `settings` default to those of `cgrev.toml`
    and the environment. Raises SettingsError for settings and options that do not fit.
    """
    text = {"decimal_mark": decimal_mark, "date_order": date_order}
    done = checked([Input.of(s) for s in sources], settings or load(), read, text)
    from cgrev.sourcesheets import rendering

    done.report.rendering = rendering(done.runs)
    return done.report


def checked(
    inputs: Sequence[Input],
    settings: Settings,
    read: ReadOptions,
    text: Mapping[str, str | None],
    *,
    row_keys: bool = False,
) -> Checked:
    """`check` with what excerpts, fixes and a baseline need besides the report."""
    task_of = check_tasks(settings, text)
    return check_inputs(
        inputs, task_of, reading_of(read, settings), limits_of(settings.target), row_keys=row_keys
    )


def check_tasks(settings: Settings, text: Mapping[str, str | None]) -> TaskOf:
    """The task of each file of a check, by its path: settings may differ by file."""
    converter = CanonicalConverter()
    options = parse_options(converter, (), text)

    def task_of(path: str) -> Task:
        return task_for("check", converter, options, settings, path)

    return task_of
