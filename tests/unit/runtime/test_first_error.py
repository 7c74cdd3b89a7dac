"""What people mistype in a project: the first error is the cause, at its place, with the hint that
mends it, and nothing else is said that isn't so."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from exai_runtime.validating import validate

IRIS = Path(__file__).parents[3] / "examples/iris"
FEATURES = "[sepal_length, sepal_width, petal_length, petal_width]"

# In which file, what is written, what is written instead; the code, a part of the hint.
MISTAKES = (
    ("pipeline", "with: {dataset: iris}", "with: {datset: iris}", "unknown-input", '"dataset"'),
    ("pipeline", "with: {dataset: iris}", "with: {dataset: Iris}", "unknown-reference", '"iris"'),
    ("pipeline", "test: 0.2", "tests: 0.2", "unknown-input", '"test"'),
    ("pipeline", "test: 0.2", "test: 20%", "wrong-input-type", "write 0.2"),
    ("pipeline", "max_depth: 5", "max_depth: five", "wrong-input-type", "write an integer"),
    ("pipeline", "max_depth: 5", 'max_depth: "5"', "wrong-input-type", "without quotes"),
    *(
        (
            "pipeline",
            "${{ steps.load.data }}",
            text,
            "wrong-input-type",
            "write ${{ steps.load.data }}",
        )
        for text in ("${ steps.load.data }", "$ {{ steps.load.data }}", "steps.load.data")
    ),
    ("pipeline", "data: ${{ steps.split", "data: {{ steps.split", "key-not-text", "dollar sign"),
    ("pipeline", FEATURES, "sepal_length, sepal_width", "wrong-input-type", "[sepal_length,"),
    ("pipeline", "as: iris_model", "as: iris-model", "unknown-reference", '"iris_model"'),
    ("pipeline", "as: iris_model", "as: 7", "wrong-input-type", "name of a Model"),
    ("pipeline", "as: iris_model", "as:", "wrong-type", "give it a value"),
    ("pipeline", "  steps:\n", "  step:\n", "unknown-field", '"steps"'),
    (
        "pipeline",
        "    check:\n      uses",
        "    check:\n      depends_on: [load]\n      uses",
        "unknown-field",
        "write `after: [STEP]`",
    ),
    (
        "pipeline",
        "seed: 42\n      res",
        "seed: 42\n      inputs: {}\n      res",
        "unknown-field",
        "under `with`",
    ),
    ("pipeline", "retry: {max: 2, backoff: 30s}", "retry: 2", "wrong-type", "{max: 3}"),
    ("pipeline", "name: iris-training,", "name:iris-training,", "yaml-syntax", "with a space"),
    ("dataset", "schema:", "columns:", "unknown-field", '"schema"'),
    ("dataset", "type: float64, unit", "typ: float64, unit", "unknown-field", '"type"'),
    ("dataset", "type: float64, unit", "type: double, unit", "invalid-value", '"float64"'),
    ("dataset", "min_value: 100", "min: 100", "unknown-expectation", '"min_value"'),
    ("model", "accuracy: {min: 0.9}", "accuracy: 0.9", "wrong-type", ': {"min": 0.9}'),
    ("model", "metadata:", "metadta:", "unknown-field", '"metadata"'),
    ("service", "replicas: {min: 1, max: 3}", "replicas: 3", "wrong-type", '{"min": 1, "max": 3}'),
    ("service", "{min: 1, max: 3}", "{min: 3, max: 1}", "invalid-value", "max: 3 or more"),
    ("service", "errorRate: 1%", "errorRate: 0.01", "wrong-type", "write 1% for the share"),
    ("service", "p99: 100ms", "p99: 0.1s", "invalid-value", "write 100ms for 0.1s"),
)


@pytest.mark.parametrize(
    ("file", "written", "instead", "code", "hint"), MISTAKES, ids=lambda text: ascii(text)[1:40]
)
def test_one_mistake_is_one_error(
    tmp_path: Path, file: str, written: str, instead: str, code: str, hint: str
) -> None:
    root = tmp_path / "iris"
    shutil.copytree(IRIS, root)
    place = root / f"specs/{file}.yaml"
    text = place.read_text()
    place.write_text(text.replace(written, instead, 1))
    (found,) = (each for each in validate(root).diagnostics if each.severity != "note")
    assert (found.code, found.at.path) == (code, f"specs/{file}.yaml")
    first = text[: text.index(written)].count("\n") + 1
    assert first <= found.at.line <= first + instead.count("\n")
    assert hint in found.hint


def test_a_document_of_another_name_is_told_where_it_is_asked_for(tmp_path: Path) -> None:
    root = tmp_path / "iris"
    shutil.copytree(IRIS, root)
    for file, name in (("dataset", "name: iris,"), ("model", "name: iris_model,")):
        place = root / f"specs/{file}.yaml"
        place.write_text(place.read_text().replace(name, name.replace(",", "s,"), 1))
    found = [each for each in validate(root).diagnostics if each.severity != "note"]
    assert {each.code for each in found} == {"unknown-reference"}
    assert {each.at.path for each in found} == {"specs/pipeline.yaml", "specs/service.yaml"}


# The same of features, which other documents read through others.
OF_FEATURES = (
    ("features", "[age, bmi, bp]", "[age, bmii, bp]", "unknown-column", '"bmi"', "13:19"),
    ("features", "key: patient_id", "key: patientid", "entity-mismatch", '"patient_id"', "5:26"),
    ("features", "{type: int64, key", "{type: string, key", "entity-mismatch", "the same", "5:14"),
    ("features", "{tc_to_hdl: float", "{tc_to_hld: float", "unknown-column", "hld", "34:44"),
    ("features", '"serum:ltg"', '"serum:lgt"', "unknown-reference", '"ltg"', "34:27"),
    ("features", '[body, "serum', '[bdy, "serum', "unknown-reference", '"body"', "34:14"),
    ("features", '"serum:ltg"', '"serum.ltg"', "invalid-value", "for example", "34:20"),
    ("features", ", ratios]", ", {ratios}]", "wrong-type", "for example", "34:46"),
    ("features", ", ratios]", ", 5]", "wrong-type", "for example", "34:46"),
    ("features", "dataset: blood", "dataset: blod", "unknown-reference", '"blood"', "19:12"),
    ("pipeline", "[age, bmi, bp, ltg", "[age, bmi, pb, ltg", "unknown-column", '"bp"', "34:30"),
    ("datasets", "    bmi: {", "    bim: {", "unknown-column", '"bim"', "13:19"),
)


@pytest.mark.parametrize(
    ("file", "written", "instead", "code", "hint", "at"), OF_FEATURES, ids=lambda t: ascii(t)[1:40]
)
def test_one_mistake_in_features_is_one_error(
    tmp_path: Path, file: str, written: str, instead: str, code: str, hint: str, at: str
) -> None:
    root = tmp_path / "diabetes"
    shutil.copytree(IRIS.parent / "diabetes", root)
    place = root / f"specs/{file}.yaml"
    place.write_text(place.read_text().replace(written, instead, 1))
    (found,) = (each for each in validate(root).diagnostics if each.severity != "note")
    assert (found.code, str(found.at).partition(":")[2]) == (code, at)
    assert hint in found.hint


GUIDE = IRIS.parent / "guide"
OF_THE_GUIDE = (
    ("features", "entities: [driver]", "entities: [drivers]", "unknown-reference", '"driver"'),
    ("features", "scores.py:scores", "scores.py:score", "unknown-function", '"scores"'),
    ("graph", "node: split,", "node: spilt,", "unknown-reference", '"split"'),
    ("graph", 'exai: ">=0.1,<0.2"', "exai: >=0.1,<0.2", "yaml-syntax", '">=0.1,<0.2"'),
    ("tuning", "${{ trial.depth }}", "${{ trial.dept }}", "unknown-reference", '"depth"'),
    ("tuning", "${{ trial.depth }}", "${{ parameters.depth }}", "unknown-reference", "trial.NAME"),
    ("tuning", "name: tpe", "name: bayes", "tuning-algorithm", '"bayesianoptimization"'),
    ("overlay", "environment: prod\n", "environment: production\n", "unknown-reference", '"prod"'),
    ("overlay", "replicas: null", "replica: null", "overlay-without-effect", '"replicas"'),
    (
        "flow",
        '{in: "${{ parameters.rates }}"',
        '{items: "${{ parameters.rates }}"',
        "unknown-field",
        '"in"',
    ),
    ("flow", ">= parameters.enough", "=> parameters.enough", "bad-expression", "`>=`"),
    ("flow", "steps.sweep.score", "steps.train.score", "out-of-scope", "outputs"),
    ("flow", "choose:", "chose:", "unknown-field", '"choose"'),
)


@pytest.mark.parametrize(
    ("page", "written", "instead", "code", "hint"), OF_THE_GUIDE, ids=lambda text: ascii(text)[1:40]
)
def test_one_mistake_in_the_guides_examples(
    tmp_path: Path, page: str, written: str, instead: str, code: str, hint: str
) -> None:
    blocks = re.findall(r"```(\w+)\n(.*?)```", (GUIDE / f"{page}.md").read_text(), re.DOTALL)
    text = next(block for language, block in blocks if language == "yaml")
    for language, block in blocks:
        if language == "python":
            name = {"features": "scores.py", "flow": "steps.py"}.get(page, "other.py")
            (tmp_path / name).write_text(block)
    place = tmp_path / "exai.yaml"
    place.write_text(text)
    before = {(each.code, each.at) for each in validate(tmp_path).diagnostics}
    place.write_text(text.replace(written, instead, 1))
    found = [
        each
        for each in validate(tmp_path).diagnostics
        if each.severity != "note" and (each.code, each.at) not in before
    ]
    assert [each.code for each in found] == [code]
    assert found[0].at.line == text[: text.index(written)].count("\n") + 1
    assert hint in found[0].hint


def test_a_step_that_breaks_off_may_have_made_the_model(tmp_path: Path) -> None:
    root = tmp_path / "iris"
    shutil.copytree(IRIS, root)
    place = root / "specs/pipeline.yaml"
    text = place.read_text()
    place.write_text(text[: text.index("uses: register-model") + len("uses: regist")])
    (found,) = (each for each in validate(root).diagnostics if each.severity == "error")
    assert found.code == "unknown-component"


BROKEN = """\
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: iris}
spec: {source: [}
---
apiVersion: exai.dev/v1alpha1
kind: Model
metadata: {name: other}
spec: {source: {uri: "s3://a/b", format: sklearn}}
---
apiVersion: apps/v1
kind: Deployment
spec: {selector: &a
---
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: another}
spec: {model: unheard}
"""


def test_behind_what_breaks_off_the_next_document_is_judged(tmp_path: Path) -> None:
    root = tmp_path / "iris"
    shutil.copytree(IRIS, root)
    (root / "specs/dataset.yaml").write_text(BROKEN)
    found = [each for each in validate(root).diagnostics if each.severity == "error"]
    assert [(each.code, each.at.line) for each in found] == [
        ("yaml-syntax", 4),
        ("missing-field", 9),
        ("yaml-syntax", 13),
        ("unknown-reference", 18),
    ]


OF_FEATURES_ALL = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec: {exai: ">=0.1"}
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: d}
spec:
  source: {csv: {path: a.csv}}
  timestamp: at
  schema: {id: {type: int64}, at: {type: timestamp}, x: {type: float64}}
---
apiVersion: exai.dev/v1alpha1
kind: Entity
metadata: {name: custmer}
spec: {key: id, type: int64}
"""
VIEW = """\
---
apiVersion: exai.dev/v1alpha1
kind: FeatureView
metadata: {name: NAME}
spec: {entities: [customer], dataset: d, features: [x]}
"""
LOOP = """\
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: p}
spec: {steps: {c: {uses: check-data, with: {data: "${{ steps.c.out }}", dataset: d}}}}
"""


def test_an_entity_that_is_misspelt_is_one_error_for_all_views(tmp_path: Path) -> None:
    views = "".join(VIEW.replace("NAME", name) for name in "zab")
    (tmp_path / "exai.yaml").write_text(OF_FEATURES_ALL + views)
    (found,) = (each for each in validate(tmp_path).diagnostics if each.severity == "error")
    assert (found.at.line, found.message) == (22, "there is no Entity `customer`")
    assert 'did you mean "custmer"?' in found.hint
    assert [at.line for _, at in found.related] == [27, 32]


def test_a_step_that_names_itself_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "exai.yaml").write_text(OF_FEATURES_ALL + LOOP)
    codes = [each.code for each in validate(tmp_path).diagnostics if each.at.line == 22]
    assert codes.count("step-cycle") == 1
    assert "unknown-reference" not in codes


