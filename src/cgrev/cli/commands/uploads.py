"""`cgrev uploads list|show|resume|verify`: the ledger."""

from __future__ import annotations

from typing import Annotated

import typer

from cgrev.cli import options as o

app = typer.Typer(help="The ledger: what was sent where, and what became of it.", no_args_is_help=True)
Run = Annotated[
    str | None, typer.Argument(help="A run of `uploads list`; without it the newest.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]
Settle = Annotated[
    float | None,
    typer.Option(
        "--settle",
        min=0,
        help="Seconds after which the server's list is trusted to be complete.",
        show_default=False,
    ),
]


@app.command("list")
def list_(
    as_json: Json = False, limit: Annotated[int, typer.Option("--limit", min=1)] = 20, config: o.Config = None
) -> None:
    """List the runs, the newest first.

    Example: cgrev uploads list
    """
    from cgrev.cli.ledgers import list_runs

    raise typer.Exit(list_runs(config, limit, as_json))


@app.command("show")
def show(run: Run = None, as_json: Json = False, config: o.Config = None) -> None:
    """Show the batches of a run and what is known of each.

    Example: cgrev uploads show
    """
    from cgrev.cli.ledgers import show_run

    raise typer.Exit(show_run(config, run, as_json))


@app.command("resume")
def resume(
    run: Run = None,
    settle: Settle = None,
    resend: Annotated[
        list[str] | None,
        typer.Option(
            "--resend",
            metavar="FILE",
            help="A batch you know the server has not stored; may repeat.",
            show_default=False,
        ),
    ] = None,
    concurrency: Annotated[int, typer.Option("--concurrency", min=1, max=16)] = 1,
    target: o.TargetKind = None,
    region: o.Region = None,
    as_json: Json = False,
    config: o.Config = None,
) -> None:
    """Do what a run has left: find out about unknown batches, send what is missing, and no more.

    Example: cgrev uploads resume
    """
    from cgrev.cli.ledgers import resume_run

    raise typer.Exit(
        resume_run(config, target, region, run, settle, tuple(resend or ()), concurrency, as_json)
    )


@app.command("verify")
def verify(
    run: Run = None,
    settle: Settle = None,
    target: o.TargetKind = None,
    region: o.Region = None,
    as_json: Json = False,
    config: o.Config = None,
) -> None:
    """Compare what a run has sent with what the server lists; send nothing.

    Example: cgrev uploads verify
    """
    from cgrev.cli.ledgers import verify_run

    raise typer.Exit(verify_run(config, target, region, run, settle, as_json))
