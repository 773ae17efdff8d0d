"""One plugin a layout, so that each has its name for `--from`."""

from __future__ import annotations

from cgrev.plugin import Converter, LineConverter, hookimpl
from cgrev_crm.hubspot import HubSpot
from cgrev_crm.pipedrive import Pipedrive


class Layout:
    """A plugin that hands over one of the converters."""

    def __init__(self, kind: type[LineConverter]) -> None:
        self.kind = kind

    @hookimpl
    def cgrev_converter(self) -> Converter:
        return self.kind()


hubspot = Layout(HubSpot)
pipedrive = Layout(Pipedrive)
