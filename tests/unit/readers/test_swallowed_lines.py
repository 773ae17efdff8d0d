"""A stray quote that joins rows is noticed where it stands; honest line breaks are not."""

from __future__ import annotations

import pytest

from cgrev.readers import open_table

HEAD = "name,amount,from,to,type,note\n"
ROW = "Beta,500,2024-01-01,2024-12-31,ARR,Set-up\n"


def swallowed(text: str) -> list[tuple[int | None, str]]:
    table = open_table((HEAD + text).encode())
    list(table.pieces(100))
    return [(notice.row, notice.message) for notice in table.notices if notice.code == "CGR008"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('Acme,1,2024-01-01,2024-12-31,ARR,"Gold\n' + ROW + "Gamma,2,2024-01-01,2024-12-31,ARR,x\n", 2),
        ('Acme,1,2024-01-01,2024-12-31,ARR,"Gold\n' + ROW.replace("Set-up", '"Set-up"'), 1),
        ('"Acme,1,2024-01-01,2024-12-31,ARR,Gold\n' + ROW.replace("Beta", '"Beta"'), 1),
        ('Acme,"1,2024-01-01,2024-12-31,ARR,Gold\n' + ROW.replace("500", '500"'), 1),
        ('"Acme,1,2024-01-01,2024-12-31,ARR,Gold\n' + ROW.replace("Beta", 'Beta"'), 1),
    ],
)
def test_rows_inside_a_quoted_cell_are_noticed(text: str, lines: int) -> None:
    found = swallowed(text)
    assert [row for row, _ in found] == [2]
    assert f"{lines} more line" in found[0][1]


@pytest.mark.parametrize(
    "text",
    [
        'Acme,1,2024-01-01,2024-12-31,ARR,"Gold\nsecond line"\n' + ROW,
        'Acme,1,2024-01-01,2024-12-31,ARR,"Gold, yearly, paid, in advance, always, on time\nsecond, line"\n',
        '"Acme\nLtd",1,2024-01-01,2024-12-31,ARR,Gold\n',
        'Acme,1,2024-01-01,2024-12-31,"AR\nR","a\nb\nc"\n' + ROW,
        'Acme,1,2024-01-01,2024-12-31,ARR,"one line, two, three, four, five, six"\n',
        'Acme,1,2024-01-01,2024-12-31,ARR,"two\nlines" \n' + ROW,
    ],
)
def test_descriptions_of_several_lines_are_none(text: str) -> None:
    assert swallowed(text) == []


def test_the_row_is_that_of_the_cell_not_of_its_record() -> None:
    text = '"Acme\nLtd",1,2024-01-01,2024-12-31,ARR,"Gold\n' + ROW
    assert [row for row, _ in swallowed(text)] == [3]


def test_a_new_pass_forgets_the_notices_of_the_last() -> None:
    table = open_table((HEAD + 'Acme,1,2024-01-01,2024-12-31,ARR,"Gold\n' + ROW).encode())
    list(table.pieces(100))
    list(table.pieces(100))
    assert len(table.notices) == 1
