"""The certificate of an upload: who sent what, when and where, made from what, and what the server says.

One document for the files of an auditor, as JSON (`cgrev-certificate/1`) or as one page that needs nothing.
It holds digests, totals and states, no secret and no row.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from cgrev.manifest import Manifest
from cgrev.pages import cell, document, escape, facts, section, table
from cgrev.targets.summary import UploadSummary

Format = Literal["json", "html"]
FORMATS: tuple[Format, ...] = ("json", "html")
_STATES = ("planned", "verified", "acknowledged", "unknown", "rejected", "missing")


def render(summary: UploadSummary, manifest: Manifest | None, format: Format) -> bytes:
    """The certificate of a run that was begun. `manifest` is that of the folder, None for plain files.

    Raises ValueError when nothing was begun.
    """
    whole = as_dict(summary, manifest)
    if format == "json":
        return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "backslashreplace")
    return "".join(_page(whole)).encode("utf-8", "backslashreplace")


def as_dict(summary: UploadSummary, manifest: Manifest | None) -> dict[str, Any]:
    """The certificate as plain values: what the run knows, and what the manifest says of the sources."""
    run = summary.certificate().as_dict()
    return {
        **run,
        "made_from": None if manifest is None else _made_from(manifest),
        "notes": list(summary.notes),
    }


def _made_from(manifest: Manifest) -> dict[str, Any]:
    plain = manifest.model_dump(mode="json", by_alias=True)
    kept = ("tool", "inputs", "converter", "plugins", "settings", "rows", "totals", "statement")
    return {
        **{name: plain[name] for name in kept},
        "moved_rows": len(manifest.moved),
        "waived": waived(manifest),
    }


def waived(manifest: Manifest) -> list[str]:
    """What was let pass: rules that were left out or lowered, rows that were rejected and not sent."""
    check = manifest.settings.get("check")
    told: list[str] = []
    if isinstance(check, Mapping):
        told += [f"rule {word} was left out" for word in _words(check.get("ignore"))]
        if chosen := _words(check.get("select")):
            told.append(f"only these rules were asked for: {', '.join(chosen)}")
        levels = check.get("severity")
        if isinstance(levels, Mapping):
            told += [f"rule {word} was set to {level}" for word, level in sorted(levels.items())]
    rejected = manifest.rows.rejected
    if rejected:
        told.append(f"{rejected:,} {'row was' if rejected == 1 else 'rows were'} rejected and not sent")
    return told


def _words(value: object) -> list[str]:
    return [str(word) for word in value] if isinstance(value, list) else []


def _page(whole: dict[str, Any]) -> Iterator[str]:
    explained = bool(whole["reconciliation"]["explained"])
    code = whole["exit_code"]
    headline = (
        "every record is stored, and the server lists it"
        if explained and code == 0
        else "stored as far as the server says"
        if code == 0
        else f"not stored as a whole (exit code {code})"
    )
    look = "good" if explained and code == 0 else "warning" if code == 0 else "error"
    yield from document("Certificate of upload", headline, _sections(whole), look)


def _sections(whole: dict[str, Any]) -> Iterator[str]:
    names = {
        "run": "run",
        "command": "command",
        "who": "who",
        "started": "started (UTC)",
        "ended": "ended (UTC)",
        "target": "where",
        "folder": "folder",
        "manifest_sha256": "SHA-256 of the manifest",
        "settings_sha256": "SHA-256 of the target's settings",
    }
    known = [(label, str(whole[name])) for name, label in names.items() if whole[name]]
    versions = [(f"version of {name}", version) for name, version in whole["versions"].items()]
    yield section("Who, when and where", facts("The run", [*known, *versions]))
    yield section("What became of it", _sums(whole["reconciliation"]))
    if whole["made_from"] is not None:
        yield from _source(whole["made_from"])
    yield section("Batches", _batches(whole["batches"]))
    if whole["notes"]:
        yield section("Notes", _list(whole["notes"]))


def _sums(sums: dict[str, Any]) -> str:
    rows = (
        f'<tr><th scope="row">{name}</th>{_number(sums[name]["batches"])}{_number(sums[name]["records"])}'
        f"{cell(sums[name]['total'] or '', 'number')}</tr>"
        for name in _STATES
    )
    listed = f"<p>The server lists {sums['listed_records']:,} records as loaded.</p>"
    return table("Batches by state", ("state", "#batches", "#records", "#total"), rows) + listed


def _number(number: int | None) -> str:
    return cell("" if number is None else f"{number:,}", "number")


def _source(made: dict[str, Any]) -> Iterator[str]:
    rows = (
        f"<tr>{cell(one['path'], 'value')}{_number(one['rows']['read'])}"
        f"{cell(one['totals']['source'], 'number')}{cell(one['currency'] or '')}"
        f"{cell(one['sha256'], 'value')}</tr>"
        for one in made["inputs"]
    )
    heads = ("file", "#rows", "#total", "currency", "SHA-256")
    converter = made["converter"] or {}
    read = [("converter", " ".join(str(v) for v in converter.values() if v))] if converter else []
    read.append(("cgrev", made["tool"]["version"]))
    read += [(f"rows {name}", f"{number:,}") for name, number in made["rows"].items()]
    read += [(f"total {name}", amount) for name, amount in made["totals"].items()]
    read.append(("rows moved by keep-total", f"{made['moved_rows']:,}"))
    yield section("Made from", table("Source files", heads, rows), facts("Rows and money", read))
    yield section("Source and sent", *_statement(made["statement"]))
    waived_ = made["waived"]
    yield section("Let pass", _list(waived_) if waived_ else '<p class="good">Nothing was let pass.</p>')
    settings = json.dumps(made["settings"], ensure_ascii=False, indent=1)
    yield section("Settings", f'<pre class="value">{escape(settings).replace(chr(92) + "n", chr(10))}</pre>')


def _statement(entries: list[dict[str, Any]]) -> Iterator[str]:
    from cgrev.reconcile import Cause
    from cgrev.statements import cause_words

    rows = []
    for entry in entries:
        causes = [
            f"{cause['amount']}  "
            + cause_words(
                Cause(cause["kind"], cause["amount"], cause["rows"], cause["code"], cause["unreadable"])
            )
            for cause in entry["causes"]
        ]
        rows.append(
            f'<tr><th scope="row">{escape(entry["currency"] or "no currency")}</th>'
            f"{cell(entry['source'], 'number')}{cell(entry['sent'], 'number')}"
            f'<td class="value">{"<br>".join(map(escape, causes))}</td></tr>'
        )
    yield table("Every unit explained", ("", "#source", "#sent", "why they differ"), rows)


def _batches(batches: list[dict[str, Any]]) -> str:
    rows = (
        f"<tr>{cell(one['file'], 'value')}{cell(one['state'])}{_number(one['records'])}"
        f"{cell(one['total'] or '', 'number')}{cell(one['first_sent'] or '')}{cell(one['remote_id'] or '')}"
        f"{_number(one['stored'])}{cell(one['message'])}{cell(one['sha256'], 'value')}</tr>"
        for one in batches
    )
    heads = ("file", "state", "#records", "#total", "sent (UTC)", "server's id", "#listed", "said", "SHA-256")
    return table("Batches", heads, rows)


def _list(lines: list[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"
