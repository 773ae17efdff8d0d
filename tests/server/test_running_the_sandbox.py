"""Starting and stopping: in the foreground, in a thread, in a process, as a pytest fixture."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError

from cgrev.errors import SettingsError
from cgrev.server.run import bound_socket, check_address
from cgrev.server.settings import SandboxSettings
from cgrev.testing.sandbox import running_sandbox

ROW = ["Acme,12000,2016-01-01,2016-12-31,ARR,note"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.5.5.5", "::1", "[::1]", "LOCALHOST"])
def test_loopback_addresses_are_fine(host: str) -> None:
    check_address(SandboxSettings(host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example.org", "localhost.example.org"])
def test_other_addresses_need_an_explicit_word(host: str, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(SettingsError, match="can be reached from other machines") as refused:
        check_address(SandboxSettings(host=host))
    assert "--allow-remote" in (refused.value.help or "")
    with caplog.at_level(logging.WARNING, "cgrev.sandbox"):
        check_address(SandboxSettings(host=host, allow_remote=True))
    assert "plain text" in caplog.text


def test_a_reachable_sandbox_guards_its_pages_and_takes_any_address(start: Callable[..., Any]) -> None:
    caller = start(host="0.0.0.0", allow_remote=True)
    url = caller.box.api_url.replace("0.0.0.0", "127.0.0.1")
    for host, status in (("192.0.2.7", 401), ("[2001:db8::1]:80", 401), ("evil.example", 400)):
        answer = httpx2.get(f"{url}/sandbox/booked", headers={"Host": host}, trust_env=False)
        assert answer.status_code == status


def test_a_port_in_use_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"port {port} of '127.0.0.1' cannot be used"):
            bound_socket(SandboxSettings(port=port))


def test_an_unknown_address_is_told() -> None:
    with pytest.raises(SettingsError, match=r"the address 'no\.such\.host\.invalid' is not known"):
        bound_socket(SandboxSettings(host="no.such.host.invalid"))


@pytest.mark.parametrize(
    "fields",
    [
        {"port": 70_000},
        {"max_bytes": 10, "max_body_bytes": 10},
        {"auth_schemes": ()},
        {"reject_status": 500},
        {"client_secret": ""},
        {"colour": "red"},
    ],
)
def test_settings_that_do_not_fit(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SandboxSettings(**fields)


def test_missing_credentials_are_made_up_and_given_ones_kept() -> None:
    first, second = (SandboxSettings(client_id="mine").with_credentials() for _ in range(2))
    assert first.client_id == "mine" and first.client_secret and first.api_key
    assert first.client_secret.get_secret_value() != second.client_secret.get_secret_value()  # type: ignore[union-attr]
    assert first.with_credentials() == first


def test_several_sandboxes_at_once(start: Callable[..., Any]) -> None:
    one, two = start(), start()
    one.upload(ROW)
    assert (len(one.box.uploads()), len(two.box.uploads())) == (1, 0)
    assert two.http.get("/v4.1/file/company-revenue.json", headers=one.key).status_code == 401


def test_a_stopped_sandbox_leaves_nothing_behind() -> None:
    before = threading.active_count()
    with running_sandbox() as box:
        folder = Path(box.settings.database.removeprefix("sqlite:///")).parent
        assert folder.exists()
        assert httpx2.get(box.api_url, trust_env=False).status_code == 200
    assert not folder.exists()
    assert "cgrev-sandbox" not in [thread.name for thread in threading.enumerate()]
    assert threading.active_count() <= before
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(box.api_url, trust_env=False)


def test_the_sandbox_is_stopped_when_a_test_fails() -> None:
    with pytest.raises(ZeroDivisionError), running_sandbox() as box:
        raise ZeroDivisionError
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(box.api_url, trust_env=False)


def test_in_a_process_of_its_own(start: Callable[..., Any]) -> None:
    caller = start(
        process=True, faults=[{"on": "upload", "kind": "status", "status": 503}], client_secret="x y"
    )
    assert [caller.upload(ROW).status_code for _ in range(2)] == [503, 200]
    caller.box.faults.add(on="upload", kind="reset", stored=True)
    with pytest.raises(httpx2.TransportError):
        caller.upload(ROW, "two.csv")
    caller.box.faults.add(on="list", kind="status", times=100)
    caller.box.faults.clear()
    assert caller.list().status_code == 200 and caller.token().status_code == 200
    assert [upload["source_filename"] for upload in caller.box.uploads()] == ["revenue.csv", "two.csv"]
    assert {entry["amount"] for entry in caller.box.booked()} == {"2000.00"}
    paths = [(entry.method, entry.status) for entry in caller.box.log]
    assert paths == [("POST", 503), ("POST", 200), ("POST", 0), ("GET", 200), ("POST", 200)]


def test_a_process_that_cannot_start_says_why() -> None:
    with (
        pytest.raises(SettingsError, match="unable to open database file"),
        running_sandbox(process=True, database="sqlite:////nowhere/at/all.db"),
    ):
        pass


def test_the_foreground_server_ends_on_a_signal(tmp_path: Path) -> None:
    settings = f'{{"port": 0, "database": "sqlite:///{tmp_path / "sandbox.db"}"}}\n'
    process = subprocess.Popen(
        [sys.executable, "-m", "cgrev.server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    with process:
        process.stdin.write(settings)
        process.stdin.flush()
        url = process.stdout.readline().strip()
        assert httpx2.get(f"{url}/sandbox/booked", trust_env=False).json() == []
        process.send_signal(2)
        assert process.wait(15) == 130


def test_the_log_and_the_token_switch_of_the_fixture(caller: Any) -> None:
    assert caller.box.log == []
    caller.upload(ROW)
    caller.http.get("/nothing?secret=hush")
    assert [(entry.method, entry.path, entry.status) for entry in caller.box.log] == [
        ("POST", "/v4.1/company/revenue_file_automate.json", 200),
        ("GET", "/nothing", 404),
    ]
    assert "hush" not in repr(caller.box.log) and caller.box.api_key not in repr(caller.box)
    with pytest.raises(RuntimeError):
        caller.box.kill()


PLUGIN_TEST = """
import pytest, urllib.request

def test_fresh(cgrev_sandbox):
    assert cgrev_sandbox.uploads() == []
    assert urllib.request.urlopen(cgrev_sandbox.api_url + "/sandbox/booked").read() == b"[]"

@pytest.mark.cgrev_sandbox(client_id="me", reject_status=400)
def test_settings(cgrev_sandbox):
    assert cgrev_sandbox.client_id == "me" and cgrev_sandbox.settings.reject_status == 400
"""


def test_the_pytest_fixture(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(PLUGIN_TEST)
    plugins = {entry.value for entry in entry_points(group="pytest11")}
    assert "cgrev.testing.pytest_plugin" in plugins, "the distribution registers the plugin"
    words = [
        "-p",
        "cgrev.testing.pytest_plugin",
        "-p",
        "no:cacheprovider",
        "--strict-markers",
        "-q",
        "-W",
        "error",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
