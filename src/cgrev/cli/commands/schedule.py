"""`cgrev schedule FILE..`."""

from __future__ import annotations

from typing import Annotated

import typer

from cgrev.cli import options as o


def schedule(
    files: Annotated[
        list[str],
        typer.Argument(
            help="Upload files, folders of `cgrev convert`, or - for standard input.",
            metavar="FILE..",
            show_default=False,
        ),
    ],
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            metavar="KEYS",
            help="What to tell apart, the rest is summed over: account, type, month, file, or several with"
            " commas. All of account,type,month without it.",
            show_default=False,
        ),
    ] = None,
    from_month: Annotated[
        str | None,
        typer.Option("--from-month", metavar="YYYY-MM", help="The first month.", show_default=False),
    ] = None,
    to_month: Annotated[
        str | None,
        typer.Option("--to-month", metavar="YYYY-MM", help="The last month.", show_default=False),
    ] = None,
    output_format: Annotated[
        str | None,
        typer.Option(
            "--output-format",
            metavar="FORMAT",
            help="text, csv, json, xlsx or html; without it, what the output file's name says.",
            show_default=False,
        ),
    ] = None,
    output_file: Annotated[
        str | None,
        typer.Option("--output-file", "-o", metavar="FILE", help="Write to this file.", show_default=False),
    ] = None,
    sheet: o.SheetName = None,
    encoding: o.Encoding = None,
    delimiter: o.Delimiter = None,
    decimal_mark: o.DecimalMark = None,
    date_order: o.DateOrder = None,
    config: o.Config = None,
) -> None:
    """Show the months the server will book, by account and type.

    Rows that cannot be booked are told on standard error. Exit 0 when all are booked, 1 when some are not, 2
    when a file cannot be read safely.

    Example: cgrev schedule samples/canonical/revenue.csv
    """
    from cgrev.cli.schedules import ScheduleCall, run_schedule
    from cgrev.readers import ReadOptions

    call = ScheduleCall(
        tuple(files),
        ReadOptions(sheet=sheet, encoding=encoding, delimiter=delimiter),
        {"decimal_mark": decimal_mark, "date_order": date_order},
        tuple(by or ()),
        from_month,
        to_month,
        output_format,
        output_file,
        config,
    )
    raise typer.Exit(run_schedule(call))
