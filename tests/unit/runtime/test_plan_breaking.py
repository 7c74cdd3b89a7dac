"""Who a reviewer is told can no longer work, and who isn't touched at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from reviewed_projects import (
    CLAIM,
    DATASET,
    HEAD,
    MODEL,
    RUNTIME,
    SERVICE,
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

from exai_compiler.changes import Replace
from exai_runtime.comparing import plan_against
from exai_specs.effects import Effect

ON_MINE = f"""
{HEAD}kind: Service
metadata: {{name: scoring, owner: ml}}
spec:
  model: {{uri: "s3://b/m", format: sklearn}}
  runtime: mine
"""
SIGNED = f"""
{HEAD}kind: Model
metadata: {{name: kinds, owner: ml}}
spec:
  task: classification
  source: {{uri: "s3://b/m", format: sklearn}}
  signature: {{inputs: {{width: float64}}, outputs: {{kind: string}}}}
"""
OF_FILES = SERVING.replace("kinds@champion", "kinds")


@pytest.mark.usefixtures("each_way")
@pytest.mark.parametrize("place", ["local", "prod"])
@pytest.mark.parametrize("back", [False, True])
def test_who_stays_with_an_alias_is_no_change_when_another_leaves_it(
    back: bool, place: str, tmp_path: Path
) -> None:
    other = SERVING.replace("serving", "other")
    moves = ("kinds@champion", "kinds@6")
    first = SERVING.replace(*moves) if back else SERVING
    root = project(
        tmp_path, DATASET, TRAINING, MODEL, first, other, environments=STANDARD[:-1] + LOCAL
    )
    text = (root / "specs/all.yaml").read_text()
    before, name, after = text.partition("name: serving")
    asked = moves[::-1] if back else moves
    (root / "specs/all.yaml").write_text(before + name + after.replace(*asked, 1))
    found = compared(root, place)
    assert list(actions(found)) == []
    assert rows(found) == {"Service/serving": ("changed", Effect.REDEPLOY)}
    assert found.plan is not None and len(found.plan.waiting) == 1


def test_another_change_of_who_stays_with_an_alias_is_told_alone(tmp_path: Path) -> None:
    other = SERVING.replace("serving", "other")
    root = project(tmp_path, DATASET, TRAINING, MODEL, SERVING, other, environments=STANDARD)
    more = "kinds@champion, replicas: {min: 2, max: 4}}\n"
    text = (root / "specs/all.yaml").read_text().replace("kinds@champion", "kinds@6", 1)
    (root / "specs/all.yaml").write_text(text.replace("kinds@champion}\n", more))
    found = compared(root, "prod")
    assert found.plan is not None
    [planned] = found.plan.changes
    paths = {str(field.path[-1]) for field in planned.change.fields}  # type: ignore[union-attr]
    assert paths == {"maxReplicas", "minReplicas"}


def test_a_service_whose_runtime_is_removed_breaks(tmp_path: Path) -> None:
    root = project(tmp_path, ON_MINE, RUNTIME, environments=STANDARD)
    remove(root, 1)
    found = compared(root, "prod")
    [broken] = found.breaks
    assert (
        broken.consumer,
        broken.why,
        broken.at.line,
        [str(each) for each in broken.because],
    ) == (
        "Service/scoring",
        "its runtime `mine` is removed",
        7,
        ["Runtime/mine", "Service/scoring"],
    )
    assert rows(found)["Service/scoring"] == ("affected", Effect.BREAKING)


def test_a_name_and_an_adapter_that_go_together_are_both_told(tmp_path: Path) -> None:
    root = project(tmp_path, TALKING, environments=STANDARD)
    edit(root / "specs/all.yaml", ('sql: "hf://a/sql", ', ""), ("name: talk", "name: speak"))
    assert [each.why for each in compared(root, "prod").breaks] == [
        "a request has to name the model `speak` now, which was `talk`",
        "a request can no longer name the adapter `sql`",
    ]


@pytest.mark.parametrize(
    ("now", "why"),
    [
        ("sort: string", ["an answer no longer has `kind`, and has `sort`"]),
        ("kind: int64", ["an answer's `kind` is int64 now, and was string"]),
    ],
)
def test_an_output_that_callers_read_is_told_to_them(
    now: str, why: list[str], tmp_path: Path
) -> None:
    root = project(tmp_path, SIGNED, OF_FILES, environments=STANDARD)
    edit(root / "specs/all.yaml", ("outputs: {kind: string}", f"outputs: {{{now}}}"))
    found = compared(root, "prod")
    assert [each.why for each in found.breaks] == why
    assert {each.consumer for each in found.breaks} <= {"whoever calls Service/serving"}


@pytest.mark.parametrize("then", ["1Gi", "5G", "5368709119"])
def test_a_claim_that_shrinks_is_made_again_without_its_files(then: str, tmp_path: Path) -> None:
    root = project(tmp_path, CLAIM, environments=STANDARD)
    edit(root / "specs/all.yaml", ("5Gi", then))
    found = compared(root, "prod")
    id_ = "PersistentVolumeClaim/photos"
    assert list(actions(found)) == [("replace", id_, Effect.BREAKING)]
    assert found.plan is not None
    [planned] = found.plan.changes
    assert isinstance(planned.change, Replace)
    assert planned.change.why == (
        "spec.resources.requests.storage can't shrink in place; the files in it are lost with it"
    )
    lost = "it is made again, and the files in it are lost with it"
    assert [(each.consumer, each.why) for each in found.breaks] == [(f"whoever uses {id_}", lost)]


@pytest.mark.parametrize("then", ["6Gi", "6G"])
def test_a_claim_that_grows_is_updated(then: str, tmp_path: Path) -> None:
    root = project(tmp_path, CLAIM, environments=STANDARD)
    edit(root / "specs/all.yaml", ("5Gi", then))
    found = compared(root, "prod")
    [(how, what, _)] = actions(found)
    assert (how, what, found.breaks) == ("update", "PersistentVolumeClaim/photos", ())


def test_a_notebooks_workspace_that_shrinks_loses_its_files(tmp_path: Path) -> None:
    root = project(tmp_path, NOTEBOOK, environments=STANDARD)
    edit(root / "specs/all.yaml", ("50Gi", "20Gi"))
    found = compared(root, "prod")
    id_ = "PersistentVolumeClaim/lab-workspace"
    assert list(actions(found)) == [("replace", id_, Effect.BREAKING)]
    assert [each.consumer for each in found.breaks] == [f"whoever uses {id_}"]


@pytest.mark.usefixtures("each_way")
def test_a_mistake_elsewhere_hides_no_service_that_is_removed(tmp_path: Path) -> None:
    root = project(tmp_path, DATASET, TRAINING, MODEL, SERVING, environments=STANDARD)
    (root / "specs/other.yaml").write_text(SERVICE)
    commit(root)
    (root / "specs/other.yaml").unlink()
    edit(root / "specs/all.yaml", ("kinds@champion}", "kinds@champion, replcas: {min: 1}}"))
    made = plan_against(root, "prod", "HEAD")
    found = made.comparison
    assert found is not None and found.plan is None and made.exit_code == 1
    assert [(each.consumer, each.why, each.at.path, each.is_gone) for each in found.breaks] == [
        ("whoever calls Service/scoring", "the service is removed", "specs/other.yaml", True)
    ]
    assert rows(found)["Service/scoring"] == ("removed", Effect.BREAKING)


@pytest.mark.parametrize("mistake", [b"replcas", b"\xff\xfe\x00spec", b"spec: [", b"kind: *x"])
def test_a_service_that_cant_be_read_isnt_removed(mistake: bytes, tmp_path: Path) -> None:
    root = project(tmp_path, DATASET, TRAINING, MODEL, SERVING, environments=STANDARD)
    (root / "specs/other.yaml").write_text(SERVICE)
    commit(root)
    text = SERVICE.encode().replace(b"replicas", mistake)
    (root / "specs/other.yaml").write_bytes(mistake if b"\xff" in mistake else text)
    found = plan_against(root, "prod", "HEAD").comparison
    assert found is not None
    assert found.breaks == ()
    assert {each.impact for each in found.documents} <= {Effect.METADATA}


NOTEBOOK = f"""
{HEAD}kind: Notebook
metadata: {{name: lab, owner: ml}}
spec:
  image: "example.com/lab:1"
  workspace: {{size: 50Gi}}
