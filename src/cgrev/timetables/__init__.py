"""What the server will book, as `cgrev schedule` shows it: months by account and type, added up as asked.

`Timetable` gives the figures piece by piece, so that a million records over a year are never held as twelve
million rows; `data`, `text`, `page` and `workbook` write them.
"""

from __future__ import annotations

from cgrev.timetables.timetable import KEYS, Timetable, TimetableKey, View, Whole, keys_of

__all__ = ["KEYS", "Timetable", "TimetableKey", "View", "Whole", "keys_of"]
