"""The `inspect` command behind its options: what was decided, on what evidence, and the first rows."""

from __future__ import annotations

import json
from collections.abc import Mapping

import typer
from msgspec import Struct

from cgrev._registry import Registry
from cgrev.choosing import choose
from cgrev.cli.conversions import further_of
from cgrev.errors import UsageError
from cgrev.findings import Decision
from cgrev.inspecting import Inspection, inspect_input, open_inspection
from cgrev.opening import Input, reading_of
from cgrev.plugin import Sample
from cgrev.readers import ReadOptions
from cgrev.report import FileReport
from cgrev.settings import load
from cgrev.tasks import task_for

SHOWN_SKIPPED = 12


class InspectCall(Struct, frozen=True):
    """Everything the command line said."""

    file: str
    reading: ReadOptions
    text: Mapping[str, str | None]
    source: str
    profile: str | None = None
    options: tuple[str, ...] = ()
    further: tuple[str, ...] = ()
    as_json: bool = False
    config: str | None = None


def run_inspect(call: InspectCall) -> int:
    """Show what is known of the file; exit 0 also where something must be asked first."""
    settings = load({}, config=call.config)
    source = Input.of(call.file)
    inspection, table = open_inspection(source, reading_of(call.reading, settings))
    registry = Registry(disabled=list(settings.tables.disabled_plugins) or None)
    sample = Sample(table.reader, table.head(), call.file, table.sheet, table.named)
    ranked, problems = registry.rank(sample)
    inspection.candidates = ranked
    inspection.notices += [f"plugin left out: {problem.message}" for problem in problems]
    try:
        chosen = choose(
            call.source,
            source,
            call.reading,
            settings=settings,
            profile=call.profile,
            words=call.options,
            text=call.text,
            registry=registry,
        )
    except UsageError as undecided:
        if call.source != "auto" or call.profile:
            raise
        inspection.problem, inspection.help = undecided.message, undecided.help
    else:
        task = task_for(
            "convert", chosen.converter, chosen.options, settings, call.file, further_of(call.further)
        )
        inspect_input(inspection, source, table, task)
    typer.echo(
        json.dumps(inspection.as_dict(), indent=1, ensure_ascii=False) if call.as_json else shown(inspection)
    )
    return 0


def shown(inspection: Inspection) -> str:
    """The inspection for a terminal."""
    sheet = f", sheet '{inspection.sheet}'" if inspection.sheet else ""
    lines = [f"{inspection.path}: read as {inspection.reader}{sheet}", "", "first rows"]
    lines += [f"  {row:>5}  " + " | ".join(texts) for row, texts in inspection.first_rows]
    lines += ["", "decisions"]
    lines += [line for decision in inspection.decisions for line in _decision(decision)]
    if inspection.candidates:
        lines += ["", "converters"]
        lines += [f"  {c.score:.2f}  {c.name:<12} {c.reason}" for c in inspection.candidates]
    lines += [f"note: {notice}" for notice in inspection.notices]
    if inspection.report is not None:
        lines += ["", *_outcome(inspection.report)]
        lines += [f"  {count:>6}  {name}" for name, count in sorted(inspection.findings.items())]
    if inspection.problem:
        lines += ["", f"not read further: {inspection.problem}"]
        lines += [f"  - {reading}" for reading in inspection.readings]
        lines += [f"help: {inspection.help}"] if inspection.help else []
    return "\n".join(lines)


def _outcome(report: FileReport) -> list[str]:
    """Rows, totals and skipped rows of a file that ran through."""
    rows, totals = report.rows, report.totals.as_dict()
    lines = [
        f"read with converter '{report.converter}'",
        f"  rows    {rows.read} rows read = {rows.written} to write + {rows.rejected} to reject"
        f" + {rows.skipped} skipped",
        f"  totals  source {totals['source']} = written {totals['written']} + residual {totals['residual']}"
        f" + rejected {totals['rejected']}",
    ]
    for skipped in report.skipped[:SHOWN_SKIPPED]:
        text = f" ('{_cut(skipped.text)}')" if skipped.text else ""
        lines.append(f"  skipped row {skipped.row}: {skipped.reason}{text}")
    if report.skipped_count > SHOWN_SKIPPED:
        lines.append(f"  and {report.skipped_count - SHOWN_SKIPPED} more skipped")
    return lines


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "\u2026"


def _decision(decision: Decision) -> list[str]:
    about = decision.about
    if decision.source_column:
        about += f" '{decision.source_column}'"
    if decision.column and decision.column != decision.source_column:
        about += f" as {decision.column}"
    lines = [f"  {about}: {decision.value} ({decision.how})"]
    return lines + [f"      {reason}" for reason in decision.evidence]
