"""Documents with values that exai can't take, as far as YAML reads them."""

from __future__ import annotations

import pytest

from exai_specs.documents import Path, read
from exai_specs.flawed import flawed
from exai_specs.mended import mended

HEAD = """\
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: rows, labels: &labels {team: data}}
"""
SPEC = """\
spec:
  source: {csv: {path: a.csv}}
  key: [a]
  schema:
    a: int64
    b: {type: string}
"""


@pytest.mark.parametrize(
    ("right", "wrong", "paths", "holes", "passed"),
    [
        ("  key: [a]", "  key: [a]\n  key: [b]", [("spec", "key")], [], ["key", "b"]),
        ("a: int64", "a: int64\n    a: {c: d}", [("spec", "schema", "a")], [], ["a", "c", "d"]),
        ("[a]", "[a, 007]", [("spec", "key", 1)], [], []),
        ("type: string", "type: !!str string", [("spec", "schema", "b", "type")], [], []),
        ("{type: string}", "!x {type: string}", [("spec", "schema", "b")], [], []),
        ("a: int64", "a: int64\n    <<: *labels", [], [("spec", "schema")], ["<<"]),
        ("a: int64", "a: int64\n    1: c", [], [("spec", "schema")], ["1", "c"]),
    ],
)
def test_what_is_wrong_has_its_path(
    right: str, wrong: str, paths: list[Path], holes: list[Path], passed: list[str]
) -> None:
    assert right in HEAD + SPEC
    text = f"{(HEAD + SPEC).replace(right, wrong)}---\n{HEAD}{SPEC}"
    ((document, flaws),) = flawed(text, "a.yaml")
    assert document.value["kind"] == "Dataset"
    assert flaws.wrong == {*paths}
    assert flaws.holes == {*holes}
    assert list(flaws.passed) == passed


@pytest.mark.parametrize(
    "text",
    [
        HEAD + SPEC,
        HEAD + "spec: {a: [}\n",
        HEAD + SPEC + HEAD.replace("&labels ", "") + SPEC,  # no `---` is between them
        "- a\n- a: 1\n  a: 2\n",
    ],
)
def test_what_is_sound_or_hopeless_isnt_one_that_can_be_mended(text: str) -> None:
    assert [left for each in flawed(text, "a.yaml") if (left := mended(*each))] == []


def test_a_known_secret_is_in_no_value() -> None:
    secret = "AKIA" + "ABCDEFGHIJKLMNOP"
    text = HEAD + SPEC.replace("a.csv", secret) + "    b: int64\n"
    ((document, _),) = flawed(text, "a.yaml")
    assert secret not in str(document.value)


@pytest.mark.parametrize("sign", ["\u2028", "\x85", "\0", "\ufeff"])
@pytest.mark.parametrize("text", ["{sign}{{a1${{{{ [", "{sign}a: b\nc: {{d: 1, d: 2}}\n"])
def test_what_is_no_text_for_yaml_has_no_documents(sign: str, text: str) -> None:
    assert list(flawed(text.format(sign=sign), "a.yaml")) == []


def test_a_known_secret_is_told_beside_a_key_that_stands_there_twice() -> None:
    secret = "AKIA" + "ABCDEFGHIJKLMNOP"
    text = HEAD + SPEC.replace("a.csv", secret) + "    b: int64\n"
    documents, problems = read(text, "a.yaml")
    assert documents == ()
    assert [(each.code, each.at.line) for each in problems] == [
        ("secret-in-spec", text[: text.index(secret)].count("\n") + 1),
        ("duplicate-key", text.count("\n")),
    ]


def test_a_mistake_that_aliases_bring_to_many_places_is_one() -> None:
    many = "".join(f"    c{n}: *twice\n" for n in range(120))
    text = f"{HEAD}{SPEC.rstrip()}\n    z: &twice {{a: 1, a: 2, b: !c d}}\n{many}"
    _, problems = read(text, "a.yaml")
    assert [each.code for each in problems] == ["duplicate-key", "tag-not-allowed"]
    ((_, flaws),) = flawed(text, "a.yaml")
    assert {path[2:] for path in flaws.wrong} >= {(f"c{n}", "b") for n in range(120)}
