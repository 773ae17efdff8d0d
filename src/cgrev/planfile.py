"""A plan as a file: what one person has looked at, and another may send, unchanged or not at all.

`upload --plan FILE` freezes the target, the digests of all batches, the totals, the months that will be
booked and the settings that decide what is sent where; `upload --apply FILE` makes the plan anew and
compares. A difference of any of these is a reason to refuse: nobody has agreed to it. What the ledger
says of a batch is no part of it, so that a plan can be applied again after an upload that broke off.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, ValidationError

from cgrev import __version__
from cgrev.errors import SettingsError
from cgrev.targets.plan import UploadPlan

SCHEMA: Literal["cgrev-plan/1"] = "cgrev-plan/1"
SHOWN = 20
"""Differences told one by one of each kind."""
_VERSION = re.compile(r"cgrev-plan/[1-9][0-9]{0,8}")

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Amount = Annotated[str, StringConstraints(pattern=r"^-?[0-9]+(\.[0-9]+)?$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class FrozenBatch(_Part):
    """A batch as it is to be sent: its name, digest, records, bytes, total in whole units."""

    file: str
    sha256: Digest
    records: Annotated[int, Field(ge=1)]
    bytes: Annotated[int, Field(ge=1)]
    total: Amount | None = None


class Plan(_Part):
    """The frozen plan. `source` is where the batches lay, for the person; it is not compared.

    `settings` are those that decide what is sent where, `booked` the months and sums that were shown,
    `sealed` the SHA-256 of everything else, so that a plan edited by hand is told from one that was not.
    """

    format_version: Literal["cgrev-plan/1"] = Field(default=SCHEMA, alias="schema")
    version: str = __version__
    target: str
    source: str
    format: str = ""
    manifest_sha256: str = ""
    rejected_rows: Annotated[int, Field(ge=0)] = 0
    errors: Annotated[int, Field(ge=0)] = 0
    batches: tuple[FrozenBatch, ...]
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    booked: dict[str, JsonValue] = Field(default_factory=dict)
    sealed: str = ""

    def seal(self) -> str:
        """The SHA-256 of the plan without its seal."""
        plain = self.model_dump(mode="json", by_alias=True, exclude={"sealed"})
        text = json.dumps(plain, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def freeze(upload: UploadPlan, settings: Mapping[str, Any], booked: Mapping[str, Any]) -> bytes:
    """The bytes of a plan file. `settings` and `booked` are plain JSON values (money as text, never a float).

    The same plan gives the same bytes.
    """
    plan = Plan(
        target=upload.target,
        source=upload.source,
        format=upload.format,
        manifest_sha256=upload.manifest_digest,
        rejected_rows=upload.rejected_rows,
        errors=upload.errors,
        batches=tuple(
            FrozenBatch(
                file=batch.name,
                sha256=batch.sha256,
                records=batch.records,
                bytes=batch.size,
                total=None if batch.total is None else str(batch.total),
            )
            for batch in upload.files
        ),
        settings=_plain(settings),
        booked=_plain(booked),
    )
    sealed = plan.model_copy(update={"sealed": plan.seal()})
    text = json.dumps(sealed.model_dump(mode="json", by_alias=True), ensure_ascii=False, indent=1)
    return (text + "\n").encode("utf-8", "backslashreplace")


def _plain(values: Mapping[str, Any]) -> dict[str, JsonValue]:
    """The values as JSON has them, keys in order: what is compared is what is written."""
    plain: dict[str, JsonValue] = json.loads(json.dumps(dict(values), sort_keys=True))
    return plain


def load(data: bytes, where: str) -> Plan:
    """Read a plan file. Raises SettingsError: no plan, of a newer cgrev, damaged, or edited by hand."""
    again = "make the plan again: cgrev upload --plan FILE"
    try:
        plain = json.loads(data)
    except (ValueError, RecursionError):
        raise SettingsError(f"'{where}' is no plan of cgrev: it is no JSON", help=again) from None
    stated = plain.get("schema") if isinstance(plain, dict) else None
    if not (isinstance(stated, str) and _VERSION.fullmatch(stated)):
        raise SettingsError(f"'{where}' is no plan of cgrev (schema {stated!r})", help=again)
    if stated != SCHEMA:
        raise SettingsError(
            f"'{where}' was made by a newer cgrev (schema '{stated}', this one reads '{SCHEMA}')",
            help="upgrade cgrev, or make the plan again with this version",
        )
    try:
        plan = Plan.model_validate(plain)
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"'{where}' is damaged at {place}: {first['msg'].lower()}", help=again) from None
    if plan.sealed != plan.seal():
        raise SettingsError(f"'{where}' was changed after it was made", help=again)
    return plan


def differences(plan: Plan, now: Plan) -> list[str]:
    """What is no longer as the plan says, one line each; empty when the plan may be applied.

    `now` is the plan made anew: `load(freeze(...))`. The folder it lies in, the version of cgrev and the
    state of the batches in the ledger are not compared.
    """
    return [
        *_changed("the target", plan.target, now.target),
        *_changed("the format", plan.format, now.format),
        *_batches(plan, now),
        *_changed("the number of rejected rows", plan.rejected_rows, now.rejected_rows),
        *_changed("the number of errors", plan.errors, now.errors),
        *_nested("setting", plan.settings, now.settings),
        *_nested("booked", plan.booked, now.booked),
        *(
            ["the manifest is another one, though its batches are the same"]
            if plan.manifest_sha256 != now.manifest_sha256 and plan.batches == now.batches
            else []
        ),
    ]


def _changed(what: str, before: object, after: object) -> Iterator[str]:
    if before != after:
        yield f"{what} was {_shown(before)}, now it is {_shown(after)}"


def _batches(plan: Plan, now: Plan) -> Iterator[str]:
    """Batches by their digest: gone, never looked at, or described otherwise."""
    before, after = ({batch.sha256: batch for batch in one.batches} for one in (plan, now))
    gone = [batch for digest, batch in before.items() if digest not in after]
    fresh = [batch for digest, batch in after.items() if digest not in before]
    yield from _some([f"the batch '{batch.file}' is gone or was changed" for batch in gone])
    yield from _some([f"the batch '{batch.file}' is not in the plan" for batch in fresh])
    yield from _some(
        [
            f"the batch '{before[digest].file}' has the same bytes and is described otherwise"
            for digest in before
            if digest in after and before[digest] != after[digest]
        ]
    )
    if not gone and not fresh and [b.sha256 for b in plan.batches] != [b.sha256 for b in now.batches]:
        yield "the batches are in another order"


def _nested(what: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    old, new = dict(_flat(before)), dict(_flat(after))
    names = [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
    yield from _some(
        [
            line
            for name in names
            for line in _changed(f"{what} {name}", old.get(name, "not set"), new.get(name, "not set"))
        ]
    )


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _shown(value: object) -> str:
    if isinstance(value, str):
        return f"'{value}'"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "..."


def _some(lines: list[str]) -> Iterator[str]:
    yield from lines[:SHOWN]
    if len(lines) > SHOWN:
        yield f"and {len(lines) - SHOWN:,} more of these"
