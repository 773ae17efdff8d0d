"""What can go wrong with the ledger, each as one clear line."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from cgrev.errors import CgrevError
from cgrev.targets.ledger_schema import NewerSchema, NotALedger


class LedgerError(CgrevError):
    """The ledger cannot be read or written. Without it nothing is sent."""


class IllegalTransition(Exception):
    """A change of state that the table of states does not have: a fault of this program."""


@contextlib.contextmanager
def clear_line(path: Path) -> Iterator[None]:
    """What SQLite says of the file at `path`, as a `LedgerError` with one line."""
    try:
        yield
    except NewerSchema as error:
        raise LedgerError(
            f"the ledger '{path}' was written by a newer cgrev ({error})",
            help="update cgrev on this machine",
        ) from None
    except NotALedger:
        raise LedgerError(
            f"'{path}' is the database of another program",
            help="move it away, or set CGREV_STATE_DIR to another folder",
        ) from None
    except sqlite3.OperationalError as error:
        raise LedgerError(
            f"the ledger '{path}' cannot be used: {error}",
            help="check that its disk has room and that no other program holds it",
        ) from None
    except sqlite3.DatabaseError as error:
        raise LedgerError(
            f"the ledger '{path}' is damaged: {error}",
            help="bring it back from a backup; or move it away, and compare with the server's list of "
            "uploads before anything is sent again",
        ) from None
