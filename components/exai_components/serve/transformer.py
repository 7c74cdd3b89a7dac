"""The transformer of an InferenceService: looks features up, and has a predictor score the rows.

In: requests that hold entity keys, in either protocol. Out: the predictor's answers, its refusals
as they came. Never loads a model: which columns that takes is what the predictor's metadata say,
and which of them are features is what the FeatureService in the registry says. When the predictor
takes another model in, its new columns are looked up from the first request that it refuses.
"""

import asyncio
import json
import socket
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
from kserve.protocol.infer_type import InferOutput, InferRequest, InferResponse

from exai_components.model_file import SKLEARN, ModelFile
from exai_components.serve.app import build_app
from exai_components.serve.errors import Passed
from exai_components.serve.failure import Failure
from exai_components.serve.features import Features
from exai_components.serve.gate import Gate
from exai_components.serve.metrics import Meter
from exai_components.serve.model import ServedModel
from exai_components.serve.needs import needs_by_name
from exai_components.serve.options import Options
from exai_components.serve.policy import parse_policy
from exai_components.serve.predictor import Behind, Described
from exai_components.serve.server import Server
from exai_components.serve.values import Unavailable
from exai_components.serve.warm import rehearse
from exai_components.serve.wire import Columns

# How a predictor refuses rows that were made for another model than it has.
_OTHER_MODEL = ("unknown-column", "missing-column", "wrong-datatype", "ragged")


async def transform(options: Options, bound: socket.socket | None) -> None:
    """Serve until told to stop; `Failure` when the features can't be had."""
    assert options.predictor is not None  # noqa: S101 - this is what makes it a transformer
    behind = Behind(options.predictor, options.model_name)
    model = Transformer(options, behind, await behind.awaited())

    async def ready() -> bool:
        return server.ready() and await model.alive()

    app = build_app(model, ready, model.alive)
    server = Server(app, Gate(app, options, Meter(options.model_name)), options, "", model)
    await rehearse(model.features, model.signature, model.columns)
    said = f"exai: {options.model_name} is ready"
    await server.run(bound, lambda: print(said, file=sys.stderr, flush=True))


class Transformer(ServedModel):
    """The model as its callers see it: with the columns that aren't looked up."""

    def __init__(self, options: Options, behind: Behind, described: Described) -> None:
        self._options, self._behind = options, behind
        self._described = described
        self.signature = _signature(described)
        self.features = self._opened(described)
        self.columns = self._request_columns()
        super().__init__(options.model_name, self.columns, self.features)
        self._take(described)

    async def predict(self, payload: Any, headers: Any = None) -> Any:
        """The predictor's answer to the looked-up rows."""
        try:
            return await self._predicted(payload, headers or {})
        except Passed as refusal:
            if _code(refusal) not in _OTHER_MODEL or not await self._changed():
                raise
        return await self._predicted(payload, headers or {})

    @property
    def trouble(self) -> str:
        """What is wrong with the features, as far as is known."""
        return self.features.trouble

    async def alive(self) -> bool:
        """Whether features can be looked up; a predictor's own readiness is its own to tell."""
        return await self.features.alive()

    def get_output_types(self) -> list[dict[str, Any]]:
        """The predictor's outputs."""
        return [dict(output) for output in self._described.outputs]

    async def _predicted(self, payload: Any, headers: Mapping[str, str]) -> Any:
        rows = await self.rows_of(payload)
        if not isinstance(payload, InferRequest):
            return await self._behind.predict_v1(rows, headers)
        more: dict[str, Any] = {"id": payload.id} if payload.id else {}
        if payload.request_outputs:
            more["outputs"] = [{"name": output.name} for output in payload.request_outputs]
        answer = await self._behind.predict_v2(rows, self._datatypes, more, headers)
        return _response(payload, answer)

    async def _changed(self) -> bool:
        described = await self._behind.described()
        if described == self._described:
            return False
        try:
            features = await asyncio.to_thread(self._opened, described)
        except Failure as failure:
            raise Unavailable(failure.code, failure.message, failure.hint) from None
        self.features, self._features = features, features
        self._take(described)
        return True

    def _take(self, described: Described) -> None:
        self._described, self.signature = described, _signature(described)
        self.columns = self._columns = self._request_columns()
        self._datatypes = Columns(self.signature).datatypes
        self._outputs = tuple(str(output["name"]) for output in described.outputs)

    def _opened(self, described: Described) -> Features:
        options = self._options
        assert options.features is not None  # noqa: S101 - the options see to it
        assert options.repository is not None  # noqa: S101
        columns = described.columns
        return Features(
            options.model_name,
            options.repository,
            parse_policy(options.features),
            lambda offered: needs_by_name(columns, offered),
        )

    def _request_columns(self) -> Columns:
        features = self.features
        return Columns(self.signature, features.asked, looked_up=features.needs.views())


def _signature(described: Described) -> ModelFile:
    """The predictor's columns in the form that the wire is checked by."""
    return ModelFile("regression", "", described.columns, {}, format=SKLEARN)


def _code(refusal: Passed) -> str:
    try:
        return str(json.loads(refusal.content)["code"])
    except (ValueError, KeyError, TypeError):
        return ""


def _response(request: InferRequest, answer: Mapping[str, Any]) -> InferResponse:
    outputs = [
        InferOutput(
            name=one["name"],
            datatype=one["datatype"],
            shape=one["shape"],
            data=np.array(one["data"], dtype=np.object_ if one["datatype"] == "BYTES" else None),
            parameters=one.get("parameters"),
        )
        for one in answer["outputs"]
    ]
    return InferResponse(
        response_id=answer.get("id"),
        model_name=answer["model_name"],
        infer_outputs=outputs,
        use_binary_outputs=bool(request.use_binary_outputs),
        requested_outputs=request.request_outputs,
    )
