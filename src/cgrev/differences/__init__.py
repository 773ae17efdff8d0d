"""What changes between two sets of upload files: rows, and the months the server will book.

`compare` gives the figures; `data`, `text` and `page` write them.
"""

from __future__ import annotations

from cgrev.differences.comparison import KEYS, Difference, RowKey, Side, compare, keys_of

__all__ = ["KEYS", "Difference", "RowKey", "Side", "compare", "keys_of"]
