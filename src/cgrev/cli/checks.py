"""The `check` command behind its options: settings, task, report, fixes, exit code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cgrev.checking import check_inputs
from cgrev.cli.calls import Reporting, emit, exit_code
from cgrev.mapping.canonical import CanonicalConverter
from cgrev.opening import Input
from cgrev.plugin import ConverterOptions
from cgrev.readers import ReadOptions
from cgrev.rules.catalogue import BY_CODE
from cgrev.task import Task


@dataclass(frozen=True, slots=True)
class CheckCall:
    """Everything the command line said."""

    files: tuple[str, ...]
    reading: ReadOptions
    text: Mapping[str, str | None]
    reporting: Reporting
    config: str | None = None
    fix: bool = False
    unsafe_fixes: bool = False
    diff: bool = False


def run_check(call: CheckCall) -> int:
    """Check, report, and say how it ended."""
    options = ConverterOptions.model_validate({k: v for k, v in call.text.items() if v is not None})
    levels = {code: rule.severity_in("check") for code, rule in BY_CODE.items()}
    task = Task("check", CanonicalConverter(), options, BY_CODE, levels, show_info=call.reporting.show_info)
    checked = check_inputs([Input.of(file) for file in call.files], task, call.reading)
    emit(checked.report, call.reporting, checked.runs)
    return exit_code(checked.report, call.reporting.fail_on or "error")
