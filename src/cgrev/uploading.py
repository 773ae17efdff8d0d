"""The upload run: plan, send, read back; resume what was left; verify what was sent.

::

    with Ledger() as ledger:
        target = create("file-v4.1", {"region": "eu"})
        upload = plan(Path("out"), target, ledger)
        summary = run(upload, target, ledger)
    sys.exit(exit_code(summary))

The promises: a batch is sent once; one whose outcome is unknown is never sent again without asking the
server; two runs at once do not send twice; a run that dies loses nothing that it knew.
"""

from __future__ import annotations

from collections.abc import Collection

from cgrev.errors import SettingsError, UsageError
from cgrev.sentaccounts import with_accounts_kept
from cgrev.targets.batches import plain_file
from cgrev.targets.ledger import Ledger, LedgerError
from cgrev.targets.ledger_records import Run
from cgrev.targets.plan import FolderRefused, PlannedBatch, UploadPlan, plan
from cgrev.targets.protocol import Target
from cgrev.targets.sending import Progress, Silent
from cgrev.targets.session import DEFAULT_SETTLE, NOT_SENDING, SETTLED, UploadSession
from cgrev.targets.states import BatchState
from cgrev.targets.summary import BatchResult, UploadCertificate, UploadSummary, exit_code

__all__ = [
    "DEFAULT_SETTLE",
    "BatchResult",
    "FolderRefused",
    "PlannedBatch",
    "Progress",
    "UploadCertificate",
    "UploadPlan",
    "UploadSummary",
    "exit_code",
    "plain_file",
    "plan",
    "resume",
    "run",
    "verify",
]

MAX_CONCURRENCY = 16


def run(
    upload: UploadPlan,
    target: Target,
    ledger: Ledger,
    *,
    concurrency: int = 1,
    canary: bool = False,
    progress: Progress | None = None,
    settings_digest: str = "",
    grace: float = 5.0,
) -> UploadSummary:
    """Send what a plan says, each batch once, and read back what the server lists.

    `canary` sends one record of the first batch alone and goes on only when it is listed as loaded.
    `grace`: seconds a batch under way is given to end by itself after an interrupt. An interrupt does not
    propagate: the summary says so, and the ledger is consistent. Raises `UsageError` for options that do
    not fit, `LedgerError` when the ledger fails, before or after something was sent.
    """
    _check(concurrency)
    if canary and not target.capabilities.can_list:
        raise UsageError(
            f"a canary is read back, and '{target.name}' gives no list of uploads", help="leave out --canary"
        )
    session = UploadSession(
        "upload",
        target,
        ledger,
        progress or Silent(),
        concurrency=concurrency,
        grace=grace,
        manifest_digest=upload.manifest_digest,
    )
    with session.begun(upload.source, settings_digest):
        session.take(upload.files, upload.items)
        if session.is_ready():
            if upload.to_send:
                session.look_before()
                if session.pass_canary(make=canary):
                    session.send_missing()
            session.wait_for_others()
            if target.settle is not None:
                session.resolve(target.settle, resend=False)
            session.read_back(SETTLED)
    return with_accounts_kept(session.summary(), target, ledger)


def resume(
    target: Target,
    ledger: Ledger,
    run_id: str | None = None,
    *,
    settle: float | None = None,
    resend: Collection[str] = (),
    concurrency: int = 1,
    progress: Progress | None = None,
    settings_digest: str = "",
    grace: float = 5.0,
) -> UploadSummary:
    """Do what a run has left: resolve unknown batches by the list of uploads, send what is missing.

    Without `run_id`, the newest run at this target that left something. An unknown batch that a complete
    list still lacks `settle` seconds after it became unknown (the target's own number, else
    `DEFAULT_SETTLE`) is sent again; until then the list is asked again and again. `resend` names batches of
    which a person vouches that the server has not stored them. Refused batches are not sent again.
    Raises `LedgerError` when there is no such run, `UsageError` for a name in `resend` that is not in it.
    """
    _check(concurrency)
    old = _chosen(ledger, target, run_id)
    wait = _settle(settle, target)
    session = UploadSession(
        "resume", target, ledger, progress or Silent(), concurrency=concurrency, grace=grace
    )
    with session.begun(old.folder, settings_digest, resumes=old.id):
        session.take_from(old)
        if session.is_ready():
            session.vouch(resend)
            session.resolve(wait, resend=True)
            session.look_before()
            if session.pass_canary(make=False):
                session.send_missing()
            session.wait_for_others()
            if target.settle is not None:
                session.resolve(target.settle, resend=False)
            session.read_back(SETTLED)
            session.flag_missing(wait)
    return with_accounts_kept(session.summary(), target, ledger)


def verify(
    target: Target,
    ledger: Ledger,
    run_id: str | None = None,
    *,
    settle: float | None = None,
    progress: Progress | None = None,
    settings_digest: str = "",
) -> UploadSummary:
    """Compare what a run has sent with what the server lists. Sends nothing and changes nothing there.

    An acknowledged batch that a complete list lacks after `settle` seconds is shown as a contradiction.
    """
    old = _chosen(ledger, target, run_id)
    session = UploadSession("verify", target, ledger, progress or Silent())
    with session.begun(old.folder, settings_digest, resumes=old.id):
        session.take_from(old)
        if session.is_ready():
            session.read_back(NOT_SENDING)
            session.flag_missing(_settle(settle, target))
    return with_accounts_kept(session.summary(), target, ledger)


def _check(concurrency: int) -> None:
    if not 1 <= concurrency <= MAX_CONCURRENCY:
        raise UsageError(
            f"concurrency {concurrency} is out of range", help=f"give a number from 1 to {MAX_CONCURRENCY}"
        )


def _settle(given: float | None, target: Target) -> float:
    if given is not None:
        return given
    return DEFAULT_SETTLE if target.settle is None else target.settle


_OPEN = frozenset({BatchState.PLANNED, BatchState.SENDING, BatchState.UNKNOWN})


def _chosen(ledger: Ledger, target: Target, run_id: str | None) -> Run:
    """The run to go on with. Raises `LedgerError` or `SettingsError`."""
    ledger.recover(target.identity)
    if run_id is not None:
        found = ledger.run(run_id)
        if found.target != target.identity:
            raise SettingsError(
                f"run '{run_id}' went to '{found.target}', not to '{target.identity}'",
                help="choose the target it went to",
            )
        return found
    runs = ledger.runs(target.identity)
    if not runs:
        raise LedgerError(
            f"nothing was uploaded to '{target.identity}' from here",
            help="see `cgrev uploads list`, and check CGREV_STATE_DIR and the target",
        )
    for candidate in runs:
        if any(record.state in _OPEN for record in ledger.batches(candidate.id)):
            return candidate
    return runs[0]
