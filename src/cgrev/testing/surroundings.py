"""What a run under test may see: no settings of the person who runs it, and no network."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

_OUTSIDE = frozenset(
    {
        "socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo",
        "socket.gethostbyname", "subprocess.Popen", "os.system", "os.posix_spawn", "os.spawn", "os.exec",
    }
)  # fmt: skip
"""Events of the interpreter (PEP 578) by which a program reaches beyond its process."""


class OutsideReached(Exception):
    """Raised where code under test opens a connection or starts a program."""


class _Watch:
    """The one audit hook of the process: such a hook can never be taken out again, so it is added once."""

    def __init__(self) -> None:
        self.added = False
        self.seen: list[str] | None = None

    def hook(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.seen is not None and event in _OUTSIDE:
            self.seen.append(event)
            raise OutsideReached(f"{event} is not allowed here")


_watch = _Watch()


@contextlib.contextmanager
def nothing_outside() -> Iterator[list[str]]:
    """Within it, connections and programs are refused. The list holds what was tried, even where the
    code swallowed the refusal."""
    if not _watch.added:
        sys.addaudithook(_watch.hook)
        _watch.added = True
    before, seen = _watch.seen, list[str]()
    _watch.seen = seen
    try:
        yield seen
    finally:
        _watch.seen = before


@contextlib.contextmanager
def own_settings(folder: Path) -> Iterator[None]:
    """Within it, `folder` is the current folder, and no settings but those of flags are seen.

    Golden files must not depend on the `cgrev.toml` or the environment of whoever runs them."""
    kept, here = dict(os.environ), Path.cwd()
    with tempfile.TemporaryDirectory(prefix="cgrev-") as empty:
        config = Path(empty, "cgrev.toml")
        config.write_text("", encoding="utf-8")
        for name in [name for name in os.environ if name.startswith("CGREV_")]:
            del os.environ[name]
        os.environ |= {
            "CGREV_CONFIG": str(config),
            "CGREV_STATE_DIR": empty,
            "XDG_CONFIG_HOME": empty,
            "HOME": empty,
        }
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(here)
            os.environ.clear()
            os.environ.update(kept)
