"""What a reviewer is told of a change: only what it reaches, and one class for it everywhere."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
from git_repository import git
from guide_pages import GUIDE, write
from reviewed_projects import (
    CLUSTER,
    DATASET,
    HEAD,
    IMAGE,
    MODEL,
    SERVICE,
    SERVING,
    STANDARD,
    THERE,
    TRAINING,
    actions,
    commit,
    compared,
    edit,
    project,
    rows,
)

from exai_runtime.comparing import plan_against
from exai_runtime.known_warnings import parted
from exai_runtime.revision_results import Against
from exai_runtime.views.human import against as human
from exai_runtime.views.human.paint import Paint
from exai_runtime.views.human.view import HumanView
from exai_runtime.views.json.envelope import envelope
from exai_runtime.views.markdown.against import lines
from exai_specs.diagnostics import Diagnostic, Span, in_order
from exai_specs.effects import Effect
from exai_specs.values import replace

LOADING = f"""
{HEAD}kind: Pipeline
metadata: {{name: loading, owner: ml}}
spec: {{steps: {{load: {{uses: load-dataset, with: {{dataset: flowers}}}}}}}}
"""
JUDGING = f"""
{HEAD}kind: Pipeline
metadata: {{name: judging, owner: ml}}
spec:
  steps:
    load: {{uses: load-dataset, with: {{dataset: flowers}}}}
    judge:
      uses: validate-dataset
      with: {{dataset: flowers, data: "${{{{ steps.load.data }}}}"}}
