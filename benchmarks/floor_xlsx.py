"""The least work on a workbook: read its cells by calamine, and count. `python floor_xlsx.py FILE`"""

from __future__ import annotations

import sys

import python_calamine

book = python_calamine.CalamineWorkbook.from_path(sys.argv[1])
print(len(book.get_sheet_by_index(0).to_python()))
