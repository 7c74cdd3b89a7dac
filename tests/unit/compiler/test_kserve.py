"""What a Service becomes. A folder of `tests/golden/kserve` has a project and its objects.

UPDATE_GOLDEN=1 writes the objects anew. `test_kserve_crds.py` holds them against KServe's schemas.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import pytest
import yaml

from exai_compiler.backends.kserve import NAME, RENDERERS
from exai_compiler.backends.kserve.service import render_service
from exai_compiler.build import Rendered
from exai_compiler.catalog import Catalog, catalog
from exai_compiler.facts import Facts, Lock, ModelFacts, ModelVersion
from exai_compiler.graph import graph
from exai_compiler.maybe import Known, Maybe, Tree, Unknown, unknowns
from exai_compiler.project import Project, link
from exai_compiler.render import objects_of
from exai_compiler.resolve import producers_of
from exai_compiler.resolved import Resolved
from exai_specs.documents import read
from exai_specs.effects import Effect
from exai_specs.frozen import Json, canonical, thaw
from exai_specs.identity import Ref
from exai_specs.kinds import KINDS, PipelineSpec, ProjectSpec, ServiceSpec
from exai_specs.parse import Spec, parse
from exai_specs.shape import Shape, shape_of

GOLDEN = Path(__file__).parents[2] / "golden/kserve"
CASES = sorted(path for path in GOLDEN.iterdir() if path.is_dir())
COMPONENTS = Path(__file__).parents[3] / "components/exai_components"
CATALOG = replace(
    catalog({str(path): path.read_text() for path in COMPONENTS.glob("*/component.yaml")}),
    files={"own.py": "def train(data):\n    pass\n"},
)

IRIS_3 = ModelVersion(
    model="iris_model",
    number=3,
    uri="s3://acme-ml/models/iris_model/0f3c",
    digest="5d41402abc4b2a76b9719d911017c592ae6f0b1f2a5b0d1c8c0d0e4a8b7c6d5e",
    run_key="0f3c",
)
KNOWN = Known(IRIS_3)
OF_SKLEARN = Known(replace(IRIS_3, format="sklearn"))
WAITS = Unknown(Ref("Model", "iris_model"), "no version has passed its gates")


def project_of(text: str) -> Project:
    documents, problems = read(text, "exai.yaml")
    assert problems == ()
    specs = [parse(document) for document in documents]
    project = link(spec for spec in specs if isinstance(spec, Spec))
    assert project is not None and len(project.all) == len(specs), specs
    return project


def resolved(project: Project, name: str, version: Maybe[ModelVersion]) -> Resolved:
    """The project in one environment, where every reference to a model means this version."""
    environment = project.environment(name)
    assert environment is not None
    empty: Any = MappingProxyType({})
    return Resolved(
        project=project,
        name=name,
        environment=environment,
        catalog=Catalog(empty),
        lock=Lock(),
        facts=Facts(),
        graphs=empty,
        meanings=empty,
        producers=empty,
        models={
            reference: version
            for _, body in project.bodies(ServiceSpec)
            for _, reference in body.references
        },
        promotions=(),
        runs=(),
        waiting=(),
    )


def plain(item: Rendered) -> Any:
    """The object as plain values; a leaf that is still Unknown fails the test."""
    assert list(unknowns(item.body)) == []
    return thaw(cast(Json, item.body))


def rendered(text: str, name: str, version: Maybe[ModelVersion] = KNOWN) -> list[Rendered]:
    project = project_of(text)
    where = resolved(project, name, version)
    return [item for spec in project.specs.values() for item in objects_of(where, spec)]


class _Readable(yaml.SafeDumper):
    """Text of several lines as lines."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Readable.add_representer(str, _text)


def environments(folder: Path) -> list[str]:
    root = project_of((folder / "specs/exai.yaml").read_text()).root.body
    assert isinstance(root, ProjectSpec)
    return sorted(root.environments)


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_objects_are_as_written(folder: Path) -> None:
    text = (folder / "specs/exai.yaml").read_text()
    for name in environments(folder):
        version = OF_SKLEARN if folder.name == "sklearn" else KNOWN
        objects = {item.id: plain(item) for item in rendered(text, name, version)}
        ordered = [objects[key] for key in sorted(objects)]
        found = yaml.dump_all(ordered, Dumper=_Readable, width=100, allow_unicode=True)
        path = folder / f"{name}.yaml"
        if os.environ.get("UPDATE_GOLDEN") == "1":
            path.write_text(found)
        assert found == path.read_text()


def _has(value: Any, path: tuple[str, ...]) -> bool:
    if not path:
        return True
    if isinstance(value, list):
        return any(_has(item, path) for item in value)
    return isinstance(value, dict) and path[0] in value and _has(value[path[0]], path[1:])


