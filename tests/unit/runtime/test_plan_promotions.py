"""What a reviewer is told of gates that change, and of who moves an alias."""

from __future__ import annotations

from pathlib import Path

import pytest
from reviewed_projects import (
    CLUSTER,
    DATASET,
    MODEL,
    SERVING,
    STANDARD,
    TRAINING,
    commit,
    compared,
    edit,
    project,
)

from exai_compiler.changes import MoveAlias
from exai_compiler.maybe import Unknown
from exai_compiler.revisions import Comparison
from exai_runtime.cli import main
from exai_runtime.comparing import plan_against
from exai_runtime.views.human.against import summary
from exai_specs.effects import Effect
from exai_specs.identity import Ref

JUDGED = "the next apply judges the newest version again by its recorded metrics, without a run"
MOVES = (
    "from the next apply on `{}` moves by itself, to the newest version where it passes the gates"
)
GATED = MODEL.replace(
    "  aliases:", "  gates: {accuracy: {min: 0.9}, logloss: {max: 1}}\n  aliases:"
)


def told(found: Comparison) -> dict[str, tuple[Effect, str]]:
    return {str(each.ref): (each.impact, each.note) for each in found.documents}


@pytest.mark.usefixtures("each_way")
def test_an_alias_that_exai_moves_from_now_on_is_named_with_its_services(tmp_path: Path) -> None:
    other = SERVING.replace("serving", "other").replace("champion", "challenger")
    root = project(tmp_path, DATASET, TRAINING, GATED, SERVING, other)
    edit(root / "specs/all.yaml", ("promote: manual", "promote: auto"))
    found = compared(root)
    assert told(found) == {
        "Model/kinds": (Effect.REDEPLOY, MOVES.format("challenger")),
        "Service/other": (Effect.REDEPLOY, "if `challenger` moves"),
    }
    assert [str(ref) for ref in found.documents[1].because] == ["Model/kinds", "Service/other"]
    assert summary(found).startswith("Nothing for an apply to do but what the registry decides: 1 ")


def test_an_alias_that_nobody_serves_is_moved_by_an_apply_all_the_same(tmp_path: Path) -> None:
    root = project(tmp_path, DATASET, TRAINING, GATED, SERVING)
    edit(root / "specs/all.yaml", ("promote: manual", "promote: auto"))
    found = compared(root)
    assert told(found) == {"Model/kinds": (Effect.RENDER, MOVES.format("challenger"))}
    assert summary(found).startswith("Nothing for an apply to do but what the registry decides: 1 ")


def test_aliases_of_one_name_are_named_once(tmp_path: Path) -> None:
    other = GATED.replace("name: kinds", "name: sorts")
    training = TRAINING.replace("name: training", "name: sorting").replace("as: kinds", "as: sorts")
    both = "{model: kinds@champion, canary: {model: sorts@champion, traffic: 10%}}"
    serving = SERVING.replace("{model: kinds@champion}", both)
    environments = CLUSTER.replace("MODE", "Knative")
    documents = (DATASET, TRAINING, GATED, training, other, serving)
    root = project(tmp_path, *documents, environments=environments)
    edit(root / "specs/all.yaml", ("min: 0.9", "min: 0.1"))
    found = compared(root, "prod")
    assert told(found)["Service/serving"] == (Effect.REDEPLOY, "if `champion` moves")


def test_what_is_to_be_trained_anew_moves_no_alias_before(tmp_path: Path) -> None:
    training = TRAINING.replace("{on: [spec]}", "{on: []}")
    root = project(tmp_path, DATASET, training, GATED, SERVING)
    edit(root / "specs/all.yaml", ("algorithm: gbm", "algorithm: drf"), ("min: 0.9", "min: 0.1"))
    judges = "the gates judge what its next run registers"
    assert told(compared(root))["Model/kinds"] == (Effect.RETRAIN, judges)
    edit(root / "specs/all.yaml", ("min: 0.1", "min: 0.9"), ("promote: manual", "promote: auto"))
    moves = "from the next run on `challenger` moves by itself, to what that registers"
    assert told(compared(root))["Model/kinds"] == (
        Effect.RETRAIN,
        f"{moves} where it passes the gates",
    )


