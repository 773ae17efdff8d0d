"""Golden cases: an input, the words of a run, and everything the run gives.

A case is a file `NAME.case.json` beside its input. An author writes the words behind `cgrev convert`::

    {"arguments": ["--from", "acme", "-O", "currency=EUR", "export.csv"]}

and `python -m cgrev.testing.golden FOLDER` adds what the run gives: its exit code, rows, totals and
findings, and beside it the upload file as `NAME.expected.csv`. Read both, commit them, and from then on
every test holds the converter to them, through the command line and through the library. A run that ends
with a question or an error is a case, too: its lines are kept as `message`.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import io
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, NoReturn

from cgrev.errors import CgrevError, UsageError
from cgrev.readers import ReadOptions
from cgrev.testing.surroundings import own_settings

SUFFIX = ".case.json"
EXPECTED = ".expected.csv"
_DIFFERENCE_LINES = 24
_REPORT = ("--output-format", "json", "--output-file")


@dataclass(frozen=True, slots=True)
class Call:
    """The words of a case, as the library takes them."""

    converter: str
    files: tuple[str, ...]
    options: Mapping[str, str]
    further: Mapping[str, str]
    profile: str | None = None
    settings: Mapping[str, str] | None = None
    config: str | None = None
    reading: ReadOptions = field(default_factory=ReadOptions)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run of a case gives: the upload files one after another, and the facts kept in its JSON."""

    written: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One golden case. `path` is its `.case.json`. Raises UsageError for a file that is no case."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name.removesuffix(SUFFIX)

    @property
    def folder(self) -> Path:
        """Where the run starts: file names among the words are relative to it."""
        return self.path.parent

    @property
    def expected(self) -> Path:
        """The upload file the run must write."""
        return self.path.with_name(self.name + EXPECTED)

    @property
    def stated(self) -> dict[str, Any]:
        """What the file says."""
        try:
            stated = json.loads(self.path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise UsageError(f"{self.path}: it is no JSON ({error})", help="see the tutorial") from error
        words = stated.get("arguments") if isinstance(stated, dict) else None
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise UsageError(
                f"{self.path}: it states no arguments",
                help='write {"arguments": ["--from", "NAME", "FILE"]}; the rest is added for you',
            )
        return dict(stated)

    @property
    def words(self) -> list[str]:
        """The words behind `cgrev convert`."""
        return list(self.stated["arguments"])

    @property
    def call(self) -> Call:
        """The words as the library takes them."""
        return _call(self.words, self.path)

    @property
    def ends_early(self) -> bool:
        """Whether the case is a question or an error: nothing is read through."""
        return "message" in self.stated


def find_cases(folder: Path, converter: str | None = None) -> tuple[Case, ...]:
    """The cases below a folder in order of their names; of one converter, where it is named."""
    cases = tuple(Case(path) for path in sorted(folder.rglob(f"*{SUFFIX}")))
    return cases if converter is None else tuple(c for c in cases if c.call.converter == converter)


def run_command(case: Case) -> Outcome:
    """Run a case through the command `cgrev`, as a person does."""
    command, told = _command(), io.StringIO()
    words = case.words
    with tempfile.TemporaryDirectory(prefix="cgrev-") as folder, own_settings(case.folder):
        out, report = Path(folder, "out"), Path(folder, "report.json")
        code = 0
        with contextlib.redirect_stderr(told), contextlib.redirect_stdout(io.StringIO()):
            try:
                command(
                    [
                        "convert",
                        *words,
                        "-o",
                        str(out),
                        "--output-format",
                        "json",
                        "--output-file",
                        str(report),
                    ]
                )
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        if not report.exists():
            return Outcome("", {"arguments": words, "exit": code, "message": told.getvalue().splitlines()})
        return Outcome(_written(out), _facts(words, code, json.loads(report.read_text(encoding="utf-8"))))


def run_library(case: Case) -> Outcome:
    """Run a case through `cgrev.convert`, as a program does."""
    import cgrev
    from cgrev.plugin import Question
    from cgrev.selection import fails

    call, words = case.call, case.words
    with tempfile.TemporaryDirectory(prefix="cgrev-") as folder, own_settings(case.folder):
        try:
            settings = cgrev.load_settings(dict(call.settings or {}), config=call.config)
            done = cgrev.convert(
                *call.files,
                to=Path(folder, "out"),
                converter=call.converter,
                options=call.options,
                profile=call.profile,
                further=call.further,
                settings=settings,
                read=call.reading,
            )
        except CgrevError as error:
            return Outcome("", {"arguments": words, "exit": error.exit_code, "message": [error.message]})
        except Question as question:
            lines = [question.question, *question.readings]
            return Outcome("", {"arguments": words, "exit": 2, "message": lines})
        told = json.loads(done.report.to_json())
        refused = any(file["status"] == "refused" for file in told["files"])
        failed = fails(done.report.counts(), settings.check.fail_on)
        return Outcome(_written(Path(folder, "out")), _facts(words, 2 if refused else int(failed), told))


def differences(case: Case, outcome: Outcome, *, spoken: bool = True) -> str:
    """What of a run is not as its case states, as the lines of a diff; "" where all is.

    `spoken` False compares the lines of a question or error by what they hold: the library raises them
    without the words of the command line around them."""
    stated = case.stated
    facts = dict(outcome.facts)
    if not spoken and "message" in facts and "message" in stated:
        heard = "\n".join(stated["message"])
        if all(line in heard for line in facts["message"]):
            facts["message"] = stated["message"]
    found = _diff(case.path.name, text_of(stated), text_of(facts))
    expected = _read(case.expected) if case.expected.exists() else ""
    return found + _diff(case.expected.name, expected, outcome.written)


def regenerate(case: Case, *, write: bool = True) -> bool:
    """Whether the files of a case are not what the run gives; with `write` they are made so."""
    outcome = run_command(case)
    pairs = [(case.path, text_of(outcome.facts))]
    if "message" not in outcome.facts:
        pairs.append((case.expected, outcome.written))
    different = [(path, text) for path, text in pairs if not path.exists() or _read(path) != text]
    if write:
        for path, text in different:
            path.write_text(text, encoding="utf-8", newline="")
    return bool(different)


def text_of(facts: Mapping[str, Any]) -> str:
    """The JSON of a case as it is kept: one line a fact, one line a finding."""
    lines = [f"  {json.dumps(key)}: {_value(key, value)}" for key, value in facts.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _value(key: str, value: Any) -> str:
    if key in ("findings", "message") and value:
        inner = ",\n".join(f"    {json.dumps(one, ensure_ascii=False)}" for one in value)
        return f"[\n{inner}\n  ]"
    return json.dumps(value, ensure_ascii=False)


def _facts(words: Sequence[str], code: int, told: Mapping[str, Any]) -> dict[str, Any]:
    files = told["files"]
    one = files[0] if len(files) == 1 else None
    return {
        "arguments": list(words),
        "exit": code,
        "rows": one["rows"] if one else [file["rows"] for file in files],
        "totals": one["totals"] if one else [file["totals"] for file in files],
        "findings": [[found["row"], found["column"], found["code"]] for found in told["findings"]],
    }


def _written(folder: Path) -> str:
    return "".join(path.read_text(encoding="utf-8-sig") for path in sorted(folder.glob("*-of-*.csv")))


def _command() -> Callable[[list[str]], None]:
    """The command as it is installed, which is what a person calls."""
    points = tuple(entry_points(group="console_scripts", name="cgrev"))
    if not points:
        raise UsageError("the command cgrev is not installed here", help="pip install cgrev")
    loaded: Callable[[list[str]], None] = points[0].load()
    return loaded


class _Words(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message, help="a case holds the words behind `cgrev convert`, without -o")


def _call(words: Sequence[str], path: Path) -> Call:
    parser = _Words(add_help=False, allow_abbrev=False)
    parser.add_argument("files", nargs="*")
    parser.add_argument("--from", dest="converter", default="auto")
    parser.add_argument("-O", "--option", action="append", default=[])
    parser.add_argument("--with", dest="further", action="append", default=[])
    for name in ("profile", "config", "sheet", "encoding", "delimiter", *_OPTIONS, *_SETTINGS):
        parser.add_argument(f"--{name}")
    try:
        said = vars(parser.parse_intermixed_args(list(words)))
    except UsageError as error:
        raise UsageError(f"{path}: {error.message}", help=error.help) from None
    pairs = [tuple(word.partition("=")[::2]) for word in said["option"]]
    options = {name.strip().replace("-", "_"): value for name, value in pairs}

    def given(names: Mapping[str, str]) -> dict[str, str]:
        found = {target: said[name.replace("-", "_")] for name, target in names.items()}
        return {name: value for name, value in found.items() if value is not None}

    return Call(
        said["converter"],
        tuple(said["files"]),
        {**given(_OPTIONS), **options},
        dict(word.partition("=")[::2] for word in said["further"]),
        said["profile"],
        given(_SETTINGS),
        said["config"],
        ReadOptions(said["sheet"], said["encoding"], said["delimiter"]),
    )


_OPTIONS = {"decimal-mark": "decimal_mark", "date-order": "date_order"}
_SETTINGS = {"rounding": "money.rounding", "keep-total": "money.keep-total"}


def _diff(name: str, expected: str, found: str) -> str:
    """At most some lines of a diff: the author needs the first differences, not all of them."""
    if expected == found:
        return ""
    lines = [
        line.rstrip("\n")
        for line in difflib.unified_diff(
            expected.splitlines(),
            found.splitlines(),
            f"{name} as kept",
            f"{name} of this run",
            n=0,
            lineterm="",
        )
    ]
    if not lines:
        return f"{name}: the line ends differ\n"
    more = len(lines) - _DIFFERENCE_LINES
    return "\n".join([*lines[:_DIFFERENCE_LINES], *([f"... {more} more lines"] if more > 0 else [])]) + "\n"


def _read(path: Path) -> str:
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m cgrev.testing.golden FOLDER.. [--check]`."""
    parser = argparse.ArgumentParser(
        prog="python -m cgrev.testing.golden",
        description="Run golden cases and write what they must give from now on.",
    )
    parser.add_argument("folder", nargs="+", type=Path, help="folders that hold NAME.case.json files")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when anything differs")
    said = parser.parse_args(arguments)
    try:
        cases = [case for folder in said.folder for case in find_cases(folder)]
        if not cases:
            raise UsageError(f"no *{SUFFIX} below {', '.join(map(str, said.folder))}")
        changed = [case for case in cases if regenerate(case, write=not said.check)]
    except CgrevError as error:
        print(
            f"error: {error.message}",
            *([f"help: {error.help}"] if error.help else []),
            sep="\n",
            file=sys.stderr,
        )
        return 2
    for case in changed:
        print(f"{'differs' if said.check else 'written'}: {case.path}")
    print(
        f"{len(cases)} case{'s' * (len(cases) != 1)}, {len(changed)} {'differ' if said.check else 'written'}"
    )
    return int(bool(changed) and said.check)


if __name__ == "__main__":
    sys.exit(main())
