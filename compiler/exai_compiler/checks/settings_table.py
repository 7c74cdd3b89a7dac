"""What train-sklearn and train-h2o take under `parameters`, by estimator or algorithm.

In: a component's name. Out: `Takes` by parameter, read from `settings.json` and `h2o_ranges.json`
when first asked. Never: an import of scikit-learn or H2O, which take seconds and may not be
installed.

The first is made from the libraries by `tests/unit/compiler/test_settings_table.py` with
UPDATE_GOLDEN=1, the second by `tests/local/components/test_h2o_ranges.py` from what H2O's server
refuses, and its client; the same tests hold them against these.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from exai_specs.values import frozen, replace

PORTS: Mapping[str, str] = MappingProxyType(
    {"train-sklearn": "estimator", "train-h2o": "algorithm"}
)
"""The input that says whose parameters they are."""
SETTINGS = "parameters"


class Range(NamedTuple):
    """Numbers between two bounds, which `closed` counts in: left, right, both or neither. `kind`
    is int, number, or share: one that isn't whole."""

    kind: str
    low: float | None
    high: float | None
    closed: str


@frozen
class Takes:
    """What a parameter may be: any of these. `kinds` are none, bool, list, struct, text, float,
    int; `names` are texts where case and all but letters mean nothing. No alternative at all:
    nobody knows. `within` are the bounds of what has its type from elsewhere."""

    kinds: frozenset[str]
    texts: tuple[str, ...]
    names: tuple[str, ...]
    ranges: tuple[Range, ...]
    within: tuple[Range, ...] = ()

    @property
    def anything(self) -> bool:
        """Whether nothing is known of it."""
        return not (self.kinds or self.texts or self.names or self.ranges or self.within)


def settings_of(component: str, algorithm: str) -> Mapping[str, Takes] | None:
    """By name, what may be set; None where that isn't known."""
    if component not in PORTS:
        return None
    return _tables()[component].get(algorithm)


@cache
def every_setting(component: str) -> frozenset[str]:
    """What may be set for some algorithm of a component."""
    return frozenset(name for named in _tables()[component].values() for name in named)


@cache
def _tables() -> Mapping[str, Mapping[str, Mapping[str, Takes]]]:
    value, ranges = _read("settings.json"), _read("h2o_ranges.json")
    rules = [_takes(each) for each in value["rules"]]
    found = {
        component: {
            algorithm: {name: rules[at] for name, at in sorted(named.items())}
            for algorithm, named in value[component].items()
        }
        for component in PORTS
    }
    for algorithm, named in ranges["train-h2o"].items():
        for name, stated in named.items():
            within = tuple(Range(*each) for each in stated["within"])
            before = found["train-h2o"][algorithm][name]
            found["train-h2o"][algorithm][name] = replace(before, within=within)
    return found


def _read(file: str) -> Any:
    import json
    from pathlib import Path

    return json.loads(Path(__file__).with_name(file).read_text("utf-8"))


def _takes(stated: list[Any]) -> Takes:
    lists = [each for each in stated if not isinstance(each, str)]
    texts, names = (
        tuple(text for each in lists if each[0] == kind for text in each[1:])
        for kind in ("texts", "names")
    )
    return Takes(
        kinds=frozenset(each for each in stated if isinstance(each, str)),
        texts=texts,
        names=names,
        ranges=tuple(Range(*each) for each in lists if each[0] not in ("texts", "names")),
    )
