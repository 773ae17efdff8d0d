"""The library: `cgrev.check` and `cgrev.convert`. The command line calls these, too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from cgrev.checking import Checked, TaskOf, check_inputs
from cgrev.choosing import Chosen, choose, parse_options
from cgrev.converting import Conversion, Provenance, Writing, as_json
from cgrev.manifest import Manifest
from cgrev.mapping.canonical import CanonicalConverter
from cgrev.opening import DEFAULT_READING, Input
from cgrev.pipeline import FileRun
from cgrev.readers import ReadOptions
from cgrev.report import Report
from cgrev.settings import Settings, load
from cgrev.table import OpenTable
from cgrev.task import Task
from cgrev.tasks import batch_options, limits_of, task_for
from cgrev.writers import Format

Source = str | Path | bytes | pl.DataFrame
"""A path, the bytes of a file, or a frame whose column names are the headings."""


@dataclass(slots=True)
class Converted:
    """What `convert` answers: the report, the manifest (None when nothing was written), the runs by path."""

    report: Report
    manifest: Manifest | None = None
    runs: Mapping[str, FileRun] = field(default_factory=dict)


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
    return checked([Input.of(s) for s in sources], settings or load(), read, text).report


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
    return check_inputs(inputs, task_of, read, limits_of(settings.target), row_keys=row_keys)


def check_tasks(settings: Settings, text: Mapping[str, str | None]) -> TaskOf:
    """The task of each file of a check, by its path: settings may differ by file."""
    converter = CanonicalConverter()
    options = parse_options(converter, (), text)

    def task_of(path: str) -> Task:
        return task_for("check", converter, options, settings, path)

    return task_of


def convert(
    *sources: Source,
    to: str | Path,
    converter: str = "auto",
    options: Mapping[str, object] | None = None,
    profile: str | Path | None = None,
    further: Mapping[str, Source] | None = None,
    formats: Sequence[Format] = ("csv",),
    settings: Settings | None = None,
    read: ReadOptions = DEFAULT_READING,
) -> Converted:
    """Convert exports to upload files in the folder `to`, which is replaced as a whole.

    `converter` is a name as in `--from`, `options` its options, `further` the files it joins by name. Rows
    with errors are not written but listed in `rejected.csv`; nothing is written when a file is refused.
    Raises SettingsError, PluginError, and `cgrev.plugin.Question` where only a person can decide.
    """
    settings = settings or load()
    inputs = [Input.of(source) for source in sources]
    words = [f"{name}={value}" for name, value in (options or {}).items()]
    chosen = choose(
        converter, inputs[0], read, settings=settings, profile=str(profile) if profile else None, words=words
    )
    tables = {name: Input.of(source).open(ReadOptions()) for name, source in (further or {}).items()}
    return converted(inputs, chosen, settings, read, tables, tuple(formats), Path(to))


def converted(
    inputs: Sequence[Input],
    chosen: Chosen,
    settings: Settings,
    read: ReadOptions,
    further: Mapping[str, OpenTable],
    formats: tuple[Format, ...],
    target: Path,
) -> Converted:
    """`convert` for whoever has chosen a converter already."""
    task = task_for("convert", chosen.converter, chosen.options, settings, inputs[0].path, further)
    writing = Writing(formats, batch_options(settings.target), settings.money.keep_total)
    provenance = Provenance(chosen.used, settings=kept_settings(settings, chosen, formats))
    with Conversion(inputs, task, read) as conversion:
        conversion.examine()
        manifest = None
        if conversion.examined and not conversion.refused:
            manifest = conversion.write(target, writing, provenance, as_json)
        runs = {examined.report.path: examined.run for examined in conversion.examined}
        return Converted(conversion.report(), manifest, runs)


def kept_settings(settings: Settings, chosen: Chosen, formats: Sequence[str]) -> dict[str, Any]:
    """What the manifest keeps of the settings: those that decide what is written."""
    written = {"max_records", "max_bytes", "delimiter", "header", "xml"}
    judged = {"select", "ignore", "severity", "closed_through"}
    return {
        "converter-options": chosen.options.model_dump(mode="json", exclude_none=True),
        "money": settings.money.model_dump(mode="json", by_alias=True),
        "formats": list(formats),
        "target": settings.target.model_dump(mode="json", by_alias=True, include=written),
        "check": settings.check.model_dump(mode="json", by_alias=True, include=judged),
    }
