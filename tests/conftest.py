"""What every test gets: no settings or secrets of the person who runs it, and state folders of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no failure. On CI the same examples every time: a red run must mean the change.
settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

KEPT = {"CGREV_TEST_POSTGRES_URL"}
UNWANTED = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "CLICOLOR", "CLICOLOR_FORCE", "TERM_PROGRAM")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@pytest.fixture(autouse=True)
def own_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that stands for the home of the test's user; tests may write settings into it."""
    for name in os.environ:
        if name.startswith("CGREV_") and name not in KEPT:
            monkeypatch.delenv(name)
    for name in (*UNWANTED, *PROXIES, *(proxy.lower() for proxy in PROXIES)):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for variable, folder in (
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_STATE_HOME", "state"),
        ("XDG_DATA_HOME", "data"),
        ("XDG_CACHE_HOME", "cache"),
        ("CGREV_STATE_DIR", "cgrev-state"),
    ):
        monkeypatch.setenv(variable, str(home / folder))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    return home


@dataclass(frozen=True, slots=True)
class Environment:
    """A Python environment of its own in which plugins can be installed; `work` is where commands run."""

    folder: Path
    work: Path

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """A line of a shell; both streams as one, in the order in which a person sees them."""
        variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        return subprocess.run(
            ["bash", "-c", command],
            cwd=self.work,
            env={
                **variables,
                "PATH": os.pathsep.join([str(self.folder / "bin"), os.environ["PATH"]]),
                "COLUMNS": "100",
                "PIP_NO_DEPS": "1",
                "PIP_NO_INDEX": "1",
                "PIP_NO_BUILD_ISOLATION": "0",
                "PIP_DISABLE_PIP_VERSION_CHECK": "1",
                "PIP_ROOT_USER_ACTION": "ignore",
                "PYTHONUNBUFFERED": "1",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=180,
        )


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """A fresh environment that sees what is installed here, and keeps to itself what is installed in it.

    Without a package index: nothing is downloaded, and nothing is copied."""
    folder = tmp_path / "environment"
    venv.EnvBuilder(symlinks=True).create(folder)
    python = folder / "bin" / "python"
    packages = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    seen = sysconfig.get_path("purelib")
    (packages / "seen.pth").write_text(f"import site; site.addsitedir({seen!r})\n", "utf-8")
    for name, call in (
        ("pip", "from pip._internal.cli.main import main; import sys; sys.exit(main())"),
        ("cgrev", "from cgrev.cli import main; main()"),
    ):
        script = folder / "bin" / name
        script.write_text(f"#!{python}\n{call}\n", "utf-8")
        script.chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    return Environment(folder, work)
