"""The `upload` command behind its options: convert or check first, plan, ask, send, tell."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer
from msgspec import Struct

from cgrev.booked import Booked, booked_by
from cgrev.certificate import Format, render
from cgrev.choosing import choose
from cgrev.cli.calls import Reporting, emit, planned, tell_passed_over
from cgrev.cli.conversions import further_of
from cgrev.cli.ending import CLEAN, FINDINGS, USAGE, say
from cgrev.cli.progress import Bar
from cgrev.cli.running import shown_progress
from cgrev.cli.summaries import plan_text, summary_text
from cgrev.errors import SettingsError, UsageError
from cgrev.files import atomic_write
from cgrev.manifest import read_manifest
from cgrev.opening import Input
from cgrev.planfile import differences, freeze
from cgrev.planfile import load as load_plan
from cgrev.readers import ReadOptions
from cgrev.settings import Settings, load
from cgrev.targeting import open_ledger, opened_target, settings_digest
from cgrev.targets.batches import BatchFile
from cgrev.uploading import UploadPlan, UploadSummary, exit_code, plain_file, plan, run
from cgrev.verbs.check import checked
from cgrev.verbs.convert import converted


class UploadCall(Struct, frozen=True):
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
    plan: str | None = None
    apply: str | None = None
    certificates: tuple[str, ...] = ()
    accounts: str | None = None


def run_upload(call: UploadCall) -> int:
    """Upload, and say how it ended."""
    if call.plan and call.apply:
        raise UsageError("--plan makes a plan and --apply sends one", help="give one of the two")
    formats = certificate_formats(call.certificates)
    settings = load(
        {"target.kind": call.target, "target.region": call.region, "check.accounts": call.accounts},
        config=call.config,
    )
    what = prepare(call, settings)
    if isinstance(what, int):
        return what
    with opened_target(settings) as target, open_ledger(settings) as ledger:
        upload = plan(what, target, ledger, partial=call.partial, format=call.format)
        booked = booked_by([item.batch.path for item in upload.items], settings)
        frozen = freeze(upload, sent_settings(settings), booked.as_dict())
        if call.apply:
            require_unchanged(call.apply, frozen)
        if call.dry_run or not call.as_json:
            show_plan(upload, booked, call)
        if call.plan:
            atomic_write(Path(call.plan), frozen)
            say(f"{call.plan}: the plan is frozen; send it with --apply {call.plan}")
        if call.dry_run or call.plan:
            return CLEAN
        if not upload.to_send:
            say("nothing is left to send")
        elif not (call.yes or call.apply) and not confirmed(upload):
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
    write_certificates(call.certificates, formats, summary, what)
    return exit_code(summary)


def require_unchanged(path: str, frozen: bytes) -> None:
    """Compare a frozen plan with the one made now. Raises SettingsError naming every difference."""
    try:
        data = Path(path).read_bytes()
    except OSError as fault:
        reason = (fault.strerror or "unknown").lower()
        raise SettingsError(
            f"the plan '{path}' cannot be read: {reason}", help="make it with --plan"
        ) from None
    changed = differences(load_plan(data, path), load_plan(frozen, "the plan made now"))
    if changed:
        raise SettingsError(
            f"nothing was sent: not all is as when '{path}' was made: " + "; ".join(changed),
            help="look at what changed, then make the plan again: cgrev upload --plan FILE",
        )


def certificate_formats(paths: Sequence[str]) -> list[Format]:
    """The format of each certificate by its ending. Raises UsageError."""
    formats: list[Format] = []
    for path in paths:
        ending = Path(path).suffix.lower().removeprefix(".")
        form: Format | None = "json" if ending == "json" else "html" if ending in ("html", "htm") else None
        if form is None:
            raise UsageError(f"--certificate {path} has no known ending", help="end it in .json or .html")
        formats.append(form)
    return formats


def write_certificates(
    paths: Sequence[str], formats: Sequence[Format], summary: UploadSummary, what: Path | Sequence[BatchFile]
) -> None:
    """The certificates of a run that was begun."""
    if not paths or summary.run is None:
        return
    manifest = read_manifest(what) if isinstance(what, Path) else None
    for path, form in zip(paths, formats, strict=True):
        atomic_write(Path(path), render(summary, manifest, form))
        say(f"{path}: the certificate of run {summary.run.id}")


def sent_settings(settings: Settings) -> dict[str, Any]:
    """The settings that decide what is sent where; addresses and numbers, never a credential."""
    return settings.target.model_dump(mode="json", by_alias=True)


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
    with shown_progress():
        done = converted(
            inputs, chosen, settings, read, further_of(call.further), ("csv",), Path(call.output)
        )
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