"""


def test_an_expectation_reruns_the_pipelines_that_hold_rows_against_it(tmp_path: Path) -> None:
    root = project(tmp_path, DATASET, LOADING, JUDGING)
    edit(root / "specs/all.yaml", ("min_value: 10", "min_value: 20"))
    found = compared(root)
    assert rows(found) == {
        "Dataset/flowers": ("changed", Effect.RETRAIN),
        "Pipeline/judging": ("affected", Effect.RETRAIN),
    }
    assert [what for how, what, _ in actions(found) if how == "run"] == ["Pipeline/judging"]


@pytest.mark.parametrize("mode", ["Standard", "Knative"])
def test_another_namespace_is_another_place(mode: str, tmp_path: Path) -> None:
    root = project(tmp_path, SERVICE, environments=CLUSTER.replace("MODE", mode))
    text = (root / "exai.yaml").read_text()
    (root / "exai.yaml").write_text(text.replace("namespace: ml", "namespace: ai", 1))
    found = compared(root, "prod")
    assert rows(found) == {
        "Project/shop": ("changed", Effect.BREAKING),
        "Service/scoring": ("affected", Effect.BREAKING),
    }
    assert list(actions(found)) == [("replace", "InferenceService/scoring", Effect.BREAKING)]
    [one] = found.breaks
    assert (one.consumer, one.why) == (
        "whoever calls Service/scoring",
        "it moves from namespace `ml` to namespace `ai`",
    )
    assert (one.at.path, [str(ref) for ref in one.because]) == (
        "exai.yaml",
        ["Project/shop", "Service/scoring"],
    )
    elsewhere = compared(root, "other")
    assert rows(elsewhere) == {"Project/shop": ("changed", Effect.METADATA)}
    assert list(actions(elsewhere)) == []
    assert elsewhere.documents[0].note == "what is of `prod` has no effect here"


@pytest.mark.parametrize("mode", ["Standard", "Knative"])
def test_another_mode_makes_services_again_and_names_their_callers(
    mode: str, tmp_path: Path
) -> None:
    root = project(tmp_path, SERVICE, environments=CLUSTER.replace("MODE", mode))
    other = {"Standard": "Knative", "Knative": "Standard"}[mode]
    edit(root / "exai.yaml", (f"mode: {mode}", f"mode: {other}"))
    found = compared(root, "prod")
    assert rows(found) == {
        "Project/shop": ("changed", Effect.BREAKING),
        "Service/scoring": ("affected", Effect.BREAKING),
    }
    assert list(actions(found)) == [("replace", "InferenceService/scoring", Effect.BREAKING)]
    [one] = found.breaks
    assert one.consumer == "whoever calls Service/scoring"
    assert (one.at.path, [str(ref) for ref in one.because]) == (
        "exai.yaml",
        ["Project/shop", "Service/scoring"],
    )
    edit(root / "exai.yaml", (f"mode: {other}", f"mode: {mode}"))
    edit(root / "specs/all.yaml", ("  replicas:", f"  mode: {other}\n  replicas:"))
    found = compared(root, "prod")
    assert rows(found) == {"Service/scoring": ("changed", Effect.BREAKING)}
    [one] = found.breaks
    assert (one.at.path, list(map(str, one.because))) == ("specs/all.yaml", ["Service/scoring"])


def test_a_search_that_moves_searches_again(tmp_path: Path) -> None:
    write(GUIDE / "tuning.md", tmp_path)
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "specs")
    edit(tmp_path / "exai.yaml", ("namespace: ml-prod", "namespace: ml-live"))
    found = compared(tmp_path, "prod")
    told = [each for each in actions(found) if each[1].startswith("Experiment/")]
    assert told and {(how, impact) for how, _, impact in told} == {("replace", Effect.RETRAIN)}
    assert {row for name, row in rows(found).items() if name.startswith("Tuning/")} == {
        ("affected", Effect.RETRAIN)
    }
    assert max(impact for _, impact in rows(found).values()) is Effect.RETRAIN


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("champion: {promote: auto}, beta: {}", "champion: {promote: manual}, beta: {}"),
        ("champion: {}, beta: {}", "champion: {}"),
    ],
)
def test_an_alias_that_stays_changes_nothing_by_itself(old: str, new: str, tmp_path: Path) -> None:
    root = tmp_path / "diabetes"
    shutil.copytree(EXAMPLES / "diabetes", root)
    file = root / "specs/model.yaml"
    edit(file, ("aliases:\n    champion: {promote: auto}", f"aliases: {{{old}}}"))
    git(root, "init", "-q", "-b", "main")
    commit(root)
    edit(file, (f"aliases: {{{old}}}", f"aliases: {{{new}}}"))
    found = compared(root)
    assert list(actions(found)) == []
    [model] = found.documents
    assert (model.ref.kind, model.verb, model.impact) == ("Model", "changed", Effect.METADATA)


GRAPH = f"""
{HEAD}kind: Graph
metadata: {{name: choosing, owner: ml}}
spec: {{nodes: {{root: {{routerType: Sequence, steps: [{{service: scoring}}]}}}}}}
"""


def test_callers_of_what_is_removed_or_stopped_are_named(tmp_path: Path) -> None:
    root = project(tmp_path, SERVICE, GRAPH, environments=STANDARD)
    (root / "specs/all.yaml").write_text(SERVICE)
    found = compared(root, "prod")
    assert [(each.consumer, each.why) for each in found.breaks] == [
        ("whoever calls Graph/choosing", "the graph is removed")
    ]
    assert rows(found) == {"Graph/choosing": ("removed", Effect.BREAKING)}
    git(root, "checkout", "-q", "-f")
    edit(root / "specs/all.yaml", ("  replicas:", "  stopped: true\n  replicas:"))
    found = compared(root, "prod")
    one, graph = found.breaks
    assert (one.consumer, one.at.line) == ("whoever calls Service/scoring", 7)
    assert graph.consumer == "whoever calls Graph/choosing"
    assert graph.why == "it calls Service/scoring: it is stopped, and answers nobody"
    text = (root / graph.at.path).read_text().splitlines()[graph.at.line - 1]
    assert text[graph.at.column - 1 :].startswith("scoring")
    assert [str(ref) for ref in graph.because] == ["Service/scoring", "Graph/choosing"]
    assert rows(found) == {
        "Graph/choosing": ("affected", Effect.BREAKING),
        "Service/scoring": ("changed", Effect.BREAKING),
    }
    assert list(actions(found)) == [("update", "InferenceService/scoring", Effect.BREAKING)]
    # A graph that has stopped calling it, in the same change, loses nobody.
    edit(root / "specs/all.yaml", ("[{service: scoring}]", "[{url: http://a.b/c}]"))
    assert "Graph/choosing" not in {str(each.ref) for each in compared(root, "prod").breaks}


@pytest.mark.usefixtures("each_way")
def test_a_comment_has_the_warnings_that_are_new(tmp_path: Path) -> None:
    root = project(tmp_path, SERVICE, GRAPH, environments=STANDARD)
    edit(root / "specs/all.yaml", ("  replicas:", "  stopped: true\n  replicas:"))
    found = plan_against(root, "prod", "HEAD")
    assert [each.code for each in found.news] == ["stopped-service"]
    told = "\n".join(lines(found))
    assert "**1 new warning**" in told and "(`stopped-service`)" in told
    commit(root)
    edit(root / "specs/all.yaml", ("name: choosing, owner: ml", "name: choosing, owner: me"))
    found = plan_against(root, "prod", "HEAD")
    assert "stopped-service" in [each.code for each in found.diagnostics]
    assert found.news == () and "new warning" not in "\n".join(lines(found))


def test_text_and_json_have_the_warnings_that_are_new(tmp_path: Path) -> None:
    root = project(tmp_path, SERVICE, GRAPH, environments=STANDARD)
    edit(root / "specs/all.yaml", ("  replicas:", "  stopped: true\n  replicas:"))
    found = plan_against(root, "prod", "HEAD")
    text = list(human.lines(found, Paint(False)))
    at = text.index("New warnings") + 1
    assert text[at].startswith("  specs/all.yaml:") and text[at].endswith("(stopped-service)")
    assert text[at + 1] == ""
    told = envelope("plan", found, found.exit_code)
    assert [each["code"] for each in told["result"]["newWarnings"]] == ["stopped-service"]
    assert len(told["diagnostics"]) > 1
    commit(root)
    found = plan_against(root, "prod", "HEAD")
    assert "New warnings" not in list(human.lines(found, Paint(False)))
    told = envelope("plan", found, 0)
    assert told["result"]["newWarnings"] == []
    assert told["result"]["knownWarnings"] == [
        each for each in told["diagnostics"] if each["severity"] == "warning"
    ]


def on_stderr(found: Against, quiet: bool = False) -> list[str]:
    out, err = io.StringIO(), io.StringIO()
    HumanView("plan", quiet=quiet, out=out, err=err).show(found, 0)
    return err.getvalue().splitlines()


@pytest.mark.usefixtures("each_way")
def test_what_was_warned_of_before_is_counted(tmp_path: Path) -> None:
    stopped = SERVICE.replace("  replicas:", "  stopped: true\n  replicas:")
    root = project(tmp_path, stopped, GRAPH, environments=STANDARD)
    edit(root / "specs/all.yaml", ("name: choosing, owner: ml", "name: choosing, owner: me"))
    found = plan_against(root, "prod", "HEAD")
    assert found.news == () and "stopped-service" in {each.code for each in found.known}
    number = len(found.known)
    [told] = [each for each in on_stderr(found) if "warning" in each]
    assert told.startswith(f"{number} old warning")
    assert "HEAD has " in told and "`exai validate` shows " in told
    assert on_stderr(found, quiet=True) == []
    # A second graph is warned of by itself, in full; the first one stays counted.
    other = GRAPH.replace("name: choosing", "name: picking")
    (root / "specs/all.yaml").write_text("---".join((stopped, other, GRAPH)))
    found = plan_against(root, "prod", "HEAD")
    [new] = [each for each in found.news if each.code == "stopped-service"]
    told = on_stderr(found)
    assert any(each.startswith("warning[stopped-service]") for each in told)
    assert any(f"{new.at.path}:{new.at.line}:" in each for each in told)
    assert told[-1].startswith(f"{number} old warning")


@pytest.mark.usefixtures("each_way")
def test_warnings_are_in_the_order_of_their_places(tmp_path: Path) -> None:
    stopped = SERVICE.replace("  replicas:", "  stopped: true\n  replicas:")
    root = project(tmp_path, stopped, GRAPH, environments=STANDARD)
    apart = (each.replace("scoring", "guessing") for each in (stopped, GRAPH))
    # Its file stands first, and is no part of what changed.
    (root / "specs/a.yaml").write_text("---".join(apart).replace("choosing", "picking"))
    commit(root)
    edit(root / "specs/all.yaml", ("name: choosing, owner: ml", "name: choosing, owner: me"))
    known = plan_against(root, "prod", "HEAD").known
    assert {each.at.path for each in known} >= {"specs/a.yaml", "specs/all.yaml"}
    assert known == in_order(known)


def test_a_warning_that_is_said_once_more_is_new() -> None:
    def warned(*lines: int, path: str = "a.yaml") -> list[Diagnostic]:
        return [Diagnostic("c", "the same", Span(path, line), "warning") for line in lines]

    news, known = parted(warned(1, 5, 9), warned(5, 9))
    assert (news, known) == (tuple(warned(1)), tuple(warned(5, 9)))
    assert parted(warned(7, path="b.yaml"), warned(1)) == ((), tuple(warned(7, path="b.yaml")))
    both = [*warned(3), *warned(3, path="b.yaml")]  # the one in its own file is the one that moved
    assert parted(both, warned(1, path="b.yaml")) == (tuple(warned(3)), tuple(both[1:]))
    assert parted([replace(both[0], severity="error")], ()) == ((), ())


def test_an_apply_has_nothing_to_do_only_until_what_waits_is_there(tmp_path: Path) -> None:
    root = project(tmp_path, DATASET, TRAINING, MODEL, SERVING)
    edit(root / "specs/all.yaml", ("kinds@champion", "kinds@challenger"))
    found = plan_against(root, "local", "HEAD")
    text = list(human.lines(found, Paint(False)))
    assert text[-1].startswith("Nothing for an apply to do until what waits is there: ")
    comment = list(lines(found))
    assert comment[-1] == text[-1]
    assert "**Waiting** (nothing in this plan brings it about)" in comment
    assert "- `Model/kinds`: which version `challenger` is, only the registry says" in comment
    edit(root / "specs/all.yaml", ("kinds@challenger", "kinds@champion"), ("owner: ml", "owner: a"))
    text = list(human.lines(plan_against(root, "local", "HEAD"), Paint(False)))
    assert text[-1].startswith("Nothing for an apply to do: ")


def test_callers_from_outside_the_cluster_are_named(tmp_path: Path) -> None:
    root = project(tmp_path, SERVICE, GRAPH, environments=STANDARD)
    edit(root / "specs/all.yaml", ("  replicas:", "  visibility: cluster\n  replicas:"))
    found = compared(root, "prod")
    [one] = found.breaks
    assert one.consumer == "whoever calls Service/scoring from outside the cluster"
    assert (one.why, one.at.line) == ("only the cluster may ask it now", 7)
    assert rows(found) == {"Service/scoring": ("changed", Effect.BREAKING)}
    assert list(actions(found)) == [("update", "InferenceService/scoring", Effect.BREAKING)]
    commit(root)
    edit(root / "specs/all.yaml", ("  visibility: cluster\n", ""))
    assert compared(root, "prod").breaks == ()  # whoever asked it then may ask it still


def test_callers_of_a_model_of_another_name_are_named(tmp_path: Path) -> None:
    write(GUIDE / "llm-service.md", tmp_path)
    git(tmp_path, "init", "-q", "-b", "main")
    commit(tmp_path)
    edit(tmp_path / "exai.yaml", ("    name: qwen ", "    name: qwen-3 "))
    found = compared(tmp_path, "prod")
    [one] = found.breaks
    assert one.why == "a request has to name the model `qwen-3` now, which was `qwen`"
    assert rows(found) == {"LLMService/chat": ("changed", Effect.BREAKING)}


STARTED = f"""
{HEAD}kind: Pipeline
metadata: {{name: greeting, owner: ml}}
spec:
  schedules: {{nightly: {{cron: "0 3 * * *"}}}}
  steps: {{greet: {{image: "{IMAGE}", command: [echo, hello]}}}}