@pytest.mark.parametrize("field", ["images: {train: 5}", "models: {store: 7}"])
def test_of_a_value_that_is_none_nothing_else_is_said(tmp_path: Path, field: str) -> None:
    root = tmp_path / "iris"
    shutil.copytree(IRIS, root)
    place = root / "exai.yaml"
    text = place.read_text() + f"    other: {{target: kubeflow, namespace: ml, {field}}}\n"
    place.write_text(text)
    line = text.count("\n")
    found = [e for e in validate(root).diagnostics if e.severity != "note" and e.at.line == line]
    value = text.rstrip("}\n")[-1]
    column = text.splitlines()[-1].index(f": {value}") + 3
    at_value = [each.code for each in found if each.at.column == column]
    assert at_value == ["wrong-type"]


def test_a_field_without_a_value_is_told_so(tmp_path: Path) -> None:
    view = VIEW.replace("NAME", "v").replace("customer", "custmer").replace("[x]", "")
    (tmp_path / "exai.yaml").write_text(OF_FEATURES_ALL + view)
    (found,) = (each for each in validate(tmp_path).diagnostics if each.severity == "error")
    assert found.message == "spec.features: must have a value: a list"


def test_marks_with_nothing_between_them_are_fine(tmp_path: Path) -> None:
    (tmp_path / "exai.yaml").write_text(OF_FEATURES_ALL.replace("---", "---\n--- # a\n---") + "---")
    assert validate(tmp_path).exit_code == 0


def test_a_text_that_an_anchor_shortens_is_told_unless_it_is_allowed(tmp_path: Path) -> None:
    text = OF_FEATURES_ALL.replace("name: d}", "name: d, description: &a b}") + VIEW
    place = tmp_path / "exai.yaml"
    place.write_text(text)
    assert "unused-anchor" in {each.code for each in validate(tmp_path).diagnostics}
    allowed = "# exai: allow unused-anchor -- meant so\nmetadata: {name: d,"
    place.write_text(text.replace("metadata: {name: d,", allowed))
    assert "unused-anchor" not in {each.code for each in validate(tmp_path).diagnostics}


def test_a_file_that_is_no_document_hides_no_mistake(tmp_path: Path) -> None:
    root = tmp_path / "iris"
    shutil.copytree(IRIS, root)
    (root / "specs/todo.yaml").write_text("todo: [a, b\n")
    model = root / "specs/model.yaml"
    model.write_text(model.read_text().replace("accuracy:", "acuracy:", 1))
    found = {each.code for each in validate(root).diagnostics if each.severity == "error"}
    assert found == {"yaml-syntax", "gate-without-metric"}
