"""What an upload does, for people: booked months as JSON, and one page to look at.

The page is one document without scripts; nothing is loaded from anywhere. All text that came from an
upload is escaped by the template engine.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse

from cgrev.server.auth import Gate
from cgrev.server.booking import Booked, Months, booked
from cgrev.server.endpoints import peer
from cgrev.server.query import MAX_PAGE, Query, read_query
from cgrev.server.settings import SandboxSettings
from cgrev.server.store import Store, StoredFile

ACCOUNTS_A_PAGE = 50
MONTHS_A_PAGE = 24
MAX_MONTHS = 60
FILES_SHOWN = 50
LOGS_SHOWN = 100
_ACCOUNTS_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class _Line:
    """One row of the table: an account, a type, and an amount or None for each month shown."""

    account: str
    revenue_type: str
    amounts: Sequence[Decimal | None]
    total: Decimal


class Preview:
    """The pages beside the documented API."""

    def __init__(self, settings: SandboxSettings, store: Store, gate: Gate) -> None:
        self._settings = settings
        self._store = store
        self._gate = gate
        self._templates = Environment(
            loader=PackageLoader("cgrev.server"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["money"] = lambda amount: f"{amount:,.2f}"

    async def booked(self, request: Request) -> Response:
        """GET /sandbox/booked: a list of account, revenue_type, month and amount, exact to the cent."""
        self._check(request)
        query = read_query(request.scope["query_string"], "account", "from", "to")
        months = _months(query)
        account = query.text("account")
        ids = await run_in_threadpool(self._account_ids, account)
        return StreamingResponse(self._booked_json(ids, months), media_type="application/json")

    def _account_ids(self, account: str | None) -> list[int]:
        if account is None:
            return self._store.account_ids()
        found = self._store.account_id(account)
        return [] if found is None else [found]

    def _booked_json(self, ids: Sequence[int], months: Months) -> Iterator[str]:
        separator = "["
        for start in range(0, len(ids), _ACCOUNTS_AT_ONCE):
            for entry in self._book(ids[start : start + _ACCOUNTS_AT_ONCE], months):
                yield separator + json.dumps(entry.as_dict(), ensure_ascii=False)
                separator = ",\n"
        yield "[]" if separator == "[" else "]"

    def _book(self, ids: Sequence[int], months: Months) -> list[Booked]:
        return booked(self._store.records(ids), months, self._settings.month_count)

    async def page(self, request: Request) -> Response:
        """GET /: accounts by months, and the last uploads with what was left out of them."""
        self._check(request)
        query = read_query(request.scope["query_string"], "search", "from", "to", "page")
        nonce = secrets.token_urlsafe(16)
        html = await run_in_threadpool(self._render, query, nonce)
        policy = (
            f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self';"
            " base-uri 'none'; frame-ancestors 'none'"
        )
        return HTMLResponse(html, headers={"Content-Security-Policy": policy})

    def _render(self, query: Query, nonce: str) -> str:
        search = query.text("search") or ""
        page = query.number("page", default=1, least=1, most=MAX_PAGE) or 1
        asked = _months(query)
        ids = self._store.account_ids(search, start=(page - 1) * ACCOUNTS_A_PAGE, limit=ACCOUNTS_A_PAGE)
        accounts = self._store.account_count(search)
        entries = self._book(ids, asked)
        shown = _shown(asked, entries)
        return self._templates.get_template("sandbox.html.j2").render(
            nonce=nonce,
            search=search,
            asked=asked,
            months=shown,
            lines=_lines(entries, shown),
            accounts=accounts,
            page=page,
            pages=max(1, -(-accounts // ACCOUNTS_A_PAGE)),
            links=_links(search, asked, page, accounts),
            cut=bool(entries) and max(entry.month for entry in entries) > shown[-1],
            files=[_file(entry) for entry in self._store.recent_files(FILES_SHOWN)],
            files_shown=FILES_SHOWN,
        )

    def _check(self, request: Request) -> None:
        if self._settings.guards_preview:
            headers = request.headers.getlist("authorization")
            self._gate.check_preview(headers[0] if len(headers) == 1 else None, peer(request))


def _months(query: Query) -> Months:
    return Months(query.month("from"), query.month("to"))


def _shown(asked: Months, entries: Sequence[Booked]) -> list[str]:
    """The months of the table: what was asked for within limits, else the first two years booked."""
    if not entries:
        return []
    first = asked.first or min(entry.month for entry in entries)
    last = max(entry.month for entry in entries)
    most = MAX_MONTHS if asked.last is not None else MONTHS_A_PAGE
    months = [first]
    while months[-1] < last and len(months) < most:
        year, month = int(months[-1][:4]), int(months[-1][5:])
        months.append(f"{year + month // 12:04}-{month % 12 + 1:02}")
    return months


def _lines(entries: Sequence[Booked], months: Sequence[str]) -> list[_Line]:
    amounts: dict[tuple[str, str], dict[str, Decimal]] = {}
    for entry in entries:
        amounts.setdefault((entry.account, entry.revenue_type), {})[entry.month] = entry.amount
    return [
        _Line(account, kind, [by_month.get(month) for month in months], sum(by_month.values(), Decimal(0)))
        for (account, kind), by_month in amounts.items()
    ]


def _links(search: str, asked: Months, page: int, accounts: int) -> dict[str, str | None]:
    """Queries of the previous and the next page, where there is one."""
    given = {"search": search, "from": asked.first or "", "to": asked.last or ""}
    kept = {name: value for name, value in given.items() if value}
    links: dict[str, str | None] = {"previous": None, "next": None}
    if page > 1:
        links["previous"] = "?" + urlencode({**kept, "page": page - 1})
    if page * ACCOUNTS_A_PAGE < accounts:
        links["next"] = "?" + urlencode({**kept, "page": page + 1})
    return links


def _file(file: StoredFile) -> dict[str, object]:
    logs = file.logs[:LOGS_SHOWN]
    return {**file.as_dict(), "logs": logs, "more_logs": len(file.logs) - len(logs)}
