"""The tables of cgrev.toml as models: keys in kebab case, every value checked, nothing unknown."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from cgrev.layout import COLUMNS, MAX_BYTES, MAX_BYTES_ACCEPTED, MAX_RECORDS
from cgrev.limits import Limits
from cgrev.settings.file import SECRET_HELP

_LIMITS = Limits()
Level = Literal["error", "warning", "info", "off"]
FailOn = Literal["error", "warning", "info", "never"]


def kebab(name: str) -> str:
    """`fail_on` as it is written in a file: `fail-on`."""
    return name.replace("_", "-")


def _address(value: str | None) -> str | None:
    """Addresses carry no credentials; the host itself is judged by the target."""
    if value is None:
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        raise ValueError("is no address") from None
    if "@" in parts.netloc:
        raise ValueError("holds credentials; " + SECRET_HELP)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is no address; write it as https://host")
    return value


def _months(value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"(?:19|20|21)\d\d-(?:0[1-9]|1[0-2])", value, re.ASCII):
        raise ValueError("is no month; write it as YYYY-MM, such as 2026-09")
    return value


Address = Annotated[str | None, AfterValidator(_address)]
Month = Annotated[str | None, AfterValidator(_months)]
Seconds = Annotated[float, Field(ge=0, le=86_400)]


def _none() -> list[Any]:
    """Instead of `list`: of a built-in, pydantic has the signature parsed from its text at every start."""
    return []


def _nothing() -> dict[str, Any]:
    """Instead of `dict`, for the same reason."""
    return {}


class _Table(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=kebab,
        validate_by_alias=True,
        validate_by_name=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        defer_build=True,
    )


class XmlSettings(_Table):
    """Names of the XML elements, which the vendor does not print."""

    root: str = Field(default="RECORDS", min_length=1, description="the element around all records")
    record: str = Field(default="RECORD", min_length=1, description="the element of one record")
    elements: list[str] = Field(
        default=[column.element for column in COLUMNS],
        min_length=len(COLUMNS),
        max_length=len(COLUMNS),
        description="the elements of the six columns, in their order",
    )


class TargetSettings(_Table):
    """Where files go, and what that place takes."""

    kind: str = Field(
        default="file-v4.1", min_length=1, description="file-v4.1, sandbox, directory, or a plugin's"
    )
    region: str | None = Field(default=None, min_length=1, description="eu, us or au")
    auth: Literal["oauth2", "api-key"] = Field(default="oauth2", description="how requests are signed")
    api_url: Address = Field(default=None, description="another host than the region's, such as a proxy")
    auth_url: Address = Field(default=None, description="another host for tokens")
    tenant: str = Field(default="", description="a word of your own that tells two tenants on one host apart")
    answers: Literal["json", "xml"] = Field(default="json", description="the form answers are asked for in")
    timeout: Seconds = Field(default=60.0, gt=0, description="seconds of silence allowed")
    attempts: int = Field(default=5, ge=1, le=100, description="attempts for tokens and reads")
    backoff: Seconds = Field(default=1.0, description="seconds before the second attempt, doubled each time")
    max_wait: Seconds = Field(default=120.0, description="seconds of waiting in all")
    settle: Seconds | None = Field(
        default=None,
        description="seconds after which a listing is trusted; unset, an unknown outcome stays unknown",
    )
    max_records: int = Field(default=MAX_RECORDS, ge=1, description="records of one file")
    max_bytes: int = Field(default=MAX_BYTES, ge=1_000, description="bytes of one written file")
    accepted_bytes: int = Field(
        default=MAX_BYTES_ACCEPTED, ge=1_000, description="bytes above which a checked file is an error"
    )
    delimiter: Literal["comma", "semicolon"] = Field(
        default="comma", description="the tenant's CSV delimiter"
    )
    header: bool = Field(default=True, description="write the six headings first")
    month_count: Literal["calendar", "anniversary"] = Field(
        default="calendar", description="how the server counts the months of a period"
    )
    xml: XmlSettings = XmlSettings.model_construct()
    options: dict[str, Any] = Field(default_factory=_nothing, description="options of a plugin's target")


class CheckSettings(_Table):
    """Which rules hold, how severe they are, and how findings are reported."""

    fail_on: FailOn = Field(default="error", description="exit 1 from this severity on")
    closed_through: Month = Field(default=None, description="the last closed month: changing it is an error")
    severity: dict[str, Level] = Field(default_factory=_nothing, description="other severities, by rule")
    select: list[str] = Field(default_factory=_none, description="only these rules: codes, names, prefixes")
    ignore: list[str] = Field(default_factory=_none, description="not these rules")
    show_info: bool = Field(default=False, description="list findings of severity info")
    max_findings: int | None = Field(
        default=None, ge=0, description="list at most so many; counts stay exact"
    )
    output_format: str | None = Field(default=None, min_length=1, description="the format of reports")
    redact: bool = Field(default=False, description="hide names and amounts in reports")
    accounts: str | None = Field(
        default=None,
        min_length=1,
        description="a file of known account names, or `sent`: those uploaded to the target before",
    )
    baseline: str | None = Field(default=None, min_length=1, description="a file of findings already known")


class MoneySettings(_Table):
    """How exact amounts become whole units."""

    rounding: Literal["half-up", "half-even", "down"] = "half-up"
    keep_total: Literal["none", "account", "file"] = Field(
        default="none", description="spread the rounding residual so that this total is kept"
    )


class LimitSettings(_Table):
    """What a file may hold before it is refused as unsafe (CGR004): above any real revenue file."""

    file_bytes: int = Field(default=_LIMITS.file_bytes, ge=1, description="bytes of a file on disk")
    document_bytes: int = Field(
        default=_LIMITS.document_bytes,
        ge=1,
        description="bytes of a workbook or page, which is held in memory",
    )
    archive_bytes: int = Field(
        default=_LIMITS.archive_bytes, ge=1, description="bytes of a workbook's parts once they are expanded"
    )
    archive_ratio: int = Field(
        default=_LIMITS.archive_ratio, ge=1, description="expanded bytes for each packed byte of a part"
    )
    archive_parts: int = Field(default=_LIMITS.archive_parts, ge=1, description="parts of a workbook")
    xml_depth: int = Field(default=_LIMITS.xml_depth, ge=2, description="elements open inside each other")
    cell_length: int = Field(default=_LIMITS.cell_length, ge=1, description="characters of a cell")
    record_bytes: int = Field(
        default=_LIMITS.record_bytes, ge=1, description="bytes of one record of text, with its line breaks"
    )
    rows: int = Field(default=_LIMITS.rows, ge=1, description="rows of a table")
    columns: int = Field(default=_LIMITS.columns, ge=1, description="columns of a table")
    cells: int = Field(default=_LIMITS.cells, ge=1, description="cells of a sheet as a rectangle")


class FileSettings(_Table):
    """Other check settings for the files a pattern fits. `ignore` and `severity` add to the general ones."""

    pattern: str = Field(
        min_length=1,
        description="a glob on the path relative to this file; without a slash, on the name alone",
    )
    closed_through: Month = None
    severity: dict[str, Level] = Field(default_factory=_nothing)
    select: list[str] | None = None
    ignore: list[str] = Field(default_factory=_none)

    def fits(self, relative: str) -> bool:
        """Whether the pattern fits a path written with forward slashes."""
        subject = relative if "/" in self.pattern else relative.rsplit("/", 1)[-1]
        return bool(_glob(self.pattern.removeprefix("./")).fullmatch(subject))


class Tables(_Table):
    """A whole settings file."""

    target: TargetSettings = TargetSettings.model_construct()
    check: CheckSettings = CheckSettings.model_construct()
    money: MoneySettings = MoneySettings.model_construct()
    source: dict[str, dict[str, Any]] = Field(
        default_factory=_nothing, description="a profile a name: see the profile's schema"
    )
    limits: LimitSettings = LimitSettings.model_construct()
    files: list[FileSettings] = Field(default_factory=_none)
    state_dir: str | None = Field(
        default=None, min_length=1, description="where the ledger of uploads is kept"
    )
    disabled_plugins: list[str] = Field(default_factory=_none, description="plugins that are never loaded")


def _glob(pattern: str) -> re.Pattern[str]:
    """`*` and `?` stay within a folder, `**` goes through any number of them."""
    out = []
    for part in re.split(r"(\*\*/|\*\*|\*|\?)", pattern):
        out.append({"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part) or re.escape(part))
    return re.compile("".join(out), re.DOTALL)
