"""Addresses, certificates, proxies and the care for secrets of one HTTP exchange."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cgrev.errors import SettingsError
from cgrev.targets.addresses import checked_url
from cgrev.targets.batches import BatchFile
from cgrev.targets.file_v41 import FileApiSettings, FileApiTarget
from cgrev.targets.http import Answer, Authorization, Broken, Wire
from cgrev.targets.protocol import OutcomeKind
from cgrev.targets.secrets import Secret


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "https://user:secret@api.example.com",
        "https://user@api.example.com",
        "ftp://api.example.com",
        "api.example.com",
        "https://",
        "https://api.example.com/?key=1",
        "https://api.example.com/#x",
        "https://api.example.com:abc",
        "https://api.example.com/a b",
        "",
    ],
)
def test_an_unsafe_address_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        checked_url(url, "api-url")
    assert "api-url" in caught.value.message
    assert "secret" not in caught.value.message
    assert caught.value.help and "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://api.example.com/", "https://api.example.com"),
        ("https://proxy.example.com:8443/cg/", "https://proxy.example.com:8443/cg"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("http://localhost", "http://localhost"),
    ],
)
def test_a_safe_address_loses_only_its_last_slash(url: str, base: str) -> None:
    assert checked_url(url, "api-url") == base


def test_another_server_is_never_called(server: Any, serve: Callable[..., Any]) -> None:
    other = serve()
    wire = Wire(server.url)
    with pytest.raises(SettingsError):
        wire.call("GET", f"{other.url}/v4.1/file/company-revenue.json")
    wire.close()
    assert other.requests == []


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "scripted")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem, private = folder / "certificate.pem", folder / "key.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pem, private


@pytest.fixture(autouse=True)
def no_certificates_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def secure(serve: Callable[..., Any], tmp_path: Path) -> tuple[Any, Path]:
    pem, private = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, private)
    return serve(context=context), pem


def test_an_unknown_certificate_is_not_trusted_and_nothing_is_sent(
    secure: tuple[Any, Path], connect: Callable[..., FileApiTarget], make_batch: Callable[..., BatchFile]
) -> None:
    server, _ = secure
    target = connect(server)
    found = target.check()
    assert not found.ready
    host = f"127.0.0.1:{server.port}"
    assert found.message == f"the certificate of '{host}' cannot be trusted: self-signed certificate"
    assert "SSL_CERT_FILE" in found.help
    assert target.send(make_batch()).kind is OutcomeKind.NOT_SENT
    assert server.requests == []


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_certificate_named_in_the_environment_is_trusted(
    variable: str,
    secure: tuple[Any, Path],
    connect: Callable[..., FileApiTarget],
    make_batch: Callable[..., BatchFile],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server, pem = secure
    monkeypatch.setenv(variable, str(pem))
    target = connect(server)
    assert target.check().ready
    assert target.send(make_batch()).kind is OutcomeKind.ACKNOWLEDGED


@pytest.mark.parametrize("content", [None, b"no certificate"])
def test_a_bad_certificate_file_is_one_clear_line(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bundle.pem"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with pytest.raises(SettingsError, match="named by SSL_CERT_FILE cannot be used"):
        Wire("https://api.example.com")


def test_a_proxy_is_used_for_others_and_never_for_this_machine(
    serve: Callable[..., Any],
    connect: Callable[..., FileApiTarget],
    make_batch: Callable[..., BatchFile],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server, proxy = serve(), serve()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    assert connect(server).send(make_batch()).kind is OutcomeKind.ACKNOWLEDGED
    assert proxy.requests == []
    away = connect(server, api_url="https://api.example.invalid", auth="api-key")
    outcome = away.send(make_batch("away"))
    assert outcome.kind is OutcomeKind.NOT_SENT, "a proxy that refuses has passed nothing on"
    assert {request.method for request in proxy.requests} == {"CONNECT"}
    assert all(server.api_key not in str(request) for request in proxy.requests)


def test_a_proxy_that_cannot_be_one_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "gopher://user:pass-word-1@proxy")
    with pytest.raises(SettingsError) as caught:
        Wire("https://api.example.com")
    assert "proxy" in caught.value.message and "pass-word-1" not in str(caught.value)


def test_the_cap_holds_while_reading(server: Any) -> None:
    server.script("list", {"status": 200, "body": b"x" * 3_000_000})
    wire = Wire(server.url)
    answer = wire.call("GET", f"{server.url}/v4.1/file/company-revenue.json")
    wire.close()
    assert isinstance(answer, Answer)
    assert not answer.complete and len(answer.body) == 1024 * 1024


def test_what_goes_wrong_before_a_connection_was_not_sent(serve: Callable[..., Any]) -> None:
    gone = serve()
    gone.close()
    wire = Wire(gone.url)
    broken = wire.call("POST", f"{gone.url}/x", authorization=Authorization("Bearer", Secret("abcdef")))
    wire.close()
    assert isinstance(broken, Broken)
    assert (broken.fault, broken.sent) == ("connect", False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"region": "mars"},
        {},
        {"region": "eu", "attempts": 0},
        {"region": "eu", "timeout": 0},
        {"region": "eu", "settle": -1.0},
        {"region": "eu", "auth": "basic"},
        {"region": "eu", "answers": "yaml"},
        {"region": "eu", "api_url": "http://api.example.com"},
    ],
)
def test_settings_that_do_not_fit_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError) as caught:
        FileApiSettings(**wrong).checked()
    assert caught.value.help


@pytest.mark.parametrize("region", ["eu", "us", "au"])
def test_regions_have_the_documented_hosts(region: str) -> None:
    assert FileApiSettings(region=region).urls() == (
        f"https://api.{region}.customergauge.com",
        f"https://auth.{region}.customergauge.com",
    )
