"""`exai render`: files that other tools take, in a folder that stays exai's own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
from pathlib import Path
from typing import Any

import pytest
import yaml
from kfp import components as kfp_components
from kfp.dsl.structures import load_documents_from_yaml

from exai_compiler.facts import ModelFacts, ModelVersion
from exai_runtime.local import fact_cache, registry
from exai_runtime.local.paths import Paths, cache_folder
from exai_runtime.output_folder import LIST, write
from exai_runtime.rendering import render
from exai_runtime.results import Refused, RenderedFiles
from exai_runtime.target import TargetError
from exai_specs.diagnostics import Diagnostic

EXAMPLES = Path(__file__).parents[3] / "examples"
DIGEST = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
CLUSTER = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec:
  exai: ">=0.1"
  environments:
    local: {target: local}
    prod:
      target: kubeflow
      namespace: ml-prod
      serving: {mode: Standard}
      pipelines: {mode: kubernetes}
      tracking: {uri: "https://mlflow.acme"}
      data: {root: s3://acme/data}
      models: {store: s3://acme/models}
      images: {train: "a/t@sha256:DIGEST", serve: "a/s@sha256:DIGEST"}
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: iris}
spec: {source: {csv: {path: iris.csv}}, key: [id], schema: {id: int64, on: string}}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: training, displayName: "no"}
spec:
  steps:
    load: {uses: load-dataset, with: {dataset: iris}, timeout: 1h, env: {A: {secret: s, key: k}}}
    split: {uses: split-data, with: {data: "${{ steps.load.data }}", test: 0.5, stratify: "on"}}
""".replace("DIGEST", DIGEST)


@pytest.fixture
def iris(tmp_path: Path) -> Path:
    return copy(tmp_path, "iris")


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    folder = tmp_path / "cluster"
    folder.mkdir()
    (folder / "exai.yaml").write_text(CLUSTER)
    return folder


def copy(tmp_path: Path, name: str) -> Path:
    ignored = shutil.ignore_patterns(".exai", "data")
    return Path(shutil.copytree(EXAMPLES / name, tmp_path / name, ignore=ignored))


def rendered(result: RenderedFiles | Refused) -> RenderedFiles:
    assert isinstance(result, RenderedFiles), result
    return result


