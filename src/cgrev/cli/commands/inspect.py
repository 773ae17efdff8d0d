"""`cgrev inspect FILE`."""

from __future__ import annotations

from typing import Annotated

import typer

from cgrev.cli import options as o


def inspect(
    file: Annotated[str, typer.Argument(help="A file, or - for standard input.", show_default=False)],
    source: o.From = "auto",
    profile: o.ProfileFile = None,
    option: o.Option = None,
    with_: o.With = None,
    sheet: o.SheetName = None,
    encoding: o.Encoding = None,
    delimiter: o.Delimiter = None,
    decimal_mark: o.DecimalMark = None,
    date_order: o.DateOrder = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    config: o.Config = None,
) -> None:
    """Show how a file is understood and on what evidence; write nothing.

    Example: cgrev inspect samples/salesforce/report.csv
    """
    from cgrev.cli.inspections import InspectCall, run_inspect
    from cgrev.readers import ReadOptions

    call = InspectCall(
        file,
        ReadOptions(sheet=sheet, encoding=encoding, delimiter=delimiter),
        {"decimal_mark": decimal_mark, "date_order": date_order},
        source,
        profile,
        tuple(option or ()),
        tuple(with_ or ()),
        as_json,
        config,
    )
    raise typer.Exit(run_inspect(call))
