"""Features over HTTP: exai's server, which looks them up and has a scikit-learn model score them,
beside `feast serve`, which only looks them up; and a row without features beside KServe's no-op.

    python tests/benchmarks/online_features.py [ROUNDS]

The store is SQLite with a thousand entities, every request asks for another one. Both servers run
at once and are asked in turns, in slices. Prints a table; asserts nothing. Bar: p99 10 ms.
"""

from __future__ import annotations

import itertools
import os
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "local")]

from serve import fed  # noqa: E402 - a script, so its own path comes first
from serving import (  # noqa: E402
    _ask,
    _at,
    _free_port,
    _line,
    _no_op,
    _request,
    _resident,
    _server,
)

REQUESTS, SLICE, ENTITIES = 2000, 50, 1000
PLAIN = ("bmi", "visits", "tc")
REFERENCES = {"bmi": "body:bmi", "visits": "body:visits", "tc": "blood:tc"}
RATIO = {"tc_to_hdl": "ratios:tc_to_hdl"}


@dataclass
class Side:
    """One server's samples, in seconds, by what was asked."""

    name: str
    requests: Mapping[str, list[bytes]]
    starts: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    samples: dict[str, list[float]] = field(default_factory=dict)


def main(rounds: int) -> None:
    """Fill a store, measure, print."""
    with tempfile.TemporaryDirectory(prefix="exai-features-") as folder:
        root = Path(folder)
        store = _store(root)
        plain = fed.model(root / "plain", _only(PLAIN), drop="tc_to_hdl")
        whole = fed.model(root / "whole")
        bare = fed.model(root / "bare", {})
        sides = {
            "3 features": (
                Side("exai, features and prediction", _ours(factor=False)),
                Side("feast serve, features", _feasts(REFERENCES)),
            ),
            "and one made on demand": (
                Side("exai, features and prediction", _ours(factor=True)),
                Side("feast serve, features", _feasts(REFERENCES | RATIO)),
            ),
            "sklearn, one row": (
                Side("exai", {"V1": [_request("/v1/models/iris:predict", _BARE)]}),
                Side("KServe no-op", {"V1": [_request("/v1/models/iris:predict", _BARE)]}),
            ),
        }
        models = {"3 features": plain, "and one made on demand": whole}
        print(f"{'online features over HTTP':<50}{'p50 ms':>9}{'p99 ms':>9}")
        for title, (mine, other) in sides.items():
            model = models.get(title)
            for round_ in range(rounds):
                with ExitStack() as stack:
                    ours = stack.enter_context(_exai(model or bare, store if model else None))
                    peer = stack.enter_context(_feast(store) if model else _no_op())
                    pair = [(mine, ours), (other, peer)]
                    _round(pair if round_ % 2 == 0 else pair[::-1])
            for side in (mine, other):
                for protocol, samples in side.samples.items():
                    print(_wide(f"{title}: {side.name}, {protocol}", samples))
            for side in (mine, other):
                memory = _at(side.memory, 0.5) / 1024
                print(f"  {side.name}: ready in {_at(side.starts, 0.5):.2f} s, {memory:.0f} MB")


def _wide(name: str, samples: list[float]) -> str:
    return f"{name:<50}{_line('', samples).strip():>18}"


def _round(pair: list[tuple[Side, tuple[int, int, float]]]) -> None:
    connections = []
    for side, (port, _, start) in pair:
        side.starts.append(start)
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connections.append(connection)
        for requests in side.requests.values():
            for request in itertools.islice(itertools.cycle(requests), 200):
                _ask(connection, request)
    asked = [
        {name: itertools.cycle(requests) for name, requests in side.requests.items()}
        for side, _ in pair
    ]
    for _ in range(REQUESTS // SLICE):
        for (side, _), connection, cycles in zip(pair, connections, asked, strict=True):
            for name, cycle in cycles.items():
                some = side.samples.setdefault(name, [])
                some += [_ask(connection, next(cycle)) for _ in range(SLICE)]
    for (side, (_, process, _)), connection in zip(pair, connections, strict=True):
        connection.close()
        side.memory.append(_resident(process))


def _store(root: Path) -> Path:
    """A thousand patients whose values are an hour old."""
    made = fed.rows
    recent = fed.hours_ago(1)
    fed.rows = lambda: {
        "body": [fed.body(at, recent, 20.0 + at, at) for at in range(1, ENTITIES + 1)],
        "blood": [fed.blood(at, recent, float(at)) for at in range(1, ENTITIES + 1)],
    }
    try:
        return fed.fill(root)
    finally:
        fed.rows = made


def _only(names: tuple[str, ...]) -> dict[str, Any]:
    return {**fed.FEATURES, "columns": {name: REFERENCES[name] for name in names}, "request": {}}


def _ours(*, factor: bool) -> dict[str, list[bytes]]:
    more = {"factor": 1.0} if factor else {}
    rows = [{"patient_id": at, **more, "weight": 1.0} for at in range(1, ENTITIES + 1)]
    types = {"patient_id": "INT64", "factor": "FP64", "weight": "FP64"}
    return {
        "V1": [_request("/v1/models/iris:predict", {"instances": [row]}) for row in rows],
        "V2": [
            _request(
                "/v2/models/iris/infer",
                {
                    "id": "1",
                    "inputs": [
                        {"name": name, "shape": [1], "datatype": types[name], "data": [value]}
                        for name, value in row.items()
                    ],
                },
            )
            for row in rows
        ],
    }


def _feasts(references: Mapping[str, str]) -> dict[str, list[bytes]]:
    more = {"factor": [1.0]} if "tc_to_hdl" in references else {}
    return {
        "its own": [
            _request(
                "/get-online-features",
                {"features": list(references.values()), "entities": {"patient_id": [at], **more}},
            )
            for at in range(1, ENTITIES + 1)
        ]
    }


_BARE = {"instances": [dict.fromkeys(fed.COLUMNS, 1)]}


@contextmanager
def _exai(model: Path, store: Path | None) -> Iterator[tuple[int, int, float]]:
    from exai_components.model_file import digest_of

    port = _free_port()
    command = ["-m", "exai_components.serve", "--model_name", "iris", "--model_dir", str(model)]
    environment = {"EXAI_MODEL_DIGEST": digest_of(model)}
    environment |= fed.environment(store) if store else {}
    with _with(environment), _server([*command, "--http_port", str(port)], port) as started:
        yield started


@contextmanager
def _feast(store: Path) -> Iterator[tuple[int, int, float]]:
    """Its own server as its documentation starts it, one worker, never started again."""
    port = _free_port()
    start = f"import os; os.chdir({str(store)!r}); from feast.cli.cli import cli; cli()"
    command = ["-c", start, "serve", "--host", "127.0.0.1", "--port", str(port)]
    options = ["--no-access-log", "--max-requests", "0"]
    with _server([*command, *options], port, path="/health") as started:
        yield started


@contextmanager
def _with(variables: Mapping[str, str]) -> Iterator[None]:
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            del os.environ[name]


if __name__ == "__main__":
    os.environ.setdefault("DO_NOT_TRACK", "1")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
