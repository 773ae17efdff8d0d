"""What a reporter is told besides the report: what to list, what is known of rules and sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field

from cgrev.findings import Severity

if TYPE_CHECKING:
    from cgrev.reporters.redact import Redactor
    from cgrev.reporters.source import SourceSheet


class RuleInfo(Protocol):
    """What a report shows of a rule; the catalogue's entries fit."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def severity(self) -> Severity: ...
    @property
    def what(self) -> str: ...
    @property
    def why(self) -> str: ...
    @property
    def help(self) -> str: ...


class ReportOptions(Struct, frozen=True):
    """How a report is rendered. Counts never depend on it, only what is listed and shown.

    `rules` explains codes. `sources`, by path as in the report, let a reporter show the rows around a
    finding; a workbook cannot be made without them. `redactor` hides names and amounts.
    """

    show_info: bool = False
    max_findings: int | None = None
    color: bool = False
    rules: Mapping[str, RuleInfo] = field(default_factory=dict)
    sources: Mapping[str, SourceSheet] = field(default_factory=dict)
    redactor: Redactor | None = None
