"""`plan --against`: another revision, read as objects of Git, beside the working tree."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from git_repository import git
from guide_pages import GUIDE, write

from exai_compiler.changes import Plan, subject, verb
from exai_compiler.revisions import Comparison, FileChange
from exai_runtime.cli import main
from exai_runtime.comparing import plan_against
from exai_runtime.revision_results import Against
from exai_runtime.views.markdown.against import lines as markdown
from exai_specs.effects import Effect

EXAMPLES = Path(__file__).parents[3] / "examples"
Git = Callable[..., str]


def commit(folder: Path) -> str:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "specs")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with the diabetes example in a subfolder, committed."""
    folder = tmp_path / "größe python3"
    shutil.copytree(EXAMPLES / "diabetes", folder / "ml" / "clinic")
    git(folder, "init", "-q", "-b", "main")
    commit(folder)
    return folder


@pytest.fixture
def project(repository: Path) -> Path:
    return repository / "ml" / "clinic"


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def compared(root: Path, revision: str = "HEAD", environment: str = "local") -> Comparison:
    found = plan_against(root, environment, revision)
    assert found.comparison is not None, found.diagnostics
    return found.comparison


def test_a_called_pipeline_under_another_name_trains_nothing(tmp_path: Path) -> None:
    write(GUIDE / "nested.md", tmp_path)
    git(tmp_path, "init", "-q", "-b", "main")
    commit(tmp_path)
    edit(tmp_path / "exai.yaml", "name: fitting}", "name: fitting2}")
    edit(tmp_path / "exai.yaml", "pipeline: fitting\n", "pipeline: fitting2\n")
    found = compared(tmp_path)
    assert planned(found).changes == ()
    assert {str(each.ref): each.verb for each in found.documents} == {
        "Pipeline/all": "changed",
        "Pipeline/fitting": "removed",
        "Pipeline/fitting2": "added",
    }
    assert max(each.impact for each in found.documents) <= Effect.RENDER
    edit(tmp_path / "exai.yaml", "default: none}", "default: more}")
    found = compared(tmp_path)
    assert planned(found).changes
    impacts = {str(each.ref): each.impact for each in found.documents}
    assert impacts["Pipeline/fitting2"] == Effect.RETRAIN


def planned(found: Comparison) -> Plan:
    assert found.plan is not None
    return found.plan


def refused(root: Path, revision: str) -> tuple[str, str]:
    found = plan_against(root, "local", revision)
    assert found.comparison is None
    assert found.exit_code == 1
    [problem] = [each for each in found.diagnostics if each.severity == "error"]
    return problem.code, problem.message + " " + problem.hint


def rows(found: Comparison) -> list[tuple[str, str, Effect]]:
    return [(str(each.ref), each.verb, each.impact) for each in found.documents]


@pytest.mark.parametrize("example", ["iris", "diabetes", "own-code"])
def test_nothing_changed_is_nothing_planned(example: str, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / example, tmp_path / "p")
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    found = compared(tmp_path / "p")
    assert (found.documents, found.breaks, found.files) == ((), (), ())
    assert planned(found).changes == () and planned(found).waiting == ()


def test_documents_are_known_by_identity_not_by_file(project: Path) -> None:
    (project / "specs/service.yaml").rename(project / "specs/answers.yaml")
    assert compared(project).documents == ()


def test_another_spelling_is_no_change(project: Path) -> None:
    edit(project / "specs/datasets.yaml", "patient_id: int64", "patient_id: {type: int64}")
    assert compared(project).documents == ()


