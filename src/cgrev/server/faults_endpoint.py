"""/sandbox/faults: GET what is to come, POST one more, DELETE all. Only when the settings say so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from cgrev.server.answers import ApiError, Code, Format
from cgrev.server.faults import Fault, Faults


def faults_endpoint(faults: Faults) -> Callable[[Request, Format], Awaitable[Response]]:
    """The endpoint over these faults; the caller puts the check of credentials before it."""

    async def endpoint(request: Request, _format: Format) -> Response:
        if request.method == "POST":
            try:
                fault = Fault.model_validate_json(await request.body())
            except ValidationError as error:
                problem = error.errors(include_url=False, include_input=False)[0]
                place = ".".join(str(part) for part in problem["loc"]) or "body"
                raise ApiError(Code.INVALID_ARGUMENTS, f"{place}: {problem['msg'].lower()}") from None
            await run_in_threadpool(faults.add, fault)
        elif request.method == "DELETE":
            faults.clear()
        return JSONResponse({"faults": [fault.model_dump(mode="json") for fault in faults.pending]})

    return endpoint
