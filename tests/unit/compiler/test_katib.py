"""What a Tuning becomes. A folder of `tests/golden/katib` has a project and its objects.

UPDATE_GOLDEN=1 writes the objects anew. The CRD of an Experiment keeps unknown fields: so the
objects are also held against the fields of Katib's Go types, written down here from v0.19's
pkg/apis/controller/{common,experiments}/v1beta1.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import yaml
from crd_files import METADATA, validator
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from exai_compiler.backends.katib import NAME, RENDERERS
from exai_compiler.build import Live, Observed
from exai_compiler.catalog import Catalog, catalog
from exai_compiler.changes import Update
from exai_compiler.checks import check
from exai_compiler.edges import Node
from exai_compiler.facts import Facts, Lock
from exai_compiler.lineage import lineage
from exai_compiler.nodes import declared, described
from exai_compiler.parity import parity
from exai_compiler.planning.plan import plan
from exai_compiler.project import Project, link
from exai_compiler.python_code.uncommented import uncommented
from exai_compiler.render import objects_of, render
from exai_compiler.resolve import resolve
from exai_compiler.tuning.meaning import tuning_meaning
from exai_compiler.tuning.space import combinations, steps, written
from exai_specs.diagnostics import has_errors
from exai_specs.documents import read
from exai_specs.effects import Effect
from exai_specs.frozen import canonical, freeze, thaw
from exai_specs.identity import Ref
from exai_specs.kinds.tuning import Choices, Range, TuningSpec
from exai_specs.parse import Spec, parse

GOLDEN = Path(__file__).parents[2] / "golden/katib"
CASES = sorted(path for path in GOLDEN.iterdir() if path.is_dir())
COMPONENTS = Path(__file__).parents[3] / "components/exai_components"

TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}


def closed(required: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": sorted(required),
        "properties": {**required, **more},
        "additionalProperties": False,
    }


SETTINGS = {"type": "array", "items": closed({"name": TEXT, "value": TEXT})}
STRATEGY = {"enum": ["min", "max", "latest"]}
ALGORITHM = closed({"algorithmName": TEXT}, algorithmSettings=SETTINGS)
SPACE = closed(
    {},
    min=TEXT,
    max=TEXT,
    step=TEXT,
    list={"type": "array", "items": TEXT, "minItems": 1},
    distribution={"enum": ["uniform", "logUniform", "normal", "logNormal"]},
)
EXPERIMENT = closed(
    {
        "apiVersion": {"const": "kubeflow.org/v1beta1"},
        "kind": {"const": "Experiment"},
        "metadata": METADATA,
        "spec": closed(
            {
                "objective": closed(
                    {"type": {"enum": ["minimize", "maximize"]}, "objectiveMetricName": TEXT},
                    goal={"type": "number"},
                    additionalMetricNames={"type": "array", "items": TEXT},
                    metricStrategies={
                        "type": "array",
                        "items": closed(
                            {"name": TEXT, "value": {"enum": ["min", "max", "latest"]}}
                        ),
                    },
                ),
                "algorithm": ALGORITHM,
                "parameters": {
                    "type": "array",
                    "minItems": 1,
                    "items": closed(
                        {
                            "name": TEXT,
                            "parameterType": {"enum": ["double", "int", "discrete", "categorical"]},
                            "feasibleSpace": SPACE,
                        }
                    ),
                },
                "trialTemplate": closed(
                    {
                        "primaryContainerName": TEXT,
                        "successCondition": TEXT,
                        "failureCondition": TEXT,
                        "trialParameters": {
                            "type": "array",
                            "minItems": 1,
                            "items": closed(
                                {"name": TEXT, "reference": TEXT}, description={"type": "string"}
                            ),
                        },
                        "trialSpec": {"type": "object"},
                    },
                    retain={"type": "boolean"},
                    primaryPodLabels={"type": "object"},
                ),
            },
            earlyStopping=ALGORITHM,
            parallelTrialCount=COUNT,
            maxTrialCount=COUNT,
            maxFailedTrialCount=COUNT,
            resumePolicy={"enum": ["Never", "LongRunning", "FromVolume"]},
            metricsCollectorSpec=closed({"collector": closed({"kind": {"const": "StdOut"}})}),
        ),
    }
)


def project_of(folder: Path) -> tuple[Project, Catalog]:
    documents, problems = read((folder / "exai.yaml").read_text(), "exai.yaml")
    assert problems == ()
    specs = [parse(document) for document in documents]
    project = link(spec for spec in specs if isinstance(spec, Spec))
    assert project is not None and len(project.all) == len(specs), specs
    found = catalog({str(path): path.read_text() for path in COMPONENTS.glob("*/component.yaml")})
    files = {path.name: path.read_text() for path in folder.glob("*.py")}
    return project, replace(found, files=MappingProxyType(files))


def rendered(folder: Path) -> list[dict[str, Any]]:
    project, components = project_of(folder)
    environment = project.environment("prod")
    assert environment is not None
    resolved = resolve(project, "prod", environment, components, Lock(), Facts())
    return [
        thaw(item.body)  # type: ignore[arg-type]  # an Experiment has no open value
        for spec in project.specs.values()
        if spec.ref.kind == "Tuning"
        for item in objects_of(resolved, spec)
    ]


def all_rendered() -> list[dict[str, Any]]:
    return [body for folder in CASES for body in rendered(folder)]


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_a_tuning_becomes_its_golden(folder: Path) -> None:
    bodies = rendered(folder)
    text = yaml.safe_dump_all(bodies, sort_keys=False, allow_unicode=True, width=100)
    golden = folder / "prod.yaml"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        golden.write_text(text)
    assert text == golden.read_text()
    assert rendered(folder) == bodies


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_the_goldens_are_without_errors(folder: Path) -> None:
    project, components = project_of(folder)
    found = check(project, components)
    assert not has_errors(found), found


def test_the_backend_has_its_shape() -> None:
    assert (NAME, sorted(RENDERERS)) == ("katib", ["Tuning"])
    assert len(CASES) == 3


def test_experiments_have_katibs_fields_and_no_others() -> None:
    for body in all_rendered():
        assert list(validator("Experiment").iter_errors(body)) == []
        assert list(Draft202012Validator(EXPERIMENT).iter_errors(body)) == []
        assert len(body["metadata"]["name"]) <= 40


def test_what_katibs_webhook_asks_of_a_template() -> None:
    """pkg/webhook/v1beta1/experiment/validator/validator.go: every parameter is in the template,
    every placeholder is a parameter, what comes out is JSON, and has no name."""
    for body in all_rendered():
        template = body["spec"]["trialTemplate"]
        text = json.dumps(template["trialSpec"])
        declared = [each["name"] for each in template["trialParameters"]]
        assert set(re.findall(r"\$\{trialParameters\.([^}]+)\}", text)) == set(declared)
        assert {each["reference"] for each in template["trialParameters"]} <= {
            each["name"] for each in body["spec"]["parameters"]
        }
        for name in declared:
            text = text.replace(f"${{trialParameters.{name}}}", "test-value")
        job = json.loads(text)
        assert "${trial" not in text and not {"name", "namespace"} & set(job.get("metadata", {}))
        containers = job["spec"]["template"]["spec"]["containers"]
        assert [each["name"] for each in containers] == [template["primaryContainerName"]]


def words_of_a_shell(container: dict[str, Any]) -> list[str]:
    """What runs when Katib's pod webhook has joined the words (pkg/webhook/v1beta1/pod/utils.go:
    wrapWorkerContainer), and a shell has read them."""
    words = [*container["command"], *container.get("args", [])]
    if words[:1] in (["sh"], ["bash"]) and words[1:2] == ["-c"]:
        words = words[2:]
    return shlex.split(" ".join(words))


def test_a_command_comes_through_katibs_shell() -> None:
    container = {
        body["metadata"]["name"].rpartition("-")[0]: body["spec"]["trialTemplate"]["trialSpec"][
            "spec"
        ]["template"]["spec"]["containers"][0]
        for body in rendered(GOLDEN / "container")
    }
    plain = [*container["plain"]["command"], *container["plain"]["args"]]
    assert words_of_a_shell(container["plain"]) == plain
    script = "cd /opt; python3 train.py --optimizer '${trialParameters.optimizer}'"
    assert words_of_a_shell(container["quoted"])[:2] == ["sh", "-c"]
    assert words_of_a_shell(container["quoted"])[2].startswith(script)


NUMBERS = st.integers(-50, 50).map(lambda n: n / 4)


@given(low=NUMBERS, span=st.integers(1, 40), step=st.integers(1, 8))
def test_a_grid_has_as_many_points_as_there_are(low: float, span: int, step: int) -> None:
    high = low + span / 4
    searched = Range(type="double", min=low, max=high, step=min(step, span) / 4)
    values, here = 0, low
    while here <= high:
        values, here = values + 1, here + min(step, span) / 4
    assert steps(searched) == values
    assert combinations({"a": searched, "b": Choices(list=("x", "y"))}) == 2 * values


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53))
def test_numbers_are_written_without_exponents(value: float) -> None:
    text = written(value)
    assert "e" not in text.lower() and float(text) == value


def test_where_the_file_of_a_trial_lies_is_not_in_the_name() -> None:
    project, components = project_of(GOLDEN / "function")
    text = (GOLDEN / "function/exai.yaml").read_text().replace("code.py:", "lib/fit.py:")
    documents, _ = read(text, "exai.yaml")
    moved = link(spec for spec in map(parse, documents) if isinstance(spec, Spec))
    there = replace(components, files={"lib/fit.py": components.files["code.py"]})
    code = components.files["code.py"]
    other = replace(components, files={"lib/fit.py": code + "    print(degree)\n"})
    said = replace(components, files={"lib/fit.py": code + "    # more\n"})
    assert moved is not None

    def names(of: Project, files: Catalog) -> list[str]:
        found = []
        for spec in of.specs.values():
            if isinstance(spec.body, TuningSpec):
                found.append(tuning_meaning(of, files, spec, spec.body))
        return found

    assert names(project, components) == names(moved, there) != names(moved, other)
    assert names(moved, said) == names(moved, there)


@pytest.mark.parametrize("place", ["local", "prod"])
def test_only_what_means_something_or_cant_change_is_in_the_name(place: str) -> None:
    """Katib's webhook lets nothing of a trial's template be edited: in a cluster an object that
    differs there under the same name would be refused."""
    _, components = project_of(GOLDEN / "iris")
    text = (GOLDEN / "iris/exai.yaml").read_text()

    def rendered(old: str = "", new: str = "") -> tuple[str, Any]:
        assert old in text
        documents, _ = read(text.replace(old, new), "exai.yaml")
        specs = [parse(document) for document in documents]
        linked = link(spec for spec in specs if isinstance(spec, Spec))
        assert linked is not None and len(linked.all) == len(specs)
        environment = linked.environment("prod")
        assert environment is not None
        if place == "local":
            environment = replace(environment, target="local")
        resolved = resolve(linked, place, environment, components, Lock(), Facts())
        spec = linked.find("Tuning", "iris-trees")
        assert spec is not None
        (item,) = objects_of(resolved, spec)
        assert item.effect == Effect.RETRAIN
        fixed = json.loads(canonical(item.body))["spec"]  # type: ignore[arg-type]
        for count in ("parallelTrialCount", "maxTrialCount", "maxFailedTrialCount"):
            del fixed[count]
        return item.id.name, fixed

    def name(old: str = "", new: str = "") -> str:
        return rendered(old, new)[0]

    judged = "  quality: {expectations: [{expect_column_to_exist: {column: species}}]}\n"
    for old, new in (
        ("max: 24", "max: 48"),
        ("labels: {team: ml}", "labels: {team: other}"),
        ("One row per flower", "A flower a row"),
        # No trial is told what must hold for the rows.
        ("  key: [flower_id]\n", f"  key: [flower_id]\n{judged}"),
    ):
        assert rendered(old, new) == rendered(), (old, new)
    for old, new in (
        ("cpu: 2", "cpu: 3"),
        ("timeout: 1h", "timeout: 2h"),
        ("sha256:aaaa", "sha256:bbbb"),
    ):
        same, fixed = name(old, new) == name(), rendered(old, new)[1] == rendered()[1]
        assert (same, fixed) == (place == "local", False), (old, new)
    for old, new in (
        ("max: 0.3", "max: 0.4"),
        ("random_state: 7", "random_state: 8"),
        ("nfolds: 5", "nfolds: 4"),
        ("table: iris", "table: iris2"),
        ("goal: 0.05", "goal: 0.06"),
    ):
        assert name(old, new) != name(), (old, new)


LOCAL = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec: {environments: {local: {target: local}}}
---
apiVersion: exai.dev/v1alpha1
kind: Tuning
metadata: {name: t}
spec:
  objective: {metric: a, type: maximize}
  algorithm: {name: NAME, settings: {SETTINGS}}
  parameters: {x: {type: double, min: 0, max: 1}}
  trial: {TRIAL, nodeSelector: {a: b}, timeout: 1h}
"""
FUNCTION = 'python: "code.py:f", with: {x: "${{ trial.x }}"}'
CONTAINER = 'image: a/b, command: ["${{ trial.x }}"]'


