"""The `uploads` commands behind their options."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import typer

from cgrev.cli.ending import CLEAN
from cgrev.cli.progress import Bar
from cgrev.cli.summaries import summary_text
from cgrev.errors import SettingsError
from cgrev.settings import load
from cgrev.targeting import open_ledger, opened_target, settings_digest
from cgrev.targets.ledger_records import BatchRecord, Run
from cgrev.uploading import UploadSummary, exit_code, resume, verify


def list_runs(config: str | None, limit: int, as_json: bool) -> int:
    """The runs of the ledger, the newest first."""
    with open_ledger(load({}, config=config)) as ledger:
        runs = ledger.runs(limit=limit)
    if as_json:
        typer.echo(json.dumps([run_dict(run) for run in runs], indent=1))
    elif not runs:
        typer.echo("nothing was uploaded yet")
    for run in [] if as_json else runs:
        code = "under way or killed" if run.exit_code is None else f"exit {run.exit_code}"
        typer.echo(f"{run.id}  {run.started}  {run.command:<7} {run.target}  {run.folder}  {code}")
    return CLEAN


def show_run(config: str | None, run_id: str | None, as_json: bool) -> int:
    """One run with its batches."""
    with open_ledger(load({}, config=config)) as ledger:
        runs = [ledger.run(run_id)] if run_id else ledger.runs(limit=1)
        if not runs:
            raise SettingsError("nothing was uploaded yet", help="`cgrev upload` makes the first run")
        batches = ledger.batches(runs[0].id)
    if as_json:
        typer.echo(
            json.dumps({**run_dict(runs[0]), "batches": [batch_dict(batch) for batch in batches]}, indent=1)
        )
        return CLEAN
    run = runs[0]
    typer.echo(
        f"run {run.id}: {run.command} of {run.folder} to {run.target}, {run.started} to {run.ended or '?'}"
    )
    for batch in batches:
        said = batch.contradiction or batch.answer
        typer.echo(f"  {batch.state.value:<12} {batch.name}  {batch.records} records  {said}")
        for log in batch.logs[:5]:
            typer.echo(f"      server: {log}")
    return CLEAN


def run_dict(run: Run) -> dict[str, Any]:
    """A run for `--json`."""
    return {name: getattr(run, name) for name in Run.__dataclass_fields__}


def batch_dict(batch: BatchRecord) -> dict[str, Any]:
    """A batch for `--json`."""
    shown = {name: getattr(batch, name) for name in BatchRecord.__dataclass_fields__}
    return {**shown, "state": batch.state.value, "total": None if batch.total is None else str(batch.total)}


def resume_run(
    config: str | None,
    target: str | None,
    region: str | None,
    run_id: str | None,
    settle: float | None,
    resend: Sequence[str],
    concurrency: int,
    as_json: bool,
) -> int:
    """Do what a run has left."""
    settings = load({"target.kind": target, "target.region": region}, config=config)
    with opened_target(settings) as place, open_ledger(settings) as ledger, Bar() as bar:
        summary = resume(
            place,
            ledger,
            run_id,
            settle=settle,
            resend=resend,
            concurrency=concurrency,
            progress=bar,
            settings_digest=settings_digest(settings),
        )
    return told(summary, as_json)


def verify_run(
    config: str | None,
    target: str | None,
    region: str | None,
    run_id: str | None,
    settle: float | None,
    as_json: bool,
) -> int:
    """Read back what a run has sent."""
    settings = load({"target.kind": target, "target.region": region}, config=config)
    with opened_target(settings) as place, open_ledger(settings) as ledger, Bar() as bar:
        summary = verify(
            place, ledger, run_id, settle=settle, progress=bar, settings_digest=settings_digest(settings)
        )
    return told(summary, as_json)


def told(summary: UploadSummary, as_json: bool) -> int:
    """Print a summary; the answer is the exit code."""
    typer.echo(json.dumps(summary.as_dict(), indent=1) if as_json else summary_text(summary))
    return exit_code(summary)
