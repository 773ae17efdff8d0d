from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
from cgrev._registry import Registry
Registry().listed()
print([name for name in ("polars", "pandera", "pydantic", "rapidfuzz", "pluggy") if name in sys.modules])
"""


def test_listing_converters_imports_no_heavy_library() -> None:
    ran = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