@pytest.mark.parametrize(
    ("name", "settings", "trial", "said"),
    [
        ("random", "random_state: 1", FUNCTION, ["nodeSelector"]),
        ("tpe", "gamma: 0.5", FUNCTION, ["algorithm.settings.gamma", "nodeSelector"]),
        ("bayesianoptimization", "", FUNCTION, ["algorithm.name", "nodeSelector"]),
        ("random", "", CONTAINER, ["nodeSelector", "it runs no containers"]),
        ("hyperband", "r_l: 2, resource_name: x", FUNCTION, ["nodeSelector", "Katib's hyperband"]),
    ],
)
def test_what_one_machine_does_otherwise_is_said(
    name: str, settings: str, trial: str, said: list[str]
) -> None:
    text = LOCAL.replace("NAME", name).replace("SETTINGS", settings).replace("TRIAL", trial)
    documents, problems = read(text, "exai.yaml")
    assert problems == ()
    specs = [parse(document) for document in documents]
    project = link(spec for spec in specs if isinstance(spec, Spec))
    assert project is not None and len(project.all) == 2, specs
    files = {"code.py": "def f(x: float) -> float:\n    return x\n"}
    found = check(project, Catalog({}, MappingProxyType(files)))
    told = [*parity(project, "local"), *(d for d in found if d.severity == "error")]
    assert len(told) == len(said), told
    assert all(words in each.message for words, each in zip(said, told, strict=True)), told


