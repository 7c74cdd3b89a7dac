"""Commands on the project as it is in an environment: one with overlays beside one without."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from git_repository import git

from exai_compiler.changes import subject
from exai_runtime.cli import main
from exai_runtime.comparing import plan_against, plan_against_build, save_build
from exai_runtime.packs import VARIABLE
from exai_runtime.results import RenderedFiles
from exai_runtime.revision_results import Against
from exai_runtime.session import plan, validate
from exai_runtime.workspace import load
from exai_specs.effects import Effect

EXAMPLE = Path(__file__).parents[3] / "examples/iris"
OVERLAYS = """\
apiVersion: exai.dev/v1alpha1
kind: Overlay
metadata: {name: more-trees}
spec:
  environment: night
  target: Pipeline/iris-training
  patch:
    metadata: {labels: {shift: night}}
    spec:
      parameters: {ntrees: {default: 200}}
---
apiVersion: exai.dev/v1alpha1
kind: Overlay
metadata: {name: more-memory}
spec:
  environment: night
  target: Service/iris
  patch:
    spec:
      resources: {memory: 2Gi}
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The iris example with a second environment of this machine, and overlays for that one."""
    root = tmp_path / "iris"
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns(".exai", "data"))
    edit(root / "exai.yaml", "    local: {", "    night: &warehouse {", "    local: *warehouse\n")
    (root / "specs/night.yaml").write_text(OVERLAYS)
    monkeypatch.chdir(root)
    yield root


def edit(file: Path, old: str, new: str, end: str = "") -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new) + end)


def done(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    code = main.run([*words, "--output", "json"])
    out = capsys.readouterr().out
    assert code == 0, out
    return json.loads(out)


def rendered(capsys: pytest.CaptureFixture[str], environment: str) -> str:
    assert main.run(["render", "-e", environment]) == 0
    return capsys.readouterr().out


def test_the_environments_are_valid_and_render_what_they_say(
    capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    told = done(capsys, "validate")
    assert told["diagnostics"] == []
    assert validate(project).counts["Overlay"] == 2
    assert "shift: night" in rendered(capsys, "night")
    here = rendered(capsys, "local")
    assert "shift" not in here
    (project / "specs/night.yaml").unlink()
    assert rendered(capsys, "local") == here


def test_a_plan_is_the_environments_own(project: Path) -> None:
    subprocess.run([sys.executable, "make_data.py"], cwd=project, check=True, capture_output=True)
    plans = {name: plan(project, name) for name in ("local", "night")}
    assert [d for found in plans.values() for d in found.diagnostics] == []
    versions = {}
    for name, found in plans.items():
        assert found.plan is not None and found.build is not None
        (run,) = found.build.runs
        versions[name] = (run.version.name, run.parameters["ntrees"], run.key)
        assert f"PipelineVersion/{run.version.name}" in {
            subject(each.change) for each in found.plan.changes
        }
    assert versions["local"][1:2] == (20,) and versions["night"][1:2] == (200,)
    assert all(one != other for one, other in zip(*versions.values(), strict=True))
    assert not (project / ".exai/night/runs").exists()


def test_an_error_of_one_environment_stops_no_other_from_being_judged(
    capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    edit(project / "specs/night.yaml", "{memory: 2Gi}", "{memory: 2 GB}")
    assert main.run(["validate", "--output", "json"]) == 1
    (problem,) = json.loads(capsys.readouterr().out)["diagnostics"]
    assert problem["code"] == "invalid-value"
    assert (problem["at"]["path"], problem["at"]["line"]) == ("specs/night.yaml", 20)
    places = [each["message"] for each in problem["related"]]
    assert places == ["patched onto Service/iris", "environment `night`"]
    assert main.run(["validate", "--output", "sarif"]) == 1
    (result,) = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "specs/night.yaml"
    assert place["region"]["startLine"] == 20
    assert len(result["relatedLocations"]) == 2
    assert main.run(["validate", "--output", "github"]) == 1
    assert "file=specs/night.yaml,line=20" in capsys.readouterr().out


def rows(found: Against) -> list[tuple[str, str, Effect, str]]:
    assert found.comparison is not None, found.diagnostics
    return [
        (str(each.ref), each.verb, each.impact, str(each.at)) for each in found.comparison.documents
    ]


def test_a_changed_overlay_is_a_change_of_its_target_in_its_environment(project: Path) -> None:
    git(project, "init", "-q")
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "specs")
    assert rows(plan_against(project, "night", "HEAD")) == []
    edit(project / "specs/night.yaml", "2Gi", "4Gi")
    found = plan_against(project, "night", "HEAD")
    assert rows(found) == [("Service/iris", "changed", Effect.REDEPLOY, "specs/night.yaml:20:27")]
    assert found.comparison is not None and found.comparison.plan is not None
    assert [subject(each.change) for each in found.comparison.plan.changes] == [
        "InferenceService/iris"
    ]
    assert rows(plan_against(project, "local", "HEAD")) == []
    edit(project / "specs/night.yaml", "default: 200", "default: 300")
    assert rows(plan_against(project, "night", "HEAD"))[1:] == [
        ("Pipeline/iris-training", "changed", Effect.RETRAIN, "specs/night.yaml:10:38"),
        ("Service/iris", "changed", Effect.RETRAIN, "specs/night.yaml:20:27"),
    ]
    # Without it the document says what it said: the change is at the document's own line.
    (project / "specs/night.yaml").unlink()
    (_, training, service) = rows(plan_against(project, "night", "HEAD"))
    assert training[3].startswith("specs/pipeline.yaml") and service[1] == "changed"
    assert rows(plan_against(project, "local", "HEAD")) == []


def test_a_renamed_target_breaks_the_overlay_that_names_it(project: Path) -> None:
    git(project, "init", "-q")
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "specs")
    edit(project / "specs/service.yaml", "name: iris,", "name: irises,")
    found = plan_against(project, "night", "HEAD")
    assert found.comparison is not None
    told = {each.consumer: each.why for each in found.comparison.breaks}
    assert told["Overlay/more-memory"] == "there is no document `Service/iris`"
    assert "Service/iris" not in told and "Pipeline/iris-training" not in told


def test_a_renamed_environment_is_told_alone(project: Path) -> None:
    git(project, "init", "-q")
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "specs")
    edit(project / "exai.yaml", "    night: ", "    dusk: ")
    found = plan_against(project, "night", "HEAD")
    assert found.comparison is None
    (problem,) = found.diagnostics
    assert (problem.code, problem.severity) == ("unknown-environment", "error")
    assert problem.message == (
        "the working tree has no environment `night`, which HEAD has: what stands there stays "
        "(Service/iris)"
    )
    assert problem.hint.startswith("`exai destroy -e night` takes it away, while the specs still ")
    found = plan_against(project, "dusk", "HEAD")
    errors = {(each.code, each.at.path) for each in found.diagnostics if each.severity == "error"}
    assert errors == {("unknown-reference", "specs/night.yaml")}
    assert found.comparison is not None
    assert {each.ref.kind for each in found.comparison.documents} == {"Project"}
    assert {each.ref.kind for each in found.comparison.breaks} == {"Overlay"}


def test_a_value_that_moves_out_of_an_overlay_is_no_change(project: Path) -> None:
    git(project, "init", "-q")
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "specs")
    edit(project / "specs/service.yaml", "memory: 1Gi", "memory: 2Gi")
    text = (project / "specs/night.yaml").read_text()
    (project / "specs/night.yaml").write_text(text.partition("---\n")[0])
    assert rows(plan_against(project, "night", "HEAD")) == []
    assert [row[0] for row in rows(plan_against(project, "local", "HEAD"))] == ["Service/iris"]


def test_a_saved_build_is_of_its_environment(project: Path) -> None:
    file = project.parent / "build.json"
    assert isinstance(save_build(project, "night", file), RenderedFiles)
    assert rows(plan_against_build(project, "night", file)) == []
    (project / "specs/night.yaml").unlink()
    assert "Service/iris" in [row[0] for row in rows(plan_against_build(project, "night", file))]


def test_lineage_and_graph_are_the_environments_own(
    capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    features = "[sepal_length, sepal_width]"
    edit(
        project / "specs/night.yaml",
        "{ntrees: {default: 200}}",
        f"{{ntrees: {{default: 200}}}}\n      steps: {{train: {{with: {{features: {features}}}}}}}",
    )
    found = {}
    for name in ("local", "night"):
        assert main.run(["lineage", "Dataset/iris:petal_length", "--down", "-e", name]) == 0
        found[name] = capsys.readouterr().out
    assert "#train" in found["local"]
    assert found["night"] != found["local"]
    graphs = [
        done_text(capsys, "graph", "--columns", "-e", name) for name in ("local", "night", "local")
    ]
    assert graphs[0] == graphs[2] != graphs[1]
    assert main.run(["lineage", "Dataset/iris", "-e", "day"]) == 1
    assert "unknown-environment" in capsys.readouterr().err


def done_text(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main.run(list(words)) == 0
    return capsys.readouterr().out


def test_the_cache_of_documents_knows_no_overlays(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    for number in range(120):  # fewer files are read without it
        (project / f"specs/d{number}.yaml").write_text(
            "apiVersion: exai.dev/v1alpha1\nkind: Dataset\n"
            f"metadata: {{name: d{number}}}\nspec: {{source: {{csv: {{path: x}}}}, "
            "schema: {a: int64}}\n"
        )
    cold = load(project)
    assert list((tmp_path / "cache/documents").iterdir())
    warm = load(project)
    assert [spec.document for spec in cold.overlaid["night"].all] == [
        spec.document for spec in warm.overlaid["night"].all
    ]
    edit(project / "specs/night.yaml", "2Gi", "3Gi")
    service = load(project).overlaid["night"].find("Service", "iris")
    assert service is not None and "3Gi" in str(service.document.value)
    assert "1Gi" in str(load(project).project_in("local").find("Service", "iris").document.value)  # type: ignore[union-attr]
