"""`cgrev.convert`: the library's verb, and what the command line calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from cgrev.choosing import Chosen, choose
from cgrev.converting import Conversion, Provenance, Writing, as_json
from cgrev.manifest import Manifest
from cgrev.opening import DEFAULT_READING, Input, reading_of
from cgrev.pipeline import FileRun
from cgrev.readers import ReadOptions
from cgrev.reconcile import Statement
from cgrev.report import Report
from cgrev.settings import Settings, load
from cgrev.sourcesheets import rendering
from cgrev.table import OpenTable
from cgrev.tasks import batch_options, task_for
from cgrev.verbs.check import Source
from cgrev.writers import Format


class Converted(Struct):
    """What `convert` answers: the report, the runs by path, and when something was written the manifest and
    the statement that reconciles the sources with it."""

    report: Report
    manifest: Manifest | None = None
    runs: Mapping[str, FileRun] = field(default_factory=dict)
    statement: Statement | None = None


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
    done = converted(inputs, chosen, settings, read, tables, tuple(formats), Path(to))
    done.report.rendering = rendering(done.runs)
    return done


def converted(
    inputs: Sequence[Input],
    chosen: Chosen,
    settings: Settings,
    read: ReadOptions,
    further: Mapping[str, OpenTable],
    formats: tuple[Format, ...],
    target: Path,
    *,
    accounts: bool = True,
) -> Converted:
    """`convert` for whoever has chosen a converter already; without `accounts` the statement names none."""
    task = task_for("convert", chosen.converter, chosen.options, settings, inputs[0].path, further)
    writing = Writing(formats, batch_options(settings.target), settings.money.keep_total, accounts)
    provenance = Provenance(chosen.used, settings=kept_settings(settings, chosen, formats))
    with Conversion(inputs, task, reading_of(read, settings)) as conversion:
        conversion.examine()
        manifest = None
        if conversion.examined and not conversion.refused:
            manifest = conversion.write(target, writing, provenance, partial(as_json, rules=task.rules))
        runs = {examined.report.path: examined.run for examined in conversion.examined}
        return Converted(conversion.report(), manifest, runs, conversion.statement)


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