@pytest.mark.parametrize(
    ("path", "value", "changes"),
    [
        (("maxTrialCount",), 99, [("spec", "maxTrialCount")]),
        (("parallelTrialCount",), 1, [("spec", "parallelTrialCount")]),
        (("trialTemplate", "retain"), True, []),
        (("algorithm", "algorithmName"), "random", []),
    ],
)
def test_only_the_counts_change_in_place(
    path: tuple[str, ...], value: object, changes: list[tuple[str, ...]]
) -> None:
    project, components = project_of(GOLDEN / "iris")
    environment = project.environment("prod")
    assert environment is not None
    resolved = resolve(project, "prod", environment, components, Lock(), Facts())
    build = render(resolved)
    live = {item.id: Live(item.body, item.origin) for item in build.objects}
    assert plan(build, Observed(live)).changes == ()
    (found,) = (item for item in build.objects if item.id.kind == "Experiment")
    body = json.loads(canonical(found.body))  # type: ignore[arg-type]  # nothing is open
    inner = body["spec"]
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value
    live[found.id] = Live(freeze(body), found.origin)
    planned = [each.change for each in plan(build, Observed(live)).changes]
    assert [f.path for c in planned if isinstance(c, Update) for f in c.fields] == changes


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("def f():\n    # a\n    return 1  # b\n", "def f():\n    return 1\n"),
        ("def f():\n    return '# a'\n", None),
        ('def f():\n    return """\n# a\n"""\n', None),
        (
            "def f():\n    return [  # a\n        1,\n        # b\n    ]\n",
            "def f():\n    return [\n        1,\n    ]\n",
        ),
        ("def f(a):\n    # type: (int) -> int\n    return a\n", None),
        ("def f():\n    return f.__code__  # a\n", None),
        ("def f(:\n    # a\n", None),
        ("def f():\n    'a\x0c'\n    return 1  # b\n", "def f():\n    'a\x0c'\n    return 1\n"),
        (
            'def f():\n    """Ä # a"""\n    return \'Ä\'  # é\n',
            'def f():\n    """Ä # a"""\n    return \'Ä\'\n',
        ),
    ],
)
def test_code_without_its_comments(text: str, bare: str | None) -> None:
    assert uncommented(text) == (text if bare is None else bare)