"""


def test_the_version_of_a_pipeline_moves_with_it(tmp_path: Path) -> None:
    kubernetes = f"{{prod: {{{THERE}, pipelines: {{mode: kubernetes}}}}}}"
    root = project(tmp_path, STARTED, environments=kubernetes)
    edit(root / "exai.yaml", ("namespace: ml", "namespace: ai"))
    moved = [(how, what.partition("/")[0]) for how, what, _ in actions(compared(root, "prod"))]
    kinds = ["ConfigMap", "Pipeline", "PipelineVersion", "RecurringRun"]
    assert sorted(moved) == [("replace", kind) for kind in kinds]


def test_another_target_makes_all_anew_and_says_what_stays(tmp_path: Path) -> None:
    environments = "{prod: {target: local}}"
    root = project(tmp_path, DATASET, LOADING, environments=environments)
    edit(root / "exai.yaml", ("{target: local}", f"{{{THERE}}}"))
    found = compared(root, "prod")
    assert {how for how, _, _ in actions(found)} == {"create"}
    assert rows(found)["Project/shop"] == ("changed", Effect.BREAKING)
    [note] = [each.note for each in found.documents if each.ref.kind == "Project"]
    assert "what the old one has stays" in note


# Knative keeps how a revision scales in the revision.
@pytest.mark.parametrize(
    ("mode", "effect"), [("Standard", Effect.RENDER), ("Knative", Effect.REDEPLOY)]
)
def test_how_many_replicas_run_is_one_class(mode: str, effect: Effect, tmp_path: Path) -> None:
    root = project(tmp_path, SERVICE, environments=CLUSTER.replace("MODE", mode))
    edit(root / "specs/all.yaml", ("max: 3", "max: 4"))
    found = compared(root, "prod")
    assert rows(found) == {"Service/scoring": ("changed", effect)}
    assert [field.effect for field in found.documents[0].fields] == [effect]
    assert list(actions(found)) == [("update", "InferenceService/scoring", effect)]


EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLES / "diabetes", tmp_path / "clinic")
    git(tmp_path, "init", "-q", "-b", "main")
    commit(tmp_path)
    return tmp_path / "clinic"


def test_what_follows_a_renamed_pipeline_is_listed(clinic: Path) -> None:
    edit(clinic / "specs/pipeline.yaml", ("diabetes-training", "diabetes-fit"))
    found = compared(clinic)
    assert rows(found) == {
        "Model/diabetes_model": ("affected", Effect.RETRAIN),
        "Pipeline/diabetes-fit": ("added", Effect.RETRAIN),
        "Pipeline/diabetes-training": ("removed", Effect.RENDER),
        "Service/diabetes": ("affected", Effect.RETRAIN),
    }
    assert [str(ref) for ref in found.documents[-1].because] == [
        "Pipeline/diabetes-fit",
        "Model/diabetes_model",
        "Service/diabetes",
    ]


def test_a_gate_is_judged_again_and_no_more(clinic: Path) -> None:
    edit(clinic / "specs/model.yaml", ("min: 0.3", "min: 0.4"))
    found = compared(clinic)
    assert rows(found) == {"Model/diabetes_model": ("changed", Effect.RENDER)}
    assert list(actions(found)) == [("judge", "Model/diabetes_model", Effect.RENDER)]


def test_words_in_the_repository_of_features_materialize_nothing(clinic: Path) -> None:
    edit(clinic / "specs/datasets.yaml", ("Blood sugar", "Sugar of the blood"))
    found = compared(clinic)
    assert {effect for _, effect in rows(found).values()} == {Effect.METADATA}
    assert [effect for _, _, effect in actions(found)] == [Effect.METADATA]


def test_what_is_removed_has_the_class_of_its_own_objects(tmp_path: Path) -> None:
    root = project(tmp_path, DATASET, LOADING, MODEL, SERVING, TRAINING)
    (root / "specs/all.yaml").write_text("---".join((DATASET, LOADING)))
    found = compared(root)
    assert rows(found) == {
        "Model/kinds": ("removed", Effect.METADATA),
        "Pipeline/training": ("removed", Effect.RENDER),
        "Service/serving": ("removed", Effect.BREAKING),
    }
    assert [each.consumer for each in found.breaks] == ["whoever calls Service/serving"]
    assert found.documents[0].note == "its versions and aliases stay in the registry"


def test_who_does_without_what_is_removed_has_a_class_of_its_own(tmp_path: Path) -> None:
    root = project(tmp_path, DATASET, DATASET.replace("flowers", "roses"), JUDGING, LOADING)
    again = JUDGING.replace("flowers", "roses")
    (root / "specs/all.yaml").write_text("---".join((DATASET.replace("flowers", "roses"), again)))
    found = rows(compared(root))
    assert found == {
        "Dataset/flowers": ("removed", Effect.METADATA),
        "Pipeline/judging": ("changed", Effect.RETRAIN),
        "Pipeline/loading": ("removed", Effect.RENDER),
    }
