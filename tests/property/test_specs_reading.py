"""Laws of reading and parsing: whatever the text, a value or a diagnostic, in bounded time."""

from __future__ import annotations

import contextlib
import copy
import time
from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from exai_specs.codes import CODES
from exai_specs.diagnostics import Diagnostic
from exai_specs.documents import Document, read
from exai_specs.expressions import ExpressionError, parse_text
from exai_specs.frozen import canonical, freeze, thaw
from exai_specs.kinds import KINDS
from exai_specs.names import ALIAS, FIELD, KUBERNETES, MODEL, PARAMETER, SQL, STEP
from exai_specs.parse import Spec, parse
from exai_specs.units import Duration, Percent, parse_duration, parse_percent, parse_quantity

TEXT = (Path(__file__).parents[1] / "language_section_0.yaml").read_text(encoding="utf-8")
NOISE = st.sampled_from(
    [
        *(
            "{",
            "}",
            "[",
            "]",
            ":",
            "- ",
            "\n",
            "\t",
            "'",
            '"',
            "&a ",
            "*a",
            "!!x ",
            "${{",
            "}}",
            "#",
        ),
        *("\x00", "\ufeff", "ü", "1e3", "~", "|", ">", "%", "@", "  ", "---\n", "null", "\u2028"),
        *("<<", "0x"),
    ]
)


def look(text: str | bytes) -> None:
    started = time.process_time()
    documents, problems = read(text, "f.yaml")
    found = list(problems)
    for document in documents:
        spec = parse(document)
        found += () if isinstance(spec, Spec) else spec
    for each in found:
        check(each)
    assert time.process_time() - started < 5


def check(diagnostic: Diagnostic) -> None:
    assert diagnostic.code in CODES
    assert diagnostic.message
    assert diagnostic.hint
    assert diagnostic.at.path == "f.yaml"
    assert diagnostic.at.line >= 1
    assert diagnostic.at.column >= 1


@given(st.integers(0, len(TEXT)), st.integers(0, 40), st.lists(NOISE, max_size=4))
@settings(max_examples=300)
def test_mutated_text_gives_values_or_diagnostics(at: int, cut: int, noise: list[str]) -> None:
    look(TEXT[:at] + "".join(noise) + TEXT[at + cut :])


@given(st.integers(0, len(TEXT)))
@settings(max_examples=150)
def test_truncated_text_gives_values_or_diagnostics(at: int) -> None:
    look(TEXT[:at])
    look(TEXT.encode()[:at] + b"\xff")


@given(st.text() | st.lists(NOISE, max_size=30).map("".join))
@settings(max_examples=300)
def test_any_text(text: str) -> None:
    look(text)


@given(st.binary(max_size=200))
@settings(max_examples=150)
def test_any_bytes(data: bytes) -> None:
    look(data)


