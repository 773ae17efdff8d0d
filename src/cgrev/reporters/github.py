"""GitHub Actions annotations, and the counts in the log.

GitHub shows at most 10 errors, 10 warnings and 10 notices of one step and drops the rest without a
word. So a severity with more findings is put together by rule, each annotation telling how many
there are; nothing is lost in silence.

Source: the workflow commands of GitHub Actions (`::error file=,line=,title=::message`; data escapes
%, CR and LF, properties also `:` and `,`).
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from cgrev.findings import Finding, Severity
from cgrev.report import Report, finding
from cgrev.reporters import text
from cgrev.reporters.options import ReportOptions

SHOWN = 10
"""Annotations of one level that GitHub shows of a step."""
_COMMAND = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def pieces(report: Report, options: ReportOptions) -> Iterator[str]:
    listing = report.listing(show_info=options.show_info, max_findings=options.max_findings)
    lined = {file.path for file in report.files if file.reader == "csv"}
    refused = [file for file in report.files if file.error is not None]
    room = SHOWN
    for file in refused if len(refused) <= SHOWN else refused[: SHOWN - 1]:
        assert file.error is not None
        said = f"{text.visible(file.error.message)}{_help(file.error.help)}"
        yield command("error", said, file=file.path, title=file.error.code)
        room -= 1
    if len(refused) > SHOWN:
        yield command("error", f"{len(refused) - SHOWN + 1:,} more files are refused", title="cgrev")
        room = 0
    for severity in Severity:
        frame = listing.filter(pl.col("severity") == severity.value)
        allowed = room if severity is Severity.ERROR else SHOWN
        if frame.height and allowed:
            yield from _annotations(frame, severity, allowed, lined)
    for file in report.files:
        if file.error is None:
            yield f"{text.visible(file.path)}: {text.rows_line(file)}; {text.totals_line(file)}\n"
    yield text.verdict(report) + "\n"
    for (code, level), number in report.counts().items():
        yield f"{code}: {text.counted(number, level)}\n"
    for left in text.left_out(report, options):
        yield left + "\n"


def _annotations(frame: pl.DataFrame, severity: Severity, allowed: int, lined: set[str]) -> Iterator[str]:
    if frame.height <= allowed:
        for row in frame.iter_rows():
            one = finding(row)
            yield _annotation(one, f"{text.told(one)}{_help(one.help)}", lined)
        return
    groups = frame.group_by("code", maintain_order=True).agg(pl.len().alias("number"), pl.all().first())
    groups = groups.sort("number", descending=True, maintain_order=True)
    shown = groups.height if groups.height <= allowed else allowed - 1
    firsts = [finding(row) for row in groups.head(shown).select(frame.columns).iter_rows()]
    numbers: list[int] = groups["number"].to_list()
    for one, number in zip(firsts, numbers, strict=False):
        said = f"{text.told(one)}{_help(one.help)}"
        if number > 1:
            said = f"{text.counted(number, severity.value)} of {one.code}, the first here: {said}"
        yield _annotation(one, said, lined)
    if shown < groups.height:
        rest = text.counted(sum(numbers[shown:]), severity.value)
        codes: list[str] = sorted(groups["code"].slice(shown))
        said = f"{rest} of {text.counted(len(codes), 'more rule')}: {', '.join(codes)}"
        yield command(_COMMAND[severity], said, title="cgrev")


def _annotation(one: Finding, said: str, lined: set[str]) -> str:
    where = text.place(one).removeprefix(text.visible(one.path)).lstrip(":")
    if one.sheet:
        where = f"sheet {text.quoted(one.sheet)} {where}".rstrip()
    return command(
        _COMMAND[one.severity],
        f"{where}: {said}" if where else said,
        file=one.path,
        line=one.row if one.path in lined else None,
        title=f"{one.code} {one.name}",
    )


def command(name: str, message: str, **properties: str | int | None) -> str:
    """One workflow command; properties that are None are left out."""
    given = ",".join(
        f"{key}={_property(str(value).replace(chr(92), '/') if key == 'file' else str(value))}"
        for key, value in properties.items()
        if value is not None
    )
    return f"::{name} {given}::{_data(message)}\n" if given else f"::{name}::{_data(message)}\n"


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")


def _help(help: str | None) -> str:
    return f"\nhelp: {text.visible(help)}" if help else ""
