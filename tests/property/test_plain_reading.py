"""The fast way through YAML's plain part reads what libyaml reads, to the last place, or nothing.

`PLAIN=200000 pytest tests/property/test_plain_reading.py` looks longer.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exai_specs.diagnostics import Diagnostic
from exai_specs.frozen import Json, freeze
from exai_specs.yaml_plain import plain_documents
from exai_specs.yaml_stream import converted
from exai_specs.yaml_text import decode

ROOT = Path(__file__).parents[2]
MUTATIONS = int(os.environ.get("PLAIN", "3000"))
FILES = sorted(
    path
    for folder in ("examples", "tests/invalid", "tests/golden", "components")
    for path in (ROOT / folder).rglob("*.y*ml")
    if path.stat().st_size < 16_000
)
TOKENS = (
    *("a", "b: 1", "key:", "c: d", "- ", "-", "- a", "- a: b", " ", "  ", "    ", "\n", "\n  "),
    *("\n    ", "\n- ", "\n  - ", "\n    - ", "\n---\n", "\n--- a\n", "\n...\n", "---", "..."),
    *("[", "]", "{", "}", "[a, b]", "{a: b}", "{a: [b, {c: d}]}", "[]", "{}", ",", ", ", ": "),
    *(":", "a:b", "a: b: c", "? ", "?", "#", " #", "# c\n", " # c\n", "'", '"', "'a b'", '"a b"'),
    *('"a\\n"', "'a''b'", "'a' b", '"a":b', '"a": b', "&a ", "*a", "!t ", "!!str ", "|", ">-\n  "),
    *("|\n  ", ">\n    ", "a: |-\n  ", "a: >-\n    b\n    c\n", "a: |\n  b\n\n", "- a: |\n    b\n"),
    *("@", "`", "%", "%YAML 1.1\n", "<<", "<<: ", "~", "null", "true", "yes", "0x1F", "1e3", ".5"),
    *(
        "010",
        "-1",
        "--x",
        ".inf",
        "99999999999999999999",
        "1.10",
        "${{ a }}",
        "${{ a",
        "{{ a }}",
        "}}",
    ),
    *("\t", "\r\n", "\r", "\xa0", "\u2028", "\ufeff", "ü", "\U0001f600", "\x00", "\x85", "\x7f"),
)
Exact = tuple[object, ...]


def exact(value: Json) -> Exact:
    """A value with its types and its order of keys, which `==` doesn't see."""
    if isinstance(value, tuple):
        return (tuple, *(exact(each) for each in value))
    if isinstance(value, bool | int | float | str | None):
        return (type(value), repr(value))
    return (type(value), *((key, exact(each)) for key, each in value.items()))


def oracle(text: str) -> list[tuple[Exact, bytes]] | None:
    """What libyaml's way gives; None where it has a problem."""
    found: list[tuple[Exact, bytes]] = []
    for each in converted(text, "f.yaml", "a frame"):
        if isinstance(each, Diagnostic) or each.problems.listed:
            return None
        found.append((exact(each.value), each.places))
    return found


def same(text: str | bytes) -> bool:
    """Whether the fast way reads a text; then, that it gives the same."""
    decoded = decode(text, "f.yaml")
    if isinstance(decoded, Diagnostic):
        return False
    given_ = plain_documents(decoded)
    if given_ is None:
        return False
    assert [(exact(freeze(value)), places) for value, places in given_] == oracle(decoded), decoded
    return True


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return [path.read_text(encoding="utf-8", errors="ignore") for path in FILES]


def test_all_files_of_the_repository(texts: list[str]) -> None:
    assert sum(same(text) for text in texts) > 0.8 * len(texts)


def test_the_specs_of_users_are_read_so() -> None:
    examples = [path for path in FILES if path.is_relative_to(ROOT / "examples")]
    assert [path for path in examples if not same(path.read_bytes())] == []


def test_made_specs_are_read_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "benchmarks"))
    import specs_made

    made = specs_made.files(50)
    assert len(made) == 50
    assert [path for path, text in made.items() if not same(text)] == []


def mutated(text: str, chance: random.Random) -> str:
    """With up to three places changed: cut, doubled, indented otherwise, or with a token more."""
    for _ in range(chance.randint(1, 3)):
        at = chance.randint(0, len(text))
        end = at + chance.choice((0, 0, 1, 2, 5, 20))
        put = chance.choice((*TOKENS, text[at:end], text[at:end] * 2, " ", "  ", "\n", ""))
        text = text[:at] + put + text[end:]
    return text


