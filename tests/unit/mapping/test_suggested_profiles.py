from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from cgrev.mapping.profile import profile_from_text
from cgrev.mapping.profile_converter import ProfileConverter
from cgrev.mapping.suggest import suggest
from cgrev.plugin import ConverterOptions, Sample


def sample(table, rows: list[list[str]]) -> Sample:
    return Sample("csv", table(rows), "export.csv")


def test_what_is_certain_is_a_line_and_converts(table, run) -> None:
    rows = [
        ["Kunde", "Nettobetrag", "Leistung von", "Leistung bis", "Erlösart", "Nr"],
        ["Acme", "5", "2024-01-01", "2024-01-31", "ARR", "7"],
    ]
    text = suggest(sample(table, rows))
    done = run(ProfileConverter(profile_from_text(text, origin="suggested")), rows)
    assert done.column("account_name") == ["Acme"]
    assert done.amounts() == ["5"]
    assert "# not used: 'Nr'" in text


def test_a_similar_heading_is_a_question_with_score_and_margin(table) -> None:
    text = suggest(
        sample(table, [["Custommer", "Amount", "Start", "End"], ["a", "1", "2024-01-01", "2024-01-02"]])
    )
    (line,) = [line for line in text.splitlines() if "Custommer" in line and "account_name" in line]
    assert line.startswith('# "Custommer" = "account_name"  # similarity ')
    assert "margin" in line
    assert "account_name" not in profile_from_text(text, origin="suggested").headings()


def test_two_columns_of_one_heading_are_a_question_by_place(table) -> None:
    rows = [["Customer", "Amount", "Amount", "Start", "End"], ["a", "1", "2", "2024-01-01", "2024-01-02"]]
    text = suggest(sample(table, rows))
    assert "# question: which column is 'Revenue amount'? Keep one:" in text
    assert '# "#2" = "amount"  # column 2 (\'Amount\')' in text
    assert "amount" not in profile_from_text(text, origin="suggested").headings()


def test_two_known_headings_of_one_field_are_a_question_too(table) -> None:
    rows = [["Customer", "Amount", "ARR", "Start", "End"], ["a", "1", "2", "2024-01-01", "2024-01-02"]]
    text = suggest(sample(table, rows))
    assert '# "#2" = "amount"' in text
    assert '# "#3" = "amount"' in text
    assert "amount" not in profile_from_text(text, origin="suggested").headings()


def test_columns_of_dates_under_unknown_headings_are_offered(table) -> None:
    rows = [["Customer", "Amount", "Erster Tag"], ["a", "1", "31.01.2024"], ["b", "2", "01.02.2024"]]
    text = suggest(sample(table, rows))
    assert '# "Erster Tag" = "start_date"  # holds dates' in text
    assert "how long is a period without an end?" in text


def test_unknown_words_of_the_type_column_are_asked_about(table) -> None:
    rows = [["Customer", "Amount", "Start", "End", "Revenue type"]]
    rows += [
        ["a", "1", "2024-01-01", "2024-01-02", word] for word in ("ARR", "one-time", 'Wartung "A"', "Miete")
    ]
    text = suggest(sample(table, rows))
    assert '# "Wartung \\"A\\"" = "Other"' in text
    assert "one-time" not in text


def test_titles_above_do_not_matter_and_the_header_is_named(table) -> None:
    rows = [["Report"], [], ["Customer", "Amount"], ["a", "1"]]
    assert "header in row 3" in suggest(sample(table, rows)).splitlines()[0]


def test_every_question_answered_as_proposed_is_still_a_profile(table) -> None:
    rows = [["Customer", "Amount", "Start", "Interval", "S/H", "Status", "Currency"]]
    text = suggest(sample(table, [*rows, ["a", "1", "2024-01-01", "monthly", "S", "Won", "EUR"]]))
    answered = "\n".join(
        line.removeprefix("# ") if " = " in line and not line.startswith("# question") else line
        for line in text.splitlines()
    )
    profile = profile_from_text(answered, origin="answered")
    assert profile.interval is not None
    assert profile.sign is not None
    assert profile.status is not None
    assert (profile.end.months, profile.currency.keep) == (12, "EUR")


CELLS = st.text(alphabet=st.characters(codec="utf-8"), max_size=12)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=5))
def test_whatever_the_file_holds_the_suggestion_is_a_valid_profile(rows: list[list[str]]) -> None:
    width = max(map(len, rows), default=1)
    cells = {f"c{i}": [row[i] if i < len(row) else None for row in rows] for i in range(width)}
    frame = pl.DataFrame(
        {"row": range(1, len(rows) + 1), **cells},
        schema={"row": pl.UInt32, **dict.fromkeys(cells, pl.String)},
    )
    text = suggest(Sample("csv", frame, "x"))
    profile = profile_from_text(text, origin="suggested")
    assert ProfileConverter(profile).header(Sample("csv", frame), ConverterOptions()).first >= 1
