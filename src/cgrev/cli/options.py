"""Options that several commands share, said once."""

from __future__ import annotations

from typing import Annotated

import typer

READING = "How the file is read"
REPORTING = "What is reported"
MONEY = "Money"

Files = Annotated[
    list[str], typer.Argument(help="Files, or - for standard input.", metavar="FILE..", show_default=False)
]
Config = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Settings file instead of the cgrev.toml found upward.",
        show_default=False,
    ),
]
SheetName = Annotated[
    str | None,
    typer.Option(
        "--sheet",
        help="Sheet of a workbook: its name, or its number from 1.",
        rich_help_panel=READING,
        show_default=False,
    ),
]
Encoding = Annotated[
    str | None,
    typer.Option(
        "--encoding",
        help="Encoding of delimited text, such as cp1252.",
        rich_help_panel=READING,
        show_default=False,
    ),
]
Delimiter = Annotated[
    str | None,
    typer.Option(
        "--delimiter",
        help="Delimiter of text: one character, or tab.",
        rich_help_panel=READING,
        show_default=False,
    ),
]
DecimalMark = Annotated[
    str | None,
    typer.Option(
        "--decimal-mark",
        metavar=". or ,",
        help="The decimal mark of amounts.",
        rich_help_panel=READING,
        show_default=False,
    ),
]
DateOrder = Annotated[
    str | None,
    typer.Option(
        "--date-order",
        metavar="dmy|mdy|ymd",
        help="The order of dates such as 01/02/2024.",
        rich_help_panel=READING,
        show_default=False,
    ),
]
OutputFormat = Annotated[
    list[str] | None,
    typer.Option(
        "--output-format",
        metavar="FORMAT",
        help="full, concise, grouped, json, jsonl, github, gitlab, junit, sarif, html, xlsx. May repeat.",
        rich_help_panel=REPORTING,
        show_default=False,
    ),
]
OutputFile = Annotated[
    list[str] | None,
    typer.Option(
        "--output-file",
        metavar="FILE",
        help="Write the report here instead of to standard output; pairs with --output-format in order.",
        rich_help_panel=REPORTING,
        show_default=False,
    ),
]
Redact = Annotated[
    bool,
    typer.Option(
        "--redact", help="Hide names and amounts in the report (for public logs).", rich_help_panel=REPORTING
    ),
]
Select = Annotated[
    list[str] | None,
    typer.Option(
        "--select",
        metavar="CODE",
        help="Only these rules: codes, names or prefixes (CGR2), separated by commas.",
        rich_help_panel=REPORTING,
        show_default=False,
    ),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore", metavar="CODE", help="Not these rules.", rich_help_panel=REPORTING, show_default=False
    ),
]
SeverityOf = Annotated[
    list[str] | None,
    typer.Option(
        "--severity",
        metavar="CODE=LEVEL",
        help="Another severity: error, warning or info.",
        rich_help_panel=REPORTING,
        show_default=False,
    ),
]
FailOn = Annotated[
    str | None,
    typer.Option(
        "--fail-on",
        metavar="LEVEL",
        help="Exit 1 from this severity on: error (the default), warning, info or never.",
        rich_help_panel=REPORTING,
        show_default=False,
    ),
]
MaxFindings = Annotated[
    int | None,
    typer.Option(
        "--max-findings",
        min=0,
        help="List at most so many; counts stay exact.",
        rich_help_panel=REPORTING,
        show_default=False,
    ),
]
ShowInfo = Annotated[
    bool, typer.Option("--show-info", help="List findings of severity info, too.", rich_help_panel=REPORTING)
]
Baseline = Annotated[
    str | None,
    typer.Option(
        "--baseline",
        metavar="FILE",
        help="Leave out findings known from this file.",
        rich_help_panel=REPORTING,
        show_default=False,
    ),
]
WriteBaseline = Annotated[
    str | None,
    typer.Option(
        "--write-baseline",
        metavar="FILE",
        help="Write the findings of this run as known.",
        rich_help_panel=REPORTING,
        show_default=False,
    ),
]
From = Annotated[
    str,
    typer.Option(
        "--from",
        metavar="NAME",
        help="The converter: a name of `cgrev plugins list`, canonical, or auto.",
        show_default=False,
    ),
]
Option = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        "-O",
        metavar="NAME=VALUE",
        help="An option of the converter; may repeat.",
        show_default=False,
    ),
]
ProfileFile = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="FILE",
        help="A column-mapping profile (TOML), laid over the converter.",
        show_default=False,
    ),
]
With = Annotated[
    list[str] | None,
    typer.Option(
        "--with",
        metavar="NAME=FILE",
        help="A further input the converter joins, such as accounts=Account.csv.",
        show_default=False,
    ),
]
Rounding = Annotated[
    str | None,
    typer.Option(
        "--rounding",
        metavar="MODE",
        help="half-up (the default), half-even or down.",
        rich_help_panel=MONEY,
        show_default=False,
    ),
]
KeepTotal = Annotated[
    str | None,
    typer.Option(
        "--keep-total",
        metavar="GROUP",
        help="none (the default), account or file: spread the rounding residual.",
        rich_help_panel=MONEY,
        show_default=False,
    ),
]
Accounts = Annotated[
    str | None,
    typer.Option(
        "--accounts",
        metavar="FILE",
        help="Known account names: warn about near misses of them. A file, or `sent` for those uploaded to"
        " the target before.",
        rich_help_panel=REPORTING,
        show_default=False,
    ),
]
TargetKind = Annotated[
    str | None,
    typer.Option(
        "--target", metavar="KIND", help="file-v4.1, sandbox, directory, or a plugin's.", show_default=False
    ),
]
Region = Annotated[
    str | None, typer.Option("--region", metavar="REGION", help="eu, us or au.", show_default=False)
]
