"""`cgrev check`: the pre-commit entry."""

from __future__ import annotations

from typing import Annotated

import typer

from cgrev.cli import options as o


def check(
    files: o.Files,
    fix: Annotated[bool, typer.Option("--fix", help="Apply safe fixes in place.")] = False,
    unsafe_fixes: Annotated[
        bool, typer.Option("--unsafe-fixes", help="Apply fixes that may change the meaning, too.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what the fixes would change; write nothing.")
    ] = False,
    sheet: o.SheetName = None,
    encoding: o.Encoding = None,
    delimiter: o.Delimiter = None,
    decimal_mark: o.DecimalMark = None,
    date_order: o.DateOrder = None,
    output_format: o.OutputFormat = None,
    output_file: o.OutputFile = None,
    redact: o.Redact = False,
    select: o.Select = None,
    ignore: o.Ignore = None,
    severity: o.SeverityOf = None,
    fail_on: o.FailOn = None,
    max_findings: o.MaxFindings = None,
    show_info: o.ShowInfo = False,
    baseline: o.Baseline = None,
    write_baseline: o.WriteBaseline = None,
    accounts: o.Accounts = None,
    config: o.Config = None,
) -> None:
    """Check files that are meant to be uploaded as they are.

    Exit 0 when clean, 1 with findings, 2 when a file cannot be read safely.

    Example: cgrev check samples/canonical/clean.csv
    """
    from cgrev.cli.calls import Reporting
    from cgrev.cli.checks import CheckCall, run_check
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
        baseline,
        write_baseline,
        accounts,
    )
    call = CheckCall(
        tuple(files),
        ReadOptions(sheet=sheet, encoding=encoding, delimiter=delimiter),
        {"decimal_mark": decimal_mark, "date_order": date_order},
        reporting,
        config,
        fix,
        unsafe_fixes,
        diff,
    )
    raise typer.Exit(run_check(call))
