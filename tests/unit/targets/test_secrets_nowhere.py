"""Uploads that fail in every way, and then a search of everything they leave behind for the secrets."""

from __future__ import annotations

import gc
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any
from urllib.parse import quote_plus

import pytest

from cgrev.errors import CgrevError
from cgrev.targets.batches import BatchFile
from cgrev.targets.file_v41 import FileApiTarget
from cgrev.targets.http import Timeouts
from cgrev.targets.ledger import Ledger
from cgrev.uploading import plan, resume, run

TROUBLE: dict[str, dict[str, list[dict[str, Any]]]] = {
    "echoed refusal": {"upload": [{"status": 400, "echo": True}]},
    "echoed 200": {"upload": [{"status": 200, "echo": True}]},
    "echoed 500": {"upload": [{"status": 500, "echo": True}]},
    "echoed listing": {"list": [{"status": 400, "echo": True}] * 9},
    "echoed token refusal": {"token": [{"status": 401, "echo": True}]},
    "echoed token trouble": {"token": [{"status": 503, "echo": True}] * 3},
    "echoed token answer": {"token": [{"status": 200, "echo": True}]},
    "reset": {"upload": [{"read": "half"}]},
    "closed": {"upload": [{"then": "close"}]},
    "silence": {"upload": [{"then": "hang", "seconds": 1.0}]},
    "cut": {"upload": [{"then": "cut", "echo": True, "status": 200}]},
    "drip": {"upload": [{"then": "drip", "seconds": 0.05, "status": 200}]},
    "token reset": {"token": [{"read": "headers"}, {"then": "reset"}, {"then": "close"}]},
    "token cut": {"token": [{"then": "cut", "status": 200, "body": {"access_token": "x" * 50}}] * 3},
    "throttled": {"upload": [{"status": 429, "echo": True, "headers": {"Retry-After": "99"}}]},
    "401 twice": {"upload": [{"status": 401, "echo": True}] * 2},
    "redirect": {"upload": [{"status": 302, "headers": {"Location": "http://127.0.0.1:9/?t=1"}}]},
    "not http": {"upload": [{"status": 200, "headers": {"Bad Header": "x"}}]},
    "fine": {},
}


class Everything(logging.Handler):
    """Keeps each record as a formatter would write it, arguments and traceback included."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(logging.Formatter("%(name)s %(message)s").format(record))
        self.lines.append(repr(record.__dict__))


@pytest.fixture
def log() -> Iterator[Everything]:
    handler = Everything()
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


CASES = [(name, "oauth2") for name in TROUBLE]
CASES += [(name, "api-key") for name in ("echoed refusal", "echoed listing", "reset", "401 twice", "fine")]


@pytest.mark.parametrize(("name", "auth"), CASES)
def test_no_secret_is_left_anywhere(
    name: str,
    auth: str,
    server: Any,
    connect: Callable[..., FileApiTarget],
    ledger: Ledger,
    make_batch: Callable[..., BatchFile],
    log: Everything,
) -> None:
    target = connect(server, auth=auth, timeouts=Timeouts(1.0, 0.3, 0.6))
    left: list[str] = []
    for where, steps in TROUBLE[name].items():
        server.script(where, *steps)
    batches = [make_batch("a", 1), make_batch("b", 1)]
    for go in (
        lambda: run(plan(batches, target, ledger), target, ledger),
        lambda: resume(target, ledger, settle=0.0),
        lambda: target.listing(),
    ):
        try:
            result: Any = go()
            left += [repr(result), str(vars(target)), repr(target.describe())]
            if hasattr(result, "as_dict"):
                left += [json.dumps(result.as_dict()), str(asdict(result))]
                left.append(json.dumps(result.certificate().as_dict()))
        except CgrevError as error:
            left.append(_all_of(error))
    ledger.close()
    left += [path.read_bytes().decode("latin-1") for path in ledger.folder.rglob("*") if path.is_file()]
    left += log.lines
    everything = "\n".join(left)
    assert any("httpcore2" in line for line in log.lines), "the library's own log was searched too"
    secrets = [server.client_secret, quote_plus(server.client_secret), server.client_id, server.api_key]
    for secret in [*secrets, *server.tokens]:
        assert secret not in everything, _around(everything, secret)


def _all_of(error: BaseException) -> str:
    text = ""
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        shown = traceback.TracebackException.from_exception(one, capture_locals=True)
        frames = [frame for frame in shown.stack if "test_secrets_nowhere" not in frame.filename]
        text += "".join(str(frame.locals) for frame in frames) + str(shown) + repr(one) + str(vars(one))
        todo += [one.__cause__, one.__context__]
    return text


def _around(text: str, secret: str) -> str:
    at = text.index(secret)
    return text[max(0, at - 200) : at + 40]


def test_an_interrupt_in_the_middle_of_a_call_carries_nothing(
    server: Any, connect: Callable[..., FileApiTarget], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control-C during `check`, which runs in the main thread: its traceback shows no header."""
    from httpcore2._backends.sync import SyncStream

    target = connect(server, auth="api-key")

    def interrupt(*_: Any, **__: Any) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(SyncStream, "read", interrupt)
    with pytest.raises(KeyboardInterrupt) as caught:
        target.check()
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    frames = [frame for frame in shown.stack if "cgrev/targets" in frame.filename.replace("\\", "/")]
    assert frames
    assert server.api_key not in str([frame.locals for frame in frames])
    assert caught.value.__context__ is None
    gc.collect()
