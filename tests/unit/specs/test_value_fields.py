"""The fields of frozen values are those that the standard library tells of them."""

from __future__ import annotations

import copy
import dataclasses
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from exai_specs import values
from exai_specs.blocks import block
from exai_specs.kinds import KINDS
from exai_specs.values import MISSING, field, fields, frozen, is_dataclass, replace

if TYPE_CHECKING:
    from dataclasses import KW_ONLY


@frozen
class Place:
    path: str
    line: int = 1
    known: Mapping[str, int] = field(default_factory=dict, compare=False)
    seen: list[int] = field(default_factory=list, init=False, repr=False)


@frozen
class Named(Place):
    line: int = 7
    _: KW_ONLY
    name: str
    hint: str = field(default="", hash=False)
    theirs: str = dataclasses.field(default="x", repr=False)


class Bare(Named):
    """Without fields of its own."""


CLASSES = [Place, Named, Bare, values.frozen(type("Nothing", (), {})), KINDS["Pipeline"].spec]


def _told(of: Any) -> list[tuple[Any, ...]]:
    return [
        (
            *(each.name, each.type, each.init, each.repr, each.hash, each.compare, each.kw_only),
            each.default if each.default is not dataclasses.MISSING else MISSING,
            each.default_factory if each.default_factory is not dataclasses.MISSING else MISSING,
        )
        for each in of
    ]


@pytest.mark.parametrize("cls", CLASSES)
def test_the_fields_are_those_that_the_standard_library_tells(cls: Any) -> None:
    assert _told(fields(cls)) == _told(dataclasses.fields(cls))
    params = cls.__dataclass_params__
    assert (params.init, params.eq, params.frozen) == (False, False, False)


def test_a_class_without_fields_of_its_own_has_those_that_it_inherits() -> None:
    assert fields(Bare) is fields(Named)
    assert [each.name for each in fields(Bare("a", name="b"))] == [
        *("path", "line", "known", "seen", "name", "hint", "theirs")
    ]
    assert Bare.__match_args__ == ("path", "line", "known")
    assert Bare("a", name="b") == Bare("a", name="b") != Named("a", name="b")
    assert (Bare("a", name="b").line, Place("a").line) == (7, 1)


def test_what_a_value_is() -> None:
    assert is_dataclass(Place) and is_dataclass(Place("a"))
    assert not is_dataclass(str) and not is_dataclass("a")


def test_other_dataclasses_are_told_alike() -> None:
    @dataclasses.dataclass
    class Other:
        name: str
        size: int = 1

    assert is_dataclass(Other) and is_dataclass(Other("a"))
    assert _told(fields(Other)) == _told(dataclasses.fields(Other))
    assert replace(Other("a"), size=2) == Other("a", 2)


def test_replaced_fields_are_those_that_a_constructor_takes() -> None:
    value = Named("a", name="b", known={"c": 1})
    assert replace(value, path="z", hint="h") == Named("z", known={"c": 1}, name="b", hint="h")
    assert replace(value).known == {"c": 1}
    assert replace(value).seen is not value.seen
    for wrong in ({"seen": []}, {"seens": 1}):
        for way in (replace, dataclasses.replace):
            with pytest.raises((TypeError, ValueError), match=next(iter(wrong))):
                way(value, **wrong)  # type: ignore[arg-type]


def test_no_default_is_shared_by_values() -> None:
    for make in (frozen, block):

        class Shared:
            names: list[str] = []  # noqa: RUF012 - what is refused

        with pytest.raises(TypeError, match=r"Shared\.names has a default"):
            fields(make(Shared))


def test_a_value_is_made_compared_and_told_without_the_standard_library() -> None:
    code = """
import sys
from exai_specs.values import field, fields, frozen, replace

@frozen
class Place:
    path: str
    known: tuple = field(default_factory=tuple)

assert replace(Place("a"), known=(1,)) == Place("a", (1,)) and {Place("a"): 1}
assert repr(Place("a")) == "Place(path='a', known=())" and len(fields(Place)) == 2
match Place("a"):
    case Place(path, _):
        assert path == "a"
assert "dataclasses" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty")
def test_several_threads_may_be_the_first() -> None:
    threads, rounds = 4, 250
    ready = Barrier(threads)

    def first(of: Any) -> bool:
        ready.wait()
        value = of("a")
        others = (of("a", 1), copy.copy(value), replace(value))
        return {value: len(fields(of))} == dict.fromkeys(others, 2)

    with ThreadPoolExecutor(threads) as pool:
        for _ in range(rounds):

            @frozen
            class Made:
                path: str
                line: int = 1

            assert list(pool.map(first, [Made] * threads)) == [True] * threads
