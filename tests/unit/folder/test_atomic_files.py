"""One file, old or new: content, permissions, links, and nothing left behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cgrev.errors import SettingsError
from cgrev.files import atomic_write, exchange_folders, lock_folder, recover_folder, replace_folder


def test_a_file_is_made_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    atomic_write(path, b"one\r\n")
    assert path.read_bytes() == b"one\r\n"
    atomic_write(str(path), "zwölf\n")
    assert path.read_bytes() == "zwölf\n".encode()
    assert os.listdir(tmp_path) == ["a.csv"]


def test_permissions_are_kept_and_new_files_follow_the_mask(tmp_path: Path) -> None:
    path, plain = tmp_path / "a.csv", tmp_path / "plain"
    plain.write_bytes(b"")
    atomic_write(path, b"x")
    assert path.stat().st_mode == plain.stat().st_mode
    path.chmod(0o640)
    atomic_write(path, b"y")
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.csv").write_bytes(b"old")
    (tmp_path / "link.csv").symlink_to("real/a.csv")
    atomic_write(tmp_path / "link.csv", b"new")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real" / "a.csv").read_bytes() == b"new"


def test_a_place_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot write '.*nowhere/a\.csv': no such file or directory"):
        atomic_write(tmp_path / "nowhere" / "a.csv", b"x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(SettingsError, match=r"cannot write '.*folder': is a directory"):
        atomic_write(tmp_path / "folder", b"x")
    assert os.listdir(tmp_path) == ["folder"]


def test_a_long_name_leaves_room_for_the_temporary_one(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)
    atomic_write(path, b"x")
    assert path.read_bytes() == b"x"


def folder(path: Path, text: str) -> Path:
    path.mkdir()
    (path / text).write_text(text)
    return path


@pytest.mark.parametrize("swaps", [True, False])
def test_a_folder_replaces_another_with_and_without_exchange(tmp_path: Path, swaps: bool) -> None:
    target = folder(tmp_path / "out", "old")
    exchange = exchange_folders if swaps else lambda one, other: False
    replace_folder(folder(tmp_path / "fresh", "new"), target, exchange=exchange)
    assert os.listdir(target) == ["new"]
    assert os.listdir(tmp_path) == ["out"]


def test_a_kill_between_the_two_moves_is_undone(tmp_path: Path) -> None:
    folder(tmp_path / ".out.cgrev-aside", "old")
    recover_folder(tmp_path / "out")
    assert os.listdir(tmp_path / "out") == ["old"]
    folder(tmp_path / ".out.cgrev-aside", "older")
    recover_folder(tmp_path / "out")
    assert os.listdir(tmp_path / "out") == ["old"]
    assert os.listdir(tmp_path) == ["out"]


def test_a_lock_is_held_once_and_follows_the_folder(tmp_path: Path) -> None:
    place = folder(tmp_path / "one", "x")
    held = lock_folder(place)
    assert held is not None
    assert lock_folder(place) is None
    place.rename(tmp_path / "two")
    assert lock_folder(tmp_path / "two") is None
    os.close(held)
    again = lock_folder(tmp_path / "two")
    assert again is not None
    os.close(again)
    assert lock_folder(tmp_path / "gone") is None
