"""A saved build: the same specs and the same exai change nothing; either of them alone is told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from exai_compiler.changes import Plan, Update, subject, verb
from exai_compiler.revisions import Comparison
from exai_runtime.cli import main
from exai_runtime.comparing import plan_against_build, save_build
from exai_runtime.results import Refused, RenderedFiles
from exai_runtime.saved_build import parsed, text_of

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture(params=["iris", "diabetes", "own-code"])
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLES / request.param, tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLES / "diabetes", tmp_path / "project")
    return tmp_path / "project"


def saved(project: Path) -> Path:
    file = project.parent / "build.json"
    assert isinstance(save_build(project, "local", file), RenderedFiles)
    return file


def compared(project: Path, file: Path) -> tuple[Comparison, Plan]:
    found = plan_against_build(project, "local", file).comparison
    assert found is not None and found.plan is not None
    return found, found.plan


def test_nothing_changed_is_nothing_planned(example: Path) -> None:
    found, plan = compared(example, saved(example))
    assert (found.documents, found.breaks, found.files) == ((), (), ())
    assert (plan.changes, plan.waiting) == ((), ())


def test_the_same_build_is_the_same_bytes(example: Path) -> None:
    file = saved(example)
    text = file.read_text("utf-8")
    assert text_of(parsed(text)) == text
    assert saved(example).read_text("utf-8") == text


def test_what_another_exai_rendered_is_told_apart(project: Path) -> None:
    file = saved(project)
    text = file.read_text("utf-8")
    assert '"protocolVersion": "v2"' in text
    file.write_text(text.replace('"protocolVersion": "v2"', '"protocolVersion": "v9"'), "utf-8")
    found, plan = compared(project, file)
    assert found.documents == ()
    [planned] = plan.changes
    assert isinstance(planned.change, Update)
    [field] = planned.change.fields
    assert (field.path[-1], field.reason, planned.because) == (
        "protocolVersion",
        "exai-upgrade",
        (),
    )


def test_what_the_specs_change_is_told_with_its_chain(project: Path) -> None:
    file = saved(project)
    specs = project / "specs/datasets.yaml"
    specs.write_text(specs.read_text().replace("ltg: {type: float64", "ltg: {type: float32"))
    found, plan = compared(project, file)
    assert [str(each.ref) for each in found.documents][:2] == [
        "Dataset/blood",
        "FeatureView/serum",
    ]
    done = {(verb(each.change), subject(each.change)): each for each in plan.changes}
    assert ("run", "Pipeline/diabetes-training") in done
    view = done["materialize", "FeatureView/serum"]
    assert [str(ref) for ref in view.because] == ["Dataset/blood", "FeatureView/serum"]
    for each in plan.changes:
        if isinstance(each.change, Update):
            assert {field.reason for field in each.change.fields} == {"changed"}


def spoilt(value: dict[str, Any], *path: str | int, to: object) -> str:
    where: Any = value
    for part in path[:-1]:
        where = where[part]
    where[path[-1]] = to
    return json.dumps(value)


def test_other_files_are_refused(project: Path, tmp_path: Path) -> None:
    file = saved(project)
    text = file.read_text("utf-8")

    def value() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(text)
        return found

    bad = [
        *("", "{}", "[]", "nothing", text[: len(text) // 2], "[" * 100_000),
        spoilt(value(), "version", to="exai.dev/build/v2"),
        spoilt(value(), "environment", to="prod"),
        spoilt(value(), "objects", to=None),
        spoilt(value(), "objects", 0, "effect", to="nothing"),
        spoilt(value(), "objects", 0, "object", to=[]),
        spoilt(value(), "objects", 0, "wave", to=float("inf")),
        spoilt(value(), "runs", 0, "data", to=3),
        spoilt(value(), "sources", "exai.yaml", to=7),
        spoilt(value(), "sources", to={}),
        spoilt(value(), "sources", "exai.yaml", to="kind: Project\n"),
    ]
    for wrong in bad:
        file.write_text(wrong, "utf-8")
        found = plan_against_build(project, "local", file)
        assert found.exit_code == 1 and found.comparison is None
        assert found.diagnostics[0].code in ("unusable-build", "broken-revision")
    file.write_bytes(b"\xff\xfe{}")
    assert "no UTF-8" in plan_against_build(project, "local", file).diagnostics[0].message
    for place in (tmp_path, tmp_path / "absent"):
        [problem] = plan_against_build(project, "local", place).diagnostics
        assert problem.code == "unusable-build"
    assert not isinstance(save_build(project, "local", tmp_path / "no/build.json"), RenderedFiles)


def test_the_command_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(project.parent / "kept.json")
    assert main.run(("-C", str(project), "render", "--save-build", file)) == 0
    words = ("-C", str(project), "plan", "--against-build", file)
    assert main.run((*words, "--output", "markdown")) == 0
    assert "No changes." in capsys.readouterr().out
    assert main.run((*words, "--against", "HEAD")) == 2
    assert main.run(("-C", str(project), "render", "--save-build", file, "-o", "x")) == 2


def test_a_credential_is_not_saved(project: Path) -> None:
    pipeline = project / "specs/lab.yaml"
    pipeline.write_text(
        "apiVersion: exai.dev/v1alpha1\nkind: Notebook\nmetadata: {name: lab, owner: ml}\n"
        "spec: {image: example.com/lab:1, env: {HF_TOKEN: hunter2}}\n"
    )
    file = project.parent / "build.json"
    found = save_build(project, "local", file)
    assert isinstance(found, Refused) and found.exit_code == 1
    assert [(each.code, str(each.at)) for each in found.diagnostics] == [
        ("credential-in-env", "specs/lab.yaml:4:40")
    ]
    assert not file.exists()


@pytest.mark.parametrize("folder", ["clean", ".clean"])
def test_a_component_among_the_specs_is_no_spec(tmp_path: Path, folder: str) -> None:
    """As on the disk, where a step names it."""
    (tmp_path / "specs" / folder).mkdir(parents=True)
    (tmp_path / "exai.yaml").write_text(
        "apiVersion: exai.dev/v1alpha1\nkind: Project\nmetadata: {name: shop}\n"
        "spec: {specs: [specs/], environments: {local: {target: kubeflow, namespace: ml}}}\n"
    )
    (tmp_path / "specs/cleaning.yaml").write_text(
        "apiVersion: exai.dev/v1alpha1\nkind: Pipeline\nmetadata: {name: cleaning}\n"
        f"spec: {{steps: {{clean: {{uses: ./{folder}/component.yaml}}}}}}\n"
    )
    image = f"ghcr.io/acme/clean@sha256:{'0' * 64}"
    (tmp_path / "specs" / folder / "component.yaml").write_text(
        f"name: Clean rows\nimplementation: {{container: {{image: '{image}', command: [clean]}}}}\n"
    )
    found, plan = compared(tmp_path, saved(tmp_path))
    assert (found.documents, plan.changes) == ((), ())
