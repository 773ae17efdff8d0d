"""The answers of the file API, in every form they are known to take, as one clear sentence.

The documents print `{"Data": {"data": 1}}` and `{"Data": false}` for an upload, an `Error` object with
and without its envelope, and the same in XML; the list of uploads comes as a bare object, a bare list or
in a `Data` envelope, with numbers as strings. Anything else is unreadable, which is never taken for yes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from cgrev.errors import ServerRefused
from cgrev.targets.http import Answer
from cgrev.targets.protocol import Outcome, OutcomeKind, Reason, RemoteFile
from cgrev.targets.secrets import server_text

INVALID_KEY = 200000
SEEN_BEFORE = 400103

CODES: dict[int, str] = {
    200000: "the key or token is not valid",
    300000: "too many parameters",
    300001: "invalid arguments",
    300002: "the address is not part of its API",
    300003: "the method is not part of its API",
    300004: "a required field is missing",
    400103: "it has processed this file already",
    400200: "the file is not found",
}
"""The vendor's error codes, in plain words."""

STATUSES: dict[int, str] = {
    400: "the request is not complete",
    401: "the key or token is not valid",
    403: "these credentials have no right to upload",
    404: "the address is not part of its API",
    405: "the method is not part of its API",
    408: "the request took too long",
    411: "the request is not complete",
    413: "the file is too large",
    415: "the type of the file is not accepted",
    429: "too many requests",
}

_MAX_LOGS = 1_000


class Unreadable(Exception):
    """A body that is in none of the known forms."""


def parse(body: bytes) -> Any:
    """A body as plain values: JSON as it is, XML as nested objects of text. Raises `Unreadable`."""
    text = body.lstrip(b"\xef\xbb\xbf").strip()
    if not text:
        raise Unreadable
    return _xml(text) if text.startswith(b"<") else _json(text)


def _json(text: bytes) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise Unreadable  # a key that says two things says nothing
        return found

    try:
        return json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError):
        raise Unreadable from None


def _xml(text: bytes) -> Any:
    import defusedxml.ElementTree as Safe
    from defusedxml.common import DefusedXmlException

    try:
        root = Safe.fromstring(text, forbid_dtd=True)
    except (DefusedXmlException, Safe.ParseError, ValueError, LookupError):
        raise Unreadable from None
    if sum(1 for _ in root.iter()) > 200_000:
        raise Unreadable
    return {_local(root.tag): _value(root, 0)}


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _value(element: Any, depth: int) -> Any:
    """Children as an object; a name that repeats becomes a list; a leaf is its text."""
    if depth > 20:
        raise Unreadable
    children = list(element)
    if not children:
        return (element.text or "").strip()
    found: dict[str, Any] = {}
    for child in children:
        name, value = _local(child.tag), _value(child, depth + 1)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], _Repeated):
            found[name].append(value)
        else:
            found[name] = _Repeated([found[name], value])
    return found


class _Repeated(list[Any]):
    """An element that stood there more than once."""


def _get(value: Any, name: str) -> Any:
    """A member whatever the letter case of its name; None when it is not there."""
    if isinstance(value, dict):
        for key, member in value.items():
            if key.lower() == name:
                return member
    return None


def _has(value: Any, name: str) -> bool:
    return isinstance(value, dict) and any(key.lower() == name for key in value)


