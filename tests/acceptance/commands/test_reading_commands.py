"""Purpose: what a person types to look at files: inspect, rules, schema, profile, and faulty words."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cgrev.cli.main import main
from cgrev.layout import HEADINGS

HEADER = ",".join(HEADINGS)


def run(*words: str | Path) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return int(ended.value.code or 0)


def command(*words: str, data: bytes = b"", folder: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """A process of its own: pipes, signals and exit codes as a shell sees them."""
    return subprocess.run(
        [sys.executable, "-c", "from cgrev.cli import main; main()", *words],
        input=data,
        capture_output=True,
        cwd=folder,
        timeout=120,
        check=False,
    )


def test_inspect_states_decisions_with_their_evidence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "in.csv"
    file.write_text(f'{HEADER}\nAcme,"1.234,50",31/01/2024,31/12/2024,ARR,\n')
    assert run("inspect", file, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    decided = {(d["about"], d["column"]): (d["value"], d["how"]) for d in told["decisions"]}
    assert decided[("decimal mark", "Revenue amount")] == ("','", "evidence")
    assert decided[("date order", None)][0].startswith("dmy") or "day" in decided[("date order", None)][0]
    assert told["file"]["rows"] == {"read": 1, "written": 1, "rejected": 0, "skipped": 0}
    assert told["file"]["totals"]["source"] == "1234.5"
    assert run("inspect", file) == 0
    assert "1.234,50" in capsys.readouterr().out


def test_inspect_writes_nothing_and_says_what_it_cannot_decide(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "odd.csv"
    file.write_text("colour,shape\nred,round\n")
    assert run("inspect", file) == 0
    assert "not read further" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["odd.csv"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("check", "nowhere.csv"), "CGR001"),
        (("convert", "--from", "nosuch", "nowhere.csv"), "nosuch"),
        (("convert", "--from", "canonical", "--to", "pdf", "in.csv"), "pdf"),
        (("convert", "--from", "canonical", "--rounding", "up", "in.csv"), "half-up"),
        (("check", "in.csv", "--severity", "CGR212"), "CODE=error"),
        (("check", "in.csv", "--ignore", "CGR211"), "cannot be ignored"),
        (("check", "in.csv", "--output-format", "pdf"), "pdf"),
        (("rules", "CGR21"), "CGR21"),
        (("schema", "show", "nosuch"), "nosuch"),
        (("upload", "nowhere"), "nowhere"),
        (("profile", "check", "nowhere.toml", "in.csv"), "nowhere.toml"),
        (("check", "in.csv", "--config", "nowhere.toml"), "nowhere.toml"),
    ],
)
def test_faulty_words_end_in_one_clear_line_and_2(
    words: tuple[str, ...],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.csv").write_text(f"{HEADER}\nAcme,5,2024-01-01,2024-12-31,ARR,\n")
    assert run(*words) == 2
    said = capsys.readouterr()
    assert says in said.out + said.err
    assert "Traceback" not in said.err


def test_standard_input_is_a_file_called_dash() -> None:
    done = command(
        "check",
        "-",
        "--output-format",
        "concise",
        data=f"{HEADER}\nAcme,x,2024-01-01,2024-12-31,ARR,\n".encode(),
    )
    assert done.returncode == 1
    assert done.stdout.startswith(b"-:2:Revenue amount: CGR211")


def test_a_reader_that_goes_away_is_no_fault(tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text(HEADER + "\n" + "Acme,x,2024-01-01,2024-12-31,ARR,\n" * 20_000)
    cgrev = f'"{sys.executable}" -c "from cgrev.cli import main; main()"'
    script = f'{cgrev} check "{file}" --output-format concise | head -n 1'
    done = subprocess.run(["sh", "-c", script], capture_output=True, timeout=120, check=False)
    assert done.stdout.count(b"\n") == 1
    assert b"Traceback" not in done.stderr and b"Error" not in done.stderr


def test_data_goes_to_stdout_and_messages_to_stderr(tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text(f"{HEADER}\nAcme,5,2024-01-01,2024-12-31,ARR,\n")
    done = command(
        "convert", "--from", "canonical", str(file), "-o", "out", "--output-format", "json", folder=tmp_path
    )
    assert done.returncode == 0
    json.loads(done.stdout)
    assert done.stderr.decode() == "out: 1 file with 1 records\n"
