"""An overlay's own mistakes are told, whatever is wrong with the document that it patches."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_runtime.validating import validate

PROJECT = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec:
  environments: {local: {target: local}, prod: {target: local}}
---
apiVersion: exai.dev/v1alpha1
kind: Model
metadata: {name: files}
spec: {task: classification, source: {uri: "s3://m/files", format: sklearn}}
---
apiVersion: exai.dev/v1alpha1
kind: Overlay
metadata: {name: more}
spec: {environment: prod, target: Service/web, patch: {spec: PATCH}}
---
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: web}
spec: BASE
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: rows}
spec: {source: {sql: {connection: db, table: rows}}, schema: {a: int64}}
"""
OF_PATCH, OF_BASE, OF_DATASET = 15, 20, 25


def told(root: Path, base: str, patch: str) -> list[tuple[str, int]]:
    text = PROJECT.replace("PATCH", patch).replace("BASE", base)
    (root / "exai.yaml").write_text(text)
    found = [each for each in validate(root).diagnostics if each.severity == "error"]
    return sorted((each.code, each.at.line) for each in found if each.code != "not-local")


@pytest.mark.parametrize(
    ("patch", "codes"),
    [
        ("{stoped: true}", ["unknown-field"]),
        ("{resources: {cpu: [1], memory: lots}}", ["invalid-value", "wrong-type"]),
        ("{env: {1B: x}}", ["invalid-name"]),
        ("{replicas: {min: 2, max: one}}", ["wrong-type"]),
        ("{replicas: {max: 2}}", []),
        ("{replicas: null}", []),
    ],
)
def test_what_a_patch_has_wrong_is_told_beside_its_document(
    tmp_path: Path, patch: str, codes: list[str]
) -> None:
    base = "{model: files, modle: files}"
    expected = [(code, OF_PATCH) for code in codes]
    expected += [("unknown-field", OF_BASE), ("unknown-reference", OF_DATASET)]
    assert told(tmp_path, base, patch) == sorted(expected)


def test_what_a_field_s_other_half_would_settle_waits_for_it(tmp_path: Path) -> None:
    base = "{model: files, replcas: {max: 4}}"
    wrong = [("unknown-field", OF_BASE), ("unknown-reference", OF_DATASET)]
    assert told(tmp_path, base, "{replicas: {min: 2, max: 1}}") == wrong
    assert told(tmp_path, "{model: files, replicas: {max: 4}}", "{replicas: {min: 2}}") == wrong[1:]


@pytest.mark.parametrize(
    ("base", "patch"),
    [
        ("{model: files, replicas: {mim: 1}}", "{replicas: {max: 0}}"),
        ("{model: files, replicas: {min: one}}", "{replicas: {max: 0}}"),
        ("{model: files, replcas: {min: 1}}", "{replicas: {max: 0}}"),
        ("{model: files, resources: {cpuu: 1}}", "{resources: {memory: lots}}"),
        ("{model: files, modle: files}", "{model: 'fi les'}"),
    ],
)
def test_a_value_that_nothing_beside_it_makes_right_is_told(
    tmp_path: Path, base: str, patch: str
) -> None:
    found = told(tmp_path, base, patch)
    assert [code for code, line in found if line == OF_PATCH] == ["invalid-value"]
    assert [line for _, line in found if line == OF_BASE] == [OF_BASE]


@pytest.mark.parametrize(
    ("base", "patch"),
    [
        ("{model: files, replicas: {mim: 3}}", "{replicas: {max: 2}}"),
        ("{model: files, replicas: {mim: 1}}", "{replicas: {min: 3, max: 2}}"),
    ],
)
def test_what_two_values_tell_waits_for_both(tmp_path: Path, base: str, patch: str) -> None:
    found = told(tmp_path, base, patch)
    assert [line for _, line in found if line in (OF_PATCH, OF_BASE)] == [OF_BASE]


