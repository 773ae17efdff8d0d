"""The `demo` command: a whole month's work in a few seconds, on embedded defaults."""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from importlib.resources import as_file, files
from pathlib import Path

import typer

from cgrev._registry import Registry
from cgrev.booked import booked_by
from cgrev.choosing import choose
from cgrev.cli.calls import Reporting, emit, planned
from cgrev.cli.ending import FINDINGS
from cgrev.cli.sandbox import needs_server
from cgrev.cli.summaries import plan_text, summary_text
from cgrev.findings import plain
from cgrev.opening import Input
from cgrev.readers import ReadOptions
from cgrev.settings import Settings, load
from cgrev.targeting import opened_target
from cgrev.targets.ledger import Ledger
from cgrev.uploading import exit_code, plan, run
from cgrev.verbs.convert import converted

SHOWN_ACCOUNTS = 8


def run_demo(keep: str | None) -> int:
    """Convert, check, upload, read back; exit 0 when every record went up and was booked as expected."""
    try:
        from cgrev.testing.sandbox import running_sandbox
    except ImportError as missing:
        raise needs_server(missing) from None
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cgrev-demo-")))
        target = Path(keep) if keep else folder / "upload"
        sample = stack.enter_context(as_file(files("cgrev.data") / "salesforce-report.csv"))
        box = stack.enter_context(running_sandbox())
        stack.enter_context(_environment(box.client_id, box.client_secret))
        settings = load(
            {
                "target.kind": "sandbox",
                "target.api-url": box.api_url,
                "target.auth-url": box.auth_url,
                "target.settle": 0.0,
            },
            config=os.devnull,
        )
        step(f"1. sandbox server on {box.api_url}")
        if not convert_sample(sample, target, settings):
            return FINDINGS
        step("3. upload, each batch once")
        with opened_target(settings) as place, Ledger(folder / "state") as ledger:
            upload = plan(target, place, ledger, partial=True)
            expected = booked_by([item.batch.path for item in upload.items], settings)
            typer.echo(plan_text(upload, expected))
            summary = run(upload, place, ledger)
        typer.echo(summary_text(summary))
        step("4. what the server has booked")
        months = show_booked(box.booked())
        agrees = months == expected.by_month
        typer.echo(
            "every month is booked as planned: " + ("yes" if agrees else "NO, look at the months above")
        )
        if keep:
            typer.echo(f"the upload files are in {keep}")
        return exit_code(summary) if agrees else FINDINGS


def step(text: str) -> None:
    """A heading between the parts."""
    typer.echo(f"\n== {text}")


def convert_sample(sample: Path, target: Path, settings: Settings) -> bool:
    """Convert the sample report; its mistakes are shown, its valid rows are written."""
    step("2. convert a Salesforce report: cgrev convert --from salesforce report.csv")
    shown = Input("report.csv", sample.read_bytes())
    chosen = choose("salesforce", shown, ReadOptions(), settings=settings, registry=Registry())
    done = converted([shown], chosen, settings, ReadOptions(), {}, ("csv",), target)
    emit(done.report, planned(Reporting(), settings.check), done.runs, settings.check)
    if done.manifest is None:
        return False
    for batch in done.manifest.batches:
        typer.echo(
            f"wrote {batch.file}: {batch.records} records, {batch.bytes:,} bytes, total {batch.total:,}"
        )
    return True


def show_booked(entries: list[dict[str, str]]) -> dict[str, Decimal]:
    """Accounts by months for the first few; the answer is the total of each month."""
    months: dict[str, Decimal] = defaultdict(Decimal)
    accounts: dict[str, Decimal] = defaultdict(Decimal)
    for entry in entries:
        months[entry["month"]] += Decimal(entry["amount"])
        accounts[entry["account"]] += Decimal(entry["amount"])
    largest = max(months.values(), default=Decimal(1))
    for month, amount in sorted(months.items()):
        typer.echo(f"  {month} {plain(amount):>12} {'#' * max(1, int(40 * amount / largest))}")
    typer.echo(f"  {len(accounts)} accounts; the largest:")
    for account, amount in sorted(accounts.items(), key=lambda item: -item[1])[:SHOWN_ACCOUNTS]:
        typer.echo(f"  {plain(amount):>20}  {account}")
    return dict(sorted(months.items()))


@contextmanager
def _environment(client_id: str, client_secret: str) -> Iterator[None]:
    """The sandbox's credentials where a client looks for them, for the length of the demo."""
    given = {"CGREV_CLIENT_ID": client_id, "CGREV_CLIENT_SECRET": client_secret}
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
