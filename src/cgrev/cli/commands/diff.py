"""`cgrev diff OLD NEW`."""

from __future__ import annotations

from typing import Annotated

import typer

from cgrev.cli import options as o


def diff(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="Two upload files or folders of `cgrev convert`; one with --against.",
            metavar="OLD NEW",
            show_default=False,
        ),
    ],
    key: Annotated[
        list[str] | None,
        typer.Option(
            "--key",
            metavar="COLUMNS",
            help="What makes two rows the same record with other values: account, type, start, end, amount,"
            " description; several with commas. account,type,start without it.",
            show_default=False,
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="last",
            help="Compare with what was uploaded last, by the ledger.",
            show_default=False,
        ),
    ] = None,
    target: o.TargetKind = None,
    output_format: Annotated[
        str | None,
        typer.Option(
            "--output-format",
            metavar="FORMAT",
            help="text, json or html; without it, what the output file's name says.",
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
    """Show what changes between two sets of upload files, in rows and in booked months.

    Two equal rows are two rows. Exit 0 when both are the same, 1 when they differ.

    Example: cgrev diff samples/canonical/clean.csv samples/canonical/revenue.csv
    """
    from cgrev.cli.differences import DiffCall, run_diff
    from cgrev.readers import ReadOptions

    call = DiffCall(
        tuple(sources),
        ReadOptions(sheet=sheet, encoding=encoding, delimiter=delimiter),
        {"decimal_mark": decimal_mark, "date_order": date_order},
        tuple(key or ()),
        against,
        output_format,
        output_file,
        config,
        target,
    )
    raise typer.Exit(run_diff(call))
