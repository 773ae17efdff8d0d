"""Checks of whole runs: golden files, identification, determinism, pieces, row accounting, surroundings."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from cgrev._registry import CERTAIN, MARGIN, Registry
from cgrev.errors import CgrevError
from cgrev.layout import HEADINGS
from cgrev.opening import Input
from cgrev.plugin import Question, Sample
from cgrev.readers import ReadOptions
from cgrev.testing.contract.subject import Broken, Subject, facts
from cgrev.testing.golden import Case, differences, run_command, run_library
from cgrev.testing.surroundings import nothing_outside

PIECES = (1, 4)
"""Rows of a piece, as the pipeline may cut any file."""
_LAYOUT = ",".join(HEADINGS) + "\nAcme Ltd,1200,2024-01-01,2024-12-31,ARR,Gold\n"
_REGENERATE = "when the new result is right: python -m cgrev.testing.golden"


def has_golden_cases(subject: Subject) -> None:
    """It ships at least one golden case that reads a file."""
    assert subject.readable


def gives_the_golden_files_by_command(subject: Subject) -> None:
    """The command gives what its golden cases state."""
    assert subject.readable
    _golden([(case, differences(case, run_command(case))) for case in subject.cases])


def gives_the_golden_files_by_library(subject: Subject) -> None:
    """The library gives what its golden cases state."""
    assert subject.readable
    _golden([(case, differences(case, run_library(case), spoken=False)) for case in subject.cases])


def _golden(found: list[tuple[Case, str]]) -> None:
    wrong = [(case, difference) for case, difference in found if difference]
    if wrong:
        folder = wrong[0][0].folder
        texts = "\n".join(difference.rstrip("\n") for _, difference in wrong)
        raise Broken(f"{len(wrong)} of {len(found)} cases differ; {_REGENERATE} {folder}\n{texts}")


def knows_its_own_files(subject: Subject) -> None:
    """It knows its own files, and better than any other converter does."""
    assert subject.readable
    registry = Registry()
    for case in subject.cases:
        if case.call.profile is not None:
            continue  # which columns count is then said by the profile, which identify is not told
        ranked, _ = registry.rank(_sample(subject, case))
        scores = {candidate.name: candidate for candidate in ranked}
        own = scores.get(subject.name)
        if own is None:
            raise Broken(f"{case.name}: identify fails on it; see `cgrev inspect {case.call.files[0]}`")
        if not own.reason.strip():
            raise Broken(f"{case.name}: Fit has no reason; say in a few words what it was known by")
        if own.score < CERTAIN:
            raise Broken(
                f"{case.name}: identify scores {own.score:.2f} ({own.reason}); "
                f"--from auto takes nothing below {CERTAIN}"
            )
        for other in ranked:
            if other.name != subject.name and own.score - other.score < MARGIN:
                near = f"{other.name} scores {other.score:.2f} ({other.reason})"
                raise Broken(
                    f"{case.name}: it scores {own.score:.2f}, and {near}; "
                    f"--from auto needs {MARGIN} between them: find headings that only this source has"
                )


def leaves_other_files_alone(subject: Subject) -> None:
    """It claims no file that is in the layout already, nor one that says nothing."""
    for text, what in ((_LAYOUT, "a file in the layout"), ("x\n1\n", "a file of one column")):
        table = Input("other.csv", text.encode()).open(ReadOptions())
        fit = subject.converter.identify(Sample(table.reader, table.head(), "other.csv"))
        if not 0 <= fit.score < CERTAIN:
            raise Broken(f"identify scores {fit.score:.2f} for {what} ({fit.reason}): it is none of its own")


def gives_the_same_again(subject: Subject) -> None:
    """The same file gives the same again, from a pickled copy, too."""
    for case in subject.readable:
        with subject.opened(case) as opened:
            copy = pickle.loads(pickle.dumps(opened.task.converter))
            again = facts(opened, replace(opened.task, converter=copy))
        what = "a second run, by a pickled copy, gives something else"
        _same(subject.whole(case), again, f"{case.name}: {what}: it must depend on its input only")


def keeps_no_state(subject: Subject) -> None:
    """What it read before makes no difference."""
    alone = [(case, subject.whole(case)) for case in subject.readable if case.call.profile is None]
    for case, first in [*alone[::-1], *alone[-1:]]:
        again = subject.facts(case, converter=subject.converter)
        _same(first, again, f"{case.name}: after another file it gives something else: keep nothing")


def gives_the_same_in_pieces(subject: Subject) -> None:
    """A file cut into pieces gives what the whole gives."""
    for case in subject.readable:
        for rows in PIECES:
            _same(
                subject.whole(case),
                subject.facts(case, piece_rows=rows),
                f"{case.name}: pieces of {rows} rows give something else; a converter that looks at "
                "more than one row in tidy must set piecewise = False",
            )


def accounts_for_every_row(subject: Subject) -> None:
    """Every row is written, rejected or skipped with a reason, and the totals add up."""
    for case in subject.readable:
        found = subject.whole(case)
        for file in found["files"]:
            rows, totals = file["rows"], {name: Decimal(text) for name, text in file["totals"].items()}
            if rows["read"] != rows["written"] + rows["rejected"] + rows["skipped"]:
                raise Broken(f"{case.name}: the rows do not add up: {rows}")
            if totals["source"] != totals["written"] + totals["residual"] + totals["rejected"]:
                raise Broken(f"{case.name}: the totals do not add up: {file['totals']}")
        silent = [row for row, reason in found["skipped"] if not (reason or "").strip()]
        if silent:
            raise Broken(f"{case.name}: row {silent[0]} is skipped without a reason: say why in `skipped`")


def stays_within_its_process(subject: Subject) -> None:
    """It opens no connection and starts no program."""
    tried: list[str] = []
    for case in subject.cases:
        with nothing_outside() as seen:
            _ended(subject, case)
        tried += seen
    if tried:
        raise Broken(
            f"it reached outside of its process ({tried[0]}): a converter works on what it is handed"
        )


def _ended(subject: Subject, case: Case) -> None:
    """Run a case to whatever end it has."""
    try:
        subject.facts(case)
    except (Question, CgrevError):
        if not case.ends_early:
            raise


def _sample(subject: Subject, case: Case) -> Sample:
    call = case.call
    table = Input.of(case.folder / call.files[0]).open(call.reading)
    return Sample(table.reader, table.head(), call.files[0], table.sheet, table.named)


def _same(one: Mapping[str, Any], other: Mapping[str, Any], message: str) -> None:
    """Raises Broken with the first thing that differs."""
    for name, value in one.items():
        if value != other[name]:
            pairs = zip(value, other[name], strict=False)
            first = next(((a, b) for a, b in pairs if a != b), (f"{len(value)}", f"{len(other[name])}"))
            raise Broken(f"{message}\n{name}: {first[0]}\nand then: {first[1]}")
