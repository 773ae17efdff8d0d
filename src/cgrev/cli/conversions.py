"""The `convert` command behind its options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cgrev.cli.calls import Reporting, emit, exit_code, flags
from cgrev.cli.ending import say
from cgrev.cli.sources import Chosen, choose
from cgrev.converting import Conversion, Provenance, Writing
from cgrev.errors import UsageError
from cgrev.manifest import Manifest
from cgrev.opening import Input
from cgrev.readers import ReadOptions
from cgrev.reporters import ReportOptions, render
from cgrev.rules.catalogue import BY_CODE
from cgrev.settings import Settings, load
from cgrev.table import OpenTable
from cgrev.tasks import batch_options, task_for
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
    settings = load(
        {**flags(call.reporting), "money.rounding": call.rounding, "money.keep-total": call.keep_total},
        config=call.config,
    )
    inputs = [Input.of(file) for file in call.files]
    chosen = choose(
        call.source,
        inputs[0],
        call.reading,
        settings=settings,
        profile=call.profile,
        words=call.options,
        text=call.text,
    )
    further = further_of(call.further)
    task = task_for("convert", chosen.converter, chosen.options, settings, call.files[0], further)
    writing = Writing(formats_of(call.to), batch_options(settings.target), settings.money.keep_total)
    provenance = Provenance(chosen.used, settings=settings_of(settings, chosen, call.to))
    with Conversion(inputs, task, call.reading) as conversion:
        conversion.examine()
        if conversion.examined and not conversion.refused:
            manifest = conversion.write(Path(call.output), writing, provenance, as_json)
            say(written_line(manifest, call.output))
        report = conversion.report()
        runs = {examined.report.path: examined.run for examined in conversion.examined}
        emit(report, call.reporting, runs, settings.check)
    return exit_code(report, settings.check.fail_on)


def written_line(manifest: Manifest, output: str) -> str:
    """What was written, in one line."""
    records = sum(batch.records for batch in manifest.batches)
    files = len(manifest.batches)
    rejects = f"; {manifest.rows.rejected} rejected, see rejected.csv" if manifest.rows.rejected else ""
    return f"{output}: {files} file{'s' * (files != 1)} with {records:,} records{rejects}"


def as_json(report: Report) -> str | bytes:
    """`report.json` lists everything, whatever the terminal was told."""
    return render(report, "json", ReportOptions(rules=BY_CODE, show_info=True))


def further_of(words: Sequence[str]) -> dict[str, OpenTable]:
    """The files of `--with NAME=FILE`, opened."""
    found = {}
    for word in words:
        name, stated, path = word.partition("=")
        if not stated or not path:
            raise UsageError(f"--with {word} names no file", help="write it as --with accounts=Account.csv")
        found[name] = Input.of(path).open(ReadOptions())
    return found


def formats_of(text: str) -> tuple[Format, ...]:
    """The formats of `--to`. Raises UsageError."""
    formats = tuple(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
    unknown = [form for form in formats if form not in FORMATS]
    if unknown or not formats:
        raise UsageError(f"--to '{text}' is not known", help=f"one or several of: {', '.join(FORMATS)}")
    return cast("tuple[Format, ...]", formats)


def settings_of(settings: Settings, chosen: Chosen, formats: str) -> dict[str, Any]:
    """What the manifest keeps of the settings: those that decide what is written."""
    check = settings.check
    return {
        "converter-options": chosen.options.model_dump(mode="json", exclude_none=True),
        "money": settings.money.model_dump(mode="json", by_alias=True),
        "formats": list(formats_of(formats)),
        "target": settings.target.model_dump(
            mode="json", by_alias=True, include={"max_records", "max_bytes", "delimiter", "header", "xml"}
        ),
        "check": check.model_dump(mode="json", by_alias=True, include={"select", "ignore", "severity", "closed_through"}),
    }
