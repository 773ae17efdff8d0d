"""One plugin an object, so that each has its name for `--from`."""

from __future__ import annotations

from cgrev.plugin import Converter, hookimpl
from cgrev_salesforce.records import Contracts, CpqSubscriptions, OpportunityLines, RecordConverter


class Object:
    """A plugin that hands over one of the converters."""

    def __init__(self, kind: type[RecordConverter]) -> None:
        self.kind = kind

    @hookimpl
    def cgrev_converter(self) -> Converter:
        return self.kind()


contracts = Object(Contracts)
cpq = Object(CpqSubscriptions)
lines = Object(OpportunityLines)
