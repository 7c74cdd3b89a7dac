"""LANGUAGE section 10 compiles: a loop with what it collects, a choice, the status at the end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from kfp import components as kfp_components

from exai_compiler.backends.kfp import RENDERERS
from exai_compiler.catalog import catalog
from exai_compiler.checks import check
from exai_compiler.facts import Facts, Lock
from exai_compiler.project import link
from exai_compiler.resolve import resolve
from exai_specs.documents import read
from exai_specs.frozen import thaw
from exai_specs.parse import Spec, parse

ROOT = Path(__file__).parents[3]
AROUND = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: digits}
spec:
  environments:
    prod:
      target: kubeflow
      namespace: digits
      data: {root: "s3://digits/data"}
      models: {store: "s3://digits/models"}
      tracking: {uri: "https://mlflow.example.com"}
      images: {train: "registry.example.com/train@sha256:%s"}
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: mnist}
spec: {source: {parquet: {path: mnist.parquet}}, schema: {image: {list: float32}, digit: int64}}
---
apiVersion: exai.dev/v1alpha1
kind: Model
metadata: {name: mnist-cnn}
spec:
  task: classification
  signature: {inputs: {image: {list: float32}}, outputs: {digit: int64}}
---
""" % ("a" * 64)
FILES = {
    "train.py": """
def train(
    data: Input[Dataset], lr: float, note: str, model: Output[Model]
) -> NamedTuple("Trained", [("accuracy", float)]):
    return (1 - lr,)
""",
    "pick.py": """
def pick(
    models: Input[List[Model]],
    scores: List[float],
    model: Output[Model],
    metrics: Output[Metrics],
) -> NamedTuple("Best", [("score", float), ("tag", str)]):
    return (max(scores), "a")
""",
}


@pytest.fixture(scope="module")
def version() -> Any:
    text = AROUND + (ROOT / "tests/language_section_10.yaml").read_text()
    documents, problems = read(text, "exai.yaml")
    assert problems == ()
    specs = [parse(each) for each in documents]
    project = link(spec for spec in specs if isinstance(spec, Spec))
    assert project is not None
    files = sorted((ROOT / "components/exai_components").glob("*/component.yaml"))
    own = replace(catalog({str(path): path.read_text() for path in files}), files=FILES)
    wrong = [p for p in check(project, own, ["prod"]) if p.severity == "error"]
    assert wrong == []
    environment = project.environment("prod")
    assert environment is not None
    found = resolve(project, "prod", environment, own, Lock(), Facts())
    spec = project.find("Pipeline", "mnist")
    assert spec is not None
    objects = RENDERERS["Pipeline"](found, spec)
    body: Any = next(o.body for o in objects if o.id.kind == "PipelineVersion")
    return cast(Any, thaw(body))["spec"]


def test_kfp_takes_it(version: Any) -> None:
    documents = [version["pipelineSpec"], version["platformSpec"]]
    loaded = kfp_components.load_component_from_text(yaml.safe_dump_all(documents))
    assert loaded.pipeline_spec.pipeline_info.name == "mnist"


def test_it_is_what_the_text_says(version: Any) -> None:
    components = version["pipelineSpec"]["components"]
    guarded = components["comp-exit-handler"]["dag"]["tasks"]
    assert guarded["sweep"]["iteratorPolicy"] == {"parallelismLimit": 2}
    assert guarded["best"]["inputs"]["artifacts"]["models"] == {
        "taskOutputArtifact": {"outputArtifactKey": "model", "producerTask": "sweep"}
    }
    ways = components["comp-publish"]["dag"]["tasks"]
    score, tag = "pipelinechannel--best--score", "pipelinechannel--best--tag"
    condition = (
        f"inputs.parameter_values['{score}'] >= 0.98 && !(inputs.parameter_values['{tag}'] == 'b')"
    )
    assert ways["publish-1"]["triggerPolicy"] == {"condition": condition}
    assert ways["publish-2"]["triggerPolicy"] == {"condition": f"!({condition})"}
    last = version["pipelineSpec"]["root"]["dag"]["tasks"]["finally"]
    assert last["inputs"]["parameters"]["s"] == {
        "taskFinalStatus": {"producerTask": "exit-handler"}
    }
    train = version["pipelineSpec"]["deploymentSpec"]["executors"]["exec-train"]["container"]
    assert train["resources"]["accelerator"] == {
        "resourceType": "nvidia.com/gpu",
        "resourceCount": "1",
    }
    told = version["platformSpec"]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    secrets = [each["secretName"] for each in told["exec-train"]["secretAsEnv"]]
    assert "hf" in secrets
