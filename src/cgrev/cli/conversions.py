"""The `convert` command behind its options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from msgspec import Struct

from cgrev.choosing import choose
from cgrev.cli.calls import Reporting, emit, exit_code, flags, planned, tell_passed_over
from cgrev.cli.ending import say
from cgrev.cli.running import shown_progress
from cgrev.errors import UsageError
from cgrev.files import atomic_write
from cgrev.manifest import Manifest
from cgrev.opening import Input, distinct
from cgrev.readers import ReadOptions
from cgrev.schema import draw_no_data
from cgrev.settings import load
from cgrev.statements.writing import pieces
from cgrev.table import OpenTable
from cgrev.verbs.convert import converted
from cgrev.writers import FORMATS, Format


class ConvertCall(Struct, frozen=True):
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
    statement: str | None = None


def run_convert(call: ConvertCall) -> int:
    """Convert, write, report, and say how it ended."""
    draw_no_data()
    settings = load(
        {**flags(call.reporting), "money.rounding": call.rounding, "money.keep-total": call.keep_total},
        config=call.config,
    )
    form = statement_format(call.statement)
    wanted = planned(call.reporting, settings.check, call.files)
    inputs = named_once(call.files)
    chosen = choose(
        call.source,
        inputs[0],
        call.reading,
        settings=settings,
        profile=call.profile,
        words=call.options,
        text=call.text,
    )
    tell_passed_over(chosen.problems)
    with shown_progress():
        done = converted(
            inputs,
            chosen,
            settings,
            call.reading,
            further_of(call.further),
            formats_of(call.to),
            Path(call.output),
            accounts=call.statement is not None,
        )
    if done.manifest is not None:
        say(written_line(done.manifest, call.output))
    if call.statement is not None and done.statement is not None and done.manifest is not None:
        atomic_write(call.statement, pieces(done.statement, form, done.manifest.moved))
    emit(done.report, wanted, done.runs, settings.check)
    return exit_code(done.report, settings.check.fail_on)


def statement_format(path: str | None) -> str:
    """The form of a statement by the ending of its file's name. Raises UsageError."""
    endings = {".txt": "text", ".json": "json", ".csv": "csv", ".html": "html"}
    ending = Path(path).suffix.lower() if path is not None else ".txt"
    if ending not in endings:
        raise UsageError(
            f"--statement '{path}' does not say in which form", help=f"name a file in {', '.join(endings)}"
        )
    return endings[ending]


def named_once(files: Sequence[str]) -> list[Input]:
    """The inputs; a file named twice would be revenue booked twice. Raises UsageError."""
    inputs = distinct(files)
    if len(inputs) < len(files):
        seen = {source.path for source in inputs}
        twice = next(file for place, file in enumerate(files) if file not in seen or file in files[:place])
        raise UsageError(f"'{twice}' is named twice", help="name each export once")
    return inputs


def written_line(manifest: Manifest, output: str) -> str:
    """What was written, in one line."""
    records = sum(batch.records for batch in manifest.batches)
    files = len(manifest.batches)
    rejects = f"; {manifest.rows.rejected} rejected, see rejected.csv" if manifest.rows.rejected else ""
    return f"{output}: {files} file{'s' * (files != 1)} with {records:,} records{rejects}"


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
