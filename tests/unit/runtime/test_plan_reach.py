"""Whom a change reaches by way of what several share, of a file, or of what is lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from git_repository import git
from guide_pages import GUIDE, write
from reviewed_projects import (
    CLAIM,
    DATASET,
    HEAD,
    MODEL,
    SERVING,
    STANDARD,
    TALKING,
    TRAINING,
    actions,
    commit,
    compared,
    edit,
    project,
    remove,
    rows,
)

from exai_runtime.comparing import plan_against
from exai_runtime.views.human import against as human
from exai_runtime.views.human.paint import Paint
from exai_runtime.views.markdown.against import lines
from exai_specs.effects import Effect

EXAMPLES = Path(__file__).parents[3] / "examples"


def guide(page: str, root: Path) -> Path:
    """The project of a page of the guide, committed."""
    write(GUIDE / f"{page}.md", root)
    git(root, "init", "-q", "-b", "main")
    commit(root)
    return root


def test_all_services_of_one_runtime_are_rolled_out_with_it(tmp_path: Path) -> None:
    other = SERVING.replace("serving", "another")
    root = project(tmp_path, DATASET, TRAINING, MODEL, SERVING, other, environments=STANDARD)
    before, _, after = (root / "exai.yaml").read_text().partition("serve: 'example.com/exai@sha2")
    (root / "exai.yaml").write_text(f"{before}serve: 'example.com/exbi@sha2{after}")
    found = compared(root, "prod")
    assert rows(found) == {
        "Project/shop": ("changed", Effect.REDEPLOY),
        "Service/another": ("affected", Effect.REDEPLOY),
        "Service/serving": ("affected", Effect.REDEPLOY),
    }
    assert [str(ref) for each in found.documents[1:] for ref in each.because] == [
        "Project/shop",
        "Service/another",
        "Project/shop",
        "Service/serving",
    ]


def test_a_pipeline_whose_file_means_the_same_is_listed_with_it(tmp_path: Path) -> None:
    root = guide("own-component", tmp_path)
    edit(root / "clean/component.yaml", ("'0.5'", "'0.6'"))
    found = compared(root, "prod")
    assert [how for how, _, _ in actions(found)] == ["create"]
    [told] = found.documents
    assert (str(told.ref), told.verb, told.impact) == (
        "Pipeline/cleaning",
        "affected",
        Effect.RENDER,
    )
    assert [str(ref) for ref in told.because] == ["File/clean/component.yaml", "Pipeline/cleaning"]


def test_who_uses_files_that_are_lost_is_told(tmp_path: Path) -> None:
    root = project(
        tmp_path, CLAIM, SERVING.replace("kinds@champion", MODEL_FILES), environments=STANDARD
    )
    edit(root / "specs/all.yaml", ("ReadWriteOnce", "ReadWriteMany"))
    [broken] = compared(root, "prod").breaks
    assert (broken.consumer, broken.why, broken.at.line, broken.is_gone) == (
        "whoever uses PersistentVolumeClaim/photos",
        "it is made again, and the files in it are lost with it",
        4,
        False,
    )
    remove(root)
    found = compared(root, "prod")
    [broken] = found.breaks
    assert (broken.why, broken.at.line, broken.is_gone) == (
        "it is deleted, and the files in it are lost with it",
        4,
        True,
    )
    assert rows(found) == {"Manifest/photos": ("removed", Effect.BREAKING)}


def test_who_mounts_files_that_are_lost_is_named(tmp_path: Path) -> None:
    mounting = SERVING.replace("model: kinds@champion", MOUNTING)
    root = project(tmp_path, CLAIM, mounting, environments=STANDARD)
    edit(root / "specs/all.yaml", ("ReadWriteOnce", "ReadWriteMany"))
    [broken] = compared(root, "prod").breaks
    assert (broken.consumer, broken.why) == (
        "Service/serving",
        "it mounts PersistentVolumeClaim/photos, which is made again, and the files in it are lost "
        "with it",
    )
    assert [str(ref) for ref in broken.because] == ["Manifest/photos", "Service/serving"]
    assert str(broken.at) == "specs/all.yaml:13:18"
    assert rows(compared(root, "prod")) == {
        "Manifest/photos": ("changed", Effect.BREAKING),
        "Service/serving": ("affected", Effect.BREAKING),
    }


def manifest(name: str, api: str, kind: str, spec: str) -> str:
    head = f"{HEAD}kind: Manifest\nmetadata: {{name: {name}, owner: ml}}\n"
    return f"\n{head}spec: {{manifest: {{apiVersion: {api}, kind: {kind}, spec: {spec}}}}}\n"


@pytest.mark.parametrize("changed", ["ReadWriteMany", "storage: 1Mi"])
def test_another_kind_that_is_called_like_a_claim_holds_no_files(
    changed: str, tmp_path: Path
) -> None:
    """It may change in place for all that is known, and who mounts a claim of its name has another
    one."""
    other = manifest(
        "photos",
        "stores.example.com/v1",
        "PersistentVolumeClaim",
        "{accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}",
    )
    mounting = SERVING.replace("model: kinds@champion", MOUNTING)
    root = project(tmp_path, other, mounting, environments=STANDARD)
    old = "storage: 1Gi" if "storage" in changed else "ReadWriteOnce"
    edit(root / "specs/all.yaml", (old, changed))
    found = compared(root, "prod")
    assert [how for how, _, _ in actions(found)] == ["update"]
    assert found.breaks == ()
    remove(root)
    found = compared(root, "prod")
    assert found.breaks == ()
    assert rows(found) == {"Manifest/photos": ("removed", Effect.RENDER)}


def test_what_is_made_again_and_only_runs_again_breaks_nobody(tmp_path: Path) -> None:
    trained = manifest(
        "tune", "trainer.kubeflow.org/v1alpha1", "TrainJob", "{runtimeRef: {name: torch}}"
    )
    kept = manifest(
        "kept",
        "serving.kserve.io/v1alpha1",
        "LocalModelCache",
        '{sourceModelUri: "s3://b/m", modelSize: 1Gi, nodeGroups: [gpu]}',
    )
    root = project(tmp_path, trained, kept, environments=STANDARD)
    edit(root / "specs/all.yaml", ("name: torch", "name: jax"))
    found = compared(root, "prod")
    assert rows(found) == {"Manifest/tune": ("changed", Effect.RETRAIN)} and found.breaks == ()
    assert [how for how, _, _ in actions(found)] == ["replace"]
    edit(root / "specs/all.yaml", ("name: jax", "name: torch"), ("s3://b/m", "s3://b/n"))
    found = compared(root, "prod")
    [broken] = found.breaks
    assert (broken.consumer, broken.why) == (
        "whoever uses LocalModelCache/kept",
        "it is made again: spec.sourceModelUri can't change in place",
    )
    assert (str(broken.ref), broken.because) == ("Manifest/kept", (broken.ref,))
    assert rows(found) == {"Manifest/kept": ("changed", Effect.BREAKING)}


def test_a_claim_that_moves_with_its_environment_is_lost_because_of_that(tmp_path: Path) -> None:
    image = f"jupyter/base@sha256:{'0' * 64}"
    notebook = f"""
{HEAD}kind: Notebook
metadata: {{name: look, owner: ml}}
spec:
  image: "{image}"
  resources: {{cpu: 1, memory: 1Gi}}
  volumes: {{/photos: {{pvc: photos}}}}
