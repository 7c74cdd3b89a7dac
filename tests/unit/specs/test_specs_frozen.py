"""Read-only trees and their canonical bytes."""

from __future__ import annotations

import json
import math
from types import MappingProxyType
from typing import Any

import pytest

from exai_specs.frozen import canonical, digest, empty, encoded, freeze, thaw

TREE = {"b": [1, 2.5, {"c": None}], "a": "ü", "t": True}


def test_freezing_goes_all_the_way_down_and_copies() -> None:
    frozen: Any = freeze(TREE)
    assert isinstance(frozen, MappingProxyType)
    assert frozen["b"] == (1, 2.5, {"c": None})
    assert isinstance(frozen["b"][2], MappingProxyType)
    assert list(frozen) == ["b", "a", "t"]
    assert thaw(frozen) == TREE
    assert isinstance(thaw(frozen)["b"][2], dict)
    assert freeze(frozen) == frozen


def test_canonical_json() -> None:
    expected = '{"a":"ü","b":[1,2.5,{"c":null}],"t":true}'.encode()
    assert canonical(freeze(TREE)) == expected
    assert canonical(freeze(dict(reversed(TREE.items())))) == expected
    assert digest(freeze(TREE)) == digest(freeze(dict(reversed(TREE.items()))))
    assert len(digest(None)) == 64


@pytest.mark.parametrize(
    "tree",
    [
        'a "text"\n\x00\x1f\x7f\u2028 ü',
        1e-07,
        1e16,
        -0.0,
        10**30,
        True,
        [],
        {"z": {"ü": [1.0, None]}, "a": {}, "A": [{"b": [[]]}]},
    ],
)
def test_canonical_json_is_what_the_standard_library_writes(tree: Any) -> None:
    expected = json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert canonical(freeze(tree)).decode() == expected
    assert encoded(freeze(tree)).text == expected


def test_what_json_has_no_word_for() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        canonical(math.nan)
    values: tuple[Any, ...] = ({1, 2}, b"bytes", object())
    for value in values:
        for function in (freeze, thaw, canonical):
            with pytest.raises(TypeError, match="no plain value"):
                function(value)


def test_the_empty_mapping_cannot_change() -> None:
    assert empty() == {}
    with pytest.raises(TypeError):
        empty()["a"] = 1  # type: ignore[index]
