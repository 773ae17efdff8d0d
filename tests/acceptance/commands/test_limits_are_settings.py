"""Purpose: each limit of the readers is a setting, and going beyond it is one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from cgrev.cli.main import main
from cgrev.layout import HEADINGS

ROWS = "".join(f"Account {n},{n + 1},2024-01-01,2024-12-31,ARR,\n" for n in range(20))


@pytest.mark.parametrize(
    ("limit", "value"), [("rows", 10), ("columns", 3), ("file-bytes", 100), ("cell-length", 5)]
)
@pytest.mark.parametrize("command", [("check",), ("convert", "--from", "canonical", "-o", "out")])
def test_a_lower_limit_refuses_the_file(
    limit: str,
    value: int,
    command: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.csv").write_text(",".join(HEADINGS) + "\n" + ROWS)
    (tmp_path / "cgrev.toml").write_text(f"[limits]\n{limit} = {value}\n")
    with pytest.raises(SystemExit) as ended:
        main([*command, "in.csv", "--output-format", "concise"])
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert "CGR004" in said.out + said.err
    assert "Traceback" not in said.err
    assert not (tmp_path / "out").exists()


def test_the_defaults_take_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.csv").write_text(",".join(HEADINGS) + "\n" + ROWS)
    with pytest.raises(SystemExit) as ended:
        main(["check", "in.csv"])
    assert ended.value.code == 0
