"""Plans and runs one upload, as a program: state folder, address, options as JSON, files."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from cgrev.targets.batches import plain_file
from cgrev.targets.ledger import Ledger
from cgrev.targets.registry import create
from cgrev.uploading import exit_code, plan, run


def main() -> int:
    state, url, options, *files = sys.argv[1:]
    given = json.loads(options)
    records = given.pop("records", 2)
    target = create("sandbox", {"api_url": url, "backoff": 0.01, "timeout": 30.0})
    with Ledger(Path(state)) as ledger:
        upload = plan([plain_file(Path(file), records=records) for file in files], target, ledger)
        summary = run(upload, target, ledger, **given)
    target.close()
    print(json.dumps(summary.as_dict()))
    return exit_code(summary)


if __name__ == "__main__":
    sys.exit(main())
