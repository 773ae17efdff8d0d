"""Write, or check, every file of the repository that is derived from the code.

    python scripts/regenerate.py write
    python scripts/regenerate.py check

`check` prints the files that differ from what the code says, with the first differing lines, and exits 1.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence
from pathlib import Path

from generated import everything

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("mode", choices=("write", "check"))
    mode = parser.parse_args(arguments).mode
    drifted = False
    for name, text in everything().items():
        path = ROOT / name
        present = path.read_text("utf-8") if path.exists() else ""
        if text == present:
            continue
        if mode == "write":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8", newline="\n")
            print(name)
            continue
        drifted = True
        difference = difflib.unified_diff(
            present.splitlines(), text.splitlines(), name, "what the code says", lineterm="", n=1
        )
        print("\n".join(list(difference)[:12]), file=sys.stderr)
    if drifted:
        print("help: run `make schemas` and commit what it wrote", file=sys.stderr)
    return 1 if drifted else 0


if __name__ == "__main__":
    raise SystemExit(main())
