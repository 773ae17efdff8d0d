"""A look at the XML of a sheet, which comes in blocks that end anywhere."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgrev.readers.grid import ErrorText, NoValue
from cgrev.readers.sheetxml import SheetLook, beyond, find_special, highest_row

CELLS = (
    '<c r="A{row}"><v>1</v></c>',
    '<c r="B{row}" s="2"/>',
    '<x:c r="AB{row}" t="inlineStr"><x:is><x:t xml:space="preserve">é</x:t></x:is></x:c>',
    "<c r='C{row}' t='e'><f>1/0</f><v>#DIV/0!</v></c>",
    '<c r="D{row}"><f>1+1</f></c>',
    '<c r="D{row}"><f>1+1</f><v>2</v></c>',
    '<c r="E{row}" t="str"><f>""</f><v></v></c>',
    '<c r="C1200000"><v>3</v></c>',
)
ROWS = st.lists(st.lists(st.sampled_from(CELLS), max_size=3), max_size=4)


def sheet(rows: list[list[str]]) -> bytes:
    lines = ("".join(cells).format(row=number) for number, cells in enumerate(rows, start=1))
    body = "".join(f'<row r="{number}">{line}</row>' for number, line in enumerate(lines, start=1))
    return f"<worksheet><cols><col min='1'/></cols><sheetData>{body}</sheetData></worksheet>".encode()


def looked(blocks: list[bytes]) -> tuple[bool, int, bool, bool, int]:
    look = SheetLook()
    for block in blocks:
        look.look(block)
    return look.has_data, look.full_rows, look.special, look.far, look.widest


@given(ROWS, st.integers(1, 200))
def test_a_look_sees_the_same_wherever_a_block_ends(rows: list[list[str]], size: int) -> None:
    xml = sheet(rows)
    blocks = [xml[place : place + size] for place in range(0, len(xml), size)]
    assert looked(blocks) == looked([xml])
    assert find_special(blocks) == find_special([xml])
    assert highest_row(blocks, 1) == highest_row([xml], 1)


@given(st.integers(0, 2_000_000), st.integers(-15, 15) | st.integers(0, 2_000_000))
def test_a_pattern_finds_higher_numbers_only(number: int, further: int) -> None:
    other = max(0, number + further)
    assert bool(re.fullmatch(beyond(str(number), "0-9"), str(other))) == (other > number)


def test_the_highest_row_is_that_of_a_row_or_a_cell() -> None:
    xml = b'<row r="7"><c r="AB8"/></row><row r="0009"><c r="A6"/></row><row s="99"/>'
    assert [highest_row([xml], least) for least in (0, 8, 9, 10)] == [9, 9, 9, 10]


def test_a_look_tells_what_it_saw() -> None:
    assert looked([sheet([[CELLS[1]], [CELLS[0]]])]) == (True, 0, False, False, 26)
    assert looked([sheet([[CELLS[0], CELLS[2]]] * 2)]) == (True, 2, False, False, 28)
    assert looked([sheet([[CELLS[3], CELLS[7]]])]) == (True, 1, True, True, 26)


@pytest.mark.parametrize("element", ["filterColumn", "font", "x:formula1"])
def test_an_element_that_only_begins_like_a_formula_is_none(element: str) -> None:
    assert looked([f"<{element} a='1'/>".encode()])[2] is False


def test_errors_and_formulas_without_a_value_are_found() -> None:
    found = find_special([sheet([[CELLS[0], CELLS[3], CELLS[4]], [CELLS[5], CELLS[6]]])])
    assert found == {0: {2: ErrorText("#DIV/0!"), 3: NoValue()}}
    assert [type(value) for value in found[0].values()] == [ErrorText, NoValue]
