from __future__ import annotations

import subprocess
import sys

import cgrev.plugin


def test_every_name_of_the_surface_is_there() -> None:
    for name in cgrev.plugin.__all__:
        assert getattr(cgrev.plugin, name) is not None
    assert sorted(set(cgrev.plugin._HOME) - set(cgrev.plugin.__all__)) == []


def test_importing_the_surface_imports_no_polars() -> None:
    code = "import sys, cgrev.plugin; print('polars' in sys.modules, 'pandera' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "False"]