def test_a_change_reaches_down_the_lineage(project: Path) -> None:
    edit(project / "specs/datasets.yaml", "ltg: {type: float64", "ltg: {type: float32")
    found = compared(project)
    assert rows(found) == [
        ("Dataset/blood", "changed", Effect.RETRAIN),
        ("FeatureView/serum", "affected", Effect.MATERIALIZE),
        ("Model/diabetes_model", "affected", Effect.RETRAIN),
        ("Pipeline/diabetes-training", "affected", Effect.RETRAIN),
        ("Service/diabetes", "affected", Effect.RETRAIN),
    ]
    [field] = found.documents[0].fields
    assert (field.path, field.old, field.new) == (
        ("spec", "schema", "ltg", "type"),
        "float64",
        "float32",
    )
    assert (str(field.at), field.effect) == ("specs/datasets.yaml:43:17", Effect.RETRAIN)
    assert [str(ref) for ref in found.documents[4].because] == [
        "Dataset/blood",
        "FeatureView/serum",
        "FeatureService/diabetes_features",
        "Pipeline/diabetes-training",
        "Model/diabetes_model",
        "Service/diabetes",
    ]
    assert found.breaks == ()
    done = [(verb(each.change), subject(each.change)) for each in planned(found).changes]
    assert ("run", "Pipeline/diabetes-training") in done
    assert ("move", "Model/diabetes_model@champion") in done
    assert ("update", "InferenceService/diabetes") in done


def test_words_for_people_reach_nothing(project: Path) -> None:
    edit(project / "specs/model.yaml", "owner: clinic-team", "owner: other-team")
    found = compared(project)
    assert rows(found) == [("Model/diabetes_model", "changed", Effect.METADATA)]
    assert planned(found).changes == ()


def test_own_code_that_changes_trains_again(project: Path) -> None:
    edit(project / "specs/ratios.py", 'inputs["hdl"]', 'inputs["hdl"] * 1.0')
    found = compared(project)
    assert found.files == (FileChange("specs/ratios.py", "changed"),)
    assert ("Pipeline/diabetes-training", "affected", Effect.RETRAIN) in rows(found)


def test_the_file_of_a_step_that_changes_is_to_blame(tmp_path: Path) -> None:
    root = tmp_path / "own"
    shutil.copytree(EXAMPLES / "own-code", root)
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    edit(root / "specs/train.py", "if scale else []", "if not scale else []")
    because = {str(each.ref): tuple(map(str, each.because)) for each in compared(root).documents}
    above = ("File/specs/train.py", "Pipeline/own-training")
    assert because["Pipeline/own-training"] == above
    assert because["Model/own_model"] == (*above, "Model/own_model")
    (root / "specs/train.py").unlink()
    found = compared(root)
    assert (found.plan, found.files) == (None, (FileChange("specs/train.py", "removed"),))
    [broken] = found.breaks
    assert tuple(map(str, broken.because)) == above


def test_a_file_of_python_that_moves_trains_nothing(tmp_path: Path) -> None:
    root = tmp_path / "own"
    shutil.copytree(EXAMPLES / "own-code", root)
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    (root / "code").mkdir()
    (root / "specs/train.py").rename(root / "code/fit.py")
    edit(root / "specs/pipeline.yaml", "train.py:", "../code/fit.py:")
    found = compared(root)
    assert rows(found) == [("Pipeline/own-training", "changed", Effect.RENDER)]
    assert found.files == (FileChange("code/fit.py", "moved", "specs/train.py"),)
    assert [verb(each.change) for each in planned(found).changes] == []
    edit(root / "code/fit.py", "if scale else []", "if not scale else []")
    found = compared(root)
    assert ("Pipeline/own-training", "changed", Effect.RETRAIN) in rows(found)
    assert "run" in [verb(each.change) for each in planned(found).changes]


def test_a_called_pipeline_that_is_renamed_trains_nothing(tmp_path: Path) -> None:
    (tmp_path / "exai.yaml").write_text(CALLING)
    (tmp_path / "say.py").write_text("def say(text: str) -> None:\n    print(text)\n")
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    edit(tmp_path / "exai.yaml", "inner", "other")
    found = compared(tmp_path)
    assert ("Pipeline/outer", "changed", Effect.RENDER) in rows(found)
    assert ("run", "Pipeline/outer") not in [
        (verb(each.change), subject(each.change)) for each in planned(found).changes
    ]
    edit(tmp_path / "exai.yaml", "hello", "bye")
    assert ("Pipeline/outer", "changed", Effect.RETRAIN) in rows(compared(tmp_path))