def test_where_a_new_alias_goes_only_the_registry_says(tmp_path: Path) -> None:
    root = project(tmp_path, DATASET, TRAINING, GATED, SERVING)
    edit(root / "specs/all.yaml", ("aliases: {", "aliases: {beta: {promote: auto}, "))
    plan = compared(root).plan
    assert plan is not None
    [planned] = plan.changes
    assert isinstance(planned.change, MoveAlias) and planned.change.alias == "beta"
    newest = "the newest version where that passes the gates, as the registry has it"
    assert planned.change.to == Unknown(Ref("Model", "kinds"), newest)


def test_what_a_number_means_only_the_registry_says(tmp_path: Path) -> None:
    root = project(tmp_path, DATASET, TRAINING, GATED, SERVING)
    edit(root / "specs/all.yaml", ("kinds@champion", "kinds@7"))
    plan = compared(root).plan
    assert plan is not None
    assert [each.reason for each in plan.waiting] == ["what version 7 is, only the registry says"]


def test_an_alias_that_exai_moves_no_more_stays(tmp_path: Path) -> None:
    root = project(tmp_path, DATASET, TRAINING, GATED, SERVING)
    edit(root / "specs/all.yaml", ("promote: auto", "promote: manual"))
    found = compared(root)
    stays = "no apply moves `champion` any more: it stays where it is until a person moves it"
    assert told(found) == {"Model/kinds": (Effect.METADATA, stays)}
    assert summary(found).startswith("Nothing for an apply to do: 1 document changed")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("accuracy: {min: 0.9}", "accuracy: {min: 0.8}"),
        ("accuracy: {min: 0.9}", "accuracy: {min: 0.1, max: 1}"),
        ("accuracy: {min: 0.9}, ", ""),
        ("logloss: {max: 1}", "logloss: {max: 2}"),
        ("accuracy: {min: 0.9}, logloss: {max: 1}", "accuracy: {min: 0.8}, logloss: {max: 0.5}"),
    ],
)
def test_a_looser_gate_may_move_an_alias_and_its_services(
    old: str, new: str, tmp_path: Path
) -> None:
    root = project(tmp_path, DATASET, TRAINING, GATED, SERVING)
    edit(root / "specs/all.yaml", (old, new))
    assert told(compared(root)) == {
        "Model/kinds": (
            Effect.REDEPLOY,
            f"{JUDGED}: where it missed and passes now, `champion` moves to it",
        ),
        "Service/serving": (Effect.REDEPLOY, "if `champion` moves"),
    }


@pytest.mark.parametrize("new", ["accuracy: {min: 0.95}", "accuracy: {min: 0.9}, f1: {min: 0.1}"])
def test_a_tighter_gate_moves_no_alias(new: str, tmp_path: Path) -> None:
    root = project(tmp_path, DATASET, TRAINING, GATED, SERVING)
    edit(root / "specs/all.yaml", ("accuracy: {min: 0.9}", new))
    stays = f"{JUDGED}: where it misses now, `champion` stays where it is"
    assert told(compared(root)) == {"Model/kinds": (Effect.RENDER, stays)}


def test_a_gate_of_aliases_that_people_move_moves_none(tmp_path: Path) -> None:
    by_hand = GATED.replace("auto", "manual")
    root = project(tmp_path, DATASET, TRAINING, by_hand, SERVING)
    edit(root / "specs/all.yaml", ("min: 0.9", "min: 0.1"))
    people = f"{JUDGED}, and moves no alias: people move `challenger`, `champion`"
    assert told(compared(root)) == {"Model/kinds": (Effect.RENDER, people)}


def test_a_run_of_the_same_plan_is_what_is_judged(tmp_path: Path) -> None:
    root = project(tmp_path, DATASET, TRAINING, GATED, SERVING)
    edit(root / "specs/all.yaml", ("min: 0.9", "min: 0.1"), ("algorithm: gbm", "algorithm: drf"))
    found = told(compared(root))
    assert found["Model/kinds"] == (Effect.RETRAIN, "")
    assert found["Service/serving"] == (Effect.RETRAIN, "")


