"""Rows to answers, over KServe's HTTP protocols (V1 `:predict`, V2 `/infer`), against one
address.

In: a base URL, a model's name, rows as plain mappings. Out: one mapping a row. Protocol errors
come back as `Refusal`. Sources: KServe's V1 data plane; the Open Inference Protocol, version 2.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote, urlsplit

from exai_compiler.facts import Facts
from exai_runtime.results import Protocol, Serving
from exai_specs.frozen import Json, freeze, thaw

TIMEOUT = 30.0  # seconds
GUESSES: Mapping[type, str] = MappingProxyType(
    {bool: "BOOL", int: "INT64", float: "FP64", str: "BYTES"}
)
# What an example request holds, by datatype: nobody's data.
SAMPLES: Mapping[str, Json] = MappingProxyType(
    {"BOOL": True, "INT32": 1, "INT64": 1, "FP32": 1.0, "FP64": 1.0}
)


class Refusal(Exception):
    """The service didn't answer with a prediction.

    `message` is its own word where it gave one.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def ask(
    url: str, model: str, rows: Sequence[Mapping[str, Json]], protocol: Protocol
) -> tuple[Mapping[str, Json], ...]:
    """One answer a row, in order: `prediction`, and `probabilities` by class where there are
    some.

    Raises Refusal.
    """
    if protocol == "v1":
        body = {"instances": [thaw(row) for row in rows]}
        answer = _call(url, "POST", f"/v1/models/{model}:predict", body)
        return tuple(_answer(item) for item in _list(answer, "predictions"))
    datatypes = input_datatypes(url, model)
    answer = _call(url, "POST", f"/v2/models/{model}/infer", infer_request(rows, datatypes))
    try:
        return _from_tensors(_list(answer, "outputs"))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise Refusal(f"the answer has another shape than the protocol's: {error!r}") from error


def input_datatypes(url: str, model: str) -> Mapping[str, str]:
    """The model's columns and their V2 datatypes, in the order of its signature.

    Raises Refusal.
    """
    metadata = _call(url, "GET", f"/v2/models/{model}", None)
    return MappingProxyType(
        {str(item["name"]): str(item["datatype"]) for item in metadata.get("inputs", [])}
    )


def known_levels(serving: Serving, facts: Facts) -> Mapping[str, str]:
    """The first level of each categorical column of the version that a service serves."""
    models = facts.models.get(serving.model)
    version = models.version(serving.version) if models and serving.version else None
    if version is None:
        return {}
    try:
        signature = json.loads(
            (Path(unquote(urlsplit(version.uri).path)) / "exai-model.json").read_text()
        )
        columns = signature["columns"]
        return {str(item["name"]): str(item["levels"][0]) for item in columns if item["levels"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def infer_request(
    rows: Sequence[Mapping[str, Json]], datatypes: Mapping[str, str]
) -> dict[str, Any]:
    """A V2 request: one tensor of shape [n] a column.

    Raises Refusal when rows don't have the same columns.
    """
    columns = [name for name in datatypes if any(name in row for row in rows)]
    columns += sorted({name for row in rows for name in row} - set(datatypes))
    for number, row in enumerate(rows, start=1):
        if missing := [name for name in columns if name not in row]:
            raise Refusal(
                f"row {number} has no `{missing[0]}`, which other rows have",
                f"the model takes {', '.join(datatypes)}",
            )
    tensors = [
        {
            "name": name,
            "shape": [len(rows)],
            "datatype": datatypes.get(name) or _guess(rows[0][name]),
            "data": [thaw(row[name]) for row in rows],
        }
        for name in columns
    ]
    return {"inputs": tensors}


def _guess(value: Json) -> str:
    return GUESSES.get(type(value), "BYTES")


def _from_tensors(outputs: list[Any]) -> tuple[Mapping[str, Json], ...]:
    tensors = {str(item["name"]): item for item in outputs}
    if "prediction" not in tensors:
        raise Refusal(f"the answer holds no `prediction`, but {', '.join(sorted(tensors))}")
    predictions = tensors["prediction"]["data"]
    if "probabilities" not in tensors:
        return tuple(_answer({"prediction": value}) for value in predictions)
    table = tensors["probabilities"]
    classes = json.loads(table["parameters"]["classes"])
    flat, width = table["data"], len(classes)
    return tuple(
        _answer(
            {
                "prediction": value,
                "probabilities": dict(zip(classes, flat[i * width : (i + 1) * width], strict=True)),
            }
        )
        for i, value in enumerate(predictions)
    )


def _answer(item: Any) -> Mapping[str, Json]:
    frozen = freeze(item)
    return frozen if isinstance(frozen, Mapping) else MappingProxyType({"prediction": frozen})


def _list(answer: Mapping[str, Any], key: str) -> list[Any]:
    found = answer.get(key)
    if not isinstance(found, list):
        raise Refusal(f"the answer holds no `{key}`")
    return found


def _call(url: str, method: str, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(
        address.hostname or "127.0.0.1", address.port, timeout=TIMEOUT
    )
    try:
        payload = None if body is None else json.dumps(body, allow_nan=False)
    except ValueError as error:
        raise Refusal(
            "a row holds a number that JSON can't carry", "NaN and infinity can't be asked about"
        ) from error
    try:
        connection.request(method, path, payload, {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read().decode("utf-8", errors="replace")
    except (OSError, http.client.HTTPException) as error:
        raise Refusal(
            f"{url} doesn't answer: {error}", "`exai status` says how the service is doing"
        ) from error
    finally:
        connection.close()
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    if response.status != http.client.OK:
        said = _reason(answer) or f"the service answered {response.status}: {text[:300]}"
        raise Refusal(said, _said(answer, "hint"))
    if not isinstance(answer, dict):
        raise Refusal("the service answered with something that is no JSON object")
    return answer


def _reason(answer: object) -> str:
    return next(
        (said for key in ("error", "detail", "message") if (said := _said(answer, key))), ""
    )


def _said(answer: object, key: str) -> str:
    found = answer.get(key) if isinstance(answer, dict) else None
    return found if isinstance(found, str) else ""
