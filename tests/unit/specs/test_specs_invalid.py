"""Every code of reading and parsing has a file that yields it, its exact diagnostics beside it.

`UPDATE_GOLDEN=1 pytest tests/unit/specs/test_specs_invalid.py` writes the expectations anew;
review them as code.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from exai_specs.allowances import allowances
from exai_specs.codes import CODES
from exai_specs.diagnostics import Diagnostic, secrets_alone
from exai_specs.documents import read
from exai_specs.parse import Spec, parse
from exai_specs.yaml_text import MAX_BYTES

FOLDER = Path(__file__).parents[2] / "invalid" / "parse"
FILES = sorted(FOLDER.glob("*.yaml"))

# A file of this size has no place in a repository: `test_size` makes it.
NOT_IN_FILES = {"file-too-large"}


def diagnostics_of(text: str | bytes, name: str) -> tuple[Diagnostic, ...]:
    documents, problems = read(text, name)
    found = list(problems)
    for document in documents:
        spec = parse(document)
        found += () if isinstance(spec, Spec) else spec
    if isinstance(text, str) or b"exai: allow" in text:
        found += allowances(text if isinstance(text, str) else text.decode(), name)[1]
    return tuple(sorted(secrets_alone(found), key=lambda each: each.at))


def shown(diagnostic: Diagnostic) -> str:
    """As in `tests/invalid/checks`; `exai explain` reads it."""
    problem = diagnostic
    lines = [f"{problem.at}: {problem.severity}: {problem.code}: {problem.message}"]
    if diagnostic.hint:
        lines.append(f"  hint: {diagnostic.hint}")
    lines += [f"  {at}: {words}" for words, at in diagnostic.related]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_exact_diagnostics(path: Path) -> None:
    found = "".join(map(shown, diagnostics_of(path.read_bytes(), path.name)))
    expected = path.with_suffix(".expected")
    if os.environ.get("UPDATE_GOLDEN"):
        expected.write_text(found, encoding="utf-8")
    assert found == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_yields_the_code_it_is_named_after_and_every_problem_has_a_hint(path: Path) -> None:
    found = diagnostics_of(path.read_bytes(), path.name)
    assert any(path.stem.startswith(each.code) for each in found)
    assert all(each.hint for each in found)


def test_every_code_has_a_file_and_every_code_that_occurs_is_explained() -> None:
    given = {each.code for path in FILES for each in diagnostics_of(path.read_bytes(), path.name)}
    assert given | NOT_IN_FILES == set(CODES)
    assert {path.stem for path in FILES} >= set(CODES) - NOT_IN_FILES


def test_codes_are_explained_in_order_and_in_sentences() -> None:
    assert list(CODES) == sorted(CODES)
    for code in CODES.values():
        assert code.meaning.endswith(".")
        assert code.explanation.endswith(".")


def test_size() -> None:
    documents, (problem,) = read("a: " + "x" * MAX_BYTES, "big.yaml")
    assert documents == ()
    assert (problem.code, str(problem.at)) == ("file-too-large", "big.yaml:1:1")


def test_no_message_repeats_what_stands_in_a_credentials_place() -> None:
    path = FOLDER / "secret-in-spec.yaml"
    found = diagnostics_of(path.read_bytes(), path.name)
    assert {each.code for each in found} == {"secret-in-spec"}
    assert len(found) == 10
    for secret in ("hunter2", "4711"):
        assert all(secret not in repr(each) for each in found)


@pytest.mark.parametrize(
    "written",
    ["hunter2", "1e5", "99999999999999999999", "true", "'hunter2'", ".inf", "[1e5]", "{key: 1e5}"],
)
def test_no_diagnostic_of_any_kind_repeats_a_password(written: str) -> None:
    text = (FOLDER / "secret-in-spec.yaml").read_text().replace("hunter2", written)
    bare = written.strip("'[]{}").removeprefix("key: ")
    for each in diagnostics_of(text, "x.yaml"):
        assert bare == "true" or bare not in repr(each)