def _fields(shape: Shape, base: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every field that a document may have, those of probes once: they are the same everywhere."""
    for name, inner in shape.fields.items():
        yield (*base, name)
        if name != "probes":
            yield from _fields(inner, (*base, name))


# What rules read and no object holds; and of a block that several kinds share what a Graph refuses.
NOT_RENDERED = {
    "Service": {"model.signature.features", "canary.model.signature.features"},
    "Graph": {"autoscale.keda", "autoscale.none"},
}


@pytest.mark.parametrize(
    "kind", ["Service", "Runtime", "Graph", "LLMService", "Notebook", "Tuning", "Manifest"]
)
def test_every_field_is_in_a_golden(kind: str) -> None:
    """A new one fails here until a folder shows what it becomes."""
    files = sorted(
        {*GOLDEN.parent.glob("*/*/specs/*.yaml"), *GOLDEN.parent.glob("katib/*/exai.yaml")}
    )
    specs = [
        document["spec"]
        for file in files
        for document in yaml.safe_load_all(file.read_text())
        if document["kind"] == kind
    ]
    missing = [
        ".".join(path)
        for path in _fields(shape_of(KINDS[kind].spec))
        if not any(_has(spec, path) for spec in specs)
    ]
    assert set(missing) == NOT_RENDERED.get(kind, set())


def test_waves_effects_and_origin() -> None:
    text = (GOLDEN / "iris/specs/exai.yaml").read_text()
    runtime, service = rendered(text, "local")
    assert (runtime.id.kind, runtime.wave) == ("ServingRuntime", 1)
    assert (service.id.kind, service.wave) == ("InferenceService", 4)
    assert {runtime.effect, service.effect} == {Effect.REDEPLOY}
    assert {runtime.origin, service.origin} == {Ref("Service", "iris")}
    assert runtime.id.api == "serving.kserve.io/v1alpha1"
    assert service.id.api == "serving.kserve.io/v1beta1"


def test_two_services_share_one_runtime() -> None:
    text = (GOLDEN / "kubeflow/specs/exai.yaml").read_text()
    runtimes = [item for item in rendered(text, "prod") if item.id.kind == "ServingRuntime"]
    assert len(runtimes) > 1
    assert len({canonical(plain(item)) for item in runtimes}) == 1


def test_what_follows_from_the_version_waits_for_it() -> None:
    text = (GOLDEN / "iris/specs/exai.yaml").read_text()
    runtime, service = rendered(text, "local", WAITS)
    assert list(unknowns(runtime.body)) == []
    assert list(unknowns(service.body)) == [WAITS] * 4
    known = rendered(text, "local")[1]
    assert list(unknowns(known.body)) == []


def test_the_same_input_gives_the_same_bytes() -> None:
    text = (GOLDEN / "kubeflow/specs/exai.yaml").read_text()
    first, second = ([canonical(plain(item)) for item in rendered(text, "prod")] for _ in range(2))
    assert first == second


def test_no_secret_is_rendered_but_its_reference() -> None:
    text = (GOLDEN / "kubeflow/specs/exai.yaml").read_text()
    service = next(item for item in rendered(text, "prod") if item.id.name == "iris")
    body = plain(service)
    env = {item["name"]: item for item in body["spec"]["predictor"]["model"]["env"]}
    assert env["TOKEN"] == {
        "name": "TOKEN",
        "valueFrom": {"secretKeyRef": {"key": "token", "name": "prod-hub"}},
    }


def test_the_backend_owns_services_graphs_and_runtimes() -> None:
    assert NAME == "kserve"
    assert sorted(RENDERERS) == ["Graph", "LLMService", "Runtime", "Service"]
    assert RENDERERS["Service"] is render_service


def test_another_kind_is_a_bug() -> None:
    project = project_of((GOLDEN / "iris/specs/exai.yaml").read_text())
    with pytest.raises(TypeError):
        render_service(resolved(project, "local", WAITS), project.root)


MAKERS = {
    "h2o": "uses: train-h2o",
    "sklearn": "uses: train-sklearn",
    "python": "python: own.py:train",
}


def with_pipelines(*makers: str, versions: tuple[ModelVersion, ...] = ()) -> Resolved:
    """The service of the golden iris, whose model each of these steps registers."""
    text = (GOLDEN / "iris/specs/exai.yaml").read_text()
    for name in makers:
        text += f"""---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {{name: by-{name}}}
spec:
  steps:
    train: {{{MAKERS[name]}}}
    other: {{uses: train-h2o}}
    register:
      uses: register-model
      with: {{model: "${{{{ steps.train.model }}}}", as: iris_model}}
    elsewhere:
      uses: register-model
      with: {{model: "${{{{ steps.other.model }}}}", as: another}}
"""
    project = project_of(text)
    facts = Facts(models={"iris_model": ModelFacts(versions)})
    graphs = {spec.ref.name: graph(spec, CATALOG) for spec, _ in project.bodies(PipelineSpec)}
    where = resolved(project, "local", WAITS)
    return replace(where, graphs=graphs, facts=facts, producers=producers_of(graphs))


def served(where: Resolved, version: Maybe[ModelVersion]) -> tuple[list[str], Tree]:
    """The runtimes, and the one that the service names."""
    project = where.project
    found = replace(where, models=dict.fromkeys(where.models, version))
    (spec,) = (spec for spec, _ in project.bodies(ServiceSpec))
    *runtimes, service = render_service(found, spec)
    body: Any = service.body
    return [item.id.name for item in runtimes], body["spec"]["predictor"]["model"]["runtime"]


@pytest.mark.parametrize(
    ("maker", "runtime"),
    [("h2o", "exai-h2o-mojo"), ("sklearn", "exai-sklearn"), ("python", "exai-sklearn")],
)
def test_the_step_says_what_serves_a_model_that_isn_t_there_yet(maker: str, runtime: str) -> None:
    assert served(with_pipelines(maker), WAITS) == ([runtime], runtime)


def test_a_version_says_what_serves_it() -> None:
    both = ["exai-h2o-mojo", "exai-sklearn"]
    assert served(with_pipelines("h2o"), OF_SKLEARN) == (both, "exai-sklearn")
    assert served(with_pipelines("sklearn"), KNOWN) == (both, "exai-h2o-mojo")
    assert served(with_pipelines("sklearn"), OF_SKLEARN) == (["exai-sklearn"], "exai-sklearn")


def test_with_steps_of_two_formats_the_runtime_waits_for_the_version() -> None:
    where = with_pipelines("h2o", "python")
    assert served(where, WAITS) == (["exai-h2o-mojo", "exai-sklearn"], WAITS)
    assert served(where, OF_SKLEARN) == (["exai-h2o-mojo", "exai-sklearn"], "exai-sklearn")


def test_the_runtime_of_a_version_to_go_back_to_stays() -> None:
    where = with_pipelines("sklearn", versions=(IRIS_3, OF_SKLEARN.value))
    assert served(where, OF_SKLEARN)[0] == ["exai-h2o-mojo", "exai-sklearn"]


def test_kserve_never_chooses_exais_runtime_for_scikit_learn_by_itself() -> None:
    text = (GOLDEN / "sklearn/specs/exai.yaml").read_text()
    runtime, _ = rendered(text, "local", OF_SKLEARN)
    assert plain(runtime)["spec"]["supportedModelFormats"] == [
        {"autoSelect": False, "name": "sklearn", "version": "1"}
    ]


def test_a_transformer_gets_the_secrets_that_serving_needs() -> None:
    text = (GOLDEN / "features/specs/exai.yaml").read_text()
    service = next(item for item in rendered(text, "prod") if item.id.name == "flowers")
    (container,) = plain(service)["spec"]["transformer"]["containers"]
    env = {item["name"]: item for item in container["env"]}
    secret = [name for name, item in env.items() if "valueFrom" in item]
    assert secret == [
        "EXAI_FEATURES_ONLINE_STORE_CONNECTION_STRING",
        "EXAI_FEATURES_REGISTRY_PATH",
    ]
    assert json.loads(env["EXAI_FEATURES"]["value"]) == {
        "service": "flower_features",
        "onMissing": "error",
        "defaults": {},
    }


def test_defaults_of_features_reach_the_server_and_no_shell_of_kubernetes() -> None:
    text = (GOLDEN / "features/specs/exai.yaml").read_text()
    service = next(item for item in rendered(text, "local") if item.id.name == "petals")
    (container,) = plain(service)["spec"]["transformer"]["containers"]
    value = next(item["value"] for item in container["env"] if item["name"] == "EXAI_FEATURES")
    assert "$" not in value
    assert json.loads(value)["defaults"]["colour"] == '$(HOME) of "red"'


def test_the_address_of_the_feature_store_is_an_object_of_a_cluster_alone() -> None:
    text = (GOLDEN / "features/specs/exai.yaml").read_text()
    kinds = {name: {item.id.kind for item in rendered(text, name)} for name in ("local", "prod")}
    assert kinds["prod"] - kinds["local"] == {"ConfigMap"}
    assert not kinds["local"] - kinds["prod"]
