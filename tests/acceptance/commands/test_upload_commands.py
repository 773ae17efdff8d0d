"""Purpose: uploading from the command line, against the sandbox over a real socket."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cgrev.cli.main import main
from cgrev.layout import HEADINGS
from cgrev.testing.sandbox import RunningSandbox, running_sandbox

Run = Callable[..., int]


@pytest.fixture
def box() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def run(box: RunningSandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """The command line with the sandbox as its target."""
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "CGREV_TARGET": "sandbox",
        "CGREV_API_URL": box.api_url,
        "CGREV_AUTH_URL": box.auth_url,
        "CGREV_CLIENT_ID": box.client_id,
        "CGREV_CLIENT_SECRET": box.client_secret,
    }.items():
        monkeypatch.setenv(name, value)

    def call(*words: str | Path) -> int:
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        return int(ended.value.code or 0)

    return call


def source(path: Path, rows: int = 3, start: int = 0) -> Path:
    lines = [f"Account {n},{100 + n},2024-01-01,2024-12-31,ARR,note" for n in range(start, start + rows)]
    path.write_text("\n".join([",".join(HEADINGS), *lines]) + "\n")
    return path


def test_a_folder_goes_up_once_and_the_summary_reconciles(
    run: Run, box: RunningSandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("convert", "--from", "canonical", source(tmp_path / "in.csv", 2_500), "-o", "out") == 0
    capsys.readouterr()
    assert run("upload", "out", "--yes", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["reconciliation"]["verified"]["records"] == 2_500
    assert told["reconciliation"]["explained"] is True
    assert [upload["successful_records"] for upload in box.uploads()] == ["1000", "1000", "500"]
    assert run("upload", "out", "--yes") == 0
    assert len(box.uploads()) == 3, "what is stored is not sent again"


def test_a_dry_run_shows_the_plan_with_bookings_and_sends_nothing(
    run: Run, box: RunningSandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("convert", "--from", "canonical", source(tmp_path / "in.csv"), "-o", "out") == 0
    capsys.readouterr()
    assert run("upload", "out", "--dry-run", "--json") == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["to_send"] == {"batches": 1, "records": 3, "total": "303"}
    assert plan["booked"]["by_type"] == {"ARR": "303"}
    assert plan["booked"]["by_month"]["2024-01"] == "25.26"
    assert box.uploads() == []


def test_without_a_terminal_nothing_is_sent_unasked(
    run: Run, box: RunningSandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("upload", source(tmp_path / "in.csv")) == 2
    assert "--yes" in capsys.readouterr().err
    assert box.uploads() == []


def test_files_with_errors_are_not_sent(
    run: Run, box: RunningSandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(",".join(HEADINGS) + "\nAcme,twelve,2024-01-01,2024-12-31,ARR,\n")
    assert run("upload", bad, "--yes") == 1
    said = capsys.readouterr()
    assert "CGR211" in said.err and said.out == ""
    assert box.uploads() == []


def test_one_command_converts_and_uploads(run: Run, box: RunningSandbox, tmp_path: Path) -> None:
    given = tmp_path / "in.csv"
    given.write_text(",".join(HEADINGS) + '\nAcme,"1,234.50",31.01.2024,30.01.2025,arr,\n')
    assert run("upload", given, "--from", "canonical", "-o", "out", "--yes") == 0
    assert box.accounts() == ["Acme"]
    assert sum(float(entry["amount"]) for entry in box.booked()) == pytest.approx(1235 * 13 / 12, abs=0.01)


def test_a_folder_with_rejected_rows_needs_partial(
    run: Run, box: RunningSandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = tmp_path / "in.csv"
    given.write_text(
        ",".join(HEADINGS) + "\nAcme,5,2024-01-01,2024-12-31,ARR,\nBeta,x,2024-01-01,2024-12-31,ARR,\n"
    )
    assert run("convert", "--from", "canonical", given, "-o", "out") == 1
    assert run("upload", "out", "--yes") == 2
    assert "--partial" in capsys.readouterr().err
    assert run("upload", "out", "--yes", "--partial") == 0
    assert box.accounts() == ["Acme"]


def test_an_unknown_outcome_ends_in_5_and_resume_does_what_is_missing(
    run: Run, box: RunningSandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("convert", "--from", "canonical", source(tmp_path / "in.csv", 2_000), "-o", "out") == 0
    box.faults.add(on="upload", kind="status", status=500, stored=False, times=1)
    capsys.readouterr()
    assert run("upload", "out", "--yes", "--json") == 5
    states = [batch["state"] for batch in json.loads(capsys.readouterr().out)["batches"]]
    assert sorted(states) == ["unknown", "verified"]
    assert run("uploads", "resume", "--settle", "0", "--json") == 0
    assert len(box.uploads()) == 2, "each batch stands once"
    capsys.readouterr()
    assert run("uploads", "list", "--json") == 0
    assert [entry["command"] for entry in json.loads(capsys.readouterr().out)] == ["resume", "upload"]
    assert run("uploads", "verify") == 0
    assert run("uploads", "show") == 0


def test_wrong_credentials_end_in_3_and_nothing_is_sent(
    run: Run,
    box: RunningSandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CGREV_CLIENT_SECRET", "not-the-secret")
    assert run("upload", source(tmp_path / "in.csv"), "--yes") == 3
    said = capsys.readouterr()
    assert "not-the-secret" not in said.out + said.err
    assert box.uploads() == []


def test_a_server_that_is_not_there_ends_in_4(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CGREV_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("CGREV_AUTH_URL", "http://127.0.0.1:9")
    (tmp_path / "cgrev.toml").write_text("[target]\nattempts = 1\nbackoff = 0.0\n")
    assert run("upload", source(tmp_path / "in.csv"), "--yes") == 4
    assert "Traceback" not in capsys.readouterr().err


def test_status_says_where_credentials_come_from_and_never_what_they_are(
    run: Run, box: RunningSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("auth", "status") == 0
    shown = capsys.readouterr().out
    assert "CGREV_CLIENT_SECRET" in shown and "environment" in shown
    assert box.client_secret not in shown


def test_doctor_asks_the_target_and_names_origins(
    run: Run, box: RunningSandbox, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = {point.name for point in importlib.metadata.entry_points(group="cgrev.converters")}
    monkeypatch.setenv("CGREV_DISABLED_PLUGINS", ",".join(installed))  # their health is another test's
    assert run("doctor") == 0
    shown = capsys.readouterr().out
    assert box.api_url in shown and "environment" in shown
    assert box.client_secret not in shown
    assert run("doctor", "--json") == 0
    assert json.loads(capsys.readouterr().out)["target"]["ok"] is True


def test_the_demo_runs_end_to_end(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("cgrev_salesforce")
    assert run("demo") == 0
    shown = capsys.readouterr().out
    assert "every month is booked as planned: yes" in shown


def test_a_frozen_plan_is_sent_unchanged_or_not_at_all(
    run: Run, box: RunningSandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("convert", "--from", "canonical", source(tmp_path / "in.csv"), "-o", "out") == 0
    assert run("upload", "out", "--plan", "plan.json") == 0
    assert box.uploads() == []
    assert run("convert", "--from", "canonical", source(tmp_path / "in.csv", 4), "-o", "out") == 0
    capsys.readouterr()
    assert run("upload", "out", "--apply", "plan.json") == 2
    assert "not all is as when 'plan.json' was made" in capsys.readouterr().err
    assert box.uploads() == []
    assert run("convert", "--from", "canonical", source(tmp_path / "in.csv"), "-o", "out") == 0
    assert run("upload", "out", "--apply", "plan.json") == 0
    assert len(box.uploads()) == 1


def test_a_certificate_says_who_sent_what_and_holds_no_secret(
    run: Run, box: RunningSandbox, tmp_path: Path
) -> None:
    assert run("convert", "--from", "canonical", source(tmp_path / "in.csv"), "-o", "out") == 0
    words = ("--certificate", "sent.json", "--certificate", "sent.html")
    assert run("upload", "out", "--yes", *words) == 0
    stated = json.loads((tmp_path / "sent.json").read_text())
    assert stated["schema"] == "cgrev-certificate/1"
    assert stated["reconciliation"]["explained"] is True
    assert stated["made_from"]["totals"]["written"] == "303"
    for name in ("sent.json", "sent.html"):
        assert box.client_secret not in (tmp_path / name).read_text()
    assert run("upload", "out", "--yes", "--certificate", "sent.pdf") == 2
