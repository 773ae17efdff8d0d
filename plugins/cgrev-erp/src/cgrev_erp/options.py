"""Options that several systems share."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cgrev.plugin import LineOptions


class TypeOptions(LineOptions):
    """Which documents count."""

    types: str | None = Field(
        default=None,
        description="the document types that count, separated by commas, a minus before those whose sign "
        "turns (Invoice,-Credit Memo); or all",
    )


class StatusOptions(LineOptions):
    """Which documents count, by their status."""

    statuses: str | None = Field(
        default=None, description="the statuses that count, separated by commas (Sent,Paid); or all"
    )


class SignOptions(TypeOptions):
    """Tables of a ledger, where revenue may be negative."""

    sign: Literal["keep", "flip"] | None = Field(
        default=None, description="flip turns every sign round: a ledger books revenue as credit, negative"
    )