def test_a_name_of_a_step_is_wrong_beside_any_field(tmp_path: Path) -> None:
    load = "{uses: load-dataset, with: {dataset: rows}}"
    text = PROJECT.replace("Service", "Pipeline").replace(
        "PATCH", f"{{steps: {{Bad_Name: {load}}}}}"
    )
    (tmp_path / "exai.yaml").write_text(
        text.replace("BASE", f"{{steps: {{a: {load}}}, stepps: 1}}")
    )
    found = [(each.code, each.at.line) for each in validate(tmp_path).diagnostics]
    assert ("invalid-name", OF_PATCH) in found and ("unknown-field", OF_BASE) in found


def test_a_patch_of_what_is_no_document_is_wrong_in_its_environment(tmp_path: Path) -> None:
    told(tmp_path, "{model: files, modle: files}", "{stoped: true}")
    (problem,) = [e for e in validate(tmp_path).diagnostics if e.at.line == OF_PATCH]
    words = [words for words, _ in problem.related]
    assert words == ["environment `prod`"]


@pytest.mark.parametrize(
    ("base", "patch", "codes"),
    [
        (
            "{model: files, replcas: {max: 2}}",
            "{model: flies}",
            [("unknown-field", OF_BASE), ("unknown-reference", OF_PATCH)],
        ),
        (
            "{model: files}",
            "{model: flies, stoped: true}",
            [("unknown-field", OF_PATCH), ("unknown-reference", OF_PATCH)],
        ),
        (
            "{model: flies, replicas: [2]}",
            "{replicas: {max: some}}",
            [
                ("unknown-reference", OF_BASE),
                ("wrong-type", OF_PATCH),
                ("wrong-type", OF_BASE),
            ],
        ),
    ],
)
def test_what_names_tell_isnt_hidden_by_a_field(
    tmp_path: Path, base: str, patch: str, codes: list[tuple[str, int]]
) -> None:
    found = told(tmp_path, base, patch)
    assert [each for each in found if each[1] != OF_DATASET] == codes


@pytest.mark.parametrize(
    ("written", "instead", "code"),
    [
        ("patch: {", "patch: {metadata: {name: x}, ", "overlay-identity"),
        ("patch: {", "patch: {kind: Model, ", "overlay-identity"),
        ("environment: prod, t", "enviroment: prod, t", "unknown-field"),
        ("metadata: {name: more}", "metadata: {name: more, lables: {}}", "unknown-field"),
    ],
)
@pytest.mark.parametrize(
    ("patch", "codes"),
    [
        ("{stoped: true}", ["unknown-field"]),
        ("{env: {1B: x}}", ["invalid-name"]),
        ("{replicas: {max: 2}}", []),
        # What is missing may stand in what can't be read.
        ("{model: {uri: null, storage: null}}", []),
    ],
)
def test_what_a_patch_has_wrong_is_told_beside_its_overlay(
    tmp_path: Path, written: str, instead: str, code: str, patch: str, codes: list[str]
) -> None:
    text = PROJECT.replace("PATCH", patch).replace("BASE", "{model: files}")
    (tmp_path / "exai.yaml").write_text(text.replace(written, instead, 1))
    found = [each for each in validate(tmp_path).diagnostics if each.severity == "error"]
    mine = sorted(each.code for each in found if each.at.line <= OF_PATCH)
    assert mine == sorted([code, *codes])


@pytest.mark.parametrize(
    ("patch", "codes"),
    [
        ("{metadata: {name: x}}", ["overlay-identity"]),
        ("{kind: Model}", ["overlay-identity"]),
        ("{spec: 3}", ["wrong-type"]),
        ("{metadata: {}}", ["overlay-without-effect"]),
        (
            "{metadata: {name: x}, spec: {stoped: null}}",
            ["overlay-identity", "overlay-without-effect"],
        ),
    ],
)
def test_a_patch_that_lost_something_may_have_changed_something(
    tmp_path: Path, patch: str, codes: list[str]
) -> None:
    text = PROJECT.replace("patch: {spec: PATCH}", f"patch: {patch}")
    assert f"patch: {patch}" in text
    (tmp_path / "exai.yaml").write_text(text.replace("BASE", "{model: files}"))
    found = validate(tmp_path).diagnostics
    assert sorted(each.code for each in found if each.at.line <= OF_PATCH) == codes
