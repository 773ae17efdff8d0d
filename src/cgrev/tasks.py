"""From settings to tasks: which rules hold, how severe, how amounts are rounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from cgrev._rule_registry import installed_rules
from cgrev.checking import Limits as UploadLimits
from cgrev.errors import SettingsError
from cgrev.findings import Severity
from cgrev.plugin import Converter, ConverterOptions
from cgrev.rules.catalogue import ALL, BLOCKING, BY_CODE
from cgrev.rules.meaning import settled
from cgrev.rules.rule import Mode, Rule
from cgrev.selection import Named, codes, severities, words
from cgrev.settings import CheckSettings, Settings, TargetSettings
from cgrev.table import OpenTable
from cgrev.task import Task

if TYPE_CHECKING:
    from cgrev.accounts import KnownAccounts
    from cgrev.batching import BatchOptions


SENT = "sent"
"""The word of the setting `accounts` for what the ledger knows."""


def levels(
    check: CheckSettings, mode: Mode, added: Mapping[str, Rule] | None = None, unloaded: Sequence[Named] = ()
) -> dict[str, Severity | None]:
    """The severity of each rule in a mode under these settings. Raises SettingsError.

    `added` are rules of plugins; `unloaded` those of them that are off and known by their code only."""
    rules: list[Rule] = [*ALL, *(added or {}).values()]
    defaults = {rule.code: rule.severity_in(mode) for rule in rules}
    if check.closed_through is None and "CGR506" in defaults:
        defaults["CGR506"] = None
    return severities(
        defaults,
        [*rules, *unloaded],
        select=check.select,
        ignore=check.ignore,
        severity=check.severity,
        blocking=BLOCKING,
    )


def plugin_rules(settings: Settings, check: CheckSettings) -> tuple[dict[str, Rule], list[Named]]:
    """The rules of installed plugins that may be on, loaded, and those that are off for certain.

    What is ignored by its code, or not selected by words that are all of cgrev's own rules, is not even
    imported: so a broken rule can be left out. Raises PluginError (CGR904)."""
    registry = installed_rules(settings.tables.disabled_plugins or None)
    listed = registry.listed()
    if not listed:
        return {}, []
    ignored = [word.upper() for word in words(check.ignore)]
    chosen = words(check.select)
    passed_over = bool(chosen) and all(_of_core(word) for word in chosen)
    off = [rule for rule in listed if passed_over or any(rule.code.startswith(word) for word in ignored)]
    return {rule.code: registry.load(rule.code) for rule in listed if rule not in off}, list(off)


def _of_core(word: str) -> bool:
    try:
        return bool(codes(word, ALL))
    except SettingsError:
        return False


def task_for(
    mode: Mode,
    converter: Converter,
    options: ConverterOptions,
    settings: Settings,
    path: str,
    further: Mapping[str, OpenTable] | None = None,
) -> Task:
    """The task of one file (settings may differ by file). Raises SettingsError and PluginError."""
    check = settings.check_for(path)
    first_open = first_open_day(check.closed_through)
    added, unloaded = plugin_rules(settings, check)
    return Task(
        mode,
        converter,
        options,
        {**BY_CODE, **settled(settings.target.month_count, first_open), **added},
        levels(check, mode, added, unloaded),
        rounding=settings.money.rounding,
        further=further or {},
        show_info=check.show_info,
        month_count=settings.target.month_count,
        first_open=first_open,
        known=known_accounts(settings, check),
    )


def known_accounts(settings: Settings, check: CheckSettings) -> KnownAccounts | None:
    """The accounts of the setting `accounts`: of a file, or (`sent`) those uploaded to the target before.

    Raises SettingsError and InputRefused for a file that cannot be read or names none."""
    if check.accounts is None:
        return None
    if check.accounts != SENT:
        path = Path(check.accounts)
        state = path.stat() if path.is_file() else None
        return _accounts_of(check.accounts, (state.st_mtime_ns, state.st_size) if state else None)
    from cgrev.accounts import KnownAccounts
    from cgrev.targeting import open_ledger, opened_target

    with opened_target(settings) as target, open_ledger(settings) as ledger:
        return KnownAccounts(ledger.accounts(target.identity), target.identity)


@lru_cache(maxsize=8)
def _accounts_of(path: str, state: tuple[int, int] | None) -> KnownAccounts:
    """Read once for all files of a call, and again when the file has changed."""
    from cgrev.accounts import read_accounts

    return read_accounts(path)


def limits_of(target: TargetSettings) -> UploadLimits:
    """What one upload file may hold."""
    return UploadLimits(
        target.max_records, min(target.max_bytes, target.accepted_bytes), target.accepted_bytes
    )


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
