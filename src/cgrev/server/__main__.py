"""`python -m cgrev.server`: a sandbox in a process of its own, for tests that kill it.

Reads its settings as one JSON object from standard input, so that no secret stands on a command line,
and writes its URL to standard output when it is ready.
"""

from __future__ import annotations

import logging
import sys

from cgrev.errors import CgrevError
from cgrev.server.run import serve
from cgrev.server.settings import SandboxSettings


def main() -> int:
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")
    settings = SandboxSettings.model_validate_json(sys.stdin.readline())
    try:
        serve(settings, on_ready=lambda url: print(url, flush=True))
    except CgrevError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
