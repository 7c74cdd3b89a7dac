"""The transformer of an InferenceService: looks features up, and has a predictor score the rows.

In: requests that hold entity keys, in either protocol. Out: the predictor's answers, its refusals
as they came. Never loads a model: which columns that takes is what the predictor's metadata say,
and which of them are features is what the FeatureService in the registry says. When the predictor
takes another model in, its new columns are looked up from the first request that it refuses: that
one and all that are in flight are answered by the new model, with rows made for it.
"""

import asyncio
import json
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
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
from exai_components.serve.model import Face, ServedModel
from exai_components.serve.needs import needs_by_name
from exai_components.serve.options import Options
from exai_components.serve.policy import parse_policy
from exai_components.serve.predictor import Behind, Described
from exai_components.serve.server import Server
from exai_components.serve.values import Unavailable
from exai_components.serve.warm import rehearse
from exai_components.serve.wire import Columns

# How a predictor refuses rows that were made for another model than it has.
_OTHER_MODEL = (
    *("unknown-column", "missing-column", "wrong-datatype", "ragged"),
    *("ill-typed", "out-of-range", "unknown-level"),
)
_CHANGES = 3  # changes of the predictor's model that one request goes along with


async def transform(options: Options, bound: socket.socket | None) -> None:
    """Serve until told to stop; `Failure` when the features can't be had."""
    assert options.predictor is not None  # noqa: S101 - this is what makes it a transformer
    behind = Behind(options.predictor, options.model_name)
    model = Transformer(options, behind, await behind.awaited())

    async def ready() -> bool:
        return server.ready() and await model.alive()

    app = build_app(model, ready, model.alive)
    server = Server(app, Gate(app, options, Meter(options.model_name)), options, "", model)
    await rehearse(model.features, model.signature, model.face.columns)
    said = f"exai: {options.model_name} is ready"
    await server.run(bound, lambda: print(said, file=sys.stderr, flush=True))


@dataclass(frozen=True, slots=True)
class Seen:
    """The predictor's model as it was last described, and all that follows from it."""

    described: Described
    signature: ModelFile
    features: Features
    face: Face
    datatypes: Mapping[str, str]


class Transformer(ServedModel):
    """The model as its callers see it: with the columns that aren't looked up. A request works
    with one `Seen` from its beginning to its end; when the predictor refuses its rows because it
    has another model by now, it begins anew with that one's.
    """

    def __init__(self, options: Options, behind: Behind, described: Described) -> None:
        self._options, self._behind = options, behind
        self._seen = self._looked_at(described)
        self._changing = asyncio.Lock()
        super().__init__(options.model_name, self._seen.face)

    async def predict(self, payload: Any, headers: Any = None) -> Any:
        """The predictor's answer to the looked-up rows."""
        seen = self._seen
        for _ in range(_CHANGES):
            try:
                return await self._predicted(seen, payload, headers or {})
            except Passed as refusal:
                if _code(refusal) not in _OTHER_MODEL:
                    raise
                newer = await self._newer(seen)
                if newer is seen:
                    raise
                seen = newer
        return await self._predicted(seen, payload, headers or {})

    @property
    def features(self) -> Features:
        """Those of the model that the predictor has now."""
        return self._seen.features

    @property
    def signature(self) -> ModelFile:
        """The columns of the model that the predictor has now."""
        return self._seen.signature

    @property
    def trouble(self) -> str:
        """What is wrong with the features, as far as is known."""
        return self.features.trouble

    async def alive(self) -> bool:
        """Whether features can be looked up; a predictor's own readiness is its own to tell."""
        return await self.features.alive()

    def get_output_types(self) -> list[dict[str, Any]]:
        """The predictor's outputs."""
        return [dict(output) for output in self._seen.described.outputs]

    async def _predicted(self, seen: Seen, payload: Any, headers: Mapping[str, str]) -> Any:
        rows = await seen.face.rows_of(payload)
        if not isinstance(payload, InferRequest):
            return await self._behind.predict_v1(rows, headers)
        more: dict[str, Any] = {"id": payload.id} if payload.id else {}
        if payload.request_outputs:
            more["outputs"] = [{"name": output.name} for output in payload.request_outputs]
        answer = await self._behind.predict_v2(rows, seen.datatypes, more, headers)
        return _response(payload, answer)

    async def _newer(self, seen: Seen) -> Seen:
        """What the predictor has now; `seen` itself when that hasn't changed. However many requests
        ask at a time, the store is opened once for each change.
        """
        async with self._changing:
            if self._seen is not seen:
                return self._seen
            described = await self._behind.described()
            if described == seen.described:
                return seen
            try:
                newer = await asyncio.to_thread(self._looked_at, described)
            except Failure as failure:
                raise Unavailable(failure.code, failure.message, failure.hint) from None
            self._seen, self.face = newer, newer.face
        seen.features.close()
        return newer

    def _looked_at(self, described: Described) -> Seen:
        options = self._options
        assert options.features is not None  # noqa: S101 - the options see to it
        assert options.repository is not None  # noqa: S101
        columns, signature = described.columns, _signature(described)
        features = Features(
            options.model_name,
            options.repository,
            parse_policy(options.features),
            lambda offered: needs_by_name(columns, offered),
        )
        asked = Columns(signature, features.asked, looked_up=features.needs.views())
        outputs = tuple(str(output["name"]) for output in described.outputs)
        datatypes = Columns(signature).datatypes
        return Seen(described, signature, features, Face(asked, features, outputs), datatypes)


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