"""
    root = project(tmp_path, CLAIM, notebook, environments=STANDARD)
    edit(root / "exai.yaml", ("namespace: ml", "namespace: mm"))
    found = compared(root, "prod")
    assert [(each.consumer, [str(ref) for ref in each.because]) for each in found.breaks] == [
        ("whoever uses PersistentVolumeClaim/look-workspace", ["Project/shop", "Notebook/look"]),
        ("Notebook/look", ["Project/shop", "Manifest/photos", "Notebook/look"]),
    ]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (("specs/rules/a.py", "specs/rules/b.py"), "File/specs/rules/a.py"),
        (("specs/rules-old/a.py", "specs/rules/b.py"), "File/specs/rules/b.py"),
        (("specs/own.py", "specs/rules/b.py"), "File/specs/own.py"),
    ],
)
def test_the_first_file_of_those_that_a_step_names_is_to_blame(
    changed: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    """A folder's among others that begin as it does."""
    both = ("own", "rules", "other", "rules-old")
    pipelines = [
        f"""
{HEAD}kind: Pipeline
metadata: {{name: {name}, owner: ml}}
spec: {{steps: {{one: {{python: "{name}.py:f", embed: {folder}}}}}}}
"""
        for name, folder in (both[:2], both[2:])
    ]
    for name, folder in (both[:2], both[2:]):
        (tmp_path / "specs" / folder).mkdir(parents=True)
        (tmp_path / f"specs/{name}.py").write_text("def f() -> None: ...\n")
        for file in ("a.py", "b.py"):
            (tmp_path / "specs" / folder / file).write_text("A = 1\n")
    root = project(tmp_path, *pipelines)
    for path in changed:
        with (root / path).open("a") as file_:
            file_.write("B = 2\n")
    found = {str(each.ref): [str(ref) for ref in each.because] for each in compared(root).documents}
    assert found["Pipeline/own"] == [told, "Pipeline/own"]


