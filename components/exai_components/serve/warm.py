"""Runs requests through the application before it is ready.

What a first request would load, compile or allocate is done before anybody waits for it: so the
first answer is as fast as the others, and no request imports a library.
"""

import gc
import json
from collections.abc import MutableMapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from kserve import metrics as kserve_metrics

from exai_components.model_file import ModelColumn, ModelFile
from exai_components.serve.gate import Application, Message
from exai_components.serve.wire import Columns, datatype_of

if TYPE_CHECKING:
    from exai_components.serve.features import Features

_ROUNDS = 40
_BATCH = 200


def warm_features(features: "Features", signature: ModelFile) -> AbstractContextManager[None]:
    """While this lasts, what nobody has been found to have is answered by an example."""
    return features.rehearsed({column.name: _example(column) for column in signature.columns})


async def rehearse(features: "Features", signature: ModelFile, columns: Columns) -> None:
    """Look some features up, for a server that has no model to warm up."""
    example = {column.name: _example(column) for column in columns.columns}
    with warm_features(features, signature):
        for _ in range(_ROUNDS):
            await features.complete([example], "row {}".format)
    _settle()


async def warm(app: Application, name: str, columns: Columns) -> None:
    """Ask everything once, and predictions some hundred times; nothing of it is counted."""
    example = {column.name: _example(column) for column in columns.columns}
    v1, v2 = f"/v1/models/{name}:predict", f"/v2/models/{name}/infer"
    await _ask(app, "GET", "/v2/health/ready")
    await _ask(app, "GET", f"/v2/models/{name}")
    await _ask(app, "GET", "/metrics")
    bodies: list[Any] = [{"instances": [example] * _BATCH}, {"instances": [{}]}, {}]
    for body in bodies:
        await _ask(app, "POST", v1, body)
    await _ask(app, "POST", v2, {"inputs": [{}]})
    for _ in range(_ROUNDS):
        await _ask(app, "POST", v1, {"instances": [example]})
        await _ask(app, "POST", v2, {"inputs": _tensors(columns, example)})
    for histogram in (
        kserve_metrics.PRE_HIST_TIME,
        kserve_metrics.PREDICT_HIST_TIME,
        kserve_metrics.POST_HIST_TIME,
    ):
        histogram.clear()
    _settle()


def _settle() -> None:
    gc.collect()
    gc.freeze()  # what lives now lives for ever: collections needn't walk it
    gc.enable()


def _example(column: ModelColumn) -> Any:
    level = column.levels[0] if column.levels else "0"
    match column.type:
        case "bool":
            return level.lower() in ("true", "1")
        case "int32" | "int64":
            return int(level)
        case "float32" | "float64":
            return float(level)
        case "timestamp" | "date":
            return "2000-01-01"
        case "json":
            return "[]"
        case "uuid":
            return "0" * 32
        case _:
            return level


def _tensors(columns: Columns, row: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": column.name,
            "datatype": datatype_of(column),
            "shape": [1],
            "data": [row[column.name]],
        }
        for column in columns.columns
    ]


async def _ask(app: Application, method: str, path: str, body: Any = None) -> None:
    content = json.dumps(body).encode()
    scope: MutableMapping[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
        "client": None,
        "server": None,
        "state": {},
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(_: Message) -> None:
        pass

    await app(scope, receive, send)
