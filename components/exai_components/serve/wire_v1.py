"""KServe's V1 protocol: a JSON body to rows, and scores to an answer.

In: parsed JSON, `{"instances": [...]}` with objects by name or lists in signature order; or scores.
Out: rows, or `{"predictions": [...]}`. Pure; a body that doesn't fit is `Rejected`.
"""

from typing import Any

from exai_components.model_file import Scalar
from exai_components.scores import Row, Scores
from exai_components.serve.values import Rejected, Wrong, listed, shown
from exai_components.serve.wire import Columns

# What else a body may hold by KServe's and TensorFlow Serving's own rules; it has no effect.
_EXTRAS = frozenset({"signature_name", "parameters", "id"})


def read_v1(columns: Columns, body: Any) -> list[Row]:
    """The rows of a V1 body: `{"instances": [...]}`."""
    if not isinstance(body, dict):
        raise Rejected("malformed", f"the body must be a JSON object, not {shown(body)}")
    if "instances" not in body:
        raise Rejected("missing-instances", 'the body has no "instances"')
    if surplus := sorted(set(body) - _EXTRAS - {"instances"}):
        raise Rejected("surplus-field", f"the body holds the unknown field {shown(surplus[0])}")
    instances = body["instances"]
    if not isinstance(instances, list):
        raise Rejected("malformed", f'"instances" must be a list, not {shown(instances)}')
    if not instances:
        raise Rejected("empty-batch", '"instances" is empty; send at least one row')
    return [_row(columns, at, instance) for at, instance in enumerate(instances)]


def _row(columns: Columns, at: int, instance: Any) -> Row:
    if isinstance(instance, list):
        if len(instance) != len(columns.names):
            raise Rejected(
                "ragged",
                f"instances[{at}] has {len(instance)} values, the model takes "
                f"{len(columns.names)}: {listed(columns.names)}",
                row=at,
            )
        instance = dict(zip(columns.names, instance, strict=True))
    elif not isinstance(instance, dict):
        raise Rejected(
            "malformed",
            f"instances[{at}] must be an object or a list, not {shown(instance)}",
            row=at,
        )
    elif len(instance) != len(columns.names):
        columns.mismatch(instance, f"instances[{at}]", at)
    row: dict[str, Scalar] = {}
    for name, check in columns.checks:
        try:
            row[name] = check(instance[name])
        except Wrong as wrong:
            place = f'instances[{at}], column "{name}"'
            raise Rejected(wrong.code, f"{place}: {wrong.reason}", name, at) from None
        except KeyError:
            columns.mismatch(instance, f"instances[{at}]", at)
    return row


def write_v1(columns: Columns, scores: Scores) -> dict[str, Any]:
    """`{"predictions": [...]}`, one object a row."""
    if scores.probabilities is None:
        return {"predictions": [{"prediction": value} for value in scores.predictions]}
    classes = columns.classes
    return {
        "predictions": [
            {"prediction": value, "probabilities": dict(zip(classes, row, strict=True))}
            for value, row in zip(scores.predictions, scores.probabilities, strict=True)
        ]
    }
