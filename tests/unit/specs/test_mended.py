"""What is left of a document whose schema is wrong somewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from exai_specs.documents import Document, read
from exai_specs.flawed import flawed
from exai_specs.frozen import thaw
from exai_specs.mended import Mended, mended
from exai_specs.mended_document import mended_in
from exai_specs.parse import Spec, parse

HEAD = """\
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: train}
"""
SPEC = """\
spec:
  parameters: {size: {type: double, default: 0.2}}
  steps:
    load: {uses: load-dataset, with: {dataset: iris}}
    split: {uses: split-dataset, with: {data: "${{ steps.load.data }}"}, retry: {max: 2}}
"""


def document(text: str) -> Document:
    (found,), problems = read(text, "a.yaml")
    assert not problems
    return found


def left_of(text: str) -> tuple[Mended, Mapping[str, Any]]:
    given = document(text)
    assert not isinstance(parse(given), Spec)
    found = mended(given)
    assert found is not None
    return found, thaw(found.spec.document.value)


WHOLE = thaw(document(HEAD + SPEC).value)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("apiVersion: exai.dev/v1alpha1", "apiVersion: exai.dev/v1"),
        ("kind: Pipeline", "kind: Pipline"),
        ("metadata:", "metdata:"),
        ("spec:", "sepc:"),
        ("parameters:", "paramters:"),
        ("uses: split-dataset", "usess: split-dataset"),
        ("type: double", "type: duoble"),
        ("retry: {max: 2}", 'retry: {max: "2"}'),
        ("{dataset: iris}", "{dataset: iris}, zzz: 1"),
        ("spec:\n", "spec:\n  owner: {a: b}\n"),
    ],
)
def test_what_is_misspelt_or_too_much_is_mended(right: str, wrong: str) -> None:
    _, value = left_of((HEAD + SPEC).replace(right, wrong, 1))
    assert value == WHOLE


def test_of_two_that_exclude_each_other_the_first_is_left() -> None:
    right = (HEAD + SPEC).replace("  steps:", "  schedules: {a: {cron: 0 2 * * *}}\n  steps:", 1)
    found, value = left_of(right.replace("cron: 0 2 * * *", "every: 1h, cron: 0 2 * * *"))
    assert value == thaw(document(right).value)
    assert "1h" in str(found.without) and "`every`" in str(found.without)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("after: [load]", "depends_on: [load]"),
        ("if: '${{ parameters.size > 1 }}'", "when: '${{ parameters.size > 1 }}'"),
        ("forEach: {in: [1, 2]}", "foreach: {in: [1, 2]}"),
    ],
)
def test_a_field_of_another_language_is_what_its_hint_says_to_write(right: str, wrong: str) -> None:
    whole = (HEAD + SPEC).replace("retry: {max: 2}", right)
    _, value = left_of(whole.replace(right, wrong))
    assert value == thaw(document(whole).value)


@pytest.mark.parametrize(
    ("right", "wrong", "gone", "words"),
    [
        ("retry: {max: 2}", "retry: {max: many}", ("split", "retry"), ["many"]),
        ("retry: {max: 2}", "retry: [2, 3]", ("split", "retry"), [2, 3]),
        ("retry: {max: 2}", "foreach: 3", ("split", "retry"), [3, "`forEach`"]),
        ("uses: load-dataset, ", "", ("load",), ["load", "iris"]),
    ],
)
def test_what_is_wrong_is_left_out_with_what_needs_it(
    right: str, wrong: str, gone: tuple[str, ...], words: list[object]
) -> None:
    found, value = left_of((HEAD + SPEC).replace(right, wrong, 1))
    expected = thaw(document(HEAD + SPEC).value)
    inside = expected["spec"]["steps"]
    for part in gone[:-1]:
        inside = inside[part]
    del inside[gone[-1]]
    assert value == expected
    assert all(str(word) in str(found.without) for word in words)
    assert "uses" not in str(found.without)  # a field of a step is no name


def test_places_are_those_of_what_is_written() -> None:
    text = (HEAD + SPEC).replace("  steps:", "  stpes:").replace("retry: {max: 2}", "zz: 1")
    given = document(text)
    found = mended(given)
    assert found is not None
    spec = found.spec
    for path in (("load", "uses"), ("load", "with", "dataset"), ("split", "with", "data")):
        written = given.at(("spec", "stpes", *path))
        assert spec.at("spec", "steps", *path) == written
    assert spec.key_at("spec", "steps") == given.key_at(("spec", "stpes"))
    part = mended_in(spec.document)
    assert part is not None
    assert given.key_at(("spec", "stpes", "split", "zz")) in part.damaged()
    assert given.key_at(("spec", "stpes", "load")) not in part.damaged()


def test_items_of_lists_keep_their_places() -> None:
    tolerations = "tolerations: [{key: a}, 5, {key: c}]"
    given = document((HEAD + SPEC).replace("retry: {max: 2}", tolerations))
    found = mended(given)
    assert found is not None
    path = ("spec", "steps", "split", "tolerations")
    assert found.spec.at(*path, 1, "key") == given.at((*path, 2, "key"))
    assert [each["key"] for each in _inside(found.spec.document.value, path)] == ["a", "c"]


def _inside(value: Any, path: Iterable[str]) -> Any:
    for part in path:
        value = value[part]
    return value


@pytest.mark.parametrize(
    "text",
    [
        HEAD,
        HEAD + "spec: 1\n",
        HEAD + "spec: {}\n",
        HEAD + "spec: {steps: 1}\n",
        (HEAD + SPEC).replace("name: train", "nmae: {}"),
        (HEAD + SPEC).replace("kind: Pipeline", "kind: Zebra"),
        (HEAD + SPEC).replace("kind: Pipeline\n", ""),
        (HEAD + SPEC).rstrip() + "\n  zzz: 1",  # more may belong to it
    ],
)
def test_too_little_is_left(text: str) -> None:
    assert mended(document(text)) is None


def test_what_is_wrong_below_a_misspelt_key_is_told() -> None:
    text = (
        (HEAD + SPEC).replace("steps:", "stpes:").replace("retry: {max: 2}", "retry: {max: many}")
    )
    found, _ = left_of(text)
    (problem,) = found.more
    assert (problem.code, problem.at.line) == ("wrong-type", 8)


def test_what_a_misspelt_key_cant_hold_is_told_once() -> None:
    text = (HEAD + SPEC).replace(SPEC.split("\n")[1], "  paramters: [size]")
    found, _ = left_of(text)
    assert found.more == ()


@pytest.mark.parametrize(
    ("right", "wrong"), [("spec:", "sepc:"), ("steps:", "stpes:"), ("steps:", "steps:")]
)
def test_the_key_of_what_is_left_out_is_among_its_words(right: str, wrong: str) -> None:
    text = (HEAD + SPEC).replace("uses: load-dataset", "uses: {a: b}")
    found, _ = left_of(text.replace(right, wrong, 1))
    assert "`load`" in str(found.without)


def test_what_a_field_was_meant_as_is_among_the_words_of_what_is_left_out() -> None:
    found, _ = left_of((HEAD + SPEC).replace("retry: {max: 2}", "retrry: [2, 3]"))
    assert "'.retry'" in str(found.without) and "'.retrry'" in str(found.without)


def test_what_a_flaw_takes_away_isnt_missing_below_a_misspelt_key() -> None:
    text = (HEAD + SPEC).replace("steps:", "stpes:").replace("uses: load", "<<: load")
    ((given, flaws),) = flawed(text, "a.yaml")
    found = mended(given, flaws)
    assert found is not None
    assert [each.code for each in found.more] == ["unknown-field"]


SERVED = """\
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: web}
spec:
  model: m@a
  features: {service: s, onMissing: WORD, defaults: {a: 1}}
