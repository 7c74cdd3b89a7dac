"""The model as KServe's server sees it.

In: what KServe decoded from a request. Out: what KServe encodes as an answer. Loaded before the
server starts: no request loads anything.
"""

import asyncio
import uuid
from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson
from kserve.model import Model
from kserve.protocol.infer_type import InferOutput, InferRequest, InferResponse

from exai_components.mojo import MojoScorer, Row, Scores
from exai_components.serve.values import Rejected, listed, shown
from exai_components.serve.wire import Columns
from exai_components.serve.wire_v1 import read_v1, write_v1
from exai_components.serve.wire_v2 import (
    Output,
    input_metadata,
    output_metadata,
    read_v2,
    write_v2,
)

# A larger batch is scored in a thread, so that small requests don't wait for it.
_AT_ONCE = 64


class ScoringModel(Model):  # type: ignore[misc]
    """Checks a request against the signature, scores it, answers in the request's protocol."""

    def __init__(self, name: str, scorer: MojoScorer, columns: Columns) -> None:
        super().__init__(name)
        self._scorer = scorer
        self._columns = columns
        self._outputs = tuple(output.name for output in output_metadata(columns))
        self.ready = True

    def load(self) -> bool:
        """KServe asks for this when a model isn't ready; there is nothing left to load."""
        return bool(self.ready)

    def get_input_types(self) -> list[dict[str, Any]]:
        """Inputs for `/v2/models/NAME`."""
        return [_metadata(output) for output in input_metadata(self._columns)]

    def get_output_types(self) -> list[dict[str, Any]]:
        """Outputs for `/v2/models/NAME`."""
        return [_metadata(output) for output in output_metadata(self._columns)]

    async def predict(self, payload: Any, headers: Any = None) -> Any:  # noqa: ARG002
        """V2 tensors to a V2 answer, anything else as a V1 body; `Rejected` when it doesn't fit."""
        if isinstance(payload, InferRequest):
            self._check_outputs(payload)
            rows = read_v2(self._columns, payload.inputs)
            return self._respond(payload, await self._score(rows))
        rows = read_v1(self._columns, _parsed(payload))
        return write_v1(self._columns, await self._score(rows))

    async def _score(self, rows: Sequence[Row]) -> Scores:
        if len(rows) <= _AT_ONCE:
            return self._scorer.score(rows)
        return await asyncio.to_thread(self._scorer.score, rows)

    def _check_outputs(self, request: InferRequest) -> None:
        for output in request.request_outputs or ():
            if output.name not in self._outputs:
                raise Rejected(
                    "unknown-output",
                    f"the model has no output {shown(output.name)} "
                    f"(it has {listed(self._outputs)})",
                )

    def _respond(self, request: InferRequest, scores: Scores) -> InferResponse:
        return InferResponse(
            response_id=request.id or str(uuid.uuid4()),
            model_name=self.name,
            infer_outputs=[_tensor(output) for output in write_v2(self._columns, scores)],
            use_binary_outputs=bool(request.use_binary_outputs),
            requested_outputs=request.request_outputs,
        )


def _parsed(payload: Any) -> Any:
    """KServe hands a body over unparsed when its content type isn't JSON's."""
    if not isinstance(payload, bytes | str):
        return payload
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise Rejected("malformed", f"the body is not JSON: {error}") from None


def _metadata(output: Output) -> dict[str, Any]:
    return {"name": output.name, "datatype": output.datatype, "shape": list(output.shape)}


def _tensor(output: Output) -> InferOutput:
    kind = np.object_ if output.datatype == "BYTES" else np.float64
    return InferOutput(
        name=output.name,
        datatype=output.datatype,
        shape=list(output.shape),
        data=np.array(output.values, dtype=kind),
        parameters=dict(output.parameters) if output.parameters else None,
    )
