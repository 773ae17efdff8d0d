"""The `schedule` command behind its options."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from msgspec import Struct

from cgrev.cli.calls import Reporting, emit, planned
from cgrev.cli.ending import CLEAN, FINDINGS, USAGE, say
from cgrev.cli.running import shown_progress
from cgrev.errors import UsageError
from cgrev.files import atomic_write
from cgrev.readers import ReadOptions
from cgrev.records import Records, read_records
from cgrev.settings import load
from cgrev.timetables import Timetable, View, keys_of
from cgrev.timetables.timetable import month_of

FORMATS = ("text", "csv", "json", "xlsx", "html")
BY_ENDING = {"txt": "text", "htm": "html"}
SHOWN_ERRORS = 20


class ScheduleCall(Struct, frozen=True):
    """Everything the command line said."""

    files: tuple[str, ...]
    reading: ReadOptions
    text: Mapping[str, str | None]
    by: tuple[str, ...] = ()
    first: str | None = None
    last: str | None = None
    format: str | None = None
    output: str | None = None
    config: str | None = None


def run_schedule(call: ScheduleCall) -> int:
    """Read, book, write; exit 1 when rows cannot be booked, 2 when a file cannot be read."""
    settings = load({}, config=call.config)
    view = view_of(call)
    form = format_of(call.format, call.output, FORMATS)
    with shown_progress():
        records = read_records(call.files, settings, call.reading, call.text)
    timetable = Timetable(records.frame, records.files, settings.target.month_count)
    write_out(
        pieces(timetable, view, records, form, sys.stdout if call.output is None else None), call.output
    )
    return tell_unbooked(records)


def view_of(call: ScheduleCall) -> View:
    """The view asked for. Raises UsageError."""
    first, last = month_of(call.first, "--from-month"), month_of(call.last, "--to-month")
    if first is not None and last is not None and last < first:
        raise UsageError(f"--to-month {call.last} is before --from-month {call.first}", help="swap the two")
    return View(keys_of(call.by), first, last)


def format_of(given: str | None, output: str | None, formats: Sequence[str]) -> str:
    """The format named, else that of the output file's ending, else text. Raises UsageError."""
    ending = Path(output).suffix.lower().lstrip(".") if output else ""
    form = given or (BY_ENDING.get(ending, ending) if BY_ENDING.get(ending, ending) in formats else "text")
    if form not in formats:
        raise UsageError(f"--output-format '{form}' is not known", help=f"one of: {', '.join(formats)}")
    if form == "xlsx" and output is None:
        raise UsageError("the format xlsx is not for a terminal", help="name a file with --output-file")
    return form


def pieces(
    timetable: Timetable, view: View, records: Records, form: str, stream: IO[str] | None
) -> Iterator[bytes]:
    """The answer in one format, piece by piece."""
    if form == "csv":
        from cgrev.timetables.data import csv_pieces

        yield from csv_pieces(timetable, view)
    elif form == "json":
        from cgrev.timetables.data import json_pieces

        yield from json_pieces(timetable, view)
    elif form == "html":
        from cgrev.timetables.page import page

        yield from page(timetable, view, records.report)
    elif form == "xlsx":
        from cgrev.timetables.workbook import workbook

        yield workbook(timetable, view, records.report)
    else:
        from cgrev.timetables.text import lines

        for line in lines(timetable, view, screen_of(stream)):
            yield f"{line}\n".encode(getattr(stream, "encoding", None) or "utf-8", "backslashreplace")


def screen_of(stream: IO[str] | None) -> Any:
    """The width of the terminal (100 where there is none), and whether its encoding has block characters."""
    from cgrev.timetables.text import Screen

    columns = shutil.get_terminal_size((100, 24)).columns
    try:
        "█░".encode(getattr(stream, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return Screen(columns, blocks=False)
    return Screen(columns)


def write_out(parts: Iterator[bytes], output: str | None) -> None:
    """To a file, whole or not at all, else to standard output."""
    if output is not None:
        atomic_write(output, parts)
        return
    for part in parts:
        sys.stdout.buffer.write(part)
    sys.stdout.buffer.flush()


def tell_unbooked(records: Records) -> int:
    """The rows that cannot be booked, on stderr; the exit code."""
    if records.is_whole:
        return CLEAN
    from cgrev.settings import CheckSettings

    shown = CheckSettings(output_format="concise", max_findings=SHOWN_ERRORS)
    emit(records.report, planned(Reporting(), shown), {}, shown, stream=sys.stderr)
    if records.rejected:
        rows = "row" if records.rejected == 1 else "rows"
        say(f"{records.rejected:,} {rows} left out of the figures: not to be booked as written")
    return USAGE if records.is_refused else FINDINGS