def test_mutated_files(texts: list[str]) -> None:
    chance = random.Random(20261127)  # noqa: S311
    short = [text for text in texts if len(text) < 1500]
    read = sum(same(mutated(chance.choice(short), chance)) for _ in range(MUTATIONS))
    assert read > MUTATIONS / 10


@given(st.lists(st.sampled_from(TOKENS), max_size=12), st.sampled_from(("", "a: ", "a:\n  ")))
@settings(max_examples=500)
@example(["b"], "a: ")
def test_made_of_tokens(tokens: list[str], start: str) -> None:
    same(start + "".join(tokens))


READ = (
    "a:\n- b\n- c\nd: e\n",
    "a:\n  - b: c\n    d: e\n  - f: [g,\n h]\n",
    "a:\n  - b:\n    - c\n    d:\n",
    "a:\n  b:\n\n    c:\n      d: e\n  # f\n  g:\nh: i",
    "a: b # c\nd: 'e' # f\ng: [h] # i\nj: # k\n  l: m",
    "# a\n\n---\n---\na: b\n--- # c\nd: e\n---\n",
    "a: {b: {}, c: [], d: [[e], {f: g}], }\n",
    "a: s3://b/c#d\ne: 10:30\nf: g, [h] {i}\nj: ${{ k }}\n",
    "a: [-1, --b, .5, ./c, b/c:d, e#f]\ng: -h\ni: .\n",
    "a: ~\nb: true\nc: 0x1F\nd: 1.10\ne: yes\nf: null\ng: ''\n",
    "a: ü\U0001f600\nb: {c: \xa0, d: e}\n",
    "a: |\n  b: c # d\n  # e\n\n\nf: >-\n  g\n  h\ni: |-\n  j \nk: >\n  l\n",
    "a:\n  - b: |\n      c\n    d: e\n  - f\ng: >\n h\n# i\n---\nj: k\n",
)
LEFT = (
    *("a: b\n c\n", "a: |\n  b", "a: |+\n  b\n", "a: |2\n  b\n", "a: | # b\n  c\n", "a: >\nb: c\n"),
    *("k" * 1100 + ": a\n", "- " + "k" * 1100 + ": a\n", "a: {" + "k" * 1100 + ": b}\n"),
    *("a: |\n  b\n\n  c\n", "a: >\n  b\n   c\n", "a: >\n  b \n  c\n", "a: |\n    b\n  c\n"),
    *(
        "- |\n  a\n",
        "a: |\n\n  b\n",
        "a: |\n\n\n",
        "a:\n  b: |\n  c\n",
        "a: &b c\n",
        "a: *b\n",
        "a: !b c\n",
        "? a\n: b\n",
        "<<: b\n",
    ),
    *("a: b\na: c\n", "a: {b: c, b: d}\n", "a: 1e3\n", "a: .inf\n", "true: a\n", "1: a\n"),
    *("a:\tb\n", "a: b\r\n", "a: 'b''c'\n", 'a: "b\\n"\n', "a: b: c\n", "a: {b}\n", "a: {b: }\n"),
    *(
        "a: ${{ b # c\n",
        "a: b\n---\n- c\n",
        "- a\n",
        "a\n",
        "%YAML 1.1\n---\na: b\n",
        "a: b\n...\n",
    ),
    *("a:\n   b: c\n  d: e\n", "a: b\n  c: d\n", "a: [b\n", "a: [b: c]\n", "a: {b:c}\n", "a: @b\n"),
    *("a: " + "[" * 65 + "]" * 65, "  a: b\n", "a:\n  b\n", "a: 'b\n  c'\n", "--- a\n"),
)


@pytest.mark.parametrize("text", READ)
def test_is_read(text: str) -> None:
    assert same(text)


@pytest.mark.parametrize("text", LEFT)
def test_is_left_to_libyaml(text: str) -> None:
    assert plain_documents(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "a: b" + " " * 200_000 + ": c\n",
        "a: [" + "b " * 100_000 + "[\n",
        "# a\n" * 50_000 + "a",
        "a: " + "b:c#" * 50_000 + ": d\n",
        "a: [" + "\n#b" * 60_000 + "\n",
        "- " * 100_000,
        "a" * 200_000,
    ],
)
def test_no_text_is_read_twice(text: str) -> None:
    """Each step of the expressions is taken once; in the square of these lengths this wouldn't
    end."""
    assert plain_documents(text) is None
