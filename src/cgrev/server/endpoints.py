"""The documented endpoints: token, upload, list of uploads, delete."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from cgrev.server.answers import REFUSED, STORED, ApiError, Code, Format, answer, error_answer, wanted_format
from cgrev.server.auth import Gate, Refused, TokenRequest
from cgrev.server.loading import load
from cgrev.server.multipart import UploadedFile, read_upload
from cgrev.server.query import MAX_LIMIT, read_query
from cgrev.server.records import BadContent
from cgrev.server.settings import SandboxSettings
from cgrev.server.store import AlreadyProcessed, FileQuery, Store

logger = logging.getLogger("cgrev.sandbox")

TOKEN_FIELDS = ("grant_type", "client_id", "client_secret")
TOKEN_BYTES = 16_384
"""A token request is a handful of short fields."""
Endpoint = Callable[[Request], Awaitable[Response]]


def peer(request: Request) -> str:
    """The address of whoever calls. Forwarding headers are not believed: anyone can write them."""
    return request.client.host if request.client is not None else ""


class Api:
    """The endpoints over one store. Work on the database and on files runs in threads."""

    def __init__(self, settings: SandboxSettings, store: Store, gate: Gate) -> None:
        self._settings = settings
        self._store = store
        self._gate = gate

    def guarded(self, endpoint: Callable[[Request, Format], Awaitable[Response]]) -> Endpoint:
        """Look at the credentials before anything else of the request is read."""

        async def call(request: Request) -> Response:
            format = wanted_format(request.url.path)
            try:
                headers = request.headers.getlist("authorization")
                self._gate.check(headers[0] if len(headers) == 1 else None, peer(request))
                return await endpoint(request, format)
            except ApiError as error:
                return error_answer(error, format)

        return call

    async def token(self, request: Request) -> Response:
        """POST /oauth2/token. Secrets are read from the form or HTTP Basic, never from the URL."""
        try:
            form = await _read_form(request)
            headers = request.headers.getlist("authorization")
            body = self._gate.token(TokenRequest(form, headers[0] if headers else None, peer(request)))
        except Refused as refused:
            return JSONResponse({"error": refused.error}, refused.status, headers=refused.headers)
        return JSONResponse(body, headers={"Pragma": "no-cache"})

    async def upload(self, request: Request, format: Format) -> Response:
        """POST /v4.1/company/revenue_file_automate: store one file, row by row."""
        read_query(request.scope["query_string"])
        content_type = request.headers.get("content-type", "")
        try:
            uploaded = await read_upload(content_type, request.stream(), self._settings.max_bytes)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is left to read it, and nothing was stored
        try:
            await run_in_threadpool(self._store_file, uploaded)
        except BadContent as bad:
            logger.info("upload refused: %s", bad)
            return answer(REFUSED, format, status=self._settings.reject_status)
        except AlreadyProcessed:
            raise ApiError(Code.ALREADY_PROCESSED, "this file has already been processed") from None
        return answer(STORED, format)

    def _store_file(self, uploaded: UploadedFile) -> None:
        settings = self._settings
        if uploaded.data is None:
            raise BadContent(f"the file has {uploaded.size} bytes, at most {settings.max_bytes} are taken")
        loaded = load(uploaded.data, uploaded.name, settings)
        self._store.save(
            uploaded.name,
            hashlib.sha256(uploaded.data).hexdigest(),
            loaded,
            duplicates=settings.duplicates,
            refuse_same_file=settings.same_file == "refuse",
        )

    async def list_files(self, request: Request, format: Format) -> Response:
        """GET /v4.1/file/company-revenue: what was uploaded, and what became of it."""
        given = read_query(
            request.scope["query_string"], "id", "date_range_from", "date_range_to", "start", "limit"
        )
        query = FileQuery(
            id=given.number("id"),
            first_day=given.day("date_range_from"),
            last_day=given.day("date_range_to"),
            start=given.number("start", default=0) or 0,
            limit=given.number("limit", default=MAX_LIMIT, least=1, most=MAX_LIMIT) or MAX_LIMIT,
        )
        files = await run_in_threadpool(self._store.files, query)
        return answer({"Data": [file.as_dict() for file in files]}, format)

    async def delete_file(self, request: Request, format: Format) -> Response:
        """DELETE /v4.1/file: remove an upload and the revenue it brought."""
        file_id = read_query(request.scope["query_string"], "id").number("id")
        if file_id is None:
            raise ApiError(Code.FIELD_MISSING, "the parameter id is missing")
        if not await run_in_threadpool(self._store.delete, file_id):
            raise ApiError(Code.FILE_NOT_FOUND, "there is no file with this id")
        return answer(STORED, format)


async def _read_form(request: Request) -> dict[str, str]:
    """The known fields of a token request. Raises `Refused`."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/x-www-form-urlencoded" or request.scope["query_string"]:
        raise Refused(400, "invalid_request")
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > TOKEN_BYTES:
                raise Refused(413, "invalid_request")
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=1000)
    except (ClientDisconnect, ValueError):
        raise Refused(400, "invalid_request") from None
    # RFC 6749 3.2: unknown parameters are ignored, the others may be given once.
    known = [(name, value) for name, value in pairs if name in TOKEN_FIELDS]
    if len(dict(known)) != len(known):
        raise Refused(400, "invalid_request")
    return dict(known)
