"""Purpose: the contract passes a sound converter, and names each fault of a broken one for its author."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cgrev.testing.contract import CHECKS, Subject, judged, problem_of

Spoiled = Callable[..., Subject]
BY_NAME = {check.name: check for check in CHECKS}
CONVERT = """        return rows.select(
            "row","""
DESCRIPTION = 'description=pl.lit(options.prefix) + pl.col("note.text"),'


def problem(subject: Subject, check: str) -> str:
    return problem_of(BY_NAME[check], subject) or ""


def test_a_sound_converter_passes_every_check(probe: Spoiled) -> None:
    verdicts = list(judged(probe()))
    assert [(v.check.name, v.problem) for v in verdicts if v.problem] == []
    assert len(verdicts) == len(CHECKS) == 19
    assert all(v.check.title and not v.check.title.endswith(".") for v in verdicts)


@pytest.mark.parametrize(
    ("check", "old", "new", "says"),
    [
        ("says_what_it_reads", 'title = "probe list"', 'title = ""', "state one line"),
        (
            "documents_its_options",
            ', description="what stands before each description"',
            "",
            "options without a help text: prefix",
        ),
        ("documents_its_options", 'default="", ', "", "options without a default: prefix"),
        (
            "can_be_sent_elsewhere",
            "# more",
            "def __init__(self):\n        self.fold = lambda text: text",
            "keep no files, locks, lambdas",
        ),
        (
            "leaves_other_files_alone",
            "# more",
            "def identify(self, sample):\n        return Fit(1.0, 'all is mine')",
            "it is none of its own",
        ),
        (
            "knows_its_own_files",
            "# more",
            "def identify(self, sample):\n        return Fit(0.3, 'perhaps')",
            "--from auto takes nothing below 0.6",
        ),
        (
            "knows_its_own_files",
            "# more",
            "def identify(self, sample):\n        1 / 0",
            "identify fails on it",
        ),
        (
            "knows_its_own_files",
            "# more",
            "def identify(self, sample):\n        return Fit(1.0, '')",
            "Fit has no reason",
        ),
        (
            "gives_the_golden_files_by_command",
            DESCRIPTION,
            'description=pl.col("note.text"),',
            "-Acme Ltd,1201,2024-01-01,2024-12-31,ARR,n-first",
        ),
        (
            "gives_the_golden_files_by_library",
            DESCRIPTION,
            'description=pl.col("note.text"),',
            "+Acme Ltd,1201,2024-01-01,2024-12-31,ARR,first",
        ),
        (
            "gives_the_same_again",
            DESCRIPTION,
            'description=pl.lit(str(__import__("time").monotonic_ns())),',
            "it must depend on its input only",
        ),
        (
            "keeps_no_state",
            CONVERT,
            "        self.seen = getattr(self, 'seen', 0) + 1\n"
            + CONVERT.replace("rows.", "rows.with_columns(pl.col('note.text') + str(self.seen))."),
            "keep nothing",
        ),
        (
            "gives_the_same_in_pieces",
            "# more",
            "def tidy(self, sheet, options):\n"
            "        done = super().tidy(sheet, options)\n"
            "        first = sheet.frame.head(1).select('row', reason=pl.lit('first'), text=pl.lit(''))\n"
            "        kept = done.sheet.frame.filter(pl.col('row') != first['row'][0])\n"
            "        skipped = pl.concat([first, done.skipped.filter(pl.col('row') != first['row'][0])])\n"
            "        return Tidied(Sheet(kept, sheet.labels), skipped)",
            "piecewise = False",
        ),
        (
            "accounts_for_every_row",
            "# more",
            "def tidy(self, sheet, options):\n"
            "        done = super().tidy(sheet, options)\n"
            "        return Tidied(done.sheet, done.skipped.with_columns(reason=pl.lit('')))",
            "is skipped without a reason",
        ),
        (
            "accounts_for_every_row",
            "# more",
            "def tidy(self, sheet, options):\n"
            "        done = super().tidy(sheet, options)\n"
            "        return Tidied(done.sheet, done.skipped.clear())",
            "accounts for 4 kept and 0 skipped",
        ),
        (
            "stays_within_its_process",
            "# more",
            "def header(self, sample, options):\n"
            "        import socket\n"
            "        try:\n"
            "            socket.create_connection(('127.0.0.1', 9), 0.1)\n"
            "        except Exception:\n"
            "            pass\n"
            "        return super().header(sample, options)",
            "reached outside of its process (socket.",
        ),
        (
            "converts_by_expressions_only",
            DESCRIPTION,
            'description=pl.col("note.text").map_elements(str.upper, return_dtype=pl.String),',
            "calls Python for each value",
        ),
        ("converts_by_expressions_only", CONVERT, CONVERT.replace("rows.", "rows.sort('row')."), "uses sort"),
        (
            "converts_by_expressions_only",
            CONVERT,
            CONVERT.replace("rows.", "rows.collect().lazy()."),
            "Evaluated",
        ),
        (
            "converts_by_expressions_only",
            CONVERT,
            CONVERT.replace("rows.", "rows.filter(pl.col('amount') > 50)."),
            "uses filter",
        ),
        (
            "parses_nothing_itself",
            '"amount", "start_date"',
            'pl.col("amount.text").cast(pl.Float64, strict=False).alias("amount"), "start_date"',
            "turns values into floats",
        ),
        (
            "parses_nothing_itself",
            '"start_date", "end_date"',
            'pl.col("start_date.text").str.to_date("%Y-%m-%d", strict=False).alias("start_date"), "end_date"',
            "reads dates from text",
        ),
        (
            "delivers_the_six_columns_typed",
            '"amount", "start_date"',
            'pl.lit(1.5).alias("amount"), "start_date"',
            "delivers amount as Float64",
        ),
        ("delivers_the_six_columns_typed", DESCRIPTION, "", "does not deliver description"),
        (
            "converts_each_row_by_itself",
            DESCRIPTION,
            'description=pl.col("note.text").shift(1),',
            "gives something else among other rows",
        ),
        (
            "converts_each_row_by_itself",
            CONVERT,
            CONVERT.replace("rows.", "rows.filter(pl.col('amount') > 50)."),
            "keep every row",
        ),
        (
            "bears_blank_cells_and_no_rows",
            DESCRIPTION,
            'description=pl.when(pl.col("account_name").is_null()).then(pl.lit("x")).otherwise(pl.lit("1"))'
            ".cast(pl.Int64).cast(pl.String),",
            "convert fails on rows of blank cells",
        ),
    ],
)
def test_a_fault_is_named(probe: Spoiled, check: str, old: str, new: str, says: str) -> None:
    assert says in problem(probe((old, new)), check)


def test_without_cases_every_check_that_needs_one_fails(probe: Spoiled) -> None:
    subject = Subject("probe", probe().converter, ())
    failed = [v for v in judged(subject) if v.problem]
    assert {"has_golden_cases", "gives_the_same_again", "parses_nothing_itself"} <= {
        v.check.name for v in failed
    }
    assert "put an export and a NAME.case.json into the folder `cases`" in (failed[0].problem or "")


def test_a_profile_that_cannot_be_laid_over_is_named(probe: Spoiled) -> None:
    subject = probe(
        ("class Probe(Converter)", "class Probe(ProfileConverter)"),
        (
            "# more",
            "def __init__(self):\n"
            "        super().__init__(profile_from_text('title = \"x\"', origin='here'))",
        ),
    )
    assert "its __init__ must take the profile as its only argument" in problem(subject, "takes_a_profile")


@pytest.mark.parametrize(
    "seen", ["", "        rows.collect_schema()\n"], ids=["as written", "types resolved"]
)
def test_the_arithmetic_of_core_is_no_parsing(probe: Spoiled, seen: str) -> None:
    """Its range checks compare magnitudes as floats, which never reach a value."""
    amount = "amount=per_months(times(pl.col('amount'), pl.lit(12)), pl.lit(3))"
    convert = f"        rows = rows.with_columns({amount})\n{seen}{CONVERT}"
    assert problem(probe((CONVERT, convert)), "parses_nothing_itself") == ""
