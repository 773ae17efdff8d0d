"""`cgrev profile suggest|show|check`."""

from __future__ import annotations

from typing import Annotated

import typer

from cgrev.cli import options as o

app = typer.Typer(help="Column-mapping profiles.", no_args_is_help=True)
File = Annotated[str, typer.Argument(help="An export, or - for standard input.", show_default=False)]


@app.command("suggest")
def suggest(
    file: File,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write it here; an existing file is kept.",
            show_default=False,
        ),
    ] = None,
    sheet: o.SheetName = None,
    encoding: o.Encoding = None,
    delimiter: o.Delimiter = None,
) -> None:
    """Write a first profile for a file: what is certain as lines, every doubt as a question.

    Example: cgrev profile suggest samples/example/clients.csv
    """
    from cgrev.cli.profiles import suggest_profile
    from cgrev.readers import ReadOptions

    reading = ReadOptions(sheet=sheet, encoding=encoding, delimiter=delimiter)
    raise typer.Exit(suggest_profile(file, output, reading))


@app.command("show")
def show(
    name: Annotated[
        str | None,
        typer.Argument(help="A profile file, or a [source.NAME] of the settings.", show_default=False),
    ] = None,
    config: o.Config = None,
) -> None:
    """Show a profile with everything it rests on, as it will be used; without a name, list the keys.

    Example: cgrev profile show
    """
    from cgrev.cli.profiles import show_profile

    raise typer.Exit(show_profile(name, config))


@app.command("check")
def check(
    profile: Annotated[str, typer.Argument(help="A profile file, or a [source.NAME].", show_default=False)],
    file: File,
    with_: o.With = None,
    sheet: o.SheetName = None,
    encoding: o.Encoding = None,
    delimiter: o.Delimiter = None,
    config: o.Config = None,
) -> None:
    """Prove a profile on a file: what it reads, what it skips, what it finds; nothing is written.

    Exit 0 when every row can be written, 1 with findings, 2 when the profile does not fit.

    Example: cgrev profile check samples/example/profile.toml samples/example/clients.csv
    """
    from cgrev.cli.profiles import check_profile
    from cgrev.readers import ReadOptions

    reading = ReadOptions(sheet=sheet, encoding=encoding, delimiter=delimiter)
    raise typer.Exit(check_profile(profile, file, tuple(with_ or ()), reading, config))
