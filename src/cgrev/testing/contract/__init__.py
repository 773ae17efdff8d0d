"""What every converter is held to, as a list of checks: pytest and `cgrev plugins check` run the same ones.

A check is a function of a `Subject`. It raises `Broken` with one message for the author: what was seen, and
what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cgrev.errors import CgrevError
from cgrev.plugin import Question
from cgrev.testing.contract.subject import Broken, Subject, subject_of

__all__ = ["CHECKS", "Broken", "Check", "Subject", "Verdict", "judged", "subject_of"]


@dataclass(frozen=True, slots=True)
class Check:
    """One check: `name` as a test is called, `title` as a sentence a converter fulfils."""

    name: str
    title: str
    run: Callable[[Subject], None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a check ended: `problem` is None where it holds."""

    check: Check
    problem: str | None = None


def _checks() -> tuple[Check, ...]:
    from cgrev.testing.contract import files, itself, rows

    return tuple(
        Check(function.__name__, " ".join((function.__doc__ or "").split(".")[0].split()), function)
        for function in (
            itself.says_what_it_reads,
            itself.documents_its_options,
            itself.can_be_sent_elsewhere,
            itself.takes_a_profile,
            files.has_golden_cases,
            files.gives_the_golden_files_by_command,
            files.gives_the_golden_files_by_library,
            files.knows_its_own_files,
            files.leaves_other_files_alone,
            files.gives_the_same_again,
            files.keeps_no_state,
            files.gives_the_same_in_pieces,
            files.accounts_for_every_row,
            files.stays_within_its_process,
            rows.converts_by_expressions_only,
            rows.parses_nothing_itself,
            rows.delivers_the_six_columns_typed,
            rows.converts_each_row_by_itself,
            rows.bears_blank_cells_and_no_rows,
        )
    )


CHECKS: tuple[Check, ...] = _checks()
"""Every check of a converter, in the order in which a person should mend things."""


def judged(subject: Subject) -> Iterator[Verdict]:
    """Run every check on a converter."""
    for check in CHECKS:
        yield Verdict(check, problem_of(check, subject))


def problem_of(check: Check, subject: Subject) -> str | None:
    """What a check finds wrong, or None."""
    try:
        check.run(subject)
    except Broken as broken:
        return str(broken)
    except Question as question:
        return f"it asks where it should not: {question.question} (option {question.option})"
    except CgrevError as error:
        return f"{error.message}{f' - {error.help}' if error.help else ''}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None
