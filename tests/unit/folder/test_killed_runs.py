"""A run killed at any step leaves the old folder or the new one, whole.

The child kills itself with SIGKILL at its n-th call into the file system, seen through the interpreter's
audit events; one child for every n until a run comes through. No hook in the code under test.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks and counts system calls")

HARNESS = r"""
import os, signal, sys
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from cgrev import files, folder
from cgrev.manifest import Amounts, Rows, RunFacts, read_manifest, verify

root, swaps = Path(sys.argv[1]), sys.argv[2] == "swap"
target = root / "out"
if not swaps:  # a file system that cannot exchange two folders
    replace = files.replace_folder
    folder.replace_folder = lambda new, old: replace(new, old, exchange=lambda one, other: False)


def run(word, count):
    with folder.FolderWriter(target, "x") as made:
        for number in range(count):
            data = f"{word} {number}\n".encode()
            made.add(SimpleNamespace(data=data, records=1, total=0, sha256=sha256(data).hexdigest()), "csv")
        made.add_file("report.json", word)
        made.commit(RunFacts(rows=Rows(read=count, written=count), totals=Amounts()))


def killed_at(n, word):
    child = os.fork()
    if child == 0:
        seen = 0

        def watch(event, arguments):
            nonlocal seen
            if event in WATCHED:
                seen += 1
                if seen == n:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(watch)
        run(word, 3)
        os._exit(0)
    return os.waitpid(child, 0)[1] != 0


WATCHED = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.chmod", "os.listdir", "os.scandir",
           "shutil.rmtree", "ctypes.dlsym", "fcntl.flock"}
run("old", 2)
outcomes = []
n = 0
while True:
    n += 1
    was_killed = killed_at(n, "new")
    if not target.exists():
        assert not swaps, f"step {n}: nothing is left"
        files.recover_folder(target)
    assert verify(target) == [], f"step {n}: {verify(target)}"
    word = (target / "report.json").read_text()
    made = read_manifest(target)
    assert len(made.batches) == {"old": 2, "new": 3}[word], f"step {n}"
    assert sorted(path.name for path in target.iterdir()) == sorted(
        ["manifest.json", "report.json", *(batch.file for batch in made.batches)]), f"step {n}"
    outcomes.append(word)
    if word == "new":  # back to the start; also removes what the killed run left beside
        run("old", 2)
    if not was_killed:
        break
run("old", 2)
assert sorted(path.name for path in root.iterdir()) == ["out"], os.listdir(root)
print(n, outcomes.count("old"), outcomes.count("new"))
"""


@pytest.mark.parametrize("way", ["swap", "two-moves"])
def test_a_kill_at_any_step_leaves_the_old_or_the_new_folder(tmp_path: object, way: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HARNESS, str(tmp_path), way], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    steps, old, new = map(int, done.stdout.split())
    assert steps > 20
    assert old > 10, "the old state stands while the new one is written"
    assert new > 1, "some kills come after the move, while the old state is removed"
