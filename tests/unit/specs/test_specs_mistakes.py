"""What people do that breaks YAML: the place is that of the mistake, and the hint mends it."""

from __future__ import annotations

import pytest

from exai_specs.diagnostics import Diagnostic
from exai_specs.documents import read
from exai_specs.parse import parse_all

FRAME = "apiVersion: exai.dev/v1alpha1\nkind: Model\nmetadata: {name: m}\n"


def told(text: str) -> list[Diagnostic]:
    documents, problems = read(text, "x")
    return [*problems, *parse_all(documents)[1]]


MISTAKES = (
    # Tabs.
    ("spec:\n\ttask: a\n", "tab", "2:1", "indent with spaces"),
    ("spec:\n  a: b\n  \ttask: a\n", "tab", "3:3", "indent with spaces"),
    ("spec:\n  a: b\n\t\n  c: d\n", "tab", "3:1", "indent with spaces"),
    ("spec: |\n\ta\n", "tab", "2:1", "indent with spaces"),
    ("spec:\n  -\ta: b\n", "tab", "2:4", "write a space instead"),
    # Characters that look like others.
    ("spec:\n\xa0\xa0task: a\n", "not-text", "2:1", "write a space instead"),
    ("spec:\xa0a\nkind: b\n", "not-text", "1:6", "write a space instead"),
    ("kind: b\nspec:\xa0a\n", "not-text", "2:6", "write a space instead"),
    ("spec:\n  -\xa0a\n", "not-text", "2:4", "write a space instead"),
    ("kind: Model\xa0\n", "not-text", "1:12", "write a space instead"),
    ("metadata: {name:\xa0m}\n", "not-text", "1:17", "write a space instead"),
    ("kind: Mo\u200bdel\n", "not-text", "1:9", "remove it"),
    ("metadata: {name: “m”}\n", "not-text", "1:18", "leave the quotes out"),
    ("spec:\n  args:\n    — a\n    — b\n", "not-text", "3:5", "write `- `"),
    ("spec:\n  a:\n    – b: 1\n      c: 2\n", "not-text", "3:5", "write `- `"),
    ("kind： Model\nmetadata: {name: a}\n", "not-text", "1:5", "write `: `"),
    # Spaces that are missing.
    ("kind:Model\nmetadata: {name: a}\n", "yaml-syntax", "1:5", "write `name: value`"),
    ("metadata:\n  name: a\n  owner:b\n", "yaml-syntax", "3:8", "write `name: value`"),
    ("metadata:\n  owner:b\n  name: a\n", "yaml-syntax", "2:8", "write `name: value`"),
    ("metadata: {name:iris}\n", "yaml-syntax", "1:16", "write `name: value`"),
    ("metadata: {name: a, owner:me}\n", "yaml-syntax", "1:26", "write `name: value`"),
    ("spec:{task: other}\nkind: Model\n", "yaml-syntax", "1:5", "write `name: value`"),
    ("kind: Model\nspec = {task: a}\n", "yaml-syntax", "2:8", "write `name: {...}`"),
    # Brackets and quotes.
    ("metadata: {name: a}}\nspec: b\n", "yaml-syntax", "1:20", "remove it, or open it"),
    ("spec:\n  a: [b, c]]\n", "yaml-syntax", "2:12", "remove it, or open it"),
    ("spec:\n  a: {{ b }}-c\n", "yaml-syntax", "2:13", "${{ ... }}"),
    ("metadata: {name: a owner: b}\n", "yaml-syntax", "1:25", "commas"),
    ("metadata: {owner: a #1}\n", "yaml-syntax", "1:21", "quote text that contains ` #`"),
    ("spec:\n  a: 'it's'\n", "yaml-syntax", "2:10", "write ''"),
    ('spec:\n  a: "b" c\n', "yaml-syntax", "2:10", "double ones"),
    # Characters that mean something.
    ("spec:\n  exai: >=0.1\n", "yaml-syntax", "2:9", 'such as ">=0.1"'),
    ("spec:\n  a: | b\n", "yaml-syntax", "2:6", "quote text"),
    ("spec:\n  a: ? b\n", "yaml-syntax", "2:6", "quote text"),
    ("{% if a %}\nkind: b\n", "yaml-syntax", "1:2", "an Overlay"),
    ("spec: {a: {b: 20:}}\n", "yaml-syntax", "1:17", "remove the colon"),
    # Lines.
    ("spec:\n  a: b\n    c:\n      d: e\n", "yaml-syntax", "3:5", "indentation of both"),
    ("spec:\n  - a: b\n      c: e\n", "yaml-syntax", "3:7", "indentation of both"),
    ("--\nkind: Model\n", "yaml-syntax", "1:1", "write `---`"),
    ("kind: Model\n----\nkind: b\n", "yaml-syntax", "2:1", "write `---`"),
    ("kind: Model\nkind: Model\n", "duplicate-key", "2:1", "a line `---`"),
    (
        FRAME + "spec: {task: other}\n...\nkind: Model\n",
        "yaml-syntax",
        "5:1",
        "write `---` instead",
    ),
    ("kind: a\n...  # b\n\n# c\nkind: b\n", "yaml-syntax", "2:1", "write `---` instead"),
    ("  kind: a\nspec: b\n", "yaml-syntax", "2:1", "check the indentation"),
    (
        "kind: a\n<<<<<<< HEAD\nspec: a\n=======\nspec: b\n",
        "yaml-syntax",
        "2:1",
        "one of its sides",
    ),
)


