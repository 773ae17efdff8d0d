"""`python -m cgrev`: the command line."""

from __future__ import annotations

from cgrev.cli import main

main()