def refused(result: RenderedFiles | Refused) -> Diagnostic:
    assert isinstance(result, Refused)
    return result.diagnostics[0]


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_files_for_each_tool(iris: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    before = snapshot(iris)
    result = rendered(render(iris, "local", (), out))
    paths = [file.path for file in result.files]
    assert paths == sorted(paths)
    assert {path.partition("/")[0] for path in paths} == {"kubernetes", "kfp"}
    (left,) = result.left_out
    assert str(left.id) == "InferenceService/iris"
    assert "iris-training" in left.waits.reason
    assert {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()} == {
        *paths,
        LIST,
    }
    assert snapshot(iris) == before, "the project itself isn't touched"
    for file in out.glob("kubernetes/*.yaml"):
        value = yaml.safe_load(file.read_text())
        assert file.name == f"{value['kind'].lower()}-{value['metadata']['name']}.yaml"


def test_kfp_takes_its_package(cluster: Path, tmp_path: Path) -> None:
    rendered(render(cluster, "prod", (), tmp_path / "out"))
    text = (tmp_path / "out/kfp/training.yaml").read_text()
    loaded = kfp_components.load_component_from_text(text)
    assert loaded.pipeline_spec.pipeline_info.name == "training"
    assert set(loaded.pipeline_spec.root.dag.tasks) == {"load", "split"}
    assert loaded.platform_spec.platforms["kubernetes"]
    package, platform = load_documents_from_yaml(text)
    (version,) = (tmp_path / "out/kubernetes").glob("pipelineversion-*.yaml")
    spec = yaml.safe_load(version.read_text())["spec"]
    assert (package, platform) == (spec["pipelineSpec"], spec["platformSpec"])


def test_a_cluster_is_rendered_without_one(
    cluster: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*_: object, **__: object) -> None:
        raise AssertionError("it opened a socket")

    monkeypatch.setattr(socket, "socket", offline)
    result = rendered(render(cluster, "prod", (), None))
    kinds = [one["kind"] for one in result.objects]
    assert kinds == ["ConfigMap", "Pipeline", "PipelineVersion"]
    assert {one["metadata"]["namespace"] for one in result.objects} == {"ml-prod"}
    assert result.objects[1]["spec"]["displayName"] == "no"
    rendered(render(cluster, "prod", (), tmp_path / "o"))
    (file,) = (tmp_path / "o").glob("kubernetes/pipeline-*.yaml")
    assert "displayName: 'no'" in file.read_text()


VERSION = """
---
apiVersion: exai.dev/v1alpha1
kind: Manifest
metadata: {name: theirs}
spec:
  manifest:
    apiVersion: pipelines.kubeflow.org/v2beta1
    kind: PipelineVersion
    spec: {pipelineName: theirs, pipelineSpec: {}}
---
apiVersion: exai.dev/v1alpha1
kind: Manifest
metadata: {name: build}
spec:
  manifest: {apiVersion: tekton.dev/v1, kind: Pipeline, spec: {tasks: []}}
---
apiVersion: exai.dev/v1alpha1
kind: Manifest
metadata: {name: nightly}
spec:
  manifest: {apiVersion: acme.example/v1, kind: RecurringRun}
"""


@pytest.mark.parametrize("mode", ["api", "kubernetes"])
def test_what_a_manifest_calls_a_pipeline_is_for_kubernetes(
    cluster: Path, tmp_path: Path, mode: str
) -> None:
    text = (cluster / "exai.yaml").read_text(encoding="utf-8")
    text = text.replace("{mode: kubernetes}", f"{{mode: {mode}}}")
    (cluster / "exai.yaml").write_text(text + VERSION, encoding="utf-8")
    theirs = [
        "kubernetes/pipeline.tekton.dev-build.yaml",
        "kubernetes/pipelineversion-theirs.yaml",
        "kubernetes/recurringrun.acme.example-nightly.yaml",
    ]
    found = render(cluster, "prod", (), tmp_path / "out")
    assert isinstance(found, RenderedFiles), found
    paths = [str(file.path) for file in found.files]
    assert [path for path in paths if "training" not in path and "kubernetes/" in path] == [
        "kubernetes/configmap-exai-runtime.yaml",
        *theirs,
    ]
    assert not any(path.startswith("kfp/") and "theirs" in path for path in paths)
    names = yaml.safe_load((tmp_path / "out/kustomization.yaml").read_text())["resources"]
    assert set(theirs) <= set(names)
    stream = render(cluster, "prod", ["Manifest/theirs", "Manifest/build"], None)
    assert isinstance(stream, RenderedFiles), stream
    assert {each["kind"] for each in stream.objects} == {"Pipeline", "PipelineVersion"}
    assert "files-only" not in [each.code for each in stream.diagnostics]


def test_features_become_a_repository(tmp_path: Path) -> None:
    root, out = copy(tmp_path, "diabetes"), tmp_path / "out"
    rendered(render(root, "local", (), out))
    store = yaml.safe_load((out / "feast/feature_store.yaml").read_text())
    assert store["project"]
    compile((out / "feast/definitions.py").read_text(), "definitions.py", "exec")
    kinds = {path.name.partition("-")[0] for path in out.glob("kubernetes/*")}
    assert "featurerepository" not in kinds
    view = rendered(render(root, "local", ("FeatureView/ratios",), tmp_path / "view"))
    assert {file.path.partition("/")[0] for file in view.files} == {"feast"}


def registry_holding(root: Path, models: dict[str, ModelFacts]) -> Path:
    """What a registry's file and the last look at it leave, without MLflow."""
    paths = Paths(root, "local")
    paths.registry.parent.mkdir(parents=True, exist_ok=True)
    paths.registry.write_bytes(b"a registry" * 10)
    stamp = registry.stamp(paths.registry)
    assert stamp is not None
    fact_cache.save(cache_folder() / paths.owner / "models.json", stamp, models)
    return paths.registry


def test_locally_the_versions_that_were_last_seen_count(
    iris: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(_: Path) -> None:
        raise AssertionError("it imported MLflow")

    monkeypatch.setattr(registry, "read_models", slow)
    version = ModelVersion("iris_model", 3, "file:///m/3", DIGEST, "k", metrics={"accuracy": 0.95})
    other = ModelVersion("iris_model", 4, "file:///m/4", DIGEST, "l", metrics={"accuracy": 0.5})
    models = {"iris_model": ModelFacts((version, other), {"champion": 3})}
    file = registry_holding(iris, models)
    result = rendered(render(iris, "local", ("Service/iris",), None))
    assert result.left_out == ()
    service = next(one for one in result.objects if one["kind"] == "InferenceService")
    assert service["spec"]["predictor"]["model"]["storageUri"] == "file:///m/3"

    file.write_bytes(b"somebody wrote" * 10)
    (left,) = rendered(render(iris, "local", ("Service/iris",), None)).left_out
    assert left.waits.reason == (
        "the registry has changed since it was last read, and it alone knows what "
        "iris_model@champion is"
    )
    assert left.hint == "`exai plan` reads the registry; then render again"


def test_without_a_version_it_says_what_brings_one(iris: Path) -> None:
    (left,) = rendered(render(iris, "local", (), None)).left_out
    assert left.waits.reason == "no version yet: Pipeline/iris-training has not registered one"
    assert left.hint == "`exai apply` brings it about; then render again"
    failed = ModelVersion("iris_model", 1, "file:///m", DIGEST, "k", metrics={"accuracy": 0.5})
    registry_holding(iris, {"iris_model": ModelFacts((failed,), {})})
    (left,) = rendered(render(iris, "local", (), None)).left_out
    assert "version 1 missed accuracy 0.5 (min 0.9)" in left.waits.reason
    assert "exai history" in left.hint


def test_a_cluster_s_registry_is_not_asked(iris: Path) -> None:
    project = iris / "exai.yaml"
    text = CLUSTER.partition("---")[0].partition("    prod:")[2]
    lake = "      connections: {warehouse: {sqlite: {path: s3://acme/iris.db}}}\n"
    project.write_text(f"{project.read_text()}    prod:{text}{lake}".replace("Standard", "Knative"))
    registry_holding(iris, {"iris_model": ModelFacts((), {"champion": 3})})
    (left,) = rendered(render(iris, "prod", (), None)).left_out
    assert left.waits.reason == (
        "the registry of `prod` wasn't asked, and it alone knows what iris_model@champion is"
    )
    assert "exai lock -e prod" in left.hint


def test_the_same_bytes_and_nothing_rewritten(iris: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    render(iris, "local", (), out)
    before = snapshot(out)
    again = rendered(render(iris, "local", (), out))
    assert {file.state for file in again.files} == {"unchanged"}
    assert snapshot(out) == before
    render(iris, "local", (), tmp_path / "other")
    assert {k: v[1] for k, v in snapshot(tmp_path / "other").items()} == {
        k: v[1] for k, v in before.items()
    }


def test_what_nothing_renders_any_more_goes(iris: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    render(iris, "local", (), out)
    pipeline = iris / "specs/pipeline.yaml"
    pipeline.write_text(pipeline.read_text().replace("memory: 2Gi", "memory: 3Gi"))
    result = rendered(render(iris, "local", (), out))
    (removed,) = result.removed
    assert removed.startswith("kubernetes/pipelineversion-iris-training-")
    assert not (out / removed).exists()
    some = rendered(render(iris, "local", ("ServingRuntime/exai-h2o-mojo",), out))
    assert [file.path for file in some.files] == ["kubernetes/servingruntime-exai-h2o-mojo.yaml"]
    assert some.removed == ()
    assert len(list(out.glob("kubernetes/*"))) == 3, "the others stay, and stay exai's"
    assert rendered(render(iris, "local", (), out)).removed == ()


def test_an_edited_file_that_nothing_renders_any_more_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": "a", "b.yaml": "b"}, "prod", keep_others=False)
    (tmp_path / "b.yaml").write_text("edited")
    before = snapshot(tmp_path)
    with pytest.raises(TargetError, match=r"b\.yaml in .* isn't as exai wrote it") as caught:
        write(tmp_path, {"a.yaml": "new"}, "prod", keep_others=False)
    assert caught.value.diagnostic.code == "foreign-file"
    assert snapshot(tmp_path) == before
    write(tmp_path, {"a.yaml": "new"}, "prod", keep_others=True)
    (tmp_path / "b.yaml").unlink()
    assert write(tmp_path, {"a.yaml": "new"}, "prod", keep_others=False)[1] == ()


def test_other_peoples_files_stay(iris: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    assert refused(render(iris, "local", (), out)).code == "foreign-folder"
    assert [path.name for path in out.iterdir()] == ["mine.txt"]
    (out / "mine.txt").unlink()
    render(iris, "local", (), out)
    edited = out / "kfp/iris-training.yaml"
    edited.write_text("edited")
    before = snapshot(out)
    problem = refused(render(iris, "local", (), out))
    assert problem.code == "foreign-file"
    assert "kfp/iris-training.yaml" in problem.message
    assert snapshot(out) == before
    (tmp_path / "file").write_text("")
    assert refused(render(iris, "local", (), tmp_path / "file")).code == "foreign-folder"
    problem = refused(render(iris, "local", (), tmp_path / "file/below"))
    assert problem.code == "no-access"
    assert "Not a directory" in problem.message
    (out / LIST).write_text('{"form": 1, "files": {"../../x": "y"}, "more": [')
    assert refused(render(iris, "local", (), out)).code == "foreign-folder"


@pytest.mark.parametrize("names", [(), ("Pipeline/iris-training",)])
def test_the_folder_of_another_environment_stays(
    iris: Path, tmp_path: Path, names: tuple[str, ...]
) -> None:
    out = tmp_path / "out"
    write(out, {"kubernetes/a.yaml": "a"}, "prod", keep_others=False)
    before = snapshot(out)
    problem = refused(render(iris, "local", names, out))
    assert problem.code == "other-environment"
    assert "was rendered for prod, not for local" in problem.message
    assert snapshot(out) == before
    write(out, {}, "prod", keep_others=False)
    rendered(render(iris, "local", names, out))  # nothing of prod is left in it


def test_a_list_without_an_environment_is_taken_over(iris: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out, {"kubernetes/a.yaml": "a"}, "prod", keep_others=False)
    value = json.loads((out / LIST).read_text())
    assert value.pop("environment") == "prod"
    (out / LIST).write_text(json.dumps(value))
    assert rendered(render(iris, "local", (), out)).removed == ("kubernetes/a.yaml",)
    assert json.loads((out / LIST).read_text())["environment"] == "local"


def test_nothing_is_written_through_a_link(iris: Path, tmp_path: Path) -> None:
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    elsewhere.mkdir()
    render(iris, "local", ("Pipeline/iris-training",), out)
    shutil.rmtree(out / "kubernetes")
    (out / "kubernetes").symlink_to(elsewhere)
    assert refused(render(iris, "local", (), out)).code == "foreign-file"
    assert list(elsewhere.iterdir()) == []


def killed_at(folder: Path, texts: dict[str, str], call: str, number: int) -> bool:
    """Whether a process was killed while it wrote, before its `number`-th `call` of Path."""
    child = os.fork()
    if child == 0:
        usual, left = getattr(Path, call), [number]

        def deadly(*arguments: Any, **named: Any) -> Any:
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            return usual(*arguments, **named)

        setattr(Path, call, deadly)
        try:
            write(folder, texts, "local", keep_others=False)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@pytest.mark.parametrize("call", ["mkdir", "open", "replace", "unlink", "rmdir"])
@pytest.mark.parametrize("first", [{}, {"k/a": "1", "k/b": "1", "k/gone/x": "1", "gone": "1"}])
def test_killed_in_the_middle_it_is_finished_later(
    tmp_path: Path, call: str, first: dict[str, str]
) -> None:
    texts = {"k/a": "2", "k/b": "1", "new/c": "2"}
    whole = tmp_path / "whole"
    write(whole, texts, "local", keep_others=False)
    number, killed = 1, True
    while killed:
        out = tmp_path / f"{call}-{number}"
        if first:
            write(out, first, "local", keep_others=False)
        killed = killed_at(out, texts, call, number)
        write(out, texts, "local", keep_others=False)
        assert {k: v[1] for k, v in snapshot(out).items()} == {
            k: v[1] for k, v in snapshot(whole).items()
        }, number
        number += 1
    assert number > 2 or (call in ("unlink", "rmdir") and not first)


def test_what_a_person_changed_after_a_kill_stays(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert killed_at(out, {"a": "1", "b": "1"}, "replace", 3)
    assert (out / "a").read_text() == "1"
    (out / "b").write_text("mine")
    with pytest.raises(TargetError, match="b in"):
        write(out, {"a": "1", "b": "1"}, "local", keep_others=False)
    assert (out / "b").read_text() == "mine"


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/tmp/x"])  # noqa: S108
def test_no_path_leaves_the_folder(tmp_path: Path, path: str) -> None:
    with pytest.raises(TargetError):
        write(tmp_path / "out", {path: "x"}, "local", keep_others=False)
    assert not list(tmp_path.rglob("x"))


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ({"names": ("Pipeline/iris-trainin",)}, "nothing-rendered", "Pipeline/iris-training"),
        ({"environment": "prod"}, "unknown-environment", "declared here: local"),
        ({"folder": "specs/out"}, "output-among-specs", "another"),
    ],
)
def test_what_is_refused(iris: Path, words: dict[str, Any], code: str, said: str) -> None:
    folder = iris / words["folder"] if "folder" in words else None
    found = refused(render(iris, words.get("environment", "local"), words.get("names", ()), folder))
    assert found.code == code
    assert said in found.hint
    assert not (iris / "specs/out").exists()


def test_broken_specs_render_nothing(iris: Path, tmp_path: Path) -> None:
    pipeline = iris / "specs/pipeline.yaml"
    pipeline.write_text(pipeline.read_text().replace("train-h2o", "train-h3o"))
    assert refused(render(iris, "local", (), tmp_path / "out")).code == "unknown-component"
    assert not (tmp_path / "out").exists()
