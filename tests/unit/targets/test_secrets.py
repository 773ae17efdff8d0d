"""A secret is used and never shown; text of others is cleaned of it."""

from __future__ import annotations

import base64
import copy
import json
import logging
import pickle
import urllib.parse
from dataclasses import asdict, dataclass

import pytest

from cgrev.targets.secrets import Secret, guard_loggers, redact, server_text

VALUE = 'pa55/word+&="quoted" é-9c'


@dataclass
class Holder:
    key: Secret


def test_no_way_of_printing_shows_it() -> None:
    secret = Secret(VALUE)
    holder = Holder(secret)
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret:>40}",
        f"{secret!r}",
        f"{secret} {secret!r}",
        repr([secret]),
        repr(holder),
        str(asdict(holder)),
        str(vars(holder)),
    ]
    assert all("pa55" not in text for text in shown)
    assert all("***" in text for text in shown)
    assert not hasattr(secret, "__dict__")


def test_it_cannot_be_written_down() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret(VALUE))
    with pytest.raises(TypeError):
        json.dumps(Secret(VALUE))
    assert copy.deepcopy(Holder(Secret(VALUE))).key.reveal() == VALUE


def test_equality_is_of_values_and_only_with_secrets() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert not Secret("") and Secret("a")


@pytest.mark.parametrize(
    "spelling",
    [
        VALUE,
        urllib.parse.quote(VALUE, safe=""),
        urllib.parse.quote_plus(VALUE),
        json.dumps(VALUE)[1:-1],
        base64.b64encode(VALUE.encode()).decode(),
        repr(VALUE),
    ],
)
def test_every_spelling_of_a_live_secret_is_redacted(spelling: str) -> None:
    secret = Secret(VALUE)
    cleaned = redact(f"before {spelling} after")
    assert "pa55" not in cleaned and spelling not in cleaned
    assert cleaned.startswith("before ") and cleaned.endswith(" after")
    assert secret


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("Authorization: Bearer abc.def-123", "abc.def-123"),
        ("authorization: api_key 99887766", "99887766"),
        ('{"access_token": "tok-unknown-1"}', "tok-unknown-1"),
        ("client_secret=hush-hush&grant_type=x", "hush-hush"),
        ("api-key: 12345678", "12345678"),
    ],
)
def test_what_looks_like_a_secret_is_redacted_too(text: str, gone: str) -> None:
    assert gone not in redact(text)


def test_text_without_secrets_stays_as_it_is() -> None:
    text = "Record 2: Duplicate Record (Acme Bearer GmbH, 1234)"
    assert redact(text).startswith("Record 2: Duplicate Record (Acme Bearer")
    assert redact("the token is not valid") == "the token is not valid"


def test_the_text_of_a_server_is_one_short_harmless_line() -> None:
    secret = Secret("tail-secret-value")
    shown = server_text("a\x1b[31m\r\nb\u202ec\t" + "x" * 2000 + secret.reveal())
    assert shown.isprintable() and len(shown) == 500
    assert server_text("x" * 495 + secret.reveal()).endswith("***")


def test_a_cut_never_leaves_half_a_secret() -> None:
    secret = Secret("abcdefghijklmnop")
    assert "abcdefgh" not in server_text("y" * 490 + secret.reveal() + "z" * 100)


def test_a_guarded_logger_cleans_message_arguments_and_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    guard_loggers()
    secret = Secret("logged-secret-1")
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("httpcore2.http11").debug("headers %r", [("x", secret.reveal())])
        try:
            raise ValueError(f"with {secret.reveal()}")
        except ValueError:
            logging.getLogger("cgrev.targets").exception("failed with %s", secret.reveal())
        logging.getLogger("httpx2").info("broken %s %s", secret.reveal())
    assert len(caplog.records) == 3
    assert "logged-secret-1" not in caplog.text
    assert "ValueError" in caplog.text