MOUNTING = 'model: {uri: "s3://b/m", format: sklearn}, volumes: {/photos: {pvc: photos}}'
MODEL_FILES = '{uri: "s3://b/m", format: sklearn}'


def test_an_adapter_that_is_gone_breaks_who_names_it(tmp_path: Path) -> None:
    place = STANDARD.replace("target: kubeflow,", "target: kubeflow, platform: latest,")
    root = project(tmp_path, TALKING, environments=place)
    edit(root / "specs/all.yaml", ("{sql: ", "{sequel: "))
    [broken] = compared(root, "prod").breaks
    assert (broken.consumer, broken.why) == (
        "whoever calls LLMService/chat",
        "a request can no longer name the adapter `sql`",
    )
    edit(root / "specs/all.yaml", ("{sequel: ", "{sql: "), ("hf://a/sql", "hf://a/sql2"))
    assert compared(root, "prod").breaks == ()


def test_what_one_machine_has_not_means_nothing_on_it(tmp_path: Path) -> None:
    root = project(tmp_path, DATASET, TRAINING, MODEL, SERVING)
    canary = "kinds@champion, canary: {model: kinds@3, traffic: 10%}"
    edit(root / "specs/all.yaml", ("kinds@champion", canary))
    found = compared(root)
    assert rows(found) == {"Service/serving": ("changed", Effect.METADATA)}
    assert list(actions(found)) == []


def test_what_a_raised_generation_trains_is_of_one_class(tmp_path: Path) -> None:
    root = project(tmp_path, DATASET, TRAINING, MODEL, SERVING)
    edit(root / "specs/all.yaml", ("{on: [spec]}", "{on: [spec], generation: 2}"))
    assert rows(compared(root)) == {
        "Model/kinds": ("affected", Effect.RETRAIN),
        "Pipeline/training": ("changed", Effect.RETRAIN),
        "Service/serving": ("affected", Effect.RETRAIN),
    }


