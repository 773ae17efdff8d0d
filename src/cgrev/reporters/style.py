"""ANSI colours of the terminal formats; without colour every method gives the text back."""

from __future__ import annotations

from msgspec import Struct

from cgrev.findings import Severity

_SEVERITY = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.INFO: "1;36"}


class Style(Struct, frozen=True):
    """Whether colours are written is the caller's decision (a terminal, NO_COLOR, FORCE_COLOR)."""

    color: bool = False

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.color and text else text

    def severity(self, text: str, severity: Severity) -> str:
        return self._paint(text, _SEVERITY[severity])

    def bold(self, text: str) -> str:
        return self._paint(text, "1")

    def dim(self, text: str) -> str:
        return self._paint(text, "2")

    def good(self, text: str) -> str:
        return self._paint(text, "32")