CALLING = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec: {environments: {local: {target: local}}}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: inner}
spec: {steps: {say: {python: "say.py:say", with: {text: hello}}}}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: outer}
spec: {steps: {call: {pipeline: inner}}}
"""


def test_a_document_that_is_gone_is_to_blame(project: Path) -> None:
    dataset = next(path for path in project.rglob("*.yaml") if "kind: Dataset" in path.read_text())
    documents = dataset.read_text().split("---\n")
    kept = [text for text in documents if "kind: Dataset" not in text]
    dataset.write_text("---\n".join(kept) or "# nothing\n")
    found = compared(project)
    assert found.plan is None
    assert {each.because[0].kind for each in found.breaks} == {"Dataset"}


def test_the_function_of_a_view_that_changes_has_a_chain(tmp_path: Path) -> None:
    text = (EXAMPLES / "guide" / "features.md").read_text()
    blocks = [block.partition("```")[0] for block in text.split("```yaml\n")[1:3]]
    (tmp_path / "exai.yaml").write_text("".join(blocks))
    function = tmp_path / "scores.py"
    function.write_text(text.split("```python\n")[1].partition("```")[0])
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    edit(function, '* inputs["offered"]', '+ inputs["offered"]')
    found = compared(tmp_path)
    assert found.files == (FileChange("scores.py", "changed"),)
    because = {str(each.ref): [str(ref) for ref in each.because] for each in found.documents}
    above = ["File/scores.py", "FeatureView/driver_scores", "FeatureService/ranking_features"]
    assert because["FeatureView/driver_scores"] == above[:2]
    assert because["FeatureService/ranking_features"] == above
    assert because["Pipeline/ranking-training"] == [*above, "Pipeline/ranking-training"]
    assert {each.impact for each in found.documents} == {Effect.RETRAIN}


def test_a_function_that_no_longer_gets_a_feature_is_named(project: Path) -> None:
    edit(project / "specs/features.yaml", "features: [tc, hdl", "features: [hdl")
    found = {str(each.ref): each for each in compared(project).documents}
    ratios = found["FeatureView/ratios"]
    assert (ratios.verb, ratios.impact) == ("affected", Effect.RETRAIN)
    assert ratios.note == "its function no longer gets `tc`"
    assert [str(ref) for ref in ratios.because] == ["FeatureView/serum", "FeatureView/ratios"]
    assert found["FeatureService/diabetes_features"].because[:2] == ratios.because


def test_another_database_names_who_reads_it(project: Path) -> None:
    text = (project / "exai.yaml").read_text()
    edit(project / "exai.yaml", ".db}", "-2.db}")
    [row] = compared(project).documents
    assert "read from there: Dataset/blood (by Pipeline/diabetes-training" in row.note, row.note
    (project / "exai.yaml").write_text(text)
    assert compared(project).documents == ()


def test_a_request_that_needs_more_breaks_its_callers(project: Path) -> None:
    edit(project / "specs/pipeline.yaml", "features: [age,", "features: [visit, age,")
    edit(
        project / "specs/datasets.yaml",
        "    progression:",
        "    visit: int64\n    progression:",
    )
    [broken] = compared(project).breaks
    assert (broken.consumer, str(broken.at)) == (
        "whoever calls Service/diabetes",
        "specs/service.yaml:6:10",
    )
    assert broken.why == "a request must have `visit` now"
    assert [str(ref) for ref in broken.because][-1] == "Service/diabetes"


def test_a_request_that_may_have_less_breaks_its_callers(project: Path) -> None:
    edit(project / "specs/pipeline.yaml", "features: [age,", "features: [visit, age,")
    edit(
        project / "specs/datasets.yaml",
        "    progression:",
        "    visit: int64\n    progression:",
    )
    commit(project)
    edit(project / "specs/pipeline.yaml", "features: [visit, age,", "features: [age,")
    found = compared(project)
    [broken] = found.breaks
    assert (broken.consumer, broken.why, str(broken.at)) == (
        "whoever calls Service/diabetes",
        "a request may no longer have `visit`",
        "specs/service.yaml:6:10",
    )
    assert str(broken.because[0]) == "Pipeline/diabetes-training"
    assert ("Service/diabetes", "affected", Effect.BREAKING) in rows(found)
    edit(project / "specs/pipeline.yaml", "features: [age,", "features: [visits, age,")
    edit(project / "specs/datasets.yaml", "    visit: int64", "    visits: int64")
    assert [each.why for each in compared(project).breaks] == [
        "a request must have `visits` now, and may no longer have `visit`",
    ]


SIGNATURE = "signature: {inputs: {a: float64, b: float64}, outputs: {y: float64}}"
SIGNED = f"""
---
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {{name: s}}
spec:
  model: {{uri: s3://b/m, format: FORMAT, {SIGNATURE}}}
"""


@pytest.mark.parametrize(
    ("format_", "old", "new", "told"),
    [
        ("sklearn", ", b: float64", "", ["a request may no longer have `b`"]),
        # MLflow warns of such a column, and leaves it out.
        ("mlflow", ", b: float64", "", []),
        ("autogluon", ", b: float64", "", []),
        (
            "pmml",
            "a: float64, ",
            "",
            [
                "a request should no longer have `a`: its server reads by position, and takes what "
                "is left for other columns"
            ],
        ),
        # Nobody knows then what it takes.
        ("sklearn", f", {SIGNATURE}", "", []),
    ],
)
def test_a_column_that_may_still_be_given_breaks_nobody(
    format_: str, old: str, new: str, told: list[str], tmp_path: Path
) -> None:
    root = tmp_path / "exai.yaml"
    head = "apiVersion: exai.dev/v1alpha1\nkind: Project\nmetadata: {name: p}\nspec:\n"
    prod = PROD.replace("DIGEST", "0" * 64)
    root.write_text(f"{head}  environments:\n{prod}{SIGNED.replace('FORMAT', format_)}")
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    edit(root, old, new)
    assert [each.why for each in compared(tmp_path, environment="prod").breaks] == told
    # Nobody knows what a server of one's own does with it.
    git(tmp_path, "checkout", "-q", ".")
    edit(root, "spec:\n  model", "spec:\n  runtime: our-server\n  model")
    commit(tmp_path)
    edit(root, old, new)
    found = compared(tmp_path, environment="prod")
    assert found.documents != () and found.breaks == ()


def test_another_protocol_and_a_removed_service_break_callers(project: Path) -> None:
    edit(project / "specs/service.yaml", "spec:\n", "spec:\n  protocol: v1\n")
    assert [each.why for each in compared(project).breaks] == ["it speaks v1, and spoke v2"]
    (project / "specs/service.yaml").unlink()
    found = compared(project)
    told = [(each.why, each.is_gone) for each in found.breaks]
    assert told == [("the service is removed", True)]
    assert ("Service/diabetes", "removed", Effect.BREAKING) in rows(found)
    assert ("delete", "InferenceService/diabetes") in [
        (verb(each.change), subject(each.change)) for each in planned(found).changes
    ]


def test_a_consumer_that_no_longer_compiles_is_named_with_its_place(project: Path) -> None:
    edit(project / "specs/datasets.yaml", "    ltg: {", "    lamotrigine: {")
    found = plan_against(project, "local", "HEAD")
    assert found.exit_code == 1 and found.comparison is not None
    assert found.comparison.plan is None
    assert rows(found.comparison) == [("Dataset/blood", "changed", Effect.RETRAIN)]
    named = [(each.consumer, str(each.at), each.code) for each in found.comparison.breaks]
    assert ("FeatureView/serum", "specs/features.yaml:21:23", "unknown-column") in named


def test_an_environment_or_a_project_that_is_new(project: Path) -> None:
    edit(
        project / "exai.yaml",
        "    local:",
        "    other: {target: local, connections: {lab: {sqlite: {path: data/lab.db}}}}\n    local:",
    )
    found = compared(project, environment="other")
    assert rows(found) == [("Project/diabetes-platform", "changed", Effect.RENDER)]
    assert {verb(each.change) for each in planned(found).changes} >= {"create", "run"}
    (project / "exai.yaml").rename(project / "exai.yml")
    root = commit(project)
    (project / "exai.yml").rename(project / "exai.yaml")
    fresh = compared(project, root)
    assert {each.verb for each in fresh.documents} == {"added"}
    assert "there is no exai.yaml in this folder" in warned(plan_against(project, "local", root))


NIGHTLY = "  run: {on: [data]}\n  schedules: {nightly: {cron: 0 3 * * *}}\n"
PROD = """\
    prod:
      target: kubeflow
      namespace: ml
      serving: {mode: Knative}
      connections: {lab: {sqlite: {path: data/lab.db}}}
      tracking: {uri: https://mlflow.example.com}
      features:
        registry: {registry_type: sql, path: {secret: feast, key: registry}}
        online_store: {type: redis, connection_string: {secret: feast, key: redis}}
      data: {root: s3://b/d}
      models: {store: s3://b/m}
      images: {train: "a/train@sha256:DIGEST", serve: "a/serve@sha256:DIGEST"}
"""


def test_a_cluster_needs_neither_credentials_nor_a_target(project: Path) -> None:
    prod = PROD.replace("DIGEST", "0" * 64)
    edit(project / "exai.yaml", "    local:", f"{prod}    local:")
    commit(project)
    edit(project / "specs/datasets.yaml", "ltg: {type: float64", "ltg: {type: float32")
    found = compared(project, environment="prod")
    assert ("Pipeline/diabetes-training", "affected", Effect.RETRAIN) in rows(found)
    # Nothing runs by itself there; the new version of the pipeline is made all the same.
    assert "run" not in {verb(each.change) for each in planned(found).changes}
    notes = {str(each.ref): each.note for each in found.documents if each.note}
    why = "no run is planned: `run.on` is empty in `prod`; a person starts it"
    assert notes == {"Pipeline/diabetes-training": why}
    notes = {str(each.ref): each.note for each in compared(project).documents if each.note}
    new = (
        "the model that answers gets the new `serum` from round 1 on, until its new version serves"
    )
    assert notes == {"Service/diabetes": new}
    edit(project / "specs/pipeline.yaml", "spec:\n  parameters:", f"spec:\n{NIGHTLY}  parameters:")
    [note] = [each.note for each in compared(project, environment="prod").documents if each.note]
    assert note.endswith("`run.on` has no `spec`; its schedule or new data starts it")
    edit(project / "specs/pipeline.yaml", NIGHTLY, NIGHTLY.partition("\n")[0] + "\n")
    [note] = [each.note for each in compared(project, environment="prod").documents if each.note]
    assert note.endswith("`run.on` has no `spec`; new data or a person starts it")
    edit(project / "specs/pipeline.yaml", "on: [data]", "on: []")
    [note] = [each.note for each in compared(project, environment="prod").documents if each.note]
    assert note.endswith("`run.on` is empty in `prod`; a person starts it")


def test_revisions_that_arent_there(repository: Path, project: Path, tmp_path: Path) -> None:
    code, words = refused(project, "no-such-branch")
    assert (code, "is no revision" in words) == ("unknown-revision", True)
    for name in ("", "--output=x", "HEAD:ml", "a\nb", "x" * 5000):
        assert refused(project, name)[0] == "unknown-revision"
    commit(repository)
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", "shallow")
    code, words = refused(tmp_path / "shallow/ml/clinic", "HEAD~1")
    assert (code, "shallow" in words) == ("unknown-revision", True)
    unborn = tmp_path / "unborn"
    shutil.copytree(EXAMPLES / "iris", unborn)
    git(unborn, "init", "-q")
    assert "no commit yet" in refused(unborn, "HEAD")[1]


def test_a_revision_that_doesnt_compile_is_compared_with_as_far_as_it_is_sound(
    project: Path,
) -> None:
    edit(project / "specs/service.yaml", "  model:", "  protocol: v3\n  model:")
    edit(project / "specs/datasets.yaml", "ltg: {type: float64", "ltg: {type: text")
    commit(project)
    git(project, "checkout", "-q", "HEAD~1", "--", ".")
    edit(project / "specs/model.yaml", "owner: clinic-team", "owner: other-team")
    found = plan_against(project, "local", "main")
    assert found.exit_code == 0
    assert "have 2 errors, the first at specs/datasets.yaml:43:17 (" in warned(found)
    assert found.comparison is not None
    told = {str(each.ref): each.verb for each in found.comparison.documents}
    assert told["Service/diabetes"] == told["Dataset/blood"] == "added"
    assert told["Model/diabetes_model"] == "changed"
    assert "Dataset/measurements" not in told
    done = [(verb(each.change), subject(each.change)) for each in planned(found.comparison).changes]
    assert ("create", "InferenceService/diabetes") in done
    assert ("materialize", "FeatureView/body") not in done


def test_python_that_cant_be_read_leaves_out_who_names_it(tmp_path: Path) -> None:
    project = tmp_path / "p"
    shutil.copytree(EXAMPLES / "own-code", project)
    git(tmp_path, "init", "-q", "-b", "main")
    code = project / "specs/train.py"
    text = code.read_text()
    code.write_text(f"{text}\ndef broken(:\n")
    commit(tmp_path)
    code.write_text(text)
    found = plan_against(project, "local", "main")
    assert "; 3 documents are left out of it" in warned(found)
    assert found.comparison is not None
    done = [(verb(each.change), subject(each.change)) for each in planned(found.comparison).changes]
    assert ("create", "InferenceService/own") in done
    assert not [each for each in done if each[0] == "delete"]


def warned(found: Against) -> str:
    [problem] = [each for each in found.diagnostics if each.code == "broken-revision"]
    assert problem.severity == "warning"
    return problem.message


def test_what_is_wrong_on_both_sides_is_told_of_both(project: Path) -> None:
    edit(project / "specs/model.yaml", "task: regression", "task: guessing")
    commit(project)
    edit(project / "specs/service.yaml", "  model:", "  protocol: v3\n  model:")
    found = plan_against(project, "local", "HEAD")
    assert found.exit_code == 1
    assert "specs/model.yaml:6:9" in warned(found)
    assert warned(found).endswith("; nothing is planned, for the working tree has errors, too")
    assert found.comparison is not None and found.comparison.plan is None
    errors = [each.at.path for each in found.diagnostics if each.severity == "error"]
    assert errors == ["specs/model.yaml", "specs/service.yaml"]


def test_what_cant_be_read_now_is_not_removed(project: Path) -> None:
    edit(project / "specs/service.yaml", "  model:", "  protocol: v3\n  model:")
    found = plan_against(project, "local", "HEAD")
    assert found.comparison is not None and found.exit_code == 1
    assert found.comparison.documents == ()


def test_a_revision_whose_project_is_wrong_makes_all_new(project: Path) -> None:
    edit(project / "exai.yaml", "kind: Project", "kind: Projekt")
    commit(project)
    edit(project / "exai.yaml", "kind: Projekt", "kind: Project")
    found = plan_against(project, "local", "HEAD")
    assert warned(found).endswith("all of it is planned as new")
    assert found.comparison is not None
    # What can be read is as it was; only the Project isn't.
    [only] = found.comparison.documents
    assert (str(only.ref), only.verb) == ("Project/diabetes-platform", "changed")
    assert only.impact < Effect.BREAKING
    assert found.comparison.files == ()
    verbs = {verb(each.change) for each in planned(found.comparison).changes}
    assert verbs <= {"create", "judge", "materialize", "move", "run"}


def test_what_a_partial_clone_lacks_isnt_fetched(repository: Path, tmp_path: Path) -> None:
    git(repository, "config", "uploadpack.allowFilter", "true")
    origin = f"file://{repository}"
    git(tmp_path, "clone", "-q", "--filter=blob:none", "--no-checkout", origin, "partial")
    shutil.copytree(repository / "ml", tmp_path / "partial/ml")
    code, words = refused(tmp_path / "partial/ml/clinic", "HEAD")
    assert (code, "this clone" in words) == ("unreadable-revision", True)


def test_a_submodule_of_specs_is_said(repository: Path, project: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "more.yaml").write_text("# nothing\n")
    git(other, "init", "-q")
    commit(other)
    git(repository, "submodule", "--quiet", "add", str(other), "ml/clinic/specs/other")
    commit(repository)
    assert "`specs/other` is a submodule" in warned(plan_against(project, "local", "HEAD"))
    files = sorted(f"specs/{each.name}" for each in (project / "specs").glob("*.yaml"))
    listed = ", ".join([*files, "specs/other/"])
    edit(project / "exai.yaml", "specs: [specs/]", f"specs: [{listed}]")
    commit(project)
    words = warned(plan_against(project, "local", "HEAD"))
    assert "`specs/other` is a submodule" in words and "no file or folder" not in words


def test_links_are_followed_inside_and_refused_outside(project: Path) -> None:
    (project / "kept").mkdir()
    (project / "specs/service.yaml").rename(project / "kept/service.txt")
    (project / "specs/service.yaml").symlink_to("../kept/service.txt")
    commit(project)
    assert compared(project).documents == ()
    (project / "specs/out.yaml").symlink_to("../../../out.yaml")
    commit(project)
    (project / "specs/out.yaml").unlink()
    assert "leads out of the project" in warned(plan_against(project, "local", "HEAD"))


def test_nothing_of_the_repository_is_run(
    repository: Path, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch '{marks}'/$$\ncat\n")
    script.chmod(0o755)
    (repository / ".gitattributes").write_text("*.yaml filter=own diff=own text eol=crlf\n")
    commit(repository)
    for key in (
        "filter.own.smudge",
        "filter.own.clean",
        "filter.own.process",
        "diff.own.textconv",
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "core.alternateRefsCommand",
        "credential.helper",
        "alias.ls-tree",
    ):
        git(repository, "config", key, f"'{script}'")
    hooks = repository / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-checkout", "reference-transaction", "post-index-change"):
        shutil.copy(script, hooks / name)
    before = sorted((str(path), path.stat().st_mtime_ns) for path in repository.rglob("*"))
    # As in a hook of another repository, whose variables must not lead us there.
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", str(script))
    assert compared(project).documents == ()
    assert not any(marks.iterdir())
    assert sorted((str(path), path.stat().st_mtime_ns) for path in repository.rglob("*")) == before


def test_a_worktree_is_the_same_repository(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "-q", str(tmp_path / "tree"), "-b", "other")
    assert compared(tmp_path / "tree/ml/clinic", "main").documents == ()


def test_without_git_it_is_said(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(project))
    assert refused(project, "HEAD")[0] == "unreadable-revision"
    assert os.environ["PATH"] == str(project)


def test_the_same_comparison_is_the_same_value(project: Path) -> None:
    edit(project / "specs/datasets.yaml", "ltg: {type: float64", "ltg: {type: float32")
    first, second = (plan_against(project, "local", "HEAD") for _ in range(2))
    assert isinstance(first, Against) and first == second


def test_the_command_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(project / "specs/datasets.yaml", "ltg: {type: float64", "ltg: {type: float32")
    words = ("-C", str(project), "plan", "--against", "HEAD")
    assert main.run((*words, "--output", "markdown")) == 0
    assert capsys.readouterr().out.startswith("### exai plan, environment `local`\n")
    assert main.run((*words, "--detailed-exitcode", "-q")) == 2
    assert "because of Dataset/blood" in capsys.readouterr().out
    assert main.run(("-C", str(project), "plan", "--output", "markdown")) == 2
    assert "needs --against" in capsys.readouterr().err


def test_a_comment_says_what_it_is_to_be_read_by(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(project / "specs/service.yaml", "  model:", "  protocol: v3\n  model:")
    commit(project)
    edit(project / "specs/service.yaml", "  protocol: v3\n", "")
    words = ("-C", str(project), "plan", "--against", "HEAD", "--output", "markdown")
    assert main.run(words) == 0
    told = capsys.readouterr().out
    assert "**Warning**: the specs at HEAD " in told and "planned as new (a target may" in told
    assert told.index("**Warning**") < told.index("| document |")


def test_what_a_comment_leaves_out_is_counted() -> None:
    files = tuple(FileChange(f"{number}.py", "changed") for number in range(62))
    found = Comparison((), (), files, None)
    told = "\n".join(markdown(Against("main", "", "local", found, ())))
    assert "`59.py`" in told and "`60.py`" not in told
    assert "... and 2 more files." in told


def test_a_runtime_reaches_the_service_that_it_is_chosen_for(tmp_path: Path) -> None:
    text = (EXAMPLES / "guide" / "runtime.md").read_text().split("```yaml\n")[1].split("```")[0]
    head, own, service = text.split("---\n")
    specs = tmp_path / "specs"
    specs.mkdir()
    (tmp_path / "exai.yaml").write_text(head)
    (specs / "service.yaml").write_text(service)
    runtime = specs / "runtime.yaml"
    runtime.write_text(own)
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    edit(runtime, "acme/onnx@", "acme/onnx2@")
    found = compared(tmp_path, environment="prod")
    chain = ["Runtime/onnx-fast", "Service/faces"]
    assert [str(each.ref) for each in found.documents] == chain
    assert rows(found)[1] == ("Service/faces", "affected", Effect.REDEPLOY)
    assert [str(ref) for ref in found.documents[1].because] == chain
    runtime.unlink()
    gone = compared(tmp_path, environment="prod")
    assert rows(gone)[0][:2] == ("Runtime/onnx-fast", "removed")
    assert rows(gone)[1] == ("Service/faces", "affected", Effect.REDEPLOY)


REFERENCE = "{secret: hub, key: token}"


@pytest.mark.parametrize("sides", [(REFERENCE, "hunter2TOKEN"), ("hunter2TOKEN", REFERENCE)])
@pytest.mark.parametrize("output", ["human", "json", "markdown"])
def test_a_credential_is_not_shown(
    output: str, sides: tuple[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "exai.yaml").write_text(SHOP)
    notebook = tmp_path / "specs/lab.yaml"
    notebook.parent.mkdir()
    notebook.write_text(NOTEBOOK.format(sides[0]))
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    notebook.write_text(NOTEBOOK.format(sides[1]))
    arguments = ["plan", "--against", "HEAD", "-e", "prod", "--output", output]
    assert main.run(["-C", str(tmp_path), *arguments]) == 0
    told = "".join(capfd.readouterr())
    assert "HF_TOKEN" in told and "Notebook/lab" in told and "***" in told
    assert "hunter2" not in told


SHOP = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: shop, owner: ml}
spec:
  exai: ">=0.1,<0.2"
  specs: [specs/]
  environments:
    prod:
      target: kubeflow
      platform: latest
      namespace: ml
      serving: {mode: Standard, gatewayApi: true}
      pipelines: {mode: kubernetes}
      tracking: {uri: https://mlflow.example.com}
      data: {root: s3://acme/data}
      models: {store: s3://acme/models}
"""
NOTEBOOK = """
apiVersion: exai.dev/v1alpha1
kind: Notebook
metadata: {{name: lab, owner: ml}}
spec:
  image: ghcr.io/acme/lab@sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
  resources: {{cpu: 2, memory: 8Gi}}
  env: {{HF_TOKEN: {}}}
"""