@pytest.mark.parametrize(
    ("on", "starts"),
    [
        ("[]", "a person"),
        ("[data]", "new data or a person"),
        ("[spec, data]", "another meaning of the specs or new data or a person"),
    ],
)
def test_what_starts_a_run_from_now_on_is_said(on: str, starts: str, tmp_path: Path) -> None:
    root = project(tmp_path, DATASET, TRAINING, MODEL, SERVING)
    edit(root / "specs/all.yaml", ("{on: [spec]}", f"{{on: {on}}}"))
    [told] = compared(root).documents
    assert (told.impact, told.note) == (Effect.RENDER, f"from now on {starts} starts a run")


def test_a_container_step_of_another_image_means_something_else(tmp_path: Path) -> None:
    root = guide("own-component", tmp_path)
    edit(root / "exai.yaml", ("fetch@sha256:00", "fetch@sha256:10"))
    [told] = compared(root, "prod").documents
    assert (str(told.ref), told.impact) == ("Pipeline/cleaning", Effect.RETRAIN)
    assert told.note.startswith("no run is planned: ")


def test_files_in_place_of_a_model_say_nothing_of_a_task(tmp_path: Path) -> None:
    root = project(tmp_path, DATASET, TRAINING, MODEL, SERVING)
    edit(root / "specs/all.yaml", ("kinds@champion", '{uri: "file:///m", format: h2o-mojo}'))
    found = plan_against(root, "local", "HEAD")
    assert found.comparison is not None and found.comparison.breaks == ()
    told = [each.strip() for each in human.lines(found, Paint(False))]
    assert 'spec.predictor.model.storageUri: (not known here) -> "file:///m"' in told


def test_what_waits_alike_is_one_line(tmp_path: Path) -> None:
    root = project(tmp_path, DATASET, TRAINING, MODEL, SERVING)
    edit(root / "specs/all.yaml", ("algorithm: gbm", "algorithm: drf"))
    found = plan_against(root, "local", "HEAD")
    digest = 'metadata.annotations["exai.dev/model-digest"]'
    [text] = [each for each in human.lines(found, Paint(False)) if digest in each]
    waits = "wait for Model/kinds: a run has to register a new version first"
    assert text.endswith(f" and spec.predictor.model.storageUri {waits}")
    [row] = [each for each in lines(found) if digest in each]
    told = " and `spec.predictor.model.storageUri` wait for `Model/kinds`: a run has to register "
    assert row.endswith(f"{told}a new version first") and f"`{digest}`" in row


def test_the_one_document_that_changed_is_to_blame(tmp_path: Path) -> None:
    root = tmp_path / "clinic"
    shutil.copytree(EXAMPLES / "diabetes", root)
    git(root, "init", "-q", "-b", "main")
    commit(root)
    edit(root / "specs/features.yaml", ("features: [age, bmi, bp]", "features: [age, bmi]"))
    found = plan_against(root, "local", "HEAD").comparison
    assert found is not None
    [broken] = found.breaks
    assert broken.code == "unknown-column"
    assert [str(ref) for ref in broken.because] == [
        "FeatureView/body",
        "Pipeline/diabetes-training",
    ]


def test_a_comment_says_why(tmp_path: Path) -> None:
    root = project(tmp_path, CLAIM, DATASET, TRAINING, MODEL, SERVING, environments=STANDARD)
    remove(root)
    edit(root / "specs/all.yaml", ("algorithm: gbm", "algorithm: drf"))
    comment = list(lines(plan_against(root, "prod", "HEAD")))
    at = comment.index("- run `Pipeline/training`, retrain")
    assert comment[at + 1] == "  - the specs changed in meaning"
    at = comment.index("- delete `PersistentVolumeClaim/photos`, **breaking**")
    gone = "Manifest/photos no longer asks for it; the files in it are lost with it"
    assert comment[at + 1] == f"  - {gone}"


ROUTED = "  router: {route: {}, gateway: {}}\n"


