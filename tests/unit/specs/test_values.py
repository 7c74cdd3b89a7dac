"""Frozen values are those that the standard library's frozen dataclasses are."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import json
import pickle
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import KW_ONLY, FrozenInstanceError, dataclass, field
from typing import Any, Generic, TypeVar

import pytest

from exai_specs.blocks import block
from exai_specs.values import frozen, ordered

T = TypeVar("T")


@frozen
class Place(Generic[T]):
    """A place."""

    path: T
    line: int
    column: int = 1
    known: Mapping[str, int] = field(default_factory=dict, compare=False)
    seen: list[int] = field(default_factory=list, init=False, repr=False, compare=False)


@frozen
class Named(Place[str]):
    _: KW_ONLY
    name: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.name} at {self.path}"


@dataclass(frozen=True, slots=True)
class TheirPlace(Generic[T]):
    """A place."""

    path: T
    line: int
    column: int = 1
    known: Mapping[str, int] = field(default_factory=dict, compare=False)
    seen: list[int] = field(default_factory=list, init=False, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class TheirNamed(TheirPlace[str]):
    _: KW_ONLY
    name: str
    hint: str = ""


@ordered
class Version:
    major: int
    minor: int = 0
    note: str = field(default="", compare=False)


@frozen
class Nothing:
    pass


@frozen
class OwnWay:
    name: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OwnWay)

    def __hash__(self) -> int:
        return 7

    def __repr__(self) -> str:
        return "own"


PAIRS: list[tuple[Any, Any]] = [
    (Place("a", 1), TheirPlace("a", 1)),
    (Place(path="a", line=2, known={"b": 1}), TheirPlace(path="a", line=2, known={"b": 1})),
    (Named("a", 1, 4, name="x"), TheirNamed("a", 1, 4, name="x")),
]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_a_value_is_what_a_frozen_dataclass_makes(ours: Any, theirs: Any) -> None:
    assert repr(ours) == repr(theirs).replace("Their", "")
    assert hash(ours) == hash(theirs)
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert type(ours).__match_args__ == type(theirs).__match_args__
    assert type(ours).__slots__ == type(theirs).__slots__
    assert not hasattr(ours, "__dict__")


def test_values_are_equal_by_class_and_fields() -> None:
    assert Place("a", 1) == Place("a", 1, known={"b": 1})
    assert Place("a", 1) != Place("a", 2)
    assert Place("a", 1) != TheirPlace("a", 1)
    assert Named("a", 1, name="x") != Place("a", 1)
    assert Nothing() == Nothing()
    assert len({Place("a", 1), Place("a", 1), Named("a", 1, name="x")}) == 2


def test_ordered_values_are_in_the_order_of_their_fields() -> None:
    given = [Version(2), Version(1, 5, "b"), Version(1, 10), Version(1, 5, "a")]
    assert [(v.major, v.minor) for v in sorted(given)] == [(1, 5), (1, 5), (1, 10), (2, 0)]
    assert Version(1) < Version(2) and Version(1) <= Version(1, note="x")
    assert Version(2) > Version(1, 9) and not Version(2) >= Version(2, 1)
    with pytest.raises(TypeError, match="not supported between instances"):
        sorted([Version(1), Place("a", 1)])  # type: ignore[type-var, list-item]
    with pytest.raises(FrozenInstanceError):
        Version(1).major = 2  # type: ignore[misc]


@pytest.mark.parametrize("name", ["line", "nothing"])
def test_nothing_is_set_or_deleted(name: str) -> None:
    place = Place("a", 1)
    with pytest.raises(FrozenInstanceError, match=f"cannot assign to field '{name}'"):
        setattr(place, name, 2)
    with pytest.raises(FrozenInstanceError, match=f"cannot delete field '{name}'"):
        delattr(place, name)
    assert place.line == 1


def test_a_default_is_made_for_each_value() -> None:
    assert Place("a", 1).seen is not Place("a", 1).seen


@pytest.mark.parametrize("value", [Place("a", 1, known={"b": 1}), Named("a", 1, name="x")])
def test_values_are_copied_and_pickled(value: Any) -> None:
    for again in (
        copy.copy(value),
        copy.deepcopy(value),
        pickle.loads(pickle.dumps(value)),  # noqa: S301 - what was just written
        dataclasses.replace(value),
    ):
        assert again == value
        assert type(again) is type(value)
        assert again.known == value.known


def test_replaced_fields_are_checked_by_name() -> None:
    assert dataclasses.replace(Place("a", 1), line=5) == Place("a", 5)
    with pytest.raises(TypeError, match="lines"):
        dataclasses.replace(Place("a", 1), lines=5)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"Place\.__init__\(\) missing 1 required .* 'line'"):
        Place("a")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="name"):
        Named("a", 1, 1)  # type: ignore[call-arg]


def test_a_class_may_have_methods_of_its_own() -> None:
    assert OwnWay("a") == OwnWay("b")
    assert hash(OwnWay("a")) == 7
    assert repr(OwnWay("a")) == "own"
    assert str(Named("a", 1, name="x")) == "x at a"
    assert inspect.getdoc(Place) == "A place."
    assert Nothing.__doc__ is None


def test_values_match_by_place() -> None:
    match Place("a", 1):
        case Place(path, line):
            assert (path, line) == ("a", 1)


def test_a_constructor_of_a_block_takes_values_as_they_are() -> None:
    @block
    class Bare:
        size: Unheard  # type: ignore[name-defined]  # noqa: F821 - nobody looks
        max_size: int = 1

    assert Bare(size="1Gi").size == "1Gi"  # type: ignore[call-arg]
    assert dataclasses.replace(Bare(size=1), max_size=2).max_size == 2  # type: ignore[call-arg]


def test_a_block_that_was_made_before_the_first_reading_changes_none_of_it() -> None:
    """Nor is any field looked at before a document is read, nor then one of another kind."""
    code = """
import dataclasses, json
from exai_specs.documents import read
from exai_specs.kinds import KINDS, Resources, Step
from exai_specs.parse import parse

fields = [field for kind in KINDS.values() for field in dataclasses.fields(kind.spec)]
untouched = all(isinstance(field.type, str) for field in fields)
Step(uses="a", resources=Resources(), with_={"b": 1})
text = '''
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: a}
spec: {steps: {one: {uses: load-dataset, timeout: 1h, resources: {memory: 1Gi}, retry: {max: 1}}}}
'''
step = parse(read(text.encode(), "a.yaml")[0][0]).body.steps["one"]
told = [str(each) for each in (step.timeout, step.resources.memory, step.retry.backoff)]
others = [isinstance(field.type, str) for field in dataclasses.fields(KINDS["Model"].spec)]
print(json.dumps([untouched and all(others), *told]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [True, "1h", "1Gi", "0s"]
