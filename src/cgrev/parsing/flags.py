"""What parsing saw in a cell, as bits: one column `<field>.flags` (UInt32) beside each value.

Rules are written on these bits, so that one vectorised step looks at the text and every rule
after it is one comparison. Standard library only.
"""

from __future__ import annotations

from enum import IntFlag


class AmountFlag(IntFlag):
    """Bits of an amount cell. Those under `UNREADABLE` leave the value null."""

    MISSING = 1 << 0  # blank cell, or a null token the source declares
    NOT_A_NUMBER = 1 << 1  # letters, words, more than one mark in an impossible pattern
    NON_FINITE = 1 << 2  # NaN, inf
    PERCENT = 1 << 3
    NON_ASCII_DIGITS = 1 << 4  # Arabic-Indic, full-width, superscript digits
    MANY_SIGNS = 1 << 5
    TOO_LARGE = 1 << 6  # whole units beyond 64 bits
    AMBIGUOUS_MARK = 1 << 7  # `1,234` in a column without evidence
    CONTRADICTORY_MARK = 1 << 8  # this cell is evidence against the other cells' mark
    ERROR_CELL = 1 << 9  # a spreadsheet error such as #N/A
    NO_VALUE = 1 << 10  # a formula without a stored value
    BOOLEAN = 1 << 11
    DATE_CELL = 1 << 12  # a native date where an amount belongs
    MIXED_CURRENCY = 1 << 13  # the column holds more than one currency: no amount of it can be booked
    # readable, but written otherwise than the server wants it
    SEPARATORS = 1 << 16  # grouping marks
    DECIMALS = 1 << 17  # a decimal mark is present ("12.00" too)
    SYMBOL = 1 << 18  # currency symbol or code
    SCIENTIFIC = 1 << 19  # text with an exponent: digits may be lost
    REWRITTEN = 1 << 20  # any other difference from the canonical text: +7, 00012, (5), 5-, spaces
    TOO_PRECISE = 1 << 21  # more than 18 digits behind the mark; the rest was rounded half-even
    NATIVE = 1 << 22  # a native number: written otherwise or not, its display is the program's

    UNREADABLE = 0xFFFF


class DateFlag(IntFlag):
    """Bits of a date cell. Those under `UNREADABLE` leave the value null."""

    MISSING = 1 << 0
    NOT_A_DATE = 1 << 1
    IMPOSSIBLE = 1 << 2  # 2023-02-29, 0000-00-00
    AMBIGUOUS_ORDER = 1 << 3  # 01/02/2024 in a file without evidence
    CONTRADICTORY_ORDER = 1 << 4  # this cell is evidence against the order of the others
    TWO_DIGIT_YEAR = 1 << 5  # not declared
    SERIAL = 1 << 6  # a spreadsheet's day number as text (or as a native number)
    ERROR_CELL = 1 << 7
    NO_VALUE = 1 << 8
    # readable
    NOT_ISO = 1 << 16  # any other form than YYYY-MM-DD
    HAS_TIME = 1 << 17  # a time part that is not midnight was dropped
    MIDNIGHT = 1 << 18  # a time part of midnight was dropped
    IMPLAUSIBLE = 1 << 19  # outside 1970 to 2100; the value is kept for the message
    NATIVE = 1 << 20

    UNREADABLE = 0xFFFF


class TypeFlag(IntFlag):
    MISSING = 1 << 0
    UNKNOWN = 1 << 1
    ERROR_CELL = 1 << 2
    RESPELT = 1 << 16  # one of the four, written otherwise
    MAPPED = 1 << 17  # a value map of the profile gave the type

    UNREADABLE = 0xFFFF


class TextFlag(IntFlag):
    """Bits of account name and description."""

    MISSING = 1 << 0  # nothing left after cleaning
    CONTROL = 1 << 1  # a control character inside (after removing those at line ends): cannot be sent
    TOO_LONG = 1 << 2  # above the column's maximum
    ERROR_CELL = 1 << 3
    NO_VALUE = 1 << 4
    LONG = 1 << 16  # above the warning length
    INVISIBLE = 1 << 17  # NBSP, zero-width, soft hyphen, byte-order mark: removed or made a space
    SPACES = 1 << 18  # surrounding or repeated white space
    DECOMPOSED = 1 << 19  # not in NFC
    FORMULA = 1 << 20  # starts with = + - @ tab CR: a spreadsheet would run it
    LINE_BREAK = 1 << 21  # a line break inside, made a space
    NATIVE = 1 << 22  # a native number or date used as text

    UNREADABLE = 0xFFFF
    REWRITTEN = INVISIBLE | SPACES | DECOMPOSED | LINE_BREAK


class MeaningFlag(IntFlag):
    """What a record means to the server's booking, set once the cells are read: on the cell it is blamed on.

    These bits stand above those of parsing in the same column; a record with an unreadable cell, or one that
    ends before it starts, has none.
    """

    # revenue_type
    ARR_OVER_YEAR = 1 << 24
    ARR_UNDER_YEAR = 1 << 25
    # end_date
    PARTIAL_MONTHS = 1 << 26
    ENDS_ON_FIRST = 1 << 27
    ONE_TIME_PERIOD = 1 << 28
    # start_date
    CLOSED_MONTH = 1 << 29