@pytest.mark.parametrize(("text", "code", "at", "hint"), MISTAKES, ids=ascii)
def test_a_mistake_is_told_where_it_is(text: str, code: str, at: str, hint: str) -> None:
    first = told(text)[0]
    assert (first.code, str(first.at)) == (code, f"x:{at}")
    assert hint in first.hint


@pytest.mark.parametrize(
    "broken",
    ["  as: a\nwith: b\n", "  - a\nb:\n", "spec: {a: b\n", "kind: Model\nspec:\n  a: 'b\n"],
    ids=ascii,
)
def test_of_a_document_that_breaks_off_nothing_else_is_told(broken: str) -> None:
    assert [each.code for each in told(broken)] == ["yaml-syntax"]
    whole = FRAME + "spec: {task: regression}\n"
    assert [each.code for each in told(f"{whole}---\n{broken}")] == ["yaml-syntax"]
    codes = [each.code for each in told(f"{FRAME}---\n{broken}")]
    assert sorted(codes) == ["missing-field", "yaml-syntax"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (FRAME + "---\nspec: {task: regression}\n", 4),
        (FRAME + "---  # b\n\n# c\nspec: {task: regression}\n", 4),
        (FRAME.replace("metadata", "---\nmetadata") + "spec: {task: regression}\n", 3),
        (FRAME + "spec:\n---\n  task: regression\n", 5),
        (FRAME + "spec:\n  gates: {}\n---\n  task: regression\n", 6),
        (FRAME + "spec:\n  task: regression\n---\n  gates: {}\n", 6),
        (FRAME + "spec: {task: regression}\n---\n" + FRAME + "---\nspec: {task: regression}\n", 9),
    ],
    ids=ascii,
)
def test_a_line_that_splits_a_document_is_one_error(text: str, line: int) -> None:
    found = told(text)
    assert [str(each.at) for each in found] == [f"x:{line}:1"]
    assert "a `---` splits this document" in found[0].message
    assert "remove this line" in found[0].hint
    ((_, above),) = found[0].related
    assert text.splitlines()[above.line - 1].startswith("apiVersion")


def test_a_line_that_is_forgotten_between_documents_is_one_error() -> None:
    whole = FRAME + "spec: {task: regression}\n"
    found = told(whole + whole + whole)
    assert [str(each.at) for each in found] == ["x:5:1", "x:9:1"]
    assert {each.hint for each in found} == {"write a line `---` above this one"}
    (metadata,) = told(whole + "metadata: {name: m}\n")
    assert metadata.hint == "keep one of them"


@pytest.mark.parametrize("version", ["exai.dev", "exai.dev/v1alpha", "exai.dev/v1alpha1"])
def test_of_a_file_that_ends_after_its_first_line_one_error_is_told(version: str) -> None:
    (found,) = told(f"apiVersion: {version}")
    assert (found.code, str(found.at)) == ("missing-field", "x:1:13")
    assert found.hint == "the document ends here: add kind, metadata and spec"


def test_a_list_of_one_where_text_is_wanted_is_that_one() -> None:
    text = FRAME.replace("Model", "Pipeline") + "spec: {steps: {a: {uses: [b]}}}\n"
    assert any("its one item alone" in each.hint for each in told(text))


def test_what_no_half_of_a_split_document_mends_is_told_too() -> None:
    text = FRAME.replace("name: m", "name: m, nam: m") + "---\nspec: {}\nspecs: {}\n"
    assert [each.code for each in told(text)] == ["unknown-field", "missing-field", "unknown-field"]


def test_a_document_that_isnt_whole_is_split_by_nothing_where_none_lacks_what_it_has() -> None:
    whole = FRAME + "spec: {task: regression}\n"
    assert not [each for each in told(whole + "---\nspec: {}\n") if "splits" in each.message]
    assert not [each for each in told(FRAME + "---\n" + whole) if "splits" in each.message]
    documents = [read(text, path)[0][0] for path, text in (("a", FRAME), ("b", "spec: {}\n"))]
    assert not [each for each in parse_all(documents)[1] if "splits" in each.message]


