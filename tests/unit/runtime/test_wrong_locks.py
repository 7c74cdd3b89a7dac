"""What is wrong with the pins of a lock is told beside its own mistakes, and those of documents."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_runtime.validating import validate

PROJECT = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec:
  environments:
    local: {target: local}
    prod: {target: kubeflow, namespace: ml, data: {root: "s3://d"}, models: {store: "s3://m"}}
---
apiVersion: exai.dev/v1alpha1
kind: Model
metadata: {name: files}
spec: {task: classification, source: {uri: "s3://m/files", format: sklearn}}
"""
HEAD = "apiVersion: exai.dev/v1alpha1\nkind: Lock\n"
DIGEST = "a" * 64
PIN = f"{{version: 1, uri: 's3://m/x', digest: {DIGEST}}}"
OF_FILES = ("wrong-pin", 6)  # a Model of files has no versions
NOWHERE, LOCAL = "  prdo: {models: {}}\n", "  local: {models: {}}\n"
PINS = f"  prod:\n    models:\n      files@a: {PIN}\n"


def told(root: Path, lock: str, project: str = PROJECT) -> list[tuple[str, int]]:
    """Of the lock."""
    (root / "exai.yaml").write_text(project)
    (root / "exai.lock").write_text(HEAD + lock)
    found = validate(root).diagnostics
    return [(each.code, each.at.line) for each in found if each.at.path == "exai.lock"]


@pytest.mark.parametrize(
    ("lock", "codes"),
    [
        (f"modles: {{}}\nenvironments:\n{NOWHERE}", [("unknown-field", 3), ("wrong-pin", 5)]),
        (f"enviroments:\n{NOWHERE}", [("unknown-field", 3), ("wrong-pin", 4)]),
        (f"enviroments:\n{LOCAL}", [("unknown-field", 3), ("wrong-pin", 4)]),
        ("environments:\n  prdo: {modles: {}}\n", [("wrong-pin", 4), ("unknown-field", 4)]),
        ("environments:\n  prdo: [files@a]\n", [("wrong-pin", 4), ("wrong-type", 4)]),
        (f"environments:\n{PINS}    image: {{}}\n", [OF_FILES, ("unknown-field", 7)]),
        (
            f"environments:\n{PINS.replace('models', 'modles')}",
            [("unknown-field", 5), OF_FILES],
        ),
        (
            f"environments:\n{PINS.replace('files', 'fils')}    image: {{}}\n",
            [("unknown-reference", 6), ("unknown-field", 7)],
        ),
        (
            f"environments:\n  prod:\n    images: {{a@b: 'sha256:{DIGEST}', c: 1}}\n",
            [("wrong-pin", 5), ("wrong-type", 5)],
        ),
    ],
)
def test_a_lock_that_is_wrong_tells_what_it_pins(
    tmp_path: Path, lock: str, codes: list[tuple[str, int]]
) -> None:
    assert told(tmp_path, lock) == codes


@pytest.mark.parametrize(
    ("lock", "code"),
    [
        ("environments:\n  prod: {modles: {}}\n", "unknown-field"),
        ("environments:\n  pro_d: {}\n", "invalid-name"),  # no environment is called so
        (f"environments:\n{PINS.replace('version: 1', 'version: one')}", "wrong-type"),
        ("environments: [prdo]\n", "wrong-type"),
    ],
)
def test_one_mistake_is_told_once(tmp_path: Path, lock: str, code: str) -> None:
    assert [code for code, _ in told(tmp_path, lock)] == [code]


def test_a_document_that_is_wrong_hides_no_environment(tmp_path: Path) -> None:
    lock = f"environments:\n{NOWHERE}"
    wrong = PROJECT.replace("task: classification", "taks: classification")

    assert told(tmp_path, lock, wrong) == [("wrong-pin", 4)]


def test_a_section_that_is_wrong_by_a_name_that_stands_twice_waits(tmp_path: Path) -> None:
    project = PROJECT.replace("    prod:", "    stage: {target: local}\n    local:")

    assert told(tmp_path, f"environments:\n{PINS}", project) == []


@pytest.mark.parametrize("wrong", ["target: k8s", "targt: kubeflow, target: local", "target: []"])
def test_an_environment_that_is_wrong_may_be_meant(tmp_path: Path, wrong: str) -> None:
    project = PROJECT.replace("prod: {target: kubeflow, ", f"prod: {{{wrong}, ")

    assert told(tmp_path, f"environments:\n{NOWHERE}  prod: {{}}\n", project) == [("wrong-pin", 4)]
    (hint,) = [e.hint for e in validate(tmp_path).diagnostics if "`prdo`" in e.message]
    assert hint == 'did you mean "prod"? known here: local, prod'


@pytest.mark.parametrize(
    "wrong", ["environments: [prdo, {", "environments: prdo\n  other: {", "<<: {prdo: {}, "]
)
def test_one_that_the_project_may_have_meant_waits(tmp_path: Path, wrong: str) -> None:
    project = PROJECT.replace("environments:", wrong)

    assert told(tmp_path, f"environments:\n{NOWHERE}", project) == []


MADE = "---\napiVersion: exai.dev/v1alpha1\nkind: Model\nmetadata: {name: k}\nspec: "
SERVED = """---
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: web}
spec: {model: MODEL, protocol: v2}
"""


@pytest.mark.parametrize("model", ["k", "k@champion"])
@pytest.mark.parametrize("format_", ["sklearn", "tensorflow"])
@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("source: {registry: other}", "wrong-type"),
        ("source: {registri: {name: other}}", "exactly-one-of"),
        ("source: other", "wrong-type"),
        ("sorce: {registri: {name: other}}", "unknown-field"),
        ("quelle: {registry: {name: other}}", "unknown-field"),
    ],
)
def test_what_a_wrong_source_would_settle_waits_for_it(
    tmp_path: Path, source: str, code: str, format_: str, model: str
) -> None:
    spec = f"{MADE}{{task: regression, {source}}}\n{SERVED.replace('MODEL', model)}"
    pin = f"      k@champion: {{version: 1, uri: 's3://a/b', format: {format_}}}\n"

    assert told(tmp_path, f"environments:\n  prod:\n    models:\n{pin}", PROJECT + spec) == []
    errors = [each for each in validate(tmp_path).diagnostics if each.severity == "error"]
    below = [each for each in errors if each.at.line > PROJECT.count("\n")]
    assert code in {each.code for each in below}
    assert {each.at.line for each in below} == {PROJECT.count("\n") + 5}


def test_what_no_source_would_settle_is_told(tmp_path: Path) -> None:
    spec = f"{MADE}{{task: regression, gates: {{rmse: {{maxx: 1}}}}}}\n"
    pin = "      k@champion: {version: 1, uri: 's3://a/b', format: sklearn}\n"
    found = told(tmp_path, f"environments:\n  prod:\n    models:\n{pin}", PROJECT + spec)

    assert found == [("unknown-alias", 6), ("wrong-pin", 6)]