def test_a_route_that_is_gone_breaks_who_takes_it(tmp_path: Path) -> None:
    place = STANDARD.replace("target: kubeflow,", "target: kubeflow, platform: latest,")
    place = place.replace("mode: Standard", "mode: Standard, gatewayApi: true")
    routed = TALKING.replace("spec:\n", f"spec:\n{ROUTED}")
    root = project(tmp_path, routed, environments=place)
    edit(root / "specs/all.yaml", (ROUTED, ""))
    found = compared(root, "prod")
    [broken] = found.breaks
    assert (broken.consumer, broken.why) == (
        "whoever calls LLMService/chat by its route",
        "it has no route any more",
    )
    assert rows(found) == {"LLMService/chat": ("changed", Effect.BREAKING)}


def test_what_cant_be_read_breaks_no_document_beside_it(tmp_path: Path) -> None:
    root = project(tmp_path, DATASET, TRAINING, MODEL, SERVING)
    edit(
        root / "specs/all.yaml", ("{model: kinds@champion}", "{model: kinds@champion, stop: true}")
    )
    found = plan_against(root, "local", "HEAD")
    assert [each.code for each in found.diagnostics if each.severity == "error"] == [
        "unknown-field"
    ]
    assert found.comparison is not None
    assert (found.comparison.breaks, found.comparison.documents) == ((), ())


def test_a_port_of_this_machine_means_nothing_on_a_cluster(tmp_path: Path) -> None:
    there = f"{STANDARD[:-1]}, here: {{target: local}}}}"
    with_port = SERVING.replace("kinds@champion}", "kinds@champion, local: {port: 8081}}")
    root = project(tmp_path, DATASET, TRAINING, MODEL, with_port, environments=there)
    edit(root / "specs/all.yaml", ("port: 8081", "port: 8082"))
    assert rows(compared(root, "prod")) == {"Service/serving": ("changed", Effect.METADATA)}
    assert rows(compared(root, "here")) == {"Service/serving": ("changed", Effect.REDEPLOY)}


def test_what_comes_back_to_its_cause_shows_each_once(tmp_path: Path) -> None:
    gated = MODEL.replace("aliases:", "gates: {accuracy: {min: 0.5}}\n  aliases:")
    root = project(tmp_path, DATASET, TRAINING, gated, SERVING)
    edit(root / "specs/all.yaml", ("{min: 0.5}", "{noWorseThan: champion}"))
    found = compared(root)  # the champion is what the pipeline's own step is told to meet
    chains = {str(each.ref): list(map(str, each.because)) for each in found.documents}
    assert chains == {
        "Model/kinds": ["Model/kinds"],
        "Pipeline/training": ["Model/kinds", "Pipeline/training"],
        "Service/serving": ["Model/kinds", "Pipeline/training", "Service/serving"],
    }
    assert found.plan is not None
    assert all(len({*each.because}) == len(each.because) for each in found.plan.changes)


PROFIT = """from typing import NamedTuple

from kfp.dsl import Dataset, Input


def profit(rows: Input[Dataset], share: float) -> NamedTuple("Out", [("profit", float)]):
    return (share,)
"""
SEARCH = f"""
{HEAD}kind: Tuning
metadata: {{name: search, owner: ml}}
spec:
  objective: {{metric: profit, type: maximize}}
  algorithm: {{name: random}}
  parameters: {{share: {{type: double, min: 0.1, max: 0.5}}}}
  trial:
    python: profit.py:profit
    with: {{rows: flowers, share: "${{{{ trial.share }}}}"}}
"""


