"""The model as KServe's server sees it.

In: what KServe decoded from a request. Out: what KServe encodes as an answer. Loaded before the
server starts: no request loads anything.
"""

import asyncio
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import orjson
from kserve.model import Model
from kserve.protocol.infer_type import InferOutput, InferRequest, InferResponse

from exai_components.scorer import Scorer
from exai_components.scores import Row, Scores
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


class Completing(Protocol):
    """Makes the model's rows of a request's, as `Features` does."""

    async def complete(self, rows: Sequence[Row], place: Callable[[int], str]) -> list[Row]:
        """The model's rows; `Rejected` or `Unavailable`."""


@dataclass(frozen=True, slots=True)
class Face:
    """One model as its callers see it: what a request is checked against, and who completes its
    rows. A request keeps the one that it began with.
    """

    columns: Columns
    features: Completing | None
    outputs: tuple[str, ...]

    async def rows_of(self, payload: Any) -> list[Row]:
        """The model's rows in a request of either protocol; `Rejected` when it doesn't fit."""
        if isinstance(payload, InferRequest):
            self._check_outputs(payload)
            rows, place = read_v2(self.columns, payload.inputs), "row {}"
        else:
            rows, place = read_v1(self.columns, _parsed(payload)), "instances[{}]"
        return rows if self.features is None else await self.features.complete(rows, place.format)

    def _check_outputs(self, request: InferRequest) -> None:
        for output in request.request_outputs or ():
            if output.name not in self.outputs:
                raise Rejected(
                    "unknown-output",
                    f"the model has no output {shown(output.name)} (it has {listed(self.outputs)})",
                )


class ServedModel(Model):  # type: ignore[misc]
    """What is told of inputs and outputs."""

    def __init__(self, name: str, face: Face) -> None:
        super().__init__(name)
        self.face = face
        self.ready = True

    def load(self) -> bool:
        """KServe asks for this when a model isn't ready; there is nothing left to load."""
        return bool(self.ready)

    def get_input_types(self) -> list[dict[str, Any]]:
        """Inputs for `/v2/models/NAME`."""
        return [_metadata(output) for output in input_metadata(self.face.columns)]

    def get_output_types(self) -> list[dict[str, Any]]:
        """Outputs for `/v2/models/NAME`."""
        return [_metadata(output) for output in output_metadata(self.face.columns)]


class ScoringModel(ServedModel):
    """Checks a request against the signature, scores it, answers in the request's protocol."""

    def __init__(
        self, name: str, scorer: Scorer, columns: Columns, features: Completing | None = None
    ) -> None:
        outputs = tuple(output.name for output in output_metadata(columns))
        super().__init__(name, Face(columns, features, outputs))
        self._columns = columns
        self._scorer = scorer

    async def predict(self, payload: Any, headers: Any = None) -> Any:  # noqa: ARG002
        """V2 tensors to a V2 answer, anything else as a V1 body; `Rejected` when it doesn't fit."""
        scores = await self._score(await self.face.rows_of(payload))
        if isinstance(payload, InferRequest):
            return self._respond(payload, scores)
        return write_v1(self._columns, scores)

    async def _score(self, rows: Sequence[Row]) -> Scores:
        try:
            if len(rows) <= _AT_ONCE:
                return self._scorer.score(rows)
            return await asyncio.to_thread(self._scorer.score, rows)
        except ValueError:
            refuse_missing(rows)
            raise

    def _respond(self, request: InferRequest, scores: Scores) -> InferResponse:
        return InferResponse(
            response_id=request.id or str(uuid.uuid4()),
            model_name=self.name,
            infer_outputs=[_tensor(output) for output in write_v2(self._columns, scores)],
            use_binary_outputs=bool(request.use_binary_outputs),
            requested_outputs=request.request_outputs,
        )


def refuse_missing(rows: Sequence[Row]) -> None:
    """`Rejected` for the first missing value: the model couldn't score them, so it takes none."""
    for at, row in enumerate(rows):
        for name, value in row.items():
            if value is None:
                raise Rejected(
                    "null-value",
                    f'row {at}: column "{name}" has no value, and the model can\'t do without',
                    name,
                    at,
                    "Train an estimator that takes missing values, or fill them in",
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
