"""The `check` command behind its options: settings, task, report, fixes, exit code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cgrev.cli.calls import Reporting, emit, exit_code, opened, task_for
from cgrev.checking import check_inputs
from cgrev.mapping.canonical import CanonicalConverter
from cgrev.opening import Input
from cgrev.plugin import ConverterOptions


@dataclass(frozen=True, slots=True)
class CheckCall:
    """Everything the command line said."""

    files: tuple[str, ...]
    reading: Mapping[str, str | None]
    text: Mapping[str, str | None]
    reporting: Reporting
    config: str | None = None
    fix: bool = False
    unsafe_fixes: bool = False
    diff: bool = False
    baseline: str | None = None
    write_baseline: str | None = None