"""
LOCAL = ", local: {target: local}}"


STOPPED = f"""
{HEAD}kind: Service
metadata: {{name: rose, owner: ml}}
spec:
  model: {{uri: "s3://b/m", format: sklearn}}
  stopped: STATE
"""


@pytest.mark.usefixtures("each_way")
@pytest.mark.parametrize("mistake", ["", SERVING], ids=["sound", "beside a mistake"])
@pytest.mark.parametrize("case", ["protocol", "started", "visibility", "namespace", "removed"])
def test_nobody_misses_who_answered_nobody(case: str, mistake: str, tmp_path: Path) -> None:
    """The other service does what this one does, and answers."""
    answering = STOPPED.replace("rose", "tulip").replace("STATE", "false")
    stopped = STOPPED.replace("STATE", "true")
    root = project(tmp_path, stopped, answering, SERVICE, environments=STANDARD)
    edits = {
        "protocol": ("  stopped: ", "  protocol: v1\n  stopped: "),
        "started": ("  stopped: true", "  protocol: v1"),
        "visibility": ("  stopped: ", "  visibility: cluster\n  stopped: "),
    }
    if case == "namespace":
        edit(root / "exai.yaml", ("namespace: ml", "namespace: mm"))
    elif case == "removed":
        remove(root)
        remove(root)
    else:
        edit(root / "specs/all.yaml", edits[case])
    if mistake:
        with (root / "specs/all.yaml").open("a") as file:
            file.write(f"---{mistake}")
    found = plan_against(root, "prod", "HEAD").comparison
    assert found is not None and (found.plan is None) is bool(mistake)
    breaking = {ref for ref, (_, impact) in rows(found).items() if impact is Effect.BREAKING}
    told = {str(each.ref) for each in found.breaks}
    assert "Service/rose" not in told | breaking
    if case != "started":
        assert "Service/tulip" in told & breaking
    if found.plan is not None:
        severe = {what for _, what, impact in actions(found) if impact is Effect.BREAKING}
        assert "InferenceService/rose" not in severe
        assert case == "started" or "InferenceService/tulip" in severe
