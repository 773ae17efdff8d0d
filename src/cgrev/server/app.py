"""The ASGI application: routes, error envelopes, and the layers before them."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from cgrev.server.answers import ApiError, Code, error_answer, wanted_format
from cgrev.server.auth import Clock, Gate
from cgrev.server.document import openapi
from cgrev.server.endpoints import Api
from cgrev.server.faults import FaultLayer, Faults
from cgrev.server.faults_endpoint import faults_endpoint
from cgrev.server.guards import HostCheck, LogEntry, RequestLimits, RequestLog
from cgrev.server.preview import Preview
from cgrev.server.settings import LOOPBACK_NAMES, SandboxSettings
from cgrev.server.store import Store
from cgrev.server.tables import Database

logger = logging.getLogger("cgrev.sandbox")

SUFFIXES = ("", ".json", ".xml")


class SandboxApp:
    """One sandbox as an ASGI application; `close` gives its database back.

    `store` is the database behind it, `tokens` the live tokens, `log` the requests answered so far,
    `faults` the faults still to come (None when the sandbox was made without any).
    """

    def __init__(self, settings: SandboxSettings, *, clock: Clock, faults: Faults | None) -> None:
        gate = Gate(settings, clock)
        self.settings = settings.without_secrets()
        self._database = Database(settings.database)
        self.store = Store(self._database, clock)
        self.tokens = gate.tokens
        self.faults = Faults() if faults is None and settings.faults_endpoint else faults
        api = Api(self.settings, self.store, gate)
        preview = Preview(self.settings, self.store, gate)
        app: ASGIApp = self._routes(api, preview)
        app = RequestLimits(app, max_bytes=settings.max_body_bytes, seconds=settings.body_seconds)
        if self.faults is not None:
            self.faults.bind(self.store.last_file_id)
            app = FaultLayer(app, faults=self.faults, expire_tokens=self.tokens.expire_all)
        names = (*LOOPBACK_NAMES, settings.host, *settings.allowed_hosts)
        self._app = RequestLog(HostCheck(app, names, any_address=not settings.loopback))

    @property
    def log(self) -> list[LogEntry]:
        return self._app.entries

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def close(self) -> None:
        self._database.close()

    def _routes(self, api: Api, preview: Preview) -> Starlette:
        routes = [Route("/oauth2/token", api.token, methods=["POST"])]
        for suffix in SUFFIXES:
            upload, listing, delete = (
                api.guarded(endpoint) for endpoint in (api.upload, api.list_files, api.delete_file)
            )
            routes += [
                Route(f"/v4.1/company/revenue_file_automate{suffix}", upload, methods=["POST"]),
                Route(f"/v4.1/file/company-revenue{suffix}", listing, methods=["GET"]),
                Route(f"/v4.1/file{suffix}", delete, methods=["DELETE"]),
            ]
        routes += [
            Route("/", preview.page, methods=["GET"]),
            Route("/sandbox/booked", preview.booked, methods=["GET"]),
            Route("/openapi.json", _openapi, methods=["GET"]),
        ]
        if self.settings.faults_endpoint and self.faults is not None:
            endpoint = api.guarded(faults_endpoint(self.faults))
            routes.append(Route("/sandbox/faults", endpoint, methods=["GET", "POST", "DELETE"]))

        handlers: dict[Any, Callable[[Request, Any], Awaitable[Response]]] = {
            HTTPException: _http_error,
            ApiError: _api_error,
            OperationalError: _database_error,
            Exception: _server_error,
        }
        app = Starlette(routes=routes, exception_handlers=handlers)
        app.router.redirect_slashes = False
        return app


def create_app(
    settings: SandboxSettings, *, clock: Clock = time.time, faults: Faults | None = None
) -> SandboxApp:
    """Make the application. Missing credentials are made up: take `settings.with_credentials()` first
    to know them. Raises `SettingsError` when the database cannot be used.

    `clock` gives seconds since the epoch; `faults` switches the layer of faults on.
    """
    return SandboxApp(settings, clock=clock, faults=faults)


async def _openapi(_request: Request) -> Response:
    return JSONResponse(openapi())


async def _http_error(request: Request, error: HTTPException) -> Response:
    headers = dict(error.headers or {})
    if error.status_code == 405:
        found = ApiError(Code.METHOD_UNKNOWN, "the method is not known here", headers=headers)
    elif error.status_code == 404:
        found = ApiError(Code.MODULE_UNKNOWN, "the module is not known")
    else:
        found = ApiError(error.status_code, error.detail, status=error.status_code, headers=headers)
    return error_answer(found, wanted_format(request.url.path))


async def _api_error(request: Request, error: ApiError) -> Response:
    return error_answer(error, wanted_format(request.url.path))


async def _database_error(request: Request, error: OperationalError) -> Response:
    logger.error("database: %s", str(error.orig).strip())
    busy = ApiError(
        503, "the database is busy or cannot be reached", status=503, headers={"Retry-After": "5"}
    )
    return error_answer(busy, wanted_format(request.url.path))


async def _server_error(request: Request, _error: Exception) -> Response:
    return error_answer(ApiError(500, "internal error", status=500), wanted_format(request.url.path))