"""


@pytest.mark.parametrize("word", ["none", "[a, b]", "{}", "null", "12"])
def test_a_word_that_is_left_out_takes_nothing_with_it_that_fits_another(word: str) -> None:
    found, value = left_of(SERVED.replace("WORD", word))

    assert value["spec"]["features"]["defaults"] == {"a": 1}
    part = mended_in(found.spec.document)
    assert part is not None
    at = part.base.at(("spec", "features", "onMissing"))
    assert at in part.guesses()  # of which nothing is told
    assert part.base.key_at(("spec", "features", "onMissing")) in part.damaged()


def test_one_that_stands_there_is_no_other() -> None:
    _, value = left_of(SERVED.replace("WORD", "error"))

    assert value["spec"]["features"] == {"service": "s", "onMissing": "error"}


def test_a_list_of_one_item_is_no_shorter_for_what_is_mended_in_it() -> None:
    text = SERVED.replace("  features: {service: s, onMissing: WORD, defaults: {a: 1}}\n", "")
    scaled = "  autoscale: {keda: [{resorce: {name: cpu, target: {type: Value, value: 1}}}]}\n"
    found, value = left_of(text + scaled)

    (trigger,) = value["spec"]["autoscale"]["keda"]
    assert trigger["resource"]["name"] == "cpu"
    part = mended_in(found.spec.document)
    assert part is not None
    assert not part.gone


def test_one_whose_items_are_all_left_out_goes_with_them() -> None:
    text = SERVED.replace("  features: {service: s, onMissing: WORD, defaults: {a: 1}}\n", "")
    _, value = left_of(text + "  autoscale: {keda: [5]}\n")

    assert set(value["spec"]) == {"model"}
