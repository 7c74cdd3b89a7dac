"""What `render` writes for a cluster: all of it, as files that kubectl, kfp and feast take.

`UPDATE_GOLDEN=1 pytest tests/golden/kubernetes` writes the folders anew; review the difference as
code.
"""

from __future__ import annotations

import os
import shutil
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from crd_files import crd_of, validator
from google.protobuf import json_format
from kfp import components as kfp_components

from exai_runtime.output_folder import LIST
from exai_runtime.rendering import render
from exai_runtime.results import RenderedFiles

HERE = Path(__file__).parent
SHOP = HERE / "shop"
ENVIRONMENTS = ("prod", "staging")
# Kubernetes' own kinds, and one of an operator whose CRD isn't at hand.
WITHOUT_CRD = ("Certificate", "ConfigMap", "PersistentVolumeClaim")
PINNED = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
ORDER = ("ConfigMap", "ServingRuntime", "PipelineVersion", "InferenceService", "InferenceGraph")


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole of an environment, without the list of what exai wrote there."""
    out: Path = tmp_path_factory.mktemp("rendered") / str(request.param)
    written(SHOP, str(request.param), out)
    return out


def written(project: Path, environment: str, out: Path) -> RenderedFiles:
    result = render(project, environment, (), out)
    assert isinstance(result, RenderedFiles), result
    (out / LIST).unlink()
    return result


def texts(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


@cache
def objects(folder: Path) -> dict[str, dict[str, Any]]:
    found = {path: read(text) for path, text in texts(folder).items() if "kubernetes/" in path}
    assert found
    return found


def read(text: str) -> Any:
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe


def test_it_is_as_the_golden_folder_has_it(folder: Path) -> None:
    golden = HERE / f"shop-{folder.name}"
    if os.environ.get("UPDATE_GOLDEN"):
        shutil.rmtree(golden, ignore_errors=True)
        shutil.copytree(folder, golden)
    assert texts(folder) == texts(golden)


def test_every_object_passes_its_crd(folder: Path) -> None:
    for path, body in objects(folder).items():
        kind, metadata = body["kind"], body["metadata"]
        if kind not in WITHOUT_CRD:
            problems = [f"{e.json_path}: {e.message}" for e in validator(kind).iter_errors(body)]
            assert problems == [], path
        assert metadata["labels"]["app.kubernetes.io/managed-by"] == "exai", path
        everywhere = kind not in WITHOUT_CRD and crd_of(kind)["scope"] == "Cluster"
        scoped = {} if everywhere else {"namespace": f"ml-{folder.name}"}
        assert {key: metadata[key] for key in ("namespace",) if key in metadata} == scoped, path


def test_it_is_listed_in_the_order_in_which_it_has_to_be_applied(folder: Path) -> None:
    listed = read((folder / "kustomization.yaml").read_text())
    assert listed["sortOptions"] == {"order": "fifo"}
    assert sorted(listed["resources"]) == sorted(objects(folder))
    kinds = [objects(folder)[path]["kind"] for path in listed["resources"]]
    places = [kinds.index(kind) for kind in ORDER if kind in kinds]
    assert places == sorted(places)
    assert len(places) == (5 if folder.name == "prod" else 4)


def test_kfp_loads_each_package(folder: Path) -> None:
    text = (folder / "kfp/training.yaml").read_text()
    loaded = kfp_components.load_component_from_text(text)
    assert loaded.pipeline_spec.pipeline_info.name == "training"
    kubernetes = json_format.MessageToDict(loaded.platform_spec.platforms["kubernetes"])
    assert "exec-load" in kubernetes["deploymentSpec"]["executors"]


def test_pipelines_go_the_way_that_the_environment_says(folder: Path) -> None:
    kinds = {body["kind"] for body in objects(folder).values()}
    uploads = [path for path in texts(folder) if path.startswith("kfp/upload-")]
    if folder.name == "prod":
        assert {"Pipeline", "PipelineVersion"} <= kinds
        assert uploads == []
        return
    assert not {"Pipeline", "PipelineVersion"} & kinds
    told = [read((folder / path).read_text()) for path in uploads]
    schedule = read((folder / "kfp/recurringrun-training-nightly.yaml").read_text())
    assert told[0]["name"] == schedule["spec"]["pipelineVersionName"]
    assert told[0]["pipelineName"] == told[1]["name"] == schedule["spec"]["pipelineName"]
    assert (folder / "kfp" / told[0]["package"]).is_file()


def test_what_a_step_reads_is_there(folder: Path) -> None:
    """Every key of `exai-runtime` that a step names exists, and every Secret has its name there."""
    data = objects(folder)["kubernetes/configmap-exai-runtime.yaml"]["data"]
    platform = read((folder / "kfp/training.yaml").read_text().partition("\n---\n")[2])
    executors = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    named = {
        (label, entry["configMapName"], item["configMapKey"], item["envVar"])
        for label, executor in executors.items()
        for entry in executor.get("configMapAsEnv", ())
        for item in entry["keyToEnv"]
    }
    assert {key for _, _, key, _ in named} <= set(data)
    assert all(source == "exai-runtime" and key == variable for _, source, key, variable in named)
    assert {label for label, *_ in named} == set(executors), "each step knows where it is"
    secrets = {
        (label, entry["secretName"], item["secretKey"], item["envVar"])
        for label, executor in executors.items()
        for entry in executor.get("secretAsEnv", ())
        for item in entry["keyToEnv"]
    }
    name = "prod-db-v2" if folder.name == "prod" else "db"
    assert secrets == {
        ("exec-look", name, "password", "EXAI_CONNECTION_WAREHOUSE_PASSWORD"),
        ("exec-train", name, "token", "TOKEN"),
    }
    assert ("exec-load", "exai-runtime", "EXAI_CONNECTION_ARCHIVE") in {row[:3] for row in named}


def test_the_order_and_names_of_files_never_matter(folder: Path, tmp_path: Path) -> None:
    documents = [text for path in SHOP.rglob("*.yaml") for text in path.read_text().split("---\n")]
    mixed = tmp_path / "mixed"
    (mixed / "specs").mkdir(parents=True)
    shutil.copy(SHOP / "exai.lock", mixed)
    for index, text in enumerate(sorted(documents, reverse=True)):
        is_root = "kind: Project" in text
        (mixed / ("exai.yaml" if is_root else f"specs/{index}.yaml")).write_text(text)
    written(mixed, folder.name, tmp_path / "again")
    assert texts(tmp_path / "again") == texts(folder)


def test_no_secret_is_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Path(shutil.copytree(SHOP, tmp_path / "shop"))
    for name, key in (("db", "password"), ("prod-db-v2", "password"), ("feast", "redis")):
        (project / ".exai/secrets" / name).mkdir(parents=True, exist_ok=True)
        (project / ".exai/secrets" / name / key).write_text("hunter22")
    for name in ("DB_PASSWORD", "EXAI_CONNECTION_WAREHOUSE_PASSWORD", "PGPASSWORD"):
        monkeypatch.setenv(name, "hunter22")
    written(project, "prod", tmp_path / "out")
    assert "hunter22" not in "".join(texts(tmp_path / "out").values())


def test_what_nobody_knows_yet_is_said_and_left_out(tmp_path: Path) -> None:
    result = written(SHOP, "prod", tmp_path / "out")
    assert [str(left.id) for left in result.left_out] == [
        "PodMonitor/flowers",
        "InferenceService/flowers",
    ]
    for left in result.left_out:
        assert "flower_model@champion" in left.waits.reason
        assert "`exai lock -e prod`" in left.hint
        path = f"kubernetes/{left.id.kind.lower()}-flowers.yaml"
        assert not (tmp_path / "out" / path).exists()


def test_what_watches_it_is_left_out_by_its_own_name_too(tmp_path: Path) -> None:
    result = render(SHOP, "prod", ("PodMonitor/flowers",), tmp_path / "out")
    assert isinstance(result, RenderedFiles), result
    assert [str(left.id) for left in result.left_out] == ["PodMonitor/flowers"]
    assert sorted((tmp_path / "out").rglob("podmonitor*")) == []


def test_what_the_lock_pins_is_served(tmp_path: Path) -> None:
    result = written(SHOP, "staging", tmp_path / "out")
    assert result.left_out == ()
    service = read((tmp_path / "out/kubernetes/inferenceservice-flowers.yaml").read_text())
    model = service["spec"]["predictor"]["model"]
    assert model["storageUri"] == "s3://acme-ml/models/flower_model/9b74c9897bac770f"
    assert service["metadata"]["annotations"]["exai.dev/model-version"] == "3"
    assert {"name": "EXAI_MODEL_DIGEST", "value": PINNED} in model["env"]


def test_what_the_cluster_has_to_have_before_is_said(tmp_path: Path) -> None:
    found = written(SHOP, "staging", tmp_path / "out").expects
    by_kind: dict[str, dict[str, tuple[str, ...]]] = {}
    for one in found:
        assert one.namespace in ("", "ml-staging")
        by_kind.setdefault(one.kind, {})[one.name] = one.keys
    assert by_kind["Namespace"] == {"ml-staging": ()}
    assert by_kind["Secret"] == {"db": ("password", "token"), "feast": ("redis", "registry")}
    assert "ConfigMap" not in by_kind, "those that are read are rendered"
    crds = by_kind["CustomResourceDefinition"]
    assert {"InferenceService.serving.kserve.io", "Certificate.cert-manager.io"} <= set(crds)
    assert not [name for name in crds if "pipelines" in name or "feast" in name]
    prod = {one.name for one in written(SHOP, "prod", tmp_path / "prod").expects}
    assert {"Pipeline.pipelines.kubeflow.org", "prod-db-v2", "ml-prod"} <= prod


def test_feast_reads_the_repository(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is connected to; secrets come from the environment of the process."""
    from feast.repo_config import load_repo_config
    from feast.repo_operations import parse_repo

    for name in ("REGISTRY_PATH", "ONLINE_STORE_CONNECTION_STRING", "OFFLINE_STORE_PASSWORD"):
        monkeypatch.setenv(f"EXAI_FEATURES_{name}", f"postgresql+psycopg://{name}")
    repository = folder / "feast"
    config = load_repo_config(repository, repository / "feature_store.yaml")
    assert config.online_store.type == "redis"
    assert config.registry.path == "postgresql+psycopg://REGISTRY_PATH"
    monkeypatch.chdir(repository)
    monkeypatch.syspath_prepend(str(repository))
    for module in ("definitions", "exai_sources"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    found = parse_repo(repository)
    for module in ("definitions", "exai_sources"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    assert [view.name for view in found.feature_views] == ["petals"]
    assert [service.name for service in found.feature_services] == ["looks"]


def test_an_engine_beside_exai_gets_the_order_too(tmp_path: Path) -> None:
    project = Path(shutil.copytree(SHOP, tmp_path / "shop"))
    text = (project / "exai.yaml").read_text()
    gitops = "      apply: {gitops: {path: clusters/prod}}\n      namespace: ml-prod\n"
    (project / "exai.yaml").write_text(text.replace("      namespace: ml-prod\n", gitops))
    written(project, "prod", tmp_path / "prod")
    waves = {
        body["kind"]: int(body["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"])
        for body in objects(tmp_path / "prod").values()
    }
    assert waves["Pipeline"] < waves["PipelineVersion"] < waves["InferenceService"]
    assert waves["ServingRuntime"] < waves["InferenceService"] < waves["InferenceGraph"]
    stays = {
        body["kind"]
        for body in objects(tmp_path / "prod").values()
        if {
            "argocd.argoproj.io/compare-options": "IgnoreExtraneous",
            "argocd.argoproj.io/sync-options": "Prune=false",
            "kustomize.toolkit.fluxcd.io/prune": "disabled",
        }.items()
        <= body["metadata"]["annotations"].items()
    }
    assert stays == {"PipelineVersion"}, "runs and schedules name an old version, too"
    plain = texts(HERE / "shop-prod")
    assert plain.keys() == texts(tmp_path / "prod").keys(), "names of versions are the same"


def test_a_search_that_was_made_anew_leaves_the_old_one_with_an_engine(tmp_path: Path) -> None:
    project = Path(shutil.copytree(HERE.parent / "katib/container", tmp_path / "project"))
    text = (project / "exai.yaml").read_text()
    for name, gitops in (("plain", ""), ("gitops", "apply: {gitops: {path: a/b}}, ")):
        said = text.replace("{target: kubeflow, ", f"{{target: kubeflow, {gitops}")
        (project / "exai.yaml").write_text(said)
        written(project, "prod", tmp_path / name)
        found = [b for b in objects(tmp_path / name).values() if b["kind"] == "Experiment"]
        assert found
        for body in found:
            annotations = body["metadata"].get("annotations", {})
            stays = annotations.get("argocd.argoproj.io/sync-options") == "Prune=false"
            assert stays == bool(gitops), body


@pytest.mark.parametrize(
    "stated, expected",
    [
        ("ServerSideApply=true", "ServerSideApply=true,Prune=false"),
        ("Replace=true, PruneLast=true", "Replace=true,PruneLast=true,Prune=false"),
        ("Prune=confirm,Replace=true", "Prune=confirm,Replace=true"),
        ("", "Prune=false"),
    ],
)
def test_options_of_a_documents_own_stand_beside_what_keeps_its_versions(
    tmp_path: Path, stated: str, expected: str
) -> None:
    (tmp_path / "exai.yaml").write_text(
        f"""apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {{name: p}}
spec:
  environments:
    prod:
      target: kubeflow
      namespace: ml
      pipelines: {{mode: kubernetes}}
      apply: {{gitops: {{path: clusters/prod}}}}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata:
  name: line
  annotations:
    argocd.argoproj.io/sync-options: "{stated}"
    kustomize.toolkit.fluxcd.io/prune: enabled
spec:
  steps: {{say: {{image: "python:3.11", command: [echo, hi]}}}}
""",
        "utf-8",
    )
    written(tmp_path, "prod", tmp_path / "out")
    version = next(b for b in objects(tmp_path / "out").values() if b["kind"] == "PipelineVersion")
    annotations = version["metadata"]["annotations"]
    assert annotations["argocd.argoproj.io/sync-options"] == expected
    assert annotations["argocd.argoproj.io/compare-options"] == "IgnoreExtraneous"
    assert annotations["kustomize.toolkit.fluxcd.io/prune"] == "enabled", "its own word"
