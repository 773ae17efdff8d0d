"""What was sent last, as the ledger knows it: the batch files, held to the digests they were sent with.

The ledger keeps digests and places, not contents. So the files must still lie where they were sent from; one
that is gone or changed is refused by name, and nothing is compared with less than what was sent.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from msgspec import Struct

from cgrev.errors import SettingsError
from cgrev.settings import Settings
from cgrev.targeting import open_ledger, opened_target
from cgrev.targets.ledger import Ledger
from cgrev.targets.ledger_records import BatchRecord, Run
from cgrev.targets.states import STORED


class Sent(Struct, frozen=True):
    """The newest run that stored something at the target, and its batch files in their order."""

    run: Run
    files: tuple[Path, ...]


def last_sent(settings: Settings) -> Sent:
    """What the last upload to the target of the settings stored. Raises SettingsError: nothing was sent from
    here, it is stored in part only, or a file of it is no longer what was sent."""
    with opened_target(settings) as target, open_ledger(settings) as ledger:
        identity = target.identity
        for run in ledger.runs(identity):
            records = ledger.batches(run.id)
            if run.command in ("upload", "resume") and any(record.state in STORED for record in records):
                return Sent(run, _files(run, records, ledger))
    raise SettingsError(
        f"nothing was uploaded to '{identity}' from here",
        help="name the files to compare with, or check the target and CGREV_STATE_DIR",
    )


def _files(run: Run, records: list[BatchRecord], ledger: Ledger) -> tuple[Path, ...]:
    open_ = [record.name for record in records if record.state not in STORED or record.contradiction]
    if open_:
        raise SettingsError(
            f"run {run.id} is not stored as a whole: '{open_[0]}' is not",
            help="run `cgrev uploads resume` first, or name the files to compare with",
        )
    digests = {Path(record.path): record.whole or record.sha256 for record in records}
    for path, digest in digests.items():
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            raise SettingsError(
                f"'{path}', which run {run.id} sent, is no longer there",
                help="bring the folder back, or name the files to compare with",
            ) from None
        if found != digest:
            raise SettingsError(
                f"'{path}' is not what run {run.id} sent: its content has changed",
                help="bring back the file as it was sent, or name the files to compare with",
            )
    return tuple(digests)
