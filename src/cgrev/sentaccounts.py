"""The accounts of batches that a target has, kept in the ledger: what later names are compared with.

They are read from the batch files when an upload has ended, because the ledger keeps no rows. It is a help
against typing errors and no part of the promises of an upload: a file that is gone by then costs a note.
"""

from __future__ import annotations

from dataclasses import replace

from cgrev.errors import CgrevError
from cgrev.layout import HEADINGS
from cgrev.parsing.names import fold_name
from cgrev.readers import open_table
from cgrev.targets.batches import BatchFile
from cgrev.targets.ledger import Ledger
from cgrev.targets.protocol import Target
from cgrev.targets.summary import UploadSummary

_ROWS = 50_000


def with_accounts_kept(summary: UploadSummary, target: Target, ledger: Ledger) -> UploadSummary:
    """Keep the accounts of all batches of a run that are stored; the summary, with a note if one failed.

    Raises `LedgerError` as every use of the ledger does."""
    stored = {result.sha256 for result in summary.results if result.is_stored}
    if summary.run is None or not stored:
        return summary
    missing = set(ledger.unnamed(target.identity, stored))
    failed = 0
    for record in ledger.batches(summary.run.id):
        if record.sha256 not in missing:
            continue
        try:
            names = accounts_of(record.batch())
        except CgrevError:
            failed += 1
            continue
        ledger.keep_accounts(target.identity, record.sha256, names)
    if not failed:
        return summary
    note = f"the accounts of {failed} batches could not be read for the list of known accounts"
    return replace(summary, notes=(*summary.notes, note))


def accounts_of(batch: BatchFile) -> dict[str, str]:
    """The accounts of an upload file: the first spelling by key. Raises `BatchChanged`, InputRefused."""
    table = open_table(batch.content(), name=batch.path.name)
    names: dict[str, str] = {}
    heading = HEADINGS[0].casefold()
    for number, piece in enumerate(table.pieces(_ROWS)):
        column = piece["c0"]
        if number == 0 and len(column) and (column[0] or "").strip().casefold() == heading:
            column = column.slice(1)
        for name in column.drop_nulls().unique(maintain_order=True):
            if key := fold_name(name):
                names.setdefault(key, name)
    return names
