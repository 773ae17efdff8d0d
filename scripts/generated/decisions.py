"""The index of decision records: docs/decisions/README.md."""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "decisions"
HEAD = """\
# Decisions

Short records of why things are as they are: what was known, what was decided, what follows. A decision that
is taken back keeps its record and says so.

<!-- what follows is written by scripts/regenerate.py -->
"""


def files() -> dict[str, str]:
    lines = [HEAD]
    for path in sorted(FOLDER.glob("[0-9]*.md")):
        title = path.read_text("utf-8").partition("\n")[0].removeprefix("# ")
        words = re.sub(r"^\d+[.:]?\s*", "", title)
        lines.append(f"- [{path.stem[:4]}]({path.name}): {words}")
    return {"docs/decisions/README.md": "\n".join(lines) + "\n"}