PLAIN: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(max_size=8)
    | st.sampled_from(["a", "iris@x", "1Gi", "10s", "5%", "${{ a.b }}", "int64", 0.5, 1e300]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=5)
            | st.sampled_from(
                sorted(
                    {name for kind in KINDS.values() for name in ("a", "[key]", "path", "secret")}
                )
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


def as_document(value: Mapping[str, Any]) -> Document:
    """A document with these values; all its places are the same."""

    def places(each: Any) -> tuple[int, ...]:
        inside: tuple[int, ...] = ()
        if isinstance(each, Mapping):
            inside = sum((places(item) for item in each.values()), ())
        elif isinstance(each, list | tuple):
            inside = sum((places(item) for item in each), ())
        return (0, 0, len(inside) // 3 + 1, *inside)

    frozen = freeze(value)
    assert isinstance(frozen, Mapping)
    return Document("f.yaml", frozen, "?", array("I", places(value)).tobytes())


# One document of each kind.
FEATURES = (Path(__file__).parents[1] / "language_section_5.yaml").read_text(encoding="utf-8")
GUIDE = Path(__file__).parents[2] / "examples/guide"
PAGES = [
    block
    for page in sorted(GUIDE.glob("*.md"))
    for block in page.read_text(encoding="utf-8").split("```yaml\n")[1:]
]
DOCUMENTS = tuple(
    document
    for text in (*(page.partition("```")[0] for page in PAGES), FEATURES, TEXT)
    for document in read(text, "f.yaml")[0]
)
SPECS = list({thaw(document.value)["kind"]: document for document in DOCUMENTS}.values())


def test_every_kind_has_a_document() -> None:
    assert {thaw(document.value)["kind"] for document in SPECS} == set(KINDS)


@given(st.data(), st.sampled_from(SPECS), PLAIN)
@settings(max_examples=400)
def test_any_value_in_any_place_of_a_document(data: Any, document: Document, new: Any) -> None:
    value = thaw(document.value)
    parent, key = value, data.draw(st.sampled_from(sorted(value)))
    while isinstance(parent[key], dict | list) and parent[key] and data.draw(st.booleans()):
        parent = parent[key]
        keys = sorted(parent) if isinstance(parent, dict) else range(len(parent))
        key = data.draw(st.sampled_from(keys))
    parent[key] = new
    spec = parse(as_document(value))
    for each in () if isinstance(spec, Spec) else spec:
        check(each)


@given(PLAIN)
@settings(max_examples=200)
def test_what_yaml_writes_is_read_as_json_has_it(value: Any) -> None:
    text = yaml.safe_dump({"value": value}, allow_unicode=False)
    documents, _ = read(text, "f.yaml")
    for document in documents:  # text with control characters and exponents are refused
        assert thaw(document.value) == {"value": value}
        assert canonical(freeze(thaw(document.value))) == canonical(document.value)


@given(st.text(), st.sampled_from([KUBERNETES, SQL, MODEL, FIELD, PARAMETER, STEP, ALIAS]))
def test_a_suggested_name_is_valid(name: str, rule: Any) -> None:
    assert rule.wrong(rule.suggest(name)) is None


TOKENS = st.sampled_from(
    [
        *("${{", "}}", "$", " ", "a", "a.b", "and", "or", "not", "(", ")", "==", "<", "1", "-"),
        *("'x'", "'", ".", "true", "null", "\n", "$${{", "{{", "é", "0.5"),
    ]
)


@given(st.text() | st.lists(TOKENS, max_size=40).map("".join))
@settings(max_examples=600)
def test_expressions_raise_nothing_but_their_error(text: str) -> None:
    try:
        found = parse_text(text)
    except ExpressionError as error:
        assert 0 <= error.offset <= len(text)
        assert error.message
    else:
        for part in found.expressions:
            assert text[part.offset : part.offset + 3] == "${{"
            assert text[part.end - 2 : part.end] == "}}"


def test_expressions_take_time_in_proportion() -> None:
    for text in (
        "${{ a }}" * 20_000,
        "$${{" * 50_000,
        "${{ " + "a and " * 50_000 + "b }}",
        "${{ " + "a" * 200_000 + " }}",
        "${{ '" + "x" * 200_000,
        "${{" * 50_000,
        "${{ " + "a." * 100_000,
    ):
        started = time.process_time()
        with contextlib.suppress(ExpressionError):
            parse_text(text)
        assert time.process_time() - started < 5


@given(st.integers(0, 10**13))
def test_durations_come_back(ms: int) -> None:
    assert parse_duration(str(Duration(ms))) == Duration(ms)


@given(
    st.from_regex(r"\A[0-9]{1,9}(\.[0-9]{1,3})?(m|k|M|G|Ki|Mi|Gi)?\Z").filter(
        lambda text: not (text.endswith("m") and "." in text)
    )
)
def test_quantities_keep_their_value(text: str) -> None:
    try:
        quantity = parse_quantity(text)
    except ValueError:
        return
    assert parse_quantity(str(quantity)).value == quantity.value
    assert str(parse_quantity(str(quantity))) == str(quantity)


@given(st.text() | st.floats() | st.integers())
def test_units_raise_nothing_but_value_errors(value: object) -> None:
    for function in (parse_duration, parse_quantity, parse_percent):
        try:
            assert isinstance(str(function(value)), str)
        except ValueError as error:
            assert str(error)
    assert str(Percent("5%")) == "5%"


HEAD = "apiVersion: exai.dev/v1alpha1\nkind: Model\nmetadata: {name: x}\nspec:\n"


def test_hostile_files_take_bounded_time() -> None:
    many = range(60_000)
    for text in (
        "a: 1\n" * 100_000,
        "\n".join(f"k{n}: 1" for n in many),
        HEAD + "  task: regression\n" + "\n".join(f"  k{n}: 1" for n in many),
        HEAD + "  gates:\n" + "\n".join(f"    k{n}: 1" for n in many),
        HEAD + "  gates:\n" + "\n".join(f"    K {n}: {{max: 1}}" for n in range(30_000)),
        HEAD.replace("Model", "Pipeline")
        + "  steps: {a: {uses: x, env: {A: {"
        + ", ".join(f"k{n}: 1" for n in many)
        + "}}}}",
        "a:\n" + "- ${{ x # y\n" * 60_000,
        "a:\n" + "- x\n  ${{ y # z\n" * 40_000,
        "a: &x 1\nb: [" + "*x, " * 100_000 + "]",
        "a: [" + "[], " * 200_000 + "]",
        "a: " + "'" * 500_000,
        "\n".join(f"a{n}: &a{n} 1" for n in range(40_000)),
        "? a\n" * 100_000,
        "---\n" * 200_000,
    ):
        started = time.process_time()
        documents, problems = read(text, "f.yaml")
        found = [*problems]
        for document in documents:
            spec = parse(document)
            found += () if isinstance(spec, Spec) else spec
        assert len(found) <= 250
        assert time.process_time() - started < 20, text[:100]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: str(each.value.get("kind")))
def test_parsing_changes_nothing_of_what_was_read(document: Document) -> None:
    plain = thaw(document.value)
    before = copy.deepcopy(plain)
    unfrozen = Document.unfrozen(document.path, plain, document.text, document.places)
    parse(unfrozen)
    assert plain == before
    assert unfrozen.at(("spec",)) == document.at(("spec",))
    assert unfrozen.plain is not None
    assert unfrozen == document
    assert unfrozen.plain is None
