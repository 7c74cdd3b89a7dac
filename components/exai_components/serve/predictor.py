"""The predictor behind a transformer, over KServe's own protocols.

In: rows of the model's columns. Out: the predictor's answer as it came, `Passed` for its refusal,
`Unavailable` when it can't be asked. Keeps connections; asks once more when one broke meanwhile,
which does no harm: a prediction changes nothing.
"""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from exai_components.model_file import ModelColumn
from exai_components.scores import Row
from exai_components.serve.errors import Passed
from exai_components.serve.options import Predictor
from exai_components.serve.values import Unavailable

_TYPES = {"FP64": "float64", "FP32": "float32", "INT64": "int64", "INT32": "int32", "BOOL": "bool"}
# KServe's own transformers forward the first three (kserve/model.py).
_FORWARDED = ("x-request-id", "x-b3-traceid", "authorization", "traceparent", "tracestate")
_SAY_AGAIN = 30.0
_JSON = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Described:
    """What a predictor's metadata say of its model."""

    columns: tuple[ModelColumn, ...]
    outputs: tuple[Mapping[str, Any], ...]


class Behind:
    """One predictor, and the model of this name in it."""

    def __init__(self, predictor: Predictor, name: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=predictor.url,
            timeout=predictor.timeout,
            trust_env=False,  # requests go to the predictor, whatever proxy the pod is given
        )
        self._url, self._name = predictor.url, name

    async def described(self) -> Described:
        """The model's inputs and outputs; `Unavailable` or `Passed`."""
        answer = await self._ask("GET", f"/v2/models/{self._name}", None, {})
        inputs = tuple(
            ModelColumn(str(one["name"]), _TYPES.get(str(one["datatype"]), "string"))
            for one in answer["inputs"]
        )
        return Described(inputs, tuple(answer["outputs"]))

    async def awaited(self) -> Described:
        """The same, once the predictor is up: on a cluster both are started at a time."""
        waited = 0.0
        while True:
            try:
                return await self.described()
            except (Unavailable, Passed):
                if waited % _SAY_AGAIN == 0:
                    line = f"exai: {self._url} doesn't serve {self._name} yet; it is awaited"
                    print(line, file=sys.stderr, flush=True)
            await asyncio.sleep(0.5)
            waited += 0.5

    async def predict_v1(self, rows: Sequence[Row], headers: Mapping[str, str]) -> Any:
        """The body of the predictor's V1 answer."""
        path = f"/v1/models/{self._name}:predict"
        return await self._ask("POST", path, {"instances": rows}, headers)

    async def predict_v2(
        self,
        rows: Sequence[Row],
        datatypes: Mapping[str, str],
        more: Mapping[str, Any],
        headers: Mapping[str, str],
    ) -> Any:
        """The body of the predictor's V2 answer; `more` is the request's id and outputs."""
        tensors = [
            {
                "name": name,
                "datatype": datatype,
                "shape": [len(rows)],
                "data": [row[name] for row in rows],
            }
            for name, datatype in datatypes.items()
        ]
        path = f"/v2/models/{self._name}/infer"
        return await self._ask("POST", path, {**more, "inputs": tensors}, headers)

    async def _ask(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Any:
        content = None if body is None else orjson.dumps(body)
        forwarded = {name: headers[name] for name in _FORWARDED if name in headers}
        answer = await self._send(method, path, content, {**_JSON, **forwarded})
        if answer.status_code != httpx.codes.OK:
            kind = answer.headers.get("content-type", "application/json")
            raise Passed(answer.status_code, answer.content, kind)
        try:
            return orjson.loads(answer.content)
        except orjson.JSONDecodeError:
            raise Unavailable(
                "predictor-failed", "the predictor answered with no JSON", status=502
            ) from None

    async def _send(
        self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]
    ) -> httpx.Response:
        for last in (False, True):
            try:
                return await self._client.request(method, path, content=content, headers=headers)
            except httpx.TimeoutException:
                said = "the predictor takes too long to answer"
                raise Unavailable("predictor-slow", said, status=504) from None
            except httpx.TransportError as error:
                if last:
                    said = f"the predictor doesn't answer: {type(error).__name__}"
                    hint = "It is asked again with the next request"
                    raise Unavailable("predictor-unreachable", said, hint) from None
        raise AssertionError("the loop answers or raises")
