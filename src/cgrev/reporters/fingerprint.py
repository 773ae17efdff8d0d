"""A mark of a finding that stays when the row moves: for tools that tell old findings from new ones."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256

from cgrev.findings import Finding


class Fingerprints:
    """Hands out one mark a finding, made of what is wrong and not of the row it stands in.

    Findings that are equal in path, rule, column and value are told apart by a running number, so that
    every mark of a report is unique, as GitLab demands.
    """

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def of(self, finding: Finding) -> str:
        parts = (
            finding.path,
            finding.sheet,
            finding.code,
            finding.column,
            finding.source_column,
            finding.value,
        )
        base = sha256(repr(parts).encode(errors="surrogatepass")).hexdigest()
        self._seen[base] += 1
        return sha256(f"{base}/{self._seen[base]}".encode()).hexdigest()

    def of_file(self, path: str, code: str) -> str:
        """The mark of a file that was refused."""
        return sha256(repr((path, code)).encode(errors="surrogatepass")).hexdigest()
