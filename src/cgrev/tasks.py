"""From settings to tasks: which rules hold, how severe, how amounts are rounded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from cgrev.checking import Limits
from cgrev.findings import Severity
from cgrev.plugin import Converter, ConverterOptions
from cgrev.rules.catalogue import ALL, BLOCKING, BY_CODE
from cgrev.rules.meaning import settled
from cgrev.rules.rule import Mode
from cgrev.selection import severities
from cgrev.settings import CheckSettings, Settings, TargetSettings
from cgrev.table import OpenTable
from cgrev.task import Task

if TYPE_CHECKING:
    from cgrev.batching import BatchOptions


def levels(check: CheckSettings, mode: Mode) -> dict[str, Severity | None]:
    """The severity of each rule in a mode under these settings. Raises SettingsError."""
    defaults = {rule.code: rule.severity_in(mode) for rule in ALL}
    if check.closed_through is None and "CGR506" in defaults:
        defaults["CGR506"] = None
    return severities(
        defaults, ALL, select=check.select, ignore=check.ignore, severity=check.severity, blocking=BLOCKING
    )


def task_for(
    mode: Mode,
    converter: Converter,
    options: ConverterOptions,
    settings: Settings,
    path: str,
    further: Mapping[str, OpenTable] | None = None,
) -> Task:
    """The task of one file (settings may differ by file). Raises SettingsError."""
    check = settings.check_for(path)
    first_open = first_open_day(check.closed_through)
    return Task(
        mode,
        converter,
        options,
        {**BY_CODE, **settled(settings.target.month_count, first_open)},
        levels(check, mode),
        rounding=settings.money.rounding,
        further=further or {},
        show_info=check.show_info,
        month_count=settings.target.month_count,
        first_open=first_open,
    )


def limits_of(target: TargetSettings) -> Limits:
    """What one upload file may hold."""
    return Limits(target.max_records, min(target.max_bytes, target.accepted_bytes), target.accepted_bytes)


def batch_options(target: TargetSettings) -> BatchOptions:
    """How upload files are cut and written."""
    from cgrev.batching import BatchOptions
    from cgrev.writers import FileOptions, XmlNames

    names = XmlNames(target.xml.root, target.xml.record, tuple(target.xml.elements))
    return BatchOptions(
        FileOptions(header=target.header, delimiter=target.delimiter, xml=names),
        target.max_records,
        target.max_bytes,
    )


def first_open_day(closed_through: str | None) -> date | None:
    """The first day after the last closed month."""
    if closed_through is None:
        return None
    year, month = (int(part) for part in closed_through.split("-"))
    return date(year + month // 12, month % 12 + 1, 1)
