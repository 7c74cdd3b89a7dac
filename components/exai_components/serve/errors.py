"""Turns what a request can get wrong into an answer: JSON with `error` and `code`, no traceback.

In: exceptions of KServe's endpoints. Out: 400 with the place and the reason; 500 says only that the
log knows more.
"""

import json
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from kserve.errors import InvalidInput
from starlette.exceptions import HTTPException
from starlette.responses import Response

from exai_components.serve.values import Rejected, Unavailable, shown


class Passed(Exception):
    """The refusal of the server behind this one, as it came."""

    def __init__(self, status: int, content: bytes, kind: str) -> None:
        super().__init__(status)
        self.status = status
        self.content = content
        self.kind = kind


_CODES = {404: "not-found", 405: "method-not-allowed", 413: "too-large"}


def add_error_handlers(app: FastAPI) -> None:
    """Replace KServe's own handlers, which log a traceback for every bad request."""
    app.add_exception_handler(Rejected, _rejected)
    app.add_exception_handler(Unavailable, _unavailable)
    app.add_exception_handler(Passed, _passed)
    app.add_exception_handler(InvalidInput, _invalid)
    app.add_exception_handler(RequestValidationError, _not_a_request)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _internal)


def json_answer(status: int, body: Any) -> Response:
    """ASCII JSON: whatever a request holds can be quoted in it, lone surrogates included."""
    return Response(json.dumps(body).encode(), status, media_type="application/json")


async def _rejected(_: Request, error: Exception) -> Response:
    assert isinstance(error, Rejected)  # noqa: S101 - registered for it alone
    return json_answer(400, error.body())


async def _unavailable(_: Request, error: Exception) -> Response:
    assert isinstance(error, Unavailable)  # noqa: S101 - registered for it alone
    return json_answer(error.status, error.body())


async def _passed(_: Request, error: Exception) -> Response:
    assert isinstance(error, Passed)  # noqa: S101 - registered for it alone
    return Response(error.content, error.status, media_type=error.kind)


async def _invalid(_: Request, error: Exception) -> Response:
    return json_answer(400, {"error": str(error), "code": "malformed"})


async def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
    code = _CODES.get(error.status_code, "refused")
    return json_answer(error.status_code, {"error": str(error.detail), "code": code})


async def _internal(_: Request, __: Exception) -> Response:
    """The server logs the exception itself, after this answer."""
    error = "the server failed on this request; its log says more"
    return json_answer(500, {"error": error, "code": "internal"})


async def _not_a_request(_: Request, error: Exception) -> Response:
    """A V2 body that isn't an inference request, as pydantic saw it."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it alone
    problems = error.errors()
    # The endpoint takes JSON or bytes; what speaks of bytes is no help to who sent JSON.
    first = next((each for each in problems if "bytes" not in each["loc"]), problems[0])
    if first["type"] == "json_invalid":
        at, reason = first["loc"][-1], first.get("ctx", {}).get("error", "")
        message = f"the body is not JSON: {reason} at character {at}"
    elif error.body is None:
        message = "the body is empty or null; send a JSON object with inputs"
    else:
        place = _place([part for part in first["loc"] if part not in _SKIPPED], error.body)
        message = f"{place}: {first['msg']}" if place else f"the body: {first['msg']}"
    return json_answer(400, {"error": message, "code": "malformed"})


_SKIPPED = ("body", "InferenceRequest", "bytes")


def _place(location: list[Any], body: Any) -> str:
    """`inputs[1] "petal_width".shape[0]`: the path, with the tensor's name where it has one."""
    text, value = "", body
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            value = None
        if isinstance(part, int) and isinstance(value, dict) and "name" in value:
            text += f" {shown(value['name'])}"
    return text
