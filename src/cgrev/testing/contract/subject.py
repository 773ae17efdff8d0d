"""The converter under test, its cases, and runs of them through the pipeline."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl
from msgspec.structs import replace

from cgrev._registry import Registry
from cgrev.choosing import choose
from cgrev.converting import Conversion
from cgrev.opening import Input
from cgrev.parsing import decide, gather
from cgrev.parsing.parse import parse
from cgrev.pipeline import FileRun
from cgrev.plugin import Converter, ConverterOptions
from cgrev.readers import ReadOptions
from cgrev.settings import load
from cgrev.task import Task
from cgrev.tasks import task_for
from cgrev.testing.golden import Call, Case, find_cases
from cgrev.testing.surroundings import own_settings


class Broken(AssertionError):
    """A converter does not keep what the interface promises; the message is for its author."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A case on its way into the pipeline."""

    case: Case
    inputs: tuple[Input, ...]
    task: Task
    read: ReadOptions


@dataclass(frozen=True, slots=True)
class Typed:
    """What `convert` is handed for a case: typed rows and options."""

    case: Case
    converter: Converter
    rows: pl.DataFrame
    options: ConverterOptions


@dataclass(frozen=True)
class Subject:
    """A converter by its name, loaded, with its golden cases."""

    name: str
    converter: Converter
    cases: tuple[Case, ...]

    @property
    def readable(self) -> tuple[Case, ...]:
        """The cases that run through. Raises Broken when there are none."""
        found = tuple(case for case in self.cases if not case.ends_early)
        if not found:
            raise Broken(
                f"no golden case names it with --from {self.name} and reads a file to its end: put an export "
                "and a NAME.case.json into the folder `cases` of its package, or name another folder"
            )
        return found

    @contextlib.contextmanager
    def opened(self, case: Case) -> Iterator[Opened]:
        """A case with its inputs and its task, in its folder and without anybody's settings."""
        call = case.call
        with own_settings(case.folder):
            settings = load(dict(call.settings or {}), config=call.config)
            inputs = tuple(Input.of(name) for name in call.files)
            words = [f"{name}={value}" for name, value in call.options.items()]
            chosen = choose(
                call.converter, inputs[0], call.reading, settings=settings, profile=call.profile, words=words
            )
            task = task_for(
                "convert", chosen.converter, chosen.options, settings, inputs[0].path, _further(call)
            )
            yield Opened(case, inputs, task, call.reading)

    def facts(self, case: Case, **changes: Any) -> dict[str, Any]:
        """Everything a run of a case finds and writes; `changes` are of its task."""
        with self.opened(case) as opened:
            return facts(opened, replace(opened.task, **changes))

    def whole(self, case: Case) -> dict[str, Any]:
        """What a case gives, run once for all checks."""
        if case.path not in self._whole:
            self._whole[case.path] = self.facts(case)
        return self._whole[case.path]

    @cached_property
    def _whole(self) -> dict[Path, dict[str, Any]]:
        return {}

    @cached_property
    def typed(self) -> tuple[Typed, ...]:
        """What `convert` is handed for each case that runs through."""
        found = []
        for case in self.readable:
            with self.opened(case) as opened:
                for source in opened.inputs:
                    run = FileRun(source.open(opened.read), opened.task, source.path, 0)
                    texts = pl.concat([piece.source for piece in run.prepared()], how="diagonal")
                    fields, declared = run.reading.fields, run.reading.declared
                    decisions = decide(gather(texts, fields, declared), fields, declared)
                    rows = parse(texts, fields, decisions, declared)
                    found.append(Typed(case, run.unit.converter, rows, run.unit.options))
        return tuple(found)


def facts(opened: Opened, task: Task) -> dict[str, Any]:
    """Accepted rows, findings, and what the report says of each file."""
    with Conversion(opened.inputs, task, opened.read) as conversion:
        report = conversion.examine()
        return {
            "rows": [row for frame in conversion.rows("none") for row in frame.rows()],
            "findings": report.findings.rows(),
            "files": [file.as_dict() for file in report.files],
            "skipped": [(skipped.row, skipped.reason) for file in report.files for skipped in file.skipped],
        }


def subject_of(name: str, folder: Path | None = None, registry: Registry | None = None) -> Subject:
    """The converter of a name with the cases in `folder`, or those its package ships in `cases`.

    Raises UsageError for a name that is not installed and PluginError for a plugin that cannot be used."""
    converter = (registry or Registry()).load(name)
    place = folder if folder is not None else shipped_cases(converter)
    return Subject(name, converter, find_cases(place, name) if place is not None else ())


def shipped_cases(converter: Converter) -> Path | None:
    """The folder `cases` in the package of a converter; None where it has none."""
    package = type(converter).__module__.partition(".")[0]
    place = files(package).joinpath("cases")
    return place if isinstance(place, Path) and place.is_dir() else None


def _further(call: Call) -> Mapping[str, Any]:
    return {name: Input.of(path).open(ReadOptions()) for name, path in call.further.items()}
