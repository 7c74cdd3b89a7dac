"""How plans tell what changed: long values cut around the difference, lists by their elements."""

from __future__ import annotations

import json

import pytest

from exai_compiler.changes import FieldChange
from exai_compiler.maybe import Known, Unknown
from exai_compiler.planning.diff import diff
from exai_runtime.views.human.differences import list_change, path_text, together, waiting_alike
from exai_runtime.views.human.words import value_text, value_texts
from exai_specs.identity import Ref

IMAGE = "ghcr.io/acme/onnx@sha256:3c26b46b68ffc68ff99b453c1d3041341"
OLD, NEW = IMAGE + "a" * 30 + "0" * 40, IMAGE + "a" * 30 + "1" * 40


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (OLD, NEW),
        (OLD[:-39], NEW[:-39]),
        (IMAGE + "0" * 40, IMAGE + "1" * 40),
        (IMAGE + "0" * 40, IMAGE),
        ("0" + IMAGE + "a" * 40, "1" + IMAGE + "a" * 40),
        (IMAGE + '"\n' * 30, IMAGE + '"\n' * 40),
    ],
)
def test_what_differs_in_long_texts_stays_in_sight(old: str, new: str) -> None:
    before, after = value_texts(old, new)
    assert before != after
    for shown, whole in ((before, old), (after, new)):
        text = json.loads(shown)  # both quotes are there, no escape is cut
        assert len(text) <= 62
        assert text.removeprefix("...").removesuffix("...") in whole
        assert ("..." in text) == (len(json.dumps(whole)) > 64)


def test_a_value_alone_is_cut_at_its_end() -> None:
    assert value_text("x" * 90) == '"' + "x" * 59 + '..."'
    assert value_texts(None, "y") == ("(none)", '"y"')
    long, longer = ({"a": ["x" * 80, number]} for number in (1, 2))
    assert [text[-3:] for text in value_texts(long, longer)] == ["1]}", "2]}"]


def test_what_waits_alike_is_told_once_and_the_rest_in_its_order() -> None:
    one, other = Unknown(Ref("Model", "a"), "it"), Unknown(Ref("Model", "b"), "it")
    sides = {"a": one, "b": other, "c": "x", "d": one}
    fields = [
        FieldChange((name,), new, new, "changed")
        if isinstance(new, Unknown)
        else FieldChange((name,), Known("y"), Known(new), "changed")
        for name, new in sides.items()
    ]
    rest, waits = waiting_alike(fields)
    assert [each.path for each in rest] == [("b",), ("c",)]
    assert waits == ((["a", "d"], one),)


def told(old: object, new: object) -> list[str]:
    groups = list(together(list(diff({"f": old}, {"f": new}))))
    return [f"{path_text(group)}: {list_change(group)}" for group in groups]


def test_lists_of_strings_are_told_by_their_elements() -> None:
    four = ("age", "region", "spend_30d", "visits")
    assert told(four, ("age", "region", "visits", "ratio")) == [
        'f: removed "spend_30d"; added "ratio"'
    ]
    assert told(four, four[1:]) == ['f: removed "age"']
    assert told(four, (*four, "age")) == ['f: added "age"']
    assert told(four, four[::-1]) == ["f: in another order"]
    assert told((), tuple(map(str, range(10)))) == [
        'f: added "0", "1", "2", "3", "4", "5", "6", "7" and 2 more'
    ]


def test_other_changes_stay_by_themselves() -> None:
    assert told((1, 2), (2, 3)) == ["f[0]: None", "f[1]: None"]
    assert told(("a", "b"), ("a", "c")) == ["f[1]: None"]
    assert told(({"a": 1},), ()) == ["f: None"]
    fields = [
        FieldChange(("f", 0), Known("a"), Known("b"), "changed"),
        FieldChange(("f", 1), Known("b"), Known("c"), "drifted"),
        FieldChange(("g", 0), Known("b"), Known("c"), "drifted"),
    ]
    assert [len(group) for group in together(fields)] == [1, 1, 1]
