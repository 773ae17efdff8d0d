"""`inspect`: how a file is understood. Writes nothing, and goes as far as the file lets it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct, field

from cgrev._registry import Candidate
from cgrev.crossing import cross
from cgrev.errors import CgrevError, InputRefused
from cgrev.findings import Decision
from cgrev.opening import Digests, Input
from cgrev.pipeline import FileRun
from cgrev.plugin import Question
from cgrev.readers import ReadOptions
from cgrev.report import FileReport
from cgrev.table import ROW, OpenTable, cells
from cgrev.task import Task

SHOWN_ROWS = 8
SHOWN_WIDTH = 32


class Inspection(Struct):
    """What is known of a file: as much as could be found out before something had to be asked or refused.

    `candidates` are the converters with their scores and reasons; `report` is there when the file ran
    through; `problem` says why it did not.
    """

    path: str
    reader: str
    sheet: str | None = None
    decisions: tuple[Decision, ...] = ()
    candidates: Sequence[Candidate] = ()
    first_rows: list[tuple[int, list[str]]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    report: FileReport | None = None
    findings: dict[str, int] = field(default_factory=dict)
    problem: str | None = None
    help: str | None = None
    readings: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "schema": "cgrev-inspection/1",
            "path": self.path,
            "reader": self.reader,
            "sheet": self.sheet,
            "decisions": [decision.as_dict() for decision in self.decisions],
            "converters": [{"name": c.name, "score": c.score, "reason": c.reason} for c in self.candidates],
            "notices": self.notices,
            "first_rows": [{"row": row, "cells": texts} for row, texts in self.first_rows],
            "file": self.report.as_dict() if self.report else None,
            "findings": self.findings,
            "problem": self.problem,
            "help": self.help,
            "readings": list(self.readings),
        }


def open_inspection(source: Input, read: ReadOptions) -> tuple[Inspection, OpenTable]:
    """The part every readable file gives: reader, encoding, sheet, first rows. Raises InputRefused."""
    table = source.open(read)
    head = table.head(SHOWN_ROWS)
    names = [name for name in cells(table.width) if name in head.columns]
    rows = [
        (int(row), [_short(text) for text in texts if text is not None])
        for row, *texts in head.select(ROW, *names).iter_rows()
    ]
    notices = [notice.message for notice in table.notices]
    return Inspection(source.path, table.reader, table.sheet, table.decisions, (), rows, notices), table


def inspect_input(inspection: Inspection, source: Input, table: OpenTable, task: Task) -> None:
    """Run the file through the rules with a converter; a question or refusal is shown, not raised."""
    try:
        examined = FileRun(table, task, source.path, 0).examine()
        cross([examined])
    except Question as question:
        inspection.problem = question.question
        inspection.readings = question.readings
        inspection.help = f"settle it with -O {question.option}=VALUE"
        return
    except CgrevError as error:
        code = f"{error.code} " if isinstance(error, InputRefused) else ""
        inspection.problem, inspection.help = f"{code}{error.message}", error.help
        return
    with Digests() as digests:
        examined.report.sha256 = digests.of(source)
    inspection.report = examined.report
    inspection.decisions = examined.report.decisions
    for frame in examined.findings:
        for code, name in frame.select("code", "name").iter_rows():
            inspection.findings[f"{code} {name}"] = inspection.findings.get(f"{code} {name}", 0) + 1
    examined.report.status = "findings" if inspection.findings else "ok"


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= SHOWN_WIDTH else flat[: SHOWN_WIDTH - 1] + "\u2026"
