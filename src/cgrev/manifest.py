"""`manifest.json`: what a folder of upload files was made from, and what is in it.

It holds no time of day, no host and no absolute path of its own making: the same input and settings give
the same bytes. Money is text, because a JSON number of most programs is a binary float.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    StringConstraints,
    ValidationError,
)

from cgrev import __version__
from cgrev.errors import SettingsError
from cgrev.findings import RowCount, Totals

SCHEMA: Literal["cgrev-manifest/1"] = "cgrev-manifest/1"
FILE_NAME = "manifest.json"
_VERSION = re.compile(r"cgrev-manifest/([1-9][0-9]{0,8})")


def _whole(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]+", value):
        raise ValueError("whole units written as digits are expected")
    return value


Units = Annotated[int, BeforeValidator(_whole), PlainSerializer(str, return_type=str)]
"""Whole currency units: an integer in code, text in JSON."""
Money = Annotated[str, StringConstraints(pattern=r"^-?[0-9]+(\.[0-9]+)?$")]
"""An exact decimal as text, as `findings.plain` writes it."""
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 in lower-case hexadecimal digits."""
FileName = Annotated[str, StringConstraints(pattern=r"^[^/\\\x00.][^/\\\x00]*$", max_length=255)]
"""A name inside the folder: never a path, so that a forged manifest leads nowhere else."""
Count = Annotated[int, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Tool(_Part):
    name: str = "cgrev"
    version: str = __version__


class Rows(_Part):
    """Row accounting: read = written + rejected + skipped."""

    read: Count = 0
    written: Count = 0
    rejected: Count = 0
    skipped: Count = 0

    @classmethod
    def of(cls, rows: RowCount) -> Rows:
        return cls(**rows.as_dict())


class Amounts(_Part):
    """Exact money: source = written + residual + rejected."""

    source: Money = "0"
    written: Money = "0"
    residual: Money = "0"
    rejected: Money = "0"

    @classmethod
    def of(cls, totals: Totals) -> Amounts:
        return cls(**totals.as_dict())


class Input(_Part):
    """One source file: its path as it was given, digest, rows and money."""

    path: str
    sha256: Digest
    rows: Rows
    totals: Amounts
    currency: str | None = None


class ConverterUsed(_Part):
    name: str
    distribution: str
    version: str


class PluginUsed(_Part):
    distribution: str
    version: str


class BatchEntry(_Part):
    """One file for upload. `total` is in whole units."""

    file: FileName
    sha256: Digest
    records: Annotated[int, Field(ge=1)]
    bytes: Annotated[int, Field(ge=1)]
    total: Units


class OtherFile(_Part):
    """A file of the folder that is not for upload (rejected.csv, report.json)."""

    file: FileName
    sha256: Digest
    bytes: Count


class MovedRow(_Part):
    """A row that keep-total moved by one unit, `from` what plain rounding gave `to` what is written."""

    input: str
    row: Annotated[int, Field(ge=1)]
    before: Units = Field(validation_alias=AliasChoices("from", "before"), serialization_alias="from")
    after: Units = Field(validation_alias=AliasChoices("to", "after"), serialization_alias="to")


class StatementCause(_Part):
    """Why an amount of the source was not sent: `code` is a rejected row's rule or a skipped row's reason.

    `unreadable` rows state no amount that could be counted.
    """

    kind: Literal["rounding", "rejected", "skipped"]
    code: str | None = None
    amount: Money
    rows: Count
    unreadable: Count = 0


class StatementEntry(_Part):
    """One currency of the reconciliation: source = sent + the amounts of all causes, to the last digit."""

    currency: str | None = None
    rows: Count
    source: Money
    sent: Money
    causes: tuple[StatementCause, ...] = ()


class RunFacts(_Part):
    """What the caller knows of a run; `FolderWriter` adds the files."""

    tool: Tool = Tool()
    inputs: tuple[Input, ...] = ()
    converter: ConverterUsed | None = None
    plugins: tuple[PluginUsed, ...] = ()
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    rows: Rows = Rows()
    totals: Amounts = Amounts()
    statement: tuple[StatementEntry, ...] = ()
    moved: tuple[MovedRow, ...] = ()


class Manifest(RunFacts):
    """The whole manifest. `format_version` is `schema` in the file."""

    format_version: Literal["cgrev-manifest/1"] = Field(default=SCHEMA, alias="schema")
    stem: str
    batches: tuple[BatchEntry, ...] = ()
    files: tuple[OtherFile, ...] = ()

    def to_json(self) -> bytes:
        """The bytes of `manifest.json`: `schema` first, settings in the order of their names."""
        plain: dict[str, Any] = self.model_dump(mode="json", by_alias=True)
        plain["settings"] = json.loads(json.dumps(plain["settings"], sort_keys=True))
        ordered = {"schema": plain.pop("schema"), **plain}
        return (json.dumps(ordered, ensure_ascii=False, indent=2) + "\n").encode()


def content_digest(stem: str, digests: Sequence[str]) -> str:
    """12 hexadecimal digits over the stem and the digest of every batch of one format, in order.

    They stand in each batch's name, so that no two different contents share a name: the server's list of
    uploads has no other handle than the file name.
    """
    return hashlib.sha256("\n".join([stem, *digests]).encode()).hexdigest()[:12]


def batch_name(stem: str, digest: str, number: int, count: int, extension: str) -> str:
    """`<stem>-<digest12>-001-of-007.csv`; more digits where there are more batches, so that names sort."""
    width = max(3, len(str(count)))
    return f"{stem}-{digest}-{number:0{width}d}-of-{count:0{width}d}.{extension}"


def accounting(manifest: Manifest) -> list[str]:
    """What does not add up in a manifest, one line each; empty when every row and unit is accounted for."""
    faults: list[str] = []
    rows = manifest.rows
    if rows.read != rows.written + rows.rejected + rows.skipped:
        faults.append(
            f"{rows.read} rows read are not {rows.written} written, {rows.rejected} rejected "
            f"and {rows.skipped} skipped"
        )
    for format, entries in _by_format(manifest).items() or [("upload", [])]:
        records = sum(entry.records for entry in entries)
        total = sum(entry.total for entry in entries)
        if records != rows.written:
            faults.append(f"the {format} files hold {records} records, not {rows.written}")
        if total != Fraction(manifest.totals.written):
            faults.append(f"the {format} files hold {total} units, not {manifest.totals.written}")
    return faults


def verify(folder: Path | str) -> list[str]:
    """Compare a folder with its manifest, digest by digest; one line for each fault, empty when intact.

    Raises SettingsError when the manifest itself cannot be read. Files it does not name are left alone.
    """
    manifest = read_manifest(folder)
    faults = accounting(manifest)
    for format, entries in _by_format(manifest).items():
        digest = content_digest(manifest.stem, [entry.sha256 for entry in entries])
        for number, entry in enumerate(entries, 1):
            expected = batch_name(manifest.stem, digest, number, len(entries), format)
            if entry.file != expected:
                faults.append(f"'{entry.file}' is not the name of this content ('{expected}')")
    files: list[BatchEntry | OtherFile] = [*manifest.batches, *manifest.files]
    for stated in files:
        path = Path(folder) / stated.file
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as fault:
            faults.append(f"'{stated.file}' cannot be read: {(fault.strerror or str(fault)).lower()}")
            continue
        if found != stated.sha256:
            faults.append(f"'{stated.file}' was changed after it was written")
    return faults


def _by_format(manifest: Manifest) -> dict[str, list[BatchEntry]]:
    formats: dict[str, list[BatchEntry]] = {}
    for entry in manifest.batches:
        formats.setdefault(entry.file.rpartition(".")[2], []).append(entry)
    return formats


def parse_manifest(data: bytes, where: str) -> Manifest:
    """Read the bytes of a manifest. Raises SettingsError: no manifest, damaged, or of a newer cgrev."""
    damaged = "convert the source again, or get the folder anew from whoever made it"
    try:
        plain = json.loads(data)
    except (ValueError, RecursionError) as fault:
        raise SettingsError(f"'{where}' is damaged: it is no JSON", help=damaged) from fault
    stated = plain.get("schema") if isinstance(plain, dict) else None
    version = _VERSION.fullmatch(stated) if isinstance(stated, str) else None
    if version is None:
        raise SettingsError(
            f"'{where}' is no manifest of cgrev (schema {stated!r})",
            help="name a folder that `cgrev convert` made",
        )
    if stated != SCHEMA:
        raise SettingsError(
            f"'{where}' was made by a newer cgrev (schema '{stated}', this one reads '{SCHEMA}')",
            help="upgrade cgrev, or convert the source again with this version",
        )
    try:
        return Manifest.model_validate(plain)
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"'{where}' is damaged at {place}: {first['msg'].lower()}", help=damaged
        ) from fault


def read_manifest(folder: Path | str) -> Manifest:
    """The manifest of a folder that `convert` made. Raises SettingsError with one clear line."""
    path = Path(folder) / FILE_NAME
    try:
        data = path.read_bytes()
    except OSError as fault:
        if isinstance(fault, FileNotFoundError | NotADirectoryError):
            message = f"'{folder}' holds no {FILE_NAME}"
        else:
            message = f"cannot read '{path}': {(fault.strerror or str(fault)).lower()}"
        raise SettingsError(message, help="name a folder that `cgrev convert` made") from fault
    return parse_manifest(data, str(path))
