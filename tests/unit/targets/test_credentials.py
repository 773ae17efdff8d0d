"""Where credentials come from, in which order, and that nothing ever says what they are."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from cgrev.errors import AuthenticationFailed, SettingsError
from cgrev.targets import credentials
from cgrev.targets.credentials import API_KEY, CLIENT_ID, CLIENT_SECRET, KeyringUnavailable, Origin
from cgrev.targets.secrets import Secret

HOST = "auth.eu.customergauge.com"
BOTH = {CLIENT_ID: "the-id-value", CLIENT_SECRET: "the-secret-value"}


class Kept:
    """A keyring in memory. `broken` makes every call fail with the password in the message."""

    def __init__(self, broken: bool = False, deaf: bool = False) -> None:
        self.entries: dict[tuple[str, str], str] = {}
        self.broken = broken
        self.deaf = deaf

    def get_password(self, service: str, username: str) -> str | None:
        if self.broken:
            raise RuntimeError("locked: the-secret-value")
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.broken:
            raise RuntimeError(f"locked: {password}")
        if not self.deaf:
            self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.entries[service, username]


def test_the_environment_comes_first() -> None:
    keyring = Kept()
    keyring.entries[f"cgrev:{HOST}", CLIENT_ID] = "from-keyring"
    found = credentials.load("oauth2", HOST, environ=BOTH, keyring=keyring)
    assert found.client_id == Secret("the-id-value")
    assert found.client_secret == Secret("the-secret-value")
    assert found.api_key is None


def test_a_file_named_by_the_environment_is_read_without_its_line_end(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"\xef\xbb\xbfthe-key\r\n")
    found = credentials.load("api-key", HOST, environ={f"{API_KEY}_FILE": str(path)}, keyring=Kept())
    assert found.api_key == Secret("the-key")


def test_the_keyring_fills_in_what_is_missing() -> None:
    keyring = Kept()
    keyring.entries[f"cgrev:{HOST}", CLIENT_SECRET] = "from-keyring"
    found = credentials.load("oauth2", HOST, environ={CLIENT_ID: "the-id-value"}, keyring=keyring)
    assert found.client_secret == Secret("from-keyring")


def test_an_entry_belongs_to_one_host() -> None:
    keyring = Kept()
    credentials.login(HOST, {name: Secret(value) for name, value in BOTH.items()}, keyring=keyring)
    with pytest.raises(AuthenticationFailed):
        credentials.load("oauth2", "127.0.0.1:8080", environ={}, keyring=keyring)


@pytest.mark.parametrize(
    "environ",
    [{}, {CLIENT_ID: "the-id-value"}],
)
def test_what_is_missing_is_named(environ: dict[str, str]) -> None:
    with pytest.raises(AuthenticationFailed) as caught:
        credentials.load("oauth2", HOST, environ=environ, keyring=Kept())
    assert CLIENT_SECRET in caught.value.message and (CLIENT_ID in caught.value.message) == (not environ)
    assert caught.value.exit_code == 3
    assert "cgrev auth login" in (caught.value.help or "")


def test_a_keyring_that_fails_is_one_clear_line() -> None:
    with pytest.raises(AuthenticationFailed) as caught:
        credentials.load("oauth2", HOST, environ={}, keyring=Kept(broken=True))
    assert "the keyring cannot be used (RuntimeError)" in caught.value.message
    with pytest.raises(KeyringUnavailable) as failed:
        credentials.login(HOST, {CLIENT_SECRET: Secret("the-secret-value")}, keyring=Kept(broken=True))
    assert "the-secret-value" not in _everything(failed.value)


def test_a_keyring_that_keeps_nothing_is_noticed() -> None:
    with pytest.raises(KeyringUnavailable, match="did not keep"):
        credentials.login(HOST, {API_KEY: Secret("the-key")}, keyring=Kept(deaf=True))


def test_a_machine_without_a_keyring_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    import keyring.backends.fail

    monkeypatch.setattr(keyring, "get_keyring", keyring.backends.fail.Keyring)
    with pytest.raises(AuthenticationFailed, match="this machine has no keyring"):
        credentials.load("oauth2", HOST, environ={})


def _everything(error: BaseException) -> str:
    """All that a report of a fault could show of the package: messages, contexts and the values of names.

    The frames of the test itself are left out: they name the values.
    """
    found = traceback.TracebackException.from_exception(error, capture_locals=True)
    text = "".join(found.format())
    context = error.__context__
    while context is not None:
        text += "".join(traceback.TracebackException.from_exception(context, capture_locals=True).format())
        context = context.__context__
    return "".join(part for part in text.split('  File "') if "cgrev/targets" in part)


@pytest.mark.parametrize(
    "spoil",
    ["both", "empty", "break", "directory", "missing", "binary", "huge", "file-break"],
)
def test_a_credential_that_cannot_be_used_is_named_and_not_shown(
    spoil: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret.txt"
    content = {
        "binary": b"the-secret-value\xff",
        "huge": b"the-secret-value" * 5000,
        "file-break": b"the-secret-value\nmore",
    }.get(spoil)
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv(CLIENT_ID, "the-id-value")
    if spoil in ("both", "empty", "break"):
        value = {"empty": " ", "break": "the-secret-value\nmore"}.get(spoil, "the-secret-value")
        monkeypatch.setenv(CLIENT_SECRET, value)
    if spoil not in ("empty", "break"):
        monkeypatch.setenv(f"{CLIENT_SECRET}_FILE", str(tmp_path if spoil == "directory" else path))
    with pytest.raises(SettingsError) as caught:
        credentials.load("oauth2", HOST, keyring=Kept())
    assert CLIENT_SECRET in caught.value.message and caught.value.help
    assert "the-secret-value" not in _everything(caught.value)
    assert "credentials.py" in _everything(caught.value)


def test_where_says_origins_and_no_values(tmp_path: Path) -> None:
    path = tmp_path / "id"
    path.write_text("the-id-value")
    keyring = Kept()
    keyring.entries[f"cgrev:{HOST}", API_KEY] = "the-key-value"
    found = credentials.where(
        HOST, environ={CLIENT_SECRET: "the-secret-value", f"{CLIENT_ID}_FILE": str(path)}, keyring=keyring
    )
    assert found == [
        Origin(CLIENT_ID, f"file '{path}' ({CLIENT_ID}_FILE)"),
        Origin(CLIENT_SECRET, f"environment {CLIENT_SECRET}"),
        Origin(API_KEY, f"keyring, entry for '{HOST}'"),
    ]
    assert "value" not in str(found)


def test_where_does_not_fail_on_what_is_unusable() -> None:
    found = credentials.where(HOST, environ={CLIENT_ID: ""}, keyring=Kept(broken=True))
    assert [origin.origin for origin in found] == [
        f"unusable: {CLIENT_ID} (environment) is empty",
        None,
        None,
    ]


def test_login_then_logout_leaves_nothing() -> None:
    keyring = Kept()
    names = credentials.login(HOST, {name: Secret(value) for name, value in BOTH.items()}, keyring=keyring)
    assert names == [CLIENT_ID, CLIENT_SECRET]
    loaded = credentials.load("oauth2", HOST, environ={}, keyring=keyring)
    assert loaded.client_secret == Secret("the-secret-value")
    assert credentials.logout(HOST, keyring=keyring) == names
    assert keyring.entries == {}
    assert credentials.logout(HOST, keyring=keyring) == []


def test_login_knows_its_names() -> None:
    with pytest.raises(SettingsError, match="'PASSWORD' is not the name"):
        credentials.login(HOST, {"PASSWORD": Secret("x")}, keyring=Kept())