def _integer(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and re.fullmatch(r"\s*\d{1,18}\s*", value, re.ASCII):
        return int(value)
    return None


def _error(value: Any) -> tuple[str, int | None] | None:
    """Message and code of an error in any of its envelopes, or None when it is no error."""
    inner = _get(value, "error")
    if isinstance(inner, str) and inner:
        return inner, _integer(_get(value, "code"))
    if inner is None:
        inner = value
    message, code = _get(inner, "message"), _integer(_get(inner, "code"))
    if message is None and code is None:
        return None
    return (message if isinstance(message, str) else ""), code


def _sentence(status: int, message: str, code: int | None) -> str:
    meaning = CODES.get(code) if code is not None else None
    meaning = meaning or STATUSES.get(status) or ("it failed" if status >= 500 else "it says no")
    number = f"code {code}, status {status}" if code is not None else f"status {status}"
    said = server_text(message, 200)
    return f"the server refuses: {meaning} ({number})" + (f"; it says '{said}'" if said else "")


def explain(answer: Answer) -> tuple[str, int | None]:
    """An answer that is not a yes, as one sentence, and the vendor's code when it gave one."""
    message, code = _parsed_error(answer) or ("", None)
    return _sentence(answer.status, message, code), code


def _parsed_error(answer: Answer) -> tuple[str, int | None] | None:
    try:
        return _error(parse(answer.body))
    except Unreadable:
        return None


def upload_outcome(answer: Answer) -> Outcome:
    """What an answer to an upload says of the batch."""
    status = answer.status
    if not 200 <= status < 300:
        return _no(answer)
    if not answer.complete:
        return _unknown(f"the answer is cut off: {answer.trouble}", status)
    try:
        value = parse(answer.body)
    except Unreadable:
        return _unknown("the answer cannot be read", status)
    data = _get(value, "data")
    if _has(value, "data") and not _has(value, "error"):
        if data is False or (isinstance(data, str) and data.lower() == "false"):
            return Outcome(
                OutcomeKind.REFUSED,
                "the server refuses the file and gives no reason",
                help="check the file with `cgrev check`, and the delimiter the tenant is set to",
                status=status,
            )
        if isinstance(data, dict) and len(data) == 1 and _integer(_get(data, "data")) == 1:
            return Outcome(OutcomeKind.ACKNOWLEDGED, "the server took the file", status=status)
    found = _error(value)
    if found is None:
        return _unknown("the answer is in no known form", status)
    return _refused(status, *found)


def _no(answer: Answer) -> Outcome:
    status = answer.status
    message, code = _parsed_error(answer) or ("", None)
    if status >= 500 or status == 408:
        # 408 is also what a proxy says that has handed the file on and waits.
        return _unknown(f"the server answered {status}", status, code)
    if 300 <= status < 400:
        if status in (307, 308):
            return Outcome(
                OutcomeKind.REFUSED,
                f"the server sends the request elsewhere ({status}); redirects are not followed",
                "endpoint",
                "set api-url (or the region) to the server itself",
                status,
            )
        # 303, and in practice 301 and 302, also follow a request that was processed.
        return _unknown(f"the server answered {status}, a redirect, which is not followed", status)
    if status < 200:
        return _unknown(f"the server answered {status}", status)
    return _refused(status, message, code)


def _refused(status: int, message: str, code: int | None) -> Outcome:
    sentence = _sentence(status, message, code)
    if code == SEEN_BEFORE:
        # Seen is not the same as stored: its list of uploads tells.
        return Outcome(
            OutcomeKind.UNKNOWN,
            f"the server says that it has processed this file already (code {code})",
            "seen-before",
            "`cgrev uploads resume` looks it up in the list of uploads",
            status,
            code,
        )
    if status == 401 or code == INVALID_KEY:
        return Outcome(
            OutcomeKind.NOT_SENT,
            sentence,
            "authentication",
            "check the credentials with `cgrev auth status`",
            status,
            code,
        )
    reason: Reason = "endpoint" if status in (403, 404, 405) else "answer"
    help_ = (
        "check api-url, region and the rights of the connected app"
        if reason == "endpoint"
        else "check the file with `cgrev check`"
    )
    return Outcome(OutcomeKind.REFUSED, sentence, reason, help_, status, code)


def _unknown(what: str, status: int, code: int | None = None) -> Outcome:
    return Outcome(
        OutcomeKind.UNKNOWN,
        f"{what}: the file may or may not be stored",
        "answer",
        "run `cgrev uploads resume`: it asks the server before anything is sent again",
        status,
        code,
    )


def remote_files(answer: Answer) -> list[RemoteFile]:
    """The entries of one page of the list of uploads. Raises `ServerRefused` for anything else."""
    if answer.status == 200:
        page = _page(answer)
        if page is not None:
            return page
        raise ServerRefused(
            f"the list of uploads cannot be read{': ' if answer.trouble else ''}{answer.trouble}",
            help="run it again later; nothing is sent while the server cannot be asked",
            status=200,
        )
    if 300 <= answer.status < 400:
        raise ServerRefused(
            f"the server sends the request elsewhere ({answer.status}); redirects are not followed",
            help="set api-url (or the region) to the server itself",
            status=answer.status,
        )
    sentence, code = explain(answer)
    raise ServerRefused(
        sentence.replace("the server refuses:", "the server gives no list of uploads:"),
        help="check api-url, region and the rights of the connected app",
        status=answer.status,
        code=code,
    )


def _page(answer: Answer) -> list[RemoteFile] | None:
    if not answer.complete:
        return None
    try:
        value = parse(answer.body)
        if _has(value, "error") or _get(value, "data") is False:
            return None
        return [_remote(entry) for entry in _entries(value)]
    except Unreadable:
        return None


def _entries(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for entry in value:
            if not isinstance(entry, dict) or not _has(entry, "source_filename"):
                raise Unreadable
            yield entry
    elif _has(value, "source_filename"):
        yield value
    elif isinstance(value, dict) and len(value) == 1:
        # The `Data` envelope, or in XML whatever the one element is called.
        inner = next(iter(value.values()))
        if inner in ("", []):
            return
        yield from _entries(inner)
    else:
        raise Unreadable


def _remote(entry: dict[str, Any]) -> RemoteFile:
    return RemoteFile(
        id=server_text(str(_get(entry, "id") or ""), 60),
        name=server_text(str(_get(entry, "source_filename") or ""), 400),
        status=server_text(str(_get(entry, "status") or ""), 60),
        uploaded=server_text(str(_get(entry, "date_upload") or ""), 60),
        total=_integer(_get(entry, "total_records")),
        successful=_integer(_get(entry, "successful_records")),
        unsuccessful=_integer(_get(entry, "unsuccessful_records")),
        logs=tuple(server_text(text, 200) for text in _texts(_get(entry, "logs")))[:_MAX_LOGS],
    )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if value.strip():
            yield value
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)
    elif isinstance(value, dict):
        for member in value.values():
            yield from _texts(member)