@pytest.mark.usefixtures("each_way")
@pytest.mark.parametrize("place", ["local", "prod"])
def test_a_search_whose_code_is_another_names_the_file(place: str, tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    file = tmp_path / "specs/profit.py"
    file.write_text(PROFIT)
    both = "{local: {target: local}, " + STANDARD[1:]
    root = project(tmp_path, DATASET, SEARCH, environments=both)
    edit(file, ("(share,)", "(share * 2,)"))
    blamed = ["File/specs/profit.py", "Tuning/search"]
    found = compared(root, place)
    assert rows(found) == {"Tuning/search": ("affected", Effect.RETRAIN)}
    assert found.plan is not None
    [search] = found.plan.changes
    assert (search.impact, [*map(str, search.because)]) == (Effect.RETRAIN, blamed)
    assert [list(map(str, each.because)) for each in found.documents] == [blamed]
    # What else its document says is not to blame, nor does it hide that.
    edit(root / "specs/all.yaml", ("name: search, owner: ml", "name: search, owner: me"))
    found = compared(root, place)
    assert rows(found) == {"Tuning/search": ("changed", Effect.RETRAIN)}
    assert found.plan is not None
    [search] = found.plan.changes
    assert (search.impact, [*map(str, search.because)]) == (Effect.RETRAIN, blamed)
    # A file that moves is the same code, and a trial that is asked otherwise needs no file.
    git(root, "checkout", "-q", "-f")
    file.rename(root / "specs/gain.py")
    edit(root / "specs/all.yaml", ("profit.py:profit", "gain.py:profit"))
    assert [str(each.because[0]) for each in compared(root, place).documents] == ["Tuning/search"]
    assert list(actions(compared(root, place))) == []


ESTIMATING = f"""
{HEAD}kind: Tuning
metadata: {{name: search, owner: ml}}
spec:
  objective: {{metric: logloss, type: minimize}}
  algorithm: {{name: random}}
  parameters: {{depth: {{type: integer, min: 2, max: 5}}}}
  trial:
    uses: train-h2o
    with:
      data: flowers
      algorithm: gbm
      target: kind
      features: [width]
      parameters: {{max_depth: "${{{{ trial.depth }}}}", nfolds: 3}}
"""


@pytest.mark.usefixtures("each_way")
@pytest.mark.parametrize("place", ["local", "prod"])
@pytest.mark.parametrize("search", [SEARCH, ESTIMATING], ids=["function", "component"])
def test_what_must_hold_for_the_rows_searches_nothing_anew(
    search: str, place: str, tmp_path: Path
) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs/profit.py").write_text(PROFIT)
    both = "{local: {target: local}, " + STANDARD[1:]
    root = project(tmp_path, DATASET, search, environments=both)
    edit(root / "specs/all.yaml", ("min_value: 10", "min_value: 11"))
    found = compared(root, place)
    assert list(actions(found)) == []
    assert rows(found) == {"Dataset/flowers": ("changed", Effect.RENDER)}
    edit(root / "specs/all.yaml", ("width: float64", "width: float32"))
    found = compared(root, place)
    assert rows(found)["Dataset/flowers"] == ("changed", Effect.RETRAIN)
    assert "create" in {how for how, _, _ in actions(found)}


def test_a_comment_in_a_step_or_a_search_runs_nothing(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    fit = "def fit(rows: int) -> int:\n    return rows\n"
    step = "    fit: {python: fit.py:fit, with: {rows: 2}}\n"
    training = TRAINING.replace("  steps:\n", f"  steps:\n{step}")
    (tmp_path / "specs/fit.py").write_text(fit)
    (tmp_path / "specs/profit.py").write_text(PROFIT)
    root = project(tmp_path, DATASET, training, MODEL, SERVING, SEARCH)
    said = '    """Fits."""\n    # as ever\n    return '
    edit(root / "specs/fit.py", ("    return ", said))
    edit(root / "specs/profit.py", ("    return ", said))
    found = compared(root)
    assert rows(found) == {"Pipeline/training": ("affected", Effect.RENDER)}
    assert [str(ref) for ref in found.documents[0].because] == [
        "File/specs/fit.py",
        "Pipeline/training",
    ]
    [(how, what, _)] = actions(found)  # the new text is what the next run has
    assert (how, what[:24]) == ("create", "PipelineVersion/training")
    edit(root / "specs/fit.py", ("return rows", "return rows + 1"))
    found = compared(root)
    assert rows(found)["Pipeline/training"] == ("affected", Effect.RETRAIN)
    assert ("run", "Pipeline/training", Effect.RETRAIN) in actions(found)


@pytest.mark.parametrize(
    ("file", "pair", "to_blame"),
    [
        ("exai.yaml", ("sha256:0000", "sha256:1111"), "Project/shop"),
        ("specs/all.yaml", ("  trial:\n", "  trial:\n    resources: {cpu: 2}\n"), "Tuning/search"),
    ],
)
def test_a_trial_that_katib_refuses_to_change_is_another_experiment(
    tmp_path: Path, file: str, pair: tuple[str, str], to_blame: str
) -> None:
    """In a cluster; on one machine the search goes on."""
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs/profit.py").write_text(PROFIT)
    both = "{local: {target: local}, " + STANDARD[1:]
    root = project(tmp_path, DATASET, SEARCH, environments=both)
    edit(root / file, pair)
    found = compared(root, "prod")
    [(how, what, impact)] = actions(found)
    assert (how, what[:18], impact) == ("create", "Experiment/search-", Effect.RETRAIN)
    assert rows(found)[to_blame] == ("changed", Effect.RETRAIN)
    assert rows(found)["Tuning/search"][1] is Effect.RETRAIN
    assert list(actions(compared(root, "local"))) == []


def test_another_text_of_a_trial_is_another_experiment_in_a_cluster(tmp_path: Path) -> None:
    """Whatever it means: Katib keeps the text that it has."""
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs/profit.py").write_text(PROFIT)
    both = "{local: {target: local}, " + STANDARD[1:]
    root = project(tmp_path, DATASET, SEARCH, environments=both)
    edit(root / "specs/profit.py", ("    return ", '    """Says it."""\n    return '))
    found = compared(root, "prod")
    assert found.plan is not None
    [search] = found.plan.changes
    blamed = ["File/specs/profit.py", "Tuning/search"]
    assert (search.impact, [*map(str, search.because)]) == (Effect.RETRAIN, blamed)
    assert rows(found) == {"Tuning/search": ("affected", Effect.RETRAIN)}
    here = compared(root, "local")
    assert (rows(here), list(actions(here))) == ({}, [])


def test_a_comment_and_where_the_function_stands_change_no_experiment(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    file = tmp_path / "specs/profit.py"
    file.write_text(PROFIT)
    root = project(tmp_path, DATASET, SEARCH, environments=STANDARD)

    def rendered() -> dict[str, str]:
        build = compared(root, "prod").build
        assert build is not None
        return {str(each.id): str(each.body) for each in build.objects}

    before = rendered()
    file.write_text(PROFIT.replace("    return", "    # As ever.\n    return"))
    assert rendered() == before
    file.write_text(PROFIT.replace("def profit", "# A comment.\n\n\ndef profit"))
    assert rendered() == before
    file.rename(root / "specs/gain.py")
    edit(root / "specs/all.yaml", ("profit.py:profit", "gain.py:profit"))
    assert rendered() == before


def test_of_several_files_the_one_that_means_something_else_is_to_blame(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    fit = "def fit(rows: int) -> int:\n    return rows\n"
    steps = "".join(
        f"    {name}: {{python: {name}.py:fit, with: {{rows: 2}}}}\n" for name in ("fita", "fitb")
    )
    training = TRAINING.replace("  steps:\n", f"  steps:\n{steps}")
    for name in ("fita", "fitb"):
        (tmp_path / f"specs/{name}.py").write_text(fit)
    root = project(tmp_path, DATASET, training, MODEL, SERVING)
    edit(root / "specs/fita.py", ("return rows", "return rows  # all"))
    edit(root / "specs/fitb.py", ("return rows", "return rows + 1"))
    [pipeline] = [each for each in compared(root).documents if each.ref.kind == "Pipeline"]
    assert str(pipeline.because[0]) == "File/specs/fitb.py"