def test_a_pin_that_is_taken_out_waits_for_the_registry(tmp_path: Path) -> None:
    root = project(tmp_path, DATASET, TRAINING, GATED, SERVING, environments=STANDARD)
    (root / "exai.lock").write_text(PIN)
    commit(root)
    edit(root / "specs/all.yaml", ("min: 0.9", "min: 0.1"))
    assert told(compared(root, "prod")) == {
        "Model/kinds": (
            Effect.RENDER,
            f"`champion` stays on version 3, pinned in exai.lock; {JUDGED}, and moves no alias: "
            "people move `challenger`",
        )
    }
    edit(root / "specs/all.yaml", ("min: 0.1", "min: 0.9"))
    (root / "exai.lock").unlink()
    found = compared(root, "prod")
    assert told(found) == {
        "Lock/prod": (Effect.REDEPLOY, ""),
        "Service/serving": (
            Effect.REDEPLOY,
            "it isn't rendered any more without its pin; what runs of it stays",
        ),
    }
    assert found.plan is not None
    [waits] = found.plan.waiting
    assert waits.reason == (
        "which version `champion` is, only the registry says, since exai.lock doesn't"
    )


def test_a_pinned_metric_that_misses_a_gate_is_told(tmp_path: Path) -> None:
    root = project(tmp_path, DATASET, TRAINING, GATED, SERVING, environments=STANDARD)
    pinned = PIN.replace('"}', MEASURED)
    (root / "exai.lock").write_text(pinned)
    commit(root)
    edit(root / "exai.lock", ("0.97", "0.5"))
    found = compared(root, "prod")
    misses = "`kinds@champion` is pinned to version 3, which misses its gates: accuracy (min 0.9)"
    assert told(found) == {"Lock/prod": (Effect.METADATA, misses)}
    [field] = found.documents[0].fields
    assert (field.path[-2:], field.old, field.new) == (("metrics", "accuracy"), 0.97, 0.5)
    assert (field.at.path, field.at.line) == ("exai.lock", 6)
    assert summary(found).startswith("Nothing for an apply to do: 1 document changed")
    edit(root / "exai.lock", ("0.5", "0.95"))
    assert told(compared(root, "prod")) == {}


@pytest.mark.parametrize("uri", ["s3://b/m/kinds/3", "s3://b/m/kinds/4"])
def test_another_version_with_the_digest_of_the_old_one_is_said(uri: str, tmp_path: Path) -> None:
    root = project(tmp_path, DATASET, TRAINING, GATED, SERVING, environments=STANDARD)
    (root / "exai.lock").write_text(PIN)
    commit(root)
    edit(root / "exai.lock", ("version: 3", "version: 4"), ("s3://b/m/kinds/3", uri))
    same = (
        "`kinds@champion` goes to version 4 with the digest of version 3: both are one model, or "
        "the pin was changed by hand, and `exai lock` mends it"
    )
    assert told(compared(root, "prod")) == {
        "Lock/prod": (Effect.REDEPLOY, same),
        "Service/serving": (Effect.REDEPLOY, ""),
    }
    edit(root / "exai.lock", ("0" * 64, "1" * 64))
    assert told(compared(root, "prod"))["Lock/prod"] == (Effect.REDEPLOY, "")
    (root / "exai.lock").write_text(PIN.replace("m/kinds/3", "m/kinds/4"))
    assert told(compared(root, "prod"))["Lock/prod"] == (Effect.REDEPLOY, "")


MEASURED = '", metrics: {accuracy: 0.97}}'
PIN = f"""\
apiVersion: exai.dev/v1alpha1
kind: Lock
environments:
  prod:
    models:
      kinds@champion: {{version: 3, uri: "s3://b/m/kinds/3", digest: "{"0" * 64}"}}
"""


@pytest.mark.parametrize(
    ("pair", "code"),
    [
        (("owner: ml", "owner: me"), 0),
        (("champion: {promote: auto}", "champion: {promote: manual}"), 0),  # no apply moves it
        (("challenger: {promote: manual}", "challenger: {promote: auto}"), 2),
        (("kinds@champion", "kinds@challenger"), 2),
        (("kinds@champion", "kinds@2"), 2),
        (("task: classification", "task: classifying"), 1),
    ],
)
def test_the_exit_code_counts_what_only_the_registry_decides(
    pair: tuple[str, str], code: int, tmp_path: Path
) -> None:
    root = project(tmp_path, DATASET, TRAINING, GATED, SERVING)
    edit(root / "specs/all.yaml", pair)
    found = plan_against(root, "local", "HEAD").comparison
    plan = found.plan if found is not None else None
    assert (plan is None) == (code == 1)
    assert plan is None or plan.changes == ()
    words = ("-C", str(root), "plan", "--against", "HEAD", "-q")
    assert main.run((*words, "--detailed-exitcode")) == code
    assert main.run(words) == code % 2
