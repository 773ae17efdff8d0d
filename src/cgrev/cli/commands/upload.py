"""`cgrev upload DIR|FILE..`."""

from __future__ import annotations

from typing import Annotated

import typer

from cgrev.cli import options as o

SENDING = "Sending"


def upload(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="DIR|FILE..",
            help="A folder of `convert`, or upload-ready files; exports with --from.",
            show_default=False,
        ),
    ],
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="NAME",
            help="Convert these exports first, with this converter.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="DIR", help="With --from: folder for the upload files.")
    ] = "upload",
    profile: o.ProfileFile = None,
    option: o.Option = None,
    with_: o.With = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Send without asking.", rich_help_panel=SENDING)
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the plan and stop.", rich_help_panel=SENDING)
    ] = False,
    partial: Annotated[
        bool,
        typer.Option(
            "--partial", help="Send a folder although rows of it were rejected.", rich_help_panel=SENDING
        ),
    ] = False,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="Which of several formats of a folder: csv, xlsx or xml.",
            rich_help_panel=SENDING,
            show_default=False,
        ),
    ] = None,
    concurrency: Annotated[
        int,
        typer.Option(
            "--concurrency", min=1, max=16, help="Batches under way at once.", rich_help_panel=SENDING
        ),
    ] = 1,
    canary: Annotated[
        bool,
        typer.Option(
            "--canary", help="Send one record first, read it back, then the rest.", rich_help_panel=SENDING
        ),
    ] = False,
    plan: Annotated[
        str | None,
        typer.Option(
            "--plan",
            metavar="FILE",
            help="Freeze the plan in this file and stop: another may apply it.",
            rich_help_panel=SENDING,
            show_default=False,
        ),
    ] = None,
    apply: Annotated[
        str | None,
        typer.Option(
            "--apply",
            metavar="FILE",
            help="Send what this plan says; refuse when anything is not as it says.",
            rich_help_panel=SENDING,
            show_default=False,
        ),
    ] = None,
    certificate: Annotated[
        list[str] | None,
        typer.Option(
            "--certificate",
            metavar="FILE",
            help="Write who sent what, when, and what the server has: .json or .html. May repeat.",
            rich_help_panel=SENDING,
            show_default=False,
        ),
    ] = None,
    accounts: o.Accounts = None,
    target: o.TargetKind = None,
    region: o.Region = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="The plan or the summary as JSON on standard output.")
    ] = False,
    config: o.Config = None,
) -> None:
    """Upload: the plan first, then a question (or --yes), then every batch once.

    Exit 0 when all is stored, 3 for credentials, 4 when the server refused or could not be reached, 5 when
    something is partly stored or unknown: then `cgrev uploads resume` does what is missing and no more.

    Example: cgrev upload upload/ --dry-run
    """
    from cgrev.cli.uploads import UploadCall, run_upload

    call = UploadCall(
        tuple(sources),
        source,
        output,
        profile,
        tuple(option or ()),
        tuple(with_ or ()),
        yes,
        dry_run,
        partial,
        form,
        concurrency,
        canary,
        target,
        region,
        as_json,
        config,
        plan,
        apply,
        tuple(certificate or ()),
        accounts,
    )
    raise typer.Exit(run_upload(call))
