"""Everything about the sandbox that can be set, with the default for each unknown of the real server.

The vendor documents the interface, not the behaviour behind it. Where its pages are silent or
contradict each other, the choice is a named setting here, so that a test can take the other side.
"""

from __future__ import annotations

import ipaddress
import secrets
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from cgrev.layout import MAX_BYTES_ACCEPTED, MAX_RECORDS

AuthScheme = Literal["bearer", "api_key"]
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


class SandboxSettings(BaseModel):
    """Settings of one sandbox. Frozen; the secrets are masked in `repr` and in error messages."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    # where it listens
    host: str = Field(default="127.0.0.1", min_length=1, description="address to listen on")
    port: int = Field(default=8080, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    allow_remote: bool = Field(
        default=False, description="allow an address that other machines can reach; the traffic is plain text"
    )
    allowed_hosts: tuple[str, ...] = Field(
        default=(), description="names accepted in the Host header besides the loopback ones and `host`"
    )
    database: str = Field(
        default="sqlite:///cgrev-sandbox.db",
        repr=False,
        description="sqlite:///FILE, sqlite:// for one that is thrown away, or a postgresql:// URL",
    )

    # who may call
    client_id: str | None = Field(default=None, min_length=1, description="made up when not given")
    client_secret: SecretStr | None = Field(default=None, min_length=1, description="made up when not given")
    api_key: SecretStr | None = Field(default=None, min_length=1, description="made up when not given")
    auth_schemes: tuple[AuthScheme, ...] = Field(
        default=("bearer", "api_key"), description="words accepted in the Authorization header"
    )
    token_seconds: int = Field(default=3600, ge=1, description="life of a token; the vendor says one hour")
    failures_allowed: int = Field(
        default=10, ge=1, description="wrong secrets from one peer for one client before it has to wait"
    )
    failure_seconds: int = Field(default=60, ge=1, description="how long it has to wait then")
    preview_login: bool | None = Field(
        default=None,
        description="ask for the client's credentials on the pages of the sandbox; unset: only off loopback",
    )

    # what it takes
    max_records: int = Field(default=MAX_RECORDS, ge=1, description="records of one file, inclusive")
    max_bytes: int = Field(default=MAX_BYTES_ACCEPTED, ge=1, description="bytes of one file, inclusive")
    max_body_bytes: int = Field(
        default=2 * MAX_BYTES_ACCEPTED, ge=1024, description="bytes of one request; more is refused unread"
    )
    body_seconds: float = Field(default=30.0, gt=0, description="time a client has to send its request body")
    header_seconds: float = Field(default=10.0, gt=0, description="time a client has to send its headers")
    delimiter: Literal["either", ",", ";"] = Field(
        default="either", description="what separates the fields of a CSV file; a tenant has one of the two"
    )
    amounts: Literal["whole", "round"] = Field(
        default="whole",
        description="whole: a decimal mark makes a bad row; round: to the nearest unit, ties away from zero",
    )
    duplicates: Literal["within-file", "everywhere", "load"] = Field(
        default="within-file", description="which rows equal to another in all six fields are left out"
    )
    same_file: Literal["load", "refuse"] = Field(
        default="load", description="the same bytes again: loaded row by row, or refused with code 400103"
    )
    reject_status: Literal[200, 400] = Field(
        default=200, description='HTTP status of {"Data": false} for a file that cannot be taken'
    )
    month_count: Literal["calendar", "anniversary"] = Field(
        default="calendar", description="how the months of a period are counted when it is booked"
    )

    # for tests
    faults_endpoint: bool = Field(
        default=False, description="let a client with credentials switch faults on at /sandbox/faults"
    )

    @model_validator(mode="after")
    def _limits_fit(self) -> Self:
        if not self.auth_schemes:
            raise ValueError("auth_schemes is empty: name bearer, api_key or both")
        if self.max_body_bytes <= self.max_bytes:
            raise ValueError("max_body_bytes must be above max_bytes: a request also holds its part headers")
        return self

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the address."""
        host = self.host.strip("[]")
        if host.lower() == "localhost":
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    @property
    def guards_preview(self) -> bool:
        """Whether the pages outside the documented API ask for credentials."""
        return not self.loopback if self.preview_login is None else self.preview_login

    def with_credentials(self) -> SandboxSettings:
        """The same settings with whatever credential was missing made up (256 random bits each)."""
        made_up: dict[str, object] = {}
        if self.client_id is None:
            made_up["client_id"] = f"sandbox-{secrets.token_hex(6)}"
        if self.client_secret is None:
            made_up["client_secret"] = SecretStr(secrets.token_urlsafe(32))
        if self.api_key is None:
            made_up["api_key"] = SecretStr(secrets.token_urlsafe(32))
        return self.model_copy(update=made_up) if made_up else self

    def without_secrets(self) -> SandboxSettings:
        """What the running application keeps: the secrets themselves are not part of it."""
        return self.model_copy(update={"client_secret": None, "api_key": None})
