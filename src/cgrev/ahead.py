"""The next item in a thread of its own, while the one before it is worked on."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")

WORTH_A_THREAD = 10_000
"""Rows of a piece from which the next one is got in advance."""


def ahead(items: Iterator[Item], name: str) -> Iterator[Item]:
    """The same items in the same order. What getting one raises comes in its turn; one that is not taken any
    more is waited for, and dropped."""
    with ThreadPoolExecutor(1, thread_name_prefix=name) as thread:
        step = thread.submit(next, items, None)
        while (item := step.result()) is not None:
            step = thread.submit(next, items, None)
            yield item
