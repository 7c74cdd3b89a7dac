"""Which inputs of a container are there: conditions settled, and what is left of them."""

from __future__ import annotations

import pytest

from exai_compiler.bodies.presence import Presence, bare, chosen, held, unsettled
from exai_specs.frozen import Json, freeze

N, M = {"inputValue": "n"}, {"inputValue": "m"}
OUT = {"outputPath": "out"}
OPEN = Presence(frozenset({"m"}), frozenset({"n"}))


def if_(name: str, then: Json, *otherwise: Json) -> Json:
    branches: dict[str, Json] = {"then": then, **({"else": otherwise[0]} if otherwise else {})}
    return freeze({"if": {"cond": {"isPresent": name}, **branches}})


@pytest.mark.parametrize(
    ("argument", "left"),
    [
        ("a", ("a",)),
        (if_("m", ["-m", M], ["none"]), ("-m", M)),
        (if_("gone", ["x"], "none"), ("none",)),
        (if_("gone", ["x"]), ()),
        (if_("m", if_("gone", "a", "b")), ("b",)),
        ({"concat": ["a", M, if_("gone", "x"), if_("m", "y")]}, ({"text": ("a", M, "y")},)),
        (if_("n", [N, if_("m", [M], [])], []), (if_("n", [N, M], []),)),
        (if_("n", if_("gone", "x", "y")), (if_("n", "y"),)),
        ({"concat": ["a", if_("n", N)]}, ({"concat": ("a", if_("n", N))},)),
    ],
)
def test_what_is_known_is_settled(argument: Json, left: Json) -> None:
    assert chosen((freeze(argument),), OPEN) == freeze(left)


@pytest.mark.parametrize(
    ("argument", "found"),
    [
        (if_("n", [N], [M]), [("n", True)]),
        (if_("n", [OUT]), [("n", False)]),
        (if_("n", [if_("k", "x")]), [("n", False), ("k", False)]),
        ({"concat": ["a", if_("n", N)]}, [("n", False)]),
        ("a", []),
    ],
)
def test_kfp_settles_plain_conditions_alone(argument: Json, found: list[tuple[str, bool]]) -> None:
    assert list(unsettled((freeze(argument),))) == found


@pytest.mark.parametrize(
    ("argument", "names"),
    [
        (N, ["n"]),
        ({"concat": ["a", N, M]}, ["n"]),
        (if_("n", [N, M]), []),
        (if_("n", [M], [N]), ["n"]),
        (if_("m", [N]), ["n"]),
        ({"concat": ["a", if_("n", N, "b")]}, []),
    ],
)
def test_what_may_be_nothing_is_held_bare(argument: Json, names: list[str]) -> None:
    assert list(bare(freeze(argument), OPEN)) == names


def test_all_that_is_held_is_found() -> None:
    metadata = freeze({"inputMetadata": ["d", "rows"]})
    arguments = (if_("k", [N], [M]), metadata, freeze({"text": ["a", {"inputUri": "u"}]}))
    assert list(held(arguments)) == ["k", "n", "m", "d", "u"]
    assert list(held(arguments, conditions=False)) == ["n", "m", "d", "u"]
