"""Requests as commands to paste: curl for V1 and V2, and the options of `exai predict`."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping

from exai_runtime.results import Example
from exai_specs.frozen import Json, thaw


def curl(url: str, example: Example) -> str:
    """One line that a POSIX shell takes. `url` is the service's root, `http://127.0.0.1:8080`."""
    root = url.rstrip("/")
    if example.protocol == "v2":
        where, body = f"{root}/v2/models/{example.service}/infer", _v2(example)
    else:
        where, body = (
            f"{root}/v1/models/{example.service}:predict",
            {"instances": [thaw(example.row)]},
        )
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return (
        f"curl -s {shlex.quote(where)} -H 'Content-Type: application/json' -d {shlex.quote(text)}"
    )


def row_options(row: Mapping[str, Json]) -> str:
    """`--row sepal_length=5.1 --row ...`: what `exai predict` reads back as the same row."""
    return " ".join(
        f"--row {shlex.quote(f'{name}={_scalar(value)}')}" for name, value in row.items()
    )


def _v2(example: Example) -> dict[str, object]:
    # The id is always there: KServe 0.21 answers a request without one with an error.
    return {
        "id": "1",
        "inputs": [
            {
                "name": name,
                "shape": [1],
                "datatype": example.datatypes.get(name) or _datatype(value),
                "data": [thaw(value)],
            }
            for name, value in example.row.items()
        ],
    }


def _datatype(value: Json) -> str:
    match value:
        case bool():
            return "BOOL"
        case int():
            return "INT64"
        case float():
            return "FP64"
        case _:
            return "BYTES"


def _scalar(value: Json) -> str:
    """Text as it is, unless it would be read back as something else."""
    if isinstance(value, str):
        try:
            json.loads(value)
        except ValueError:
            return value
    return json.dumps(thaw(value), ensure_ascii=False)
