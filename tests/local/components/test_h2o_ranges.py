"""The ranges of H2O's parameters are those outside of which H2O itself refuses them.

UPDATE_GOLDEN=1 writes `h2o_ranges.json` anew: from the server's validation of parameters
(POST /3/ModelBuilders/ALGORITHM/parameters), which trains nothing, and from the client's, which
alone looks at AutoML's before it trains. What H2O says of the data isn't a range: it says another
thing of other data.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from exai_compiler.checks.settings import refused
from exai_compiler.checks.settings_table import settings_of
from exai_components.train_h2o.algorithms import ALGORITHMS
from exai_components.train_h2o.cluster import Cluster
from exai_specs.frozen import freeze

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
TABLE = ROOT / "compiler/exai_compiler/checks/h2o_ranges.json"
BUILDERS = ("gbm", "drf", "glm")
WHOLE = (-1000, -3, -2, -1, 0, 1, 2, 3, 10, 100, 1000, 10_000, 100_000, 1_000_000, 2**31 - 1)
REAL = (-1e6, -3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 1e6)
NEAR = 1e-9
UNJUDGED = frozenset(["these don't go together, or with these data"])
Says = Callable[[str, Mapping[str, Any]], frozenset[str]]
"""What H2O refuses of the parameters of an algorithm, whatever the data."""


@pytest.fixture(scope="module")
def says(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Says]:
    import h2o
    from h2o.automl import H2OAutoML
    from h2o.exceptions import H2OResponseError, H2OServerError

    with Cluster(tmp_path_factory.mktemp("h2o") / "cluster", 1000) as cluster:
        connection = h2o.connect(url=cluster.url(), verbose=False)
        h2o.no_progress()
        # Other rows, other columns, another kind of target.
        few = {f"x{n}": [float(n + i) for i in range(20)] for n in range(9)} | {"y": [*"ab"] * 10}
        many = {"y": [float(i % 7) for i in range(300)], "x": [float(i % 5) for i in range(300)]}
        frames = [h2o.H2OFrame(each).frame_id for each in (few, many)]

        def told(algorithm: str, values: Mapping[str, Any], frame: str) -> frozenset[str]:
            data = {**values, "training_frame": frame, "response_column": "y"}
            try:
                answer = h2o.api(f"POST /3/ModelBuilders/{algorithm}/parameters", data=data)
            except (H2OResponseError, H2OServerError):
                return UNJUDGED
            wrong = (each for each in answer["messages"] if each["message_type"] == "ERRR")
            return frozenset(each["message"].strip() for each in wrong)

        def asked(algorithm: str, values: Mapping[str, Any]) -> frozenset[str]:
            if algorithm in BUILDERS:
                answers = [told(algorithm, values, frame) for frame in frames]
                judged = [each for each in answers if each != UNJUDGED]
                return frozenset.intersection(*judged) if judged else UNJUDGED
            try:
                H2OAutoML(**values)
            except AssertionError as error:
                return frozenset([str(error).strip()])
            return frozenset()

        yield asked
        connection.close()


def _within(says: Callable[[Any], frozenset[str]], *, whole: bool) -> list[list[Any]]:
    """The ranges of what is taken; none where everything is."""
    grid: list[Any] = sorted({*(WHOLE if whole else REAL)})
    for low, high in pairwise(tuple(grid)):
        if bool(says(low)) is not bool(says(high)):
            grid += _changes(says, low, high, whole=whole)
    runs: list[list[Any]] = []
    before = True
    for value in sorted({*grid}):
        if not says(value):
            if before:
                runs.append([value, value])
            runs[-1][1] = value
        before = bool(says(value))
    first, last = min(grid), max(grid)
    return [_stated(low, high, first, last, whole=whole) for low, high in runs]


def _changes(
    says: Callable[[Any], frozenset[str]], low: Any, high: Any, *, whole: bool
) -> list[Any]:
    """The values on both sides of where it changes; a bound that isn't whole is a round number."""
    taken = not says(low)
    while (high - low > 1) if whole else (high - low > NEAR / 4):
        middle = (low + high) // 2 if whole else (low + high) / 2
        low, high = (middle, high) if (not says(middle)) is taken else (low, middle)
    if whole:
        return [low, high]
    bound = round(high, 6)
    assert abs(bound - high) < NEAR, high
    return [bound - NEAR, bound, bound + NEAR]


