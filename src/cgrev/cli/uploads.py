"""The `upload` command behind its options: convert or check first, plan, ask, send, tell."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from cgrev.booked import Booked, booked_by
from cgrev.choosing import choose
from cgrev.cli.calls import Reporting, emit, planned, tell_passed_over
from cgrev.cli.conversions import further_of
from cgrev.cli.ending import CLEAN, FINDINGS, USAGE, say
from cgrev.cli.progress import Bar
from cgrev.cli.summaries import plan_text, summary_text
from cgrev.errors import SettingsError, UsageError
from cgrev.opening import Input
from cgrev.readers import ReadOptions
from cgrev.settings import Settings, load
from cgrev.targeting import open_ledger, opened_target, settings_digest
from cgrev.targets.batches import BatchFile
from cgrev.uploading import UploadPlan, exit_code, plain_file, plan, run
from cgrev.verbs.check import checked
from cgrev.verbs.convert import converted


@dataclass(frozen=True, slots=True)
class UploadCall:
    """Everything the command line said."""

    sources: tuple[str, ...]
    source: str | None
    output: str
    profile: str | None
    options: tuple[str, ...]
    further: tuple[str, ...]
    yes: bool
    dry_run: bool
    partial: bool
    format: str | None
    concurrency: int
    canary: bool
    target: str | None
    region: str | None
    as_json: bool
    config: str | None


def run_upload(call: UploadCall) -> int:
    """Upload, and say how it ended."""
    settings = load({"target.kind": call.target, "target.region": call.region}, config=call.config)
    what = prepare(call, settings)
    if isinstance(what, int):
        return what
    with opened_target(settings) as target, open_ledger(settings) as ledger:
        upload = plan(what, target, ledger, partial=call.partial, format=call.format)
        booked = booked_by([item.batch.path for item in upload.items], settings)
        if call.dry_run or not call.as_json:
            show_plan(upload, booked, call)
        if call.dry_run:
            return CLEAN
        if not upload.to_send:
            say("nothing is left to send")
        elif not call.yes and not confirmed(upload):
            say("nothing was sent")
            return USAGE
        with Bar(upload) as bar:
            summary = run(
                upload,
                target,
                ledger,
                concurrency=call.concurrency,
                canary=call.canary,
                progress=bar,
                settings_digest=settings_digest(settings),
            )
    typer.echo(json.dumps(summary.as_dict(), indent=1) if call.as_json else summary_text(summary))
    return exit_code(summary)


def prepare(call: UploadCall, settings: Settings) -> Path | Sequence[BatchFile] | int:
    """What is to be planned: a folder, or files; an exit code when what is there may not be sent."""
    if call.source is not None:
        return convert_first(call, settings)
    paths = [Path(source) for source in call.sources]
    for path in paths:
        if not path.exists():
            raise SettingsError(
                f"no file or folder '{path}'", help="name a folder of `cgrev convert`, or files"
            )
    if any(path.is_dir() for path in paths):
        if len(paths) > 1:
            raise UsageError("one folder at a time is uploaded", help="call `cgrev upload` once for each")
        return paths[0]
    return check_first(call, settings, paths)


def convert_first(call: UploadCall, settings: Settings) -> Path | int:
    """The whole pipeline: the exports become a folder of upload files."""
    inputs = [Input.of(source) for source in call.sources]
    read = ReadOptions()
    chosen = choose(
        call.source or "auto", inputs[0], read, settings=settings, profile=call.profile, words=call.options
    )
    tell_passed_over(chosen.problems)
    done = converted(inputs, chosen, settings, read, further_of(call.further), ("csv",), Path(call.output))
    emit(done.report, planned(Reporting(), settings.check), done.runs, settings.check, stream=sys.stderr)
    if done.manifest is None:
        return USAGE
    return Path(call.output)


def check_first(call: UploadCall, settings: Settings, paths: Sequence[Path]) -> Sequence[BatchFile] | int:
    """Plain files are sent as they are, so they must be clean."""
    done = checked([Input.of(path) for path in paths], settings, ReadOptions(), {})
    refused = any(file.status == "refused" for file in done.report.files)
    if refused or done.report.summary().errors:
        emit(done.report, planned(Reporting(), settings.check), done.runs, settings.check, stream=sys.stderr)
        say("error: the files have errors, so nothing was sent")
        say("help: correct them (`cgrev check --fix`), or convert them: cgrev upload --from canonical FILE..")
        return USAGE if refused else FINDINGS
    return [
        plain_file(Path(file.path), records=file.rows.written, total=int(file.totals.written))
        for file in done.report.files
    ]


def show_plan(upload: UploadPlan, booked: Booked, call: UploadCall) -> None:
    """The plan: as JSON on stdout where it is the answer, else for the person on stderr."""
    if call.as_json:
        typer.echo(json.dumps({**upload.as_dict(), "booked": booked.as_dict()}, indent=1))
    elif call.dry_run:
        typer.echo(plan_text(upload, booked))
    else:
        say(plan_text(upload, booked))


def confirmed(upload: UploadPlan) -> bool:
    """Ask on a terminal; without one, nothing is sent unasked."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "there is no terminal to ask on", help="look at the plan with --dry-run, then send with --yes"
        )
    sums = upload.sums("send", "send again")
    return typer.confirm(
        f"Send {sums.batches} files with {sums.records:,} records to {upload.target}?", err=True
    )
