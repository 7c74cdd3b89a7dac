"""What `exai.schema.json` says of `with` under exai's own components, of algorithms and rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from exai_compiler.checks.step_inputs import settable
from exai_compiler.tuning.algorithms import ALGORITHMS, EARLY_STOPPING
from exai_runtime.editor_schema import schema, text
from exai_runtime.session import validate
from exai_runtime.workspace import component_catalog
from exai_specs.documents import read
from exai_specs.frozen import thaw

EXAMPLES = Path(__file__).parents[3] / "examples"
SCHEMA = schema()
WHOLE = Draft202012Validator(SCHEMA)
STEP = "{steps: {a: {uses: %s, with: {%s}}}}"
PARAMETERS = "{steps: {a: {uses: load-dataset}}, parameters: {a: %s}}"
SEARCH = (
    "{objective: {metric: accuracy, type: maximize}, algorithm: {name: %s}, parameters: {depth: "
    "{list: [2, 4]}}, trial: {uses: train-sklearn, with: {%s}}}"
)


def wrong(kind: str, spec: str) -> list[str]:
    head = {"apiVersion": "exai.dev/v1alpha1", "kind": kind, "metadata": {"name": "a"}}
    return [each.json_path for each in WHOLE.iter_errors({**head, "spec": yaml.safe_load(spec)})]


@pytest.mark.parametrize(
    ("component", "given"),
    [
        ("load-dataset", "dataste: iris"),
        ("load-dataset", "dataset: 5"),
        ("train-h2o", "dataste: iris"),
        ("train-h2o", "algorithm: nope"),
        ("train-h2o", "target: 5"),
        ("train-h2o", "features: sepal"),
        ("train-h2o", "features: [5]"),
        ("train-h2o", "data: iris"),
        ("train-h2o", "seed: x"),
        ("train-h2o", "task: regression"),
        ("train-h2o", "parameters: {ntrees: x}"),
        ("train-h2o", "parameters: {ntree: 5}"),
        ("train-sklearn", "estimator: RandomForest"),
        ("split-data", "test: 1"),
    ],
)
def test_a_wrong_input_is_refused(component: str, given: str) -> None:
    assert wrong("Pipeline", STEP % (component, given)) == ["$.spec.steps.a"]


@pytest.mark.parametrize(
    ("component", "given"),
    [
        ("load-dataset", "dataset: iris"),
        ("split-data", "data: '${{ steps.load.data }}', test: 0.2"),
        ("train-h2o", "algorithm: '${{ parameters.a }}', seed: '${{ parameters.s }}'"),
        ("train-h2o", "features: '${{ parameters.f }}', target: species"),
        ("train-h2o", "features: [a, '${{ parameters.f }}'], parameters: {ntrees: 5, alpha: 1}"),
        ("train-h2o", "parameters: {ntrees: '${{ parameters.n }}'}"),
        ("train-sklearn", "parameters: {anything: [1, a]}"),
        ("./mine/component.yaml", "anything: 5"),
    ],
)
def test_a_right_one_and_any_of_a_component_of_ones_own_is_not(component: str, given: str) -> None:
    assert wrong("Pipeline", STEP % (component, given)) == []


def test_every_input_that_may_be_given_is_offered_with_what_it_is() -> None:
    for component in component_catalog().components.values():
        offered = SCHEMA["$defs"][f"Step.with.{component.name}"]["properties"]
        assert tuple(offered) == settable(component)
        assert all(each["description"] for each in offered.values())


def test_a_search() -> None:
    assert wrong("Tuning", SEARCH % ("tpe", "data: iris, estimator: SVC")) == []
    assert wrong("Tuning", SEARCH % ("tp", "data: iris")) == ["$.spec.algorithm.name"]
    assert wrong("Tuning", SEARCH % ("tpe", "estimator: SV")) == ["$.spec.trial.with.estimator"]
    assert wrong("Tuning", SEARCH % ("tpe", "dat: iris")) == ["$.spec.trial.with"]
    fields = SCHEMA["$defs"]["kind.Tuning"]["properties"]["spec"]["properties"]
    for field, names in (("algorithm", ALGORITHMS), ("earlyStopping", EARLY_STOPPING)):
        assert fields[field]["properties"]["name"]["enum"] == sorted(names)


@pytest.mark.parametrize(
    ("kind", "spec", "where"),
    [
        ("Project", "{policies: {owner-required: fatal}}", ".policies['owner-required']"),
        ("Project", "{policies: {owner-requird: error}}", ".policies"),
        ("Project", "{specs: ['']}", ".specs[0]"),
        ("Pipeline", PARAMETERS % "{list: strin}", ".parameters.a"),
        ("Pipeline", PARAMETERS % "{struct: {lr: doubl}}", ".parameters.a"),
        ("Pipeline", "{steps: {a: {python: a.txt}}}", ".steps.a"),
    ],
)
def test_what_only_checks_refused(kind: str, spec: str, where: str) -> None:
    assert wrong(kind, spec) == [f"$.spec{where}"]


@pytest.mark.parametrize(
    "spec",
    [
        PARAMETERS % "{list: {struct: {a: {list: string}}}}",
        PARAMETERS % "{struct: {lr: double, of: {list: string}}}",
        "{steps: {a: {python: 'lib/a.py:f'}}}",
    ],
)
def test_inner_types_and_functions(spec: str) -> None:
    assert wrong("Pipeline", spec) == []


def test_a_lock_is_valid_and_no_word_to_complete() -> None:
    kind: Any = SCHEMA["properties"]["kind"]
    assert [each.get("enum", []) for each in kind["anyOf"]][1] == []
    assert "Lock" not in kind["anyOf"][0]["enum"]
    assert Draft202012Validator(kind).is_valid("Lock")


def test_all_examples_are_valid_and_the_file_stays_small() -> None:
    for file in sorted(EXAMPLES.rglob("*.yaml")):
        for document in read(file.read_bytes(), file.name)[0]:
            value = thaw(document.value)
            if isinstance(value, dict) and "apiVersion" in value:
                assert [(file, each.message) for each in WHOLE.iter_errors(value)] == []
    assert len(text()) < 400_000


@pytest.mark.parametrize("written", ["../../../etc/passwd:f", "/etc/passwd:f", "../../x"])
def test_no_hint_leads_out_of_the_project(tmp_path: Path, written: str) -> None:
    head = {"apiVersion": "exai.dev/v1alpha1", "metadata": {"name": "a"}}
    (tmp_path / "specs").mkdir()
    (tmp_path / "exai.yaml").write_text(yaml.safe_dump({**head, "kind": "Project", "spec": {}}))
    spec = {"steps": {"a": {"python": written}}}
    pipeline = yaml.safe_dump({**head, "kind": "Pipeline", "spec": spec})
    (tmp_path / "specs/a.yaml").write_text(pipeline)
    told = [each.code for each in validate(tmp_path).diagnostics if each.severity == "error"]
    assert told == ["path-leaves-project"]
