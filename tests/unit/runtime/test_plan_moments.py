"""Callers that break, and what has to happen before they do."""

from __future__ import annotations

from pathlib import Path

import pytest
from reviewed_projects import (
    DATASET,
    HEAD,
    MODEL,
    SERVING,
    STANDARD,
    TRAINING,
    commit,
    compared,
    edit,
    project,
    rows,
)

from exai_runtime.comparing import plan_against
from exai_runtime.views.human import against as human
from exai_runtime.views.human.paint import Paint
from exai_runtime.views.json.envelope import envelope
from exai_runtime.views.markdown.against import lines
from exai_specs.effects import Effect

GRAPH = f"""
{HEAD}kind: Graph
metadata: {{name: asking, owner: ml}}
spec: {{nodes: {{root: {{routerType: Sequence, steps: [{{service: serving}}]}}}}}}
"""
WIDTHS = ("width", "breadth")
RUN = "Pipeline/training is run (nothing in this plan runs it)"
MOVE = "a person moves `champion`"
PIN = """\
apiVersion: exai.dev/v1alpha1
kind: Lock
environments:
  prod:
    models:
      kinds@champion:
        version: 3
        uri: s3://b/m/kinds/3
        digest: "DIGEST"
"""


@pytest.mark.usefixtures("each_way")
@pytest.mark.parametrize(
    ("promote", "on", "before"),
    [
        ("auto", "[spec]", ""),
        ("auto", "[]", RUN),
        ("auto", "[data]", RUN),
        ("manual", "[spec]", MOVE),
        ("manual", "[]", f"{RUN} and {MOVE}"),
    ],
)
def test_callers_are_told_what_comes_before(
    promote: str, on: str, before: str, tmp_path: Path
) -> None:
    model = MODEL.replace("champion: {promote: auto}", f"champion: {{promote: {promote}}}")
    root = project(tmp_path, DATASET, TRAINING.replace("[spec]", on), model, SERVING, GRAPH)
    edit(root / "specs/all.yaml", WIDTHS)
    found = compared(root)
    assert [(each.consumer, each.before) for each in found.breaks] == [
        ("whoever calls Service/serving", before),
        ("whoever calls Graph/asking", before),
    ]
    assert all(str(each.because[-1]) == str(each.ref) for each in found.breaks)
    assert all(len(each.because) > 2 for each in found.breaks)
    told = {str(each.ref): each.impact for each in found.documents}
    assert told["Graph/asking"] is told["Service/serving"] is Effect.BREAKING


def test_a_pin_and_a_number_come_before(tmp_path: Path) -> None:
    root = project(tmp_path, DATASET, TRAINING, MODEL, SERVING, environments=STANDARD)
    (root / "exai.lock").write_text(PIN.replace("DIGEST", "0" * 64))
    commit(root)
    edit(root / "specs/all.yaml", WIDTHS)
    pinned = "exai.lock pins another version of `kinds@champion` than 3"
    assert {each.before for each in compared(root, "prod").breaks} == {pinned}
    edit(root / "exai.lock", ("version: 3", "version: 4"))  # which takes that to the callers now
    assert {each.before for each in compared(root, "prod").breaks} == {""}
    edit(root / "exai.lock", ("version: 4", "version: 3"))
    edit(root / "specs/all.yaml", WIDTHS[::-1], ("kinds@champion", "kinds@7"))
    commit(root)
    edit(root / "specs/all.yaml", WIDTHS)
    named = "the service names another version than 7"
    assert {each.before for each in compared(root, "prod").breaks} == {named}


def test_what_is_of_the_service_itself_waits_for_nothing(tmp_path: Path) -> None:
    root = project(tmp_path, DATASET, TRAINING, MODEL.replace("auto", "manual"), SERVING)
    edit(root / "specs/all.yaml", ("kinds@champion}", "kinds@champion, protocol: v1}"))
    [broken] = compared(root).breaks
    assert (broken.why, broken.before) == ("it speaks v1, and spoke v2", "")
    edit(root / "specs/all.yaml", WIDTHS, ("kinds@champion", "kinds@challenger"))
    assert {each.before for each in compared(root).breaks} == {""}


def test_all_views_have_what_comes_before(tmp_path: Path) -> None:
    root = project(tmp_path, DATASET, TRAINING, MODEL.replace("auto", "manual"), SERVING)
    edit(root / "specs/all.yaml", WIDTHS)
    found = plan_against(root, "local", "HEAD")
    assert f"    not before {MOVE}" in list(human.lines(found, Paint(False)))
    assert f"; not before {MOVE} (`specs/all.yaml:" in "\n".join(lines(found))
    told = envelope("plan", found, 0)["result"]["breaks"]
    assert {each["notBefore"] for each in told} == {MOVE}


BOTH = "{local: {target: local}, " + STANDARD[1:]


@pytest.mark.parametrize("promote", ["auto", "manual"])
def test_who_breaks_callers_is_breaking_whenever_they_break(promote: str, tmp_path: Path) -> None:
    """Here exai runs the pipeline by itself, on a cluster a person does."""
    model = MODEL.replace("champion: {promote: auto}", f"champion: {{promote: {promote}}}")
    training = TRAINING.replace("  run: {on: [spec]}\n", "")
    root = project(tmp_path, DATASET, training, model, SERVING, GRAPH, environments=BOTH)
    edit(root / "specs/all.yaml", ("width: float64", "width: float32"))
    local, prod = (compared(root, environment) for environment in ("local", "prod"))
    assert rows(local) == rows(prod)
    assert rows(prod)["Dataset/flowers"] == ("changed", Effect.BREAKING)
    assert RUN in prod.breaks[0].before and RUN not in local.breaks[0].before
    # Beside another one that may be to blame it is what its own fields declare.
    edit(root / "specs/all.yaml", ("algorithm: gbm", "algorithm: drf"))
    local, prod = (compared(root, environment) for environment in ("local", "prod"))
    assert rows(local) == rows(prod)
    assert rows(prod)["Dataset/flowers"] == ("changed", Effect.RETRAIN)