@pytest.mark.parametrize(
    ("spec", "at", "hint"),
    [
        ("spec: task:other", "4:7", "write a space after the colon"),
        ("spec: {task: other, gates: -a}", "4:28", ""),
        ("spec: {task: other, aliases: champion:a}", "4:30", "write a space after the colon"),
    ],
)
def test_text_where_a_mapping_is_wanted_is_told_why(spec: str, at: str, hint: str) -> None:
    (problem,) = told(f"{FRAME}{spec}\n")
    assert str(problem.at) == f"x:{at}"
    assert hint in problem.hint


@pytest.mark.parametrize("items", ["-a\n    -b", "-a: 1\n    -b: 2"])
def test_items_without_their_space_are_told(items: str) -> None:
    text = FRAME.replace("Model", "Notebook") + f"spec:\n  image: a\n  args:\n    {items}\n"
    (problem,) = told(text)
    assert problem.code == "wrong-type"
    assert problem.hint == "write a space after each `-`"


def test_prose_and_quoted_text_may_have_any_character() -> None:
    named = "{name: m, description: “So\xa0— it is.”, annotations: {a: “b”}, owner: '“me”'}"
    text = FRAME.replace("{name: m}", named)
    assert told(f"{text}spec: {{task: classification}} # a — “b”\xa0\n") == []


def test_joiners_are_letters() -> None:
    text = FRAME.replace("{name: m}", "{name: m, owner: می\u200cخواهم}")
    assert told(f"{text}spec: {{task: classification}}\n") == []


def test_a_key_with_a_colon_may_have_a_value() -> None:
    documents, problems = read('a:b: 1\n"c:d": 2\nhttp://e: f\n', "x")
    assert problems == ()
    assert dict(documents[0].value) == {"a:b": 1, "c:d": 2, "http://e": "f"}


def test_a_name_under_a_misspelt_key_is_told_where_it_is() -> None:
    text = FRAME.replace("metadata: {name: m}", "metdata: {name: b d}") + "spec: {task: ranking}\n"
    places = {each.code: (each.at.line, each.at.column) for each in told(text)}
    assert (places["unknown-field"], places["invalid-name"]) == ((3, 1), (3, 17))


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("1_000", "write 1000, without `_`"),
        ("-1_000.5", "write -1000.5, without `_`"),
        ("'70,5'", "write 70.5, with a point"),
        ("70 mm", "write a number, without quotes or units"),
        ("1_000_", "write a number, without quotes or units"),
    ],
)
def test_a_number_is_told_as_yaml_has_it(written: str, hint: str) -> None:
    text = f"spec: {{task: other, gates: {{m: {{min: {written}}}}}}}\n"
    (problem,) = told(FRAME + text)
    assert (problem.code, problem.hint) == ("wrong-type", hint)


def test_a_decimal_comma_in_braces_is_told() -> None:
    (problem,) = told(f"{FRAME}spec: {{task: other, gates: {{m: {{min: -70,5}}}}}}\n")
    assert (problem.code, problem.hint) == ("key-not-text", "write -70.5, with a point")
    (key,) = told(f"{FRAME}spec: {{task: other, gates: {{m: {{min: 70,5: 1}}}}}}\n")
    assert "begin a name with a letter" in key.hint


def test_a_choice_that_yaml_takes_for_no_text_is_told_in_quotes() -> None:
    text = FRAME.replace("Model", "Service")
    (problem,) = told(f"{text}spec: {{model: m@a, features: {{service: s, onMissing: non}}}}\n")
    assert 'error, "null", default' in problem.message


@pytest.mark.parametrize(
    ("environment", "form"),
    [
        ("connections: {lab: {sqlite: data/lab.db}}", '{"path": "data/iris.db"}'),
        ("features: {online_store: redis}", "{type: redis, ...}"),
        ("features: {online_store: rediss}", '{"type": "sqlite"}'),
    ],
)
def test_text_is_told_the_mapping_in_whose_place_it_stands(environment: str, form: str) -> None:
    spec = f"spec: {{environments: {{prod: {{target: local, {environment}}}}}}}\n"
    (problem,) = told(FRAME.replace("Model", "Project") + spec)
    assert problem.hint.endswith(f"beside it: {form}")


@pytest.mark.parametrize(
    "variable",
    ["DB_PASSWORD=hunter2", "'DB_PASSWORD:hunter2': x", "A: {secret: a, key: b, hunter2}"],
)
def test_no_message_names_a_credential_that_became_a_key(variable: str) -> None:
    text = FRAME.replace("Model", "Service")
    found = told(f"{text}spec: {{model: m@a, env: {{{variable}}}}}\n")
    assert found
    assert not [each for each in found if "hunter2" in f"{each.message} {each.hint}"]
