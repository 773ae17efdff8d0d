"""The `convert` command behind its options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cgrev.cli.calls import Reporting, emit, exit_code
from cgrev.cli.sources import Chosen, choose, read_profile
from cgrev.converting import Conversion, Provenance, Writing
from cgrev.errors import UsageError
from cgrev.opening import Input
from cgrev.readers import ReadOptions
from cgrev.reporters import ReportOptions, render
from cgrev.rounding import Group, Mode
from cgrev.rules.catalogue import BY_CODE
from cgrev.task import Task
from cgrev.writers import FORMATS, Format

if TYPE_CHECKING:
    from cgrev.report import Report


@dataclass(frozen=True, slots=True)
class ConvertCall:
    """Everything the command line said."""

    files: tuple[str, ...]
    reading: ReadOptions
    text: Mapping[str, str | None]
    reporting: Reporting
    source: str
    output: str
    to: str
    profile: str | None = None
    options: tuple[str, ...] = ()
    further: tuple[str, ...] = ()
    rounding: str | None = None
    keep_total: str | None = None
    config: str | None = None


def run_convert(call: ConvertCall) -> int:
    """Convert, write, report, and say how it ended."""
    inputs = [Input.of(file) for file in call.files]
    chosen = choose(
        call.source,
        inputs[0],
        call.reading,
        profile=read_profile(call.profile),
        words=call.options,
        text=call.text,
    )
    task = convert_task(chosen, call)
    with Conversion(inputs, task, call.reading) as conversion:
        conversion.examine()
        if conversion.examined and not conversion.refused:
            conversion.write(
                Path(call.output), writing_of(call), Provenance(chosen.used, settings=settings_of(call, chosen)), as_json
            )
        report = conversion.report()
        runs = {examined.report.path: examined.run for examined in conversion.examined}
        emit(report, call.reporting, runs)
    return exit_code(report, call.reporting.fail_on or "error")


def as_json(report: Report) -> str | bytes:
    """`report.json` lists everything, whatever the terminal was told."""
    return render(report, "json", ReportOptions(rules=BY_CODE, show_info=True))


def convert_task(chosen: Chosen, call: ConvertCall) -> Task:
    """The task of a call."""
    levels = {code: rule.severity_in("convert") for code, rule in BY_CODE.items()}
    return Task(
        "convert",
        chosen.converter,
        chosen.options,
        BY_CODE,
        levels,
        rounding=cast(Mode, one_of("rounding", call.rounding or "half-up", ("half-up", "half-even", "down"))),
        further=further_of(call.further, call.reading),
        show_info=call.reporting.show_info,
    )


def further_of(words: Sequence[str], read: ReadOptions) -> dict[str, object]:
    """The files of `--with NAME=FILE`, opened."""
    found = {}
    for word in words:
        name, stated, path = word.partition("=")
        if not stated or not path:
            raise UsageError(f"--with {word} names no file", help="write it as --with accounts=Account.csv")
        found[name] = Input.of(path).open(ReadOptions())
    return found


def writing_of(call: ConvertCall) -> Writing:
    """Formats and limits of the files to write."""
    formats = tuple(dict.fromkeys(part.strip().lower() for part in call.to.split(",") if part.strip()))
    for form in formats or ("",):
        one_of("--to", form, FORMATS)
    group = one_of("keep-total", call.keep_total or "none", ("none", "account", "file"))
    return Writing(formats=cast("tuple[Format, ...]", formats), keep_total=cast(Group, group))


def settings_of(call: ConvertCall, chosen: Chosen) -> dict[str, object]:
    """What the manifest keeps of the settings."""
    return {
        "converter-options": chosen.options.model_dump(mode="json", exclude_none=True),
        "rounding": call.rounding or "half-up",
        "keep-total": call.keep_total or "none",
        "formats": call.to,
    }


def one_of(name: str, value: str, known: Sequence[str]) -> str:
    """The value, if it is known. Raises UsageError."""
    if value not in known:
        raise UsageError(f"{name} '{value}' is not known", help=f"one of: {', '.join(known)}")
    return value
