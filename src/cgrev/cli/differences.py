"""The `diff` command behind its options."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

from msgspec import Struct

from cgrev.cli.ending import CLEAN, FINDINGS, USAGE, say
from cgrev.cli.schedules import format_of, screen_of, tell_unbooked, write_out
from cgrev.differences import Difference, compare, keys_of
from cgrev.errors import UsageError
from cgrev.readers import ReadOptions
from cgrev.records import read_records
from cgrev.settings import Settings, load
from cgrev.verbs.check import Source

FORMATS = ("text", "json", "html")


class DiffCall(Struct, frozen=True):
    """Everything the command line said."""

    sources: tuple[str, ...]
    reading: ReadOptions
    text: Mapping[str, str | None]
    key: tuple[str, ...] = ()
    against: str | None = None
    format: str | None = None
    output: str | None = None
    config: str | None = None
    target: str | None = None


def run_diff(call: DiffCall) -> int:
    """Compare, write; exit 0 when both are the same, 1 when they differ, 2 when they cannot be compared."""
    settings = load({"target.kind": call.target}, config=call.config)
    form = format_of(call.format, call.output, FORMATS)
    key = keys_of(call.key)
    old_sources, new_source = sides(call, settings)
    old, new = (
        read_records(sources, settings, call.reading, call.text, duplicates=True)
        for sources in (old_sources, [new_source])
    )
    codes = [tell_unbooked(side) for side in (old, new)]
    if USAGE in codes:
        return USAGE
    difference = compare(old, new, key, settings.target.month_count)
    write_out(pieces(difference, form), call.output)
    return FINDINGS if not difference.is_empty or FINDINGS in codes else CLEAN


def sides(call: DiffCall, settings: Settings) -> tuple[list[Source], Source]:
    """What is compared with what. Raises UsageError."""
    if call.against is None:
        if len(call.sources) != 2:
            raise UsageError("diff compares two", help="cgrev diff OLD NEW, or cgrev diff --against last NEW")
        return [call.sources[0]], call.sources[1]
    if call.against != "last":
        raise UsageError(
            f"--against '{call.against}' is not known", help="write --against last, or name OLD and NEW"
        )
    if len(call.sources) != 1:
        raise UsageError("--against last takes the place of OLD", help="cgrev diff --against last NEW")
    from cgrev.sent import last_sent

    sent = last_sent(settings)
    when = sent.run.started[:19].replace("T", " ")
    say(f"compared with run {sent.run.id} of {when} UTC to {sent.run.target}")
    return list(sent.files), call.sources[0]


def pieces(difference: Difference, form: str) -> Iterator[bytes]:
    """The answer in one format, piece by piece."""
    if form == "json":
        from cgrev.differences.data import json_pieces

        yield from json_pieces(difference)
    elif form == "html":
        from cgrev.differences.page import page

        yield from page(difference)
    else:
        from cgrev.differences.text import lines

        for line in lines(difference, screen_of(sys.stdout).blocks):
            yield f"{line}\n".encode(sys.stdout.encoding or "utf-8", "backslashreplace")