def test_annotations_are_no_part_of_what_katib_keeps() -> None:
    project, components = project_of(GOLDEN / "iris")
    environment = project.environment("prod")
    assert environment is not None
    build = render(resolve(project, "prod", environment, components, Lock(), Facts()))
    live = {item.id: Live(item.body, item.origin) for item in build.objects}
    (found,) = (item for item in build.objects if item.id.kind == "Experiment")
    body = json.loads(canonical(found.body))  # type: ignore[arg-type]  # nothing is open
    body["metadata"]["annotations"] = {"team": "other"}
    live[found.id] = Live(freeze(body), found.origin)
    (planned,) = plan(build, Observed(live)).changes
    assert isinstance(planned.change, Update)
    assert planned.impact is Effect.METADATA


def test_a_search_comes_from_what_its_trials_load() -> None:
    project, _ = project_of(GOLDEN / "iris")
    found = lineage(project, {})
    names = {str(node) for node in found.down(Node("Dataset", "iris"))}
    assert names == {"Tuning/iris-trees", "Tuning/iris-trees#trial"}
    trial = Node("Tuning", "iris-trees", "trial")
    told = described(project, {}, trial)
    assert told is not None and told.what == "train-h2o"
    assert Node("Tuning", "iris-trees", "trial") in declared(
        project, {}, Ref("Tuning", "iris-trees")
    )
    assert described(project, {}, Node("Tuning", "iris-trees", "other")) is None
