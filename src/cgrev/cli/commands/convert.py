"""`cgrev convert --from NAME FILE.. -o DIR`."""

from __future__ import annotations

from typing import Annotated

import typer

from cgrev.cli import options as o


def convert(
    files: o.Files,
    source: o.From = "auto",
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="DIR", help="Folder for the upload files; replaced as a whole."
        ),
    ] = "upload",
    to: Annotated[
        str, typer.Option("--to", metavar="FORMATS", help="csv, xlsx, xml, or several with commas.")
    ] = "csv",
    profile: o.ProfileFile = None,
    option: o.Option = None,
    with_: o.With = None,
    sheet: o.SheetName = None,
    encoding: o.Encoding = None,
    delimiter: o.Delimiter = None,
    decimal_mark: o.DecimalMark = None,
    date_order: o.DateOrder = None,
    rounding: o.Rounding = None,
    keep_total: o.KeepTotal = None,
    output_format: o.OutputFormat = None,
    output_file: o.OutputFile = None,
    redact: o.Redact = False,
    select: o.Select = None,
    ignore: o.Ignore = None,
    severity: o.SeverityOf = None,
    fail_on: o.FailOn = None,
    max_findings: o.MaxFindings = None,
    show_info: o.ShowInfo = False,
    statement: Annotated[
        str | None,
        typer.Option(
            "--statement",
            metavar="FILE",
            help="Write the reconciliation here: source, sent, every difference explained (.html, .json,"
            " .csv, .txt).",
            rich_help_panel=o.MONEY,
            show_default=False,
        ),
    ] = None,
    accounts: o.Accounts = None,
    config: o.Config = None,
) -> None:
    """Convert exports to upload files.

    Writes batches, manifest.json, report.json and, where rows are rejected, rejected.csv. Exit 0 when all
    rows were written, 1 with findings, 2 when nothing could be written safely.

    Example: cgrev convert --from salesforce samples/salesforce/report.csv -o upload
    """
    from cgrev.cli.calls import Reporting
    from cgrev.cli.conversions import ConvertCall, run_convert
    from cgrev.readers import ReadOptions

    reporting = Reporting(
        output_format,
        output_file,
        redact,
        select,
        ignore,
        severity,
        fail_on,
        max_findings,
        show_info,
        accounts=accounts,
    )
    call = ConvertCall(
        tuple(files),
        ReadOptions(sheet=sheet, encoding=encoding, delimiter=delimiter),
        {"decimal_mark": decimal_mark, "date_order": date_order},
        reporting,
        source,
        output,
        to,
        profile,
        tuple(option or ()),
        tuple(with_ or ()),
        rounding,
        keep_total,
        config,
        statement,
    )
    raise typer.Exit(run_convert(call))
