"""Who is to blame for a break, where something else changed beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from reviewed_projects import (
    CLAIM,
    DATASET,
    HEAD,
    MODEL,
    RUNTIME,
    SERVING,
    STANDARD,
    TRAINING,
    actions,
    compared,
    edit,
    project,
    remove,
    rows,
)

from exai_specs.effects import Effect

MOUNTS = "volumes: {/photos: {pvc: photos}}"
MOUNTING = SERVING.replace("kinds@champion}", f"kinds@champion, {MOUNTS}}}")
SHRINKS = ("5Gi", "1Gi")


@pytest.mark.parametrize("on", ["", "  run: {on: [spec]}\n"], ids=["by a person", "by itself"])
@pytest.mark.parametrize(
    ("change", "ref", "impact"),
    [
        (("algorithm: gbm", "algorithm: drf"), "Pipeline/training", Effect.RETRAIN),
        (
            ("width: float64", "width: {type: float64, unit: cm}"),
            "Dataset/flowers",
            Effect.RENDER,
        ),
    ],
    ids=["trains anew", "means the same"],
)
def test_what_has_no_part_in_a_break_is_what_it_is_alone(
    change: tuple[str, str], ref: str, impact: Effect, on: str, tmp_path: Path
) -> None:
    training = TRAINING.replace("  run: {on: [spec]}\n", on)
    root = project(tmp_path, DATASET, training, MODEL, MOUNTING, CLAIM, environments=STANDARD)
    edit(root / "specs/all.yaml", change)
    assert rows(compared(root, "prod"))[ref] == ("changed", impact)
    edit(root / "specs/all.yaml", SHRINKS)
    found = compared(root, "prod")
    assert [[str(ref) for ref in each.because] for each in found.breaks] == [
        ["Manifest/photos", "Service/serving"]
    ]
    assert rows(found)[ref] == ("changed", impact)
    assert rows(found)["Manifest/photos"] == ("changed", Effect.BREAKING)
    assert rows(found)["Service/serving"] == ("affected", Effect.BREAKING)
    told = {what: severe for _, what, severe in actions(found)}
    assert told.get("InferenceService/serving", Effect.REDEPLOY) is Effect.REDEPLOY


ON_MINE = f"""
{HEAD}kind: Service
metadata: {{name: onmine, owner: ml}}
spec:
  model: {{uri: "s3://b/m", format: sklearn}}
  runtime: mine
"""


@pytest.mark.parametrize(
    "beside",
    [("s3://b/m", "s3://b/n"), ("algorithm: gbm", "algorithm: drf"), ("runtime", "runtime")],
    ids=["its own", "elsewhere", "nothing"],
)
def test_what_is_removed_and_missed_is_breaking_whatever_else_changed(
    beside: tuple[str, str], tmp_path: Path
) -> None:
    root = project(
        tmp_path, RUNTIME, ON_MINE, DATASET, TRAINING, MODEL, SERVING, environments=STANDARD
    )
    remove(root)
    edit(root / "specs/all.yaml", beside)
    found = compared(root, "prod")
    assert [[str(ref) for ref in each.because] for each in found.breaks] == [
        ["Runtime/mine", "Service/onmine"]
    ]
    assert rows(found)["Runtime/mine"] == ("removed", Effect.BREAKING)


def test_a_data_set_under_another_name_isnt_missed(tmp_path: Path) -> None:
    root = project(tmp_path, DATASET, TRAINING, MODEL, SERVING, environments=STANDARD)
    edit(root / "specs/all.yaml", ("flowers", "plants"), ("width", "breadth"))
    found = compared(root, "prod")
    assert found.breaks != ()
    assert rows(found)["Dataset/flowers"][0] == "removed"
    assert rows(found)["Dataset/flowers"][1] < Effect.RETRAIN


FILES = f"""
{HEAD}kind: Model
metadata: {{name: leaves, owner: ml}}
spec: {{task: classification, source: {{uri: "s3://b/m", format: sklearn}}}}
"""
OF_FILES = f"""
{HEAD}kind: Service
metadata: {{name: scoring, owner: ml}}
spec: {{model: leaves, {MOUNTS}}}
"""


def test_an_update_comes_after_what_it_is_made_for(tmp_path: Path) -> None:
    """That its service loses files is said where that breaks."""
    root = project(tmp_path, FILES, OF_FILES, CLAIM, environments=STANDARD)
    edit(root / "specs/all.yaml", SHRINKS, ("s3://b/m", "s3://b/n"))
    found = compared(root, "prod")
    assert found.plan is not None
    told = {str(each.change.id): each for each in found.plan.changes}  # type: ignore[union-attr]
    update = told["InferenceService/scoring"]
    assert [str(each) for each in update.because] == ["Model/leaves", "Service/scoring"]
    assert update.impact is Effect.REDEPLOY
    assert rows(found)["Service/scoring"] == ("affected", Effect.BREAKING)
    assert [[str(ref) for ref in each.because] for each in found.breaks] == [
        ["Manifest/photos", "Service/scoring"]
    ]