def _stated(low: Any, high: Any, first: Any, last: Any, *, whole: bool) -> list[Any]:
    if whole:
        bounds = (None if low == first else low, None if high == last else high)
        closed = "left" if bounds[1] is None else "right" if bounds[0] is None else "both"
        return ["int", *bounds, closed]
    left, right = round(low, 6), round(high, 6)
    closed_in = (low == left and low != first, high == right and high != last)
    words = {(True, True): "both", (True, False): "left", (False, True): "right"}
    bounds = (None if low == first else left, None if high == last else right)
    return ["number", *bounds, words.get(closed_in, "neither")]


def table(says: Says) -> str:
    import h2o

    lines = []
    for algorithm in ALGORITHMS:
        stated = _ranges(says, algorithm)
        rows = [f'   "{name}": {json.dumps(each)}' for name, each in stated.items()]
        lines.append(f'  "{algorithm}": {{\n' + ",\n".join(rows) + "\n  }")
    head = {
        "source": "what the server of the Python package h2o refuses, or its client of AutoML, "
        "with its words; made by tests/local/components/test_h2o_ranges.py with UPDATE_GOLDEN=1",
        "licence": "Apache-2.0 (h2o)",
        "versions": {"h2o": h2o.__version__},
    }
    first = [f' "{key}": {json.dumps(value)}' for key, value in head.items()]
    every = ' "train-h2o": {\n' + ",\n".join(lines) + "\n }"
    return "{\n" + ",\n".join((*first, every)) + "\n}\n"


def _ranges(says: Says, algorithm: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name, kind in sorted(ALGORITHMS[algorithm].parameters.items()):
        if kind not in ("integer", "double"):
            continue
        known: dict[Any, frozenset[str]] = {}

        def told(value: Any, name: str = name, known: dict[Any, Any] = known) -> frozenset[str]:
            if value not in known:
                known[value] = says(algorithm, {name: value})
            return frozenset(known[value])

        within = _within(told, whole=kind == "integer")
        grid = WHOLE if kind == "integer" else REAL
        if wrong := [value for value in grid if known[value]]:
            messages = sorted(known[wrong[0]] | known[wrong[-1]])
            found[name] = {"within": within, "said": messages}
    return found


def test_the_ranges_are_those_of_h2o(says: Says) -> None:
    text = table(says)
    if os.environ.get("UPDATE_GOLDEN") == "1":
        TABLE.write_text(text, "utf-8")
    assert TABLE.read_text("utf-8") == text


@pytest.mark.parametrize("algorithm", BUILDERS)
def test_nothing_beside_it_makes_a_refused_value_right(says: Says, algorithm: str) -> None:
    known = settings_of("train-h2o", algorithm)
    assert known is not None
    kinds = ALGORITHMS[algorithm].parameters
    others = [(name, text) for name, takes in known.items() for text in takes.names]
    others += [(name, each) for name in known if kinds[name] == "boolean" for each in (True, False)]
    tried = 0
    for name, takes in known.items():
        for value in (-5, -0.5, 0, 1, 2, 1.5, 5000, 10**6) if takes.within else ():
            if kinds[name] == "integer" and value != int(value):
                continue
            wrong = list(refused("train-h2o", algorithm, freeze({name: value})))
            said = says(algorithm, {name: value})
            assert bool(said) is bool(wrong), (name, value)
            for other, text in others if said else ():
                assert says(algorithm, {name: value, other: text}), (name, value, other, text)
                tried += 1
    assert tried > 500
