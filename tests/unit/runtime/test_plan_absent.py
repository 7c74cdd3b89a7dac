"""What follows of documents that an environment serves nothing of: nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from reviewed_projects import (
    HEAD,
    RUNTIME,
    STANDARD,
    TALKING,
    actions,
    compared,
    edit,
    project,
    remove,
    rows,
)

from exai_runtime.comparing import plan_against
from exai_specs.effects import Effect

PLACES = f"{{local: {{target: local}}, {STANDARD[1:]}"
FACES = f"""
{HEAD}kind: Service
metadata: {{name: faces, owner: ml}}
spec:
  model: {{uri: "s3://b/m", format: sklearn}}
  runtime: mine
"""
STOPPED = f"""
{HEAD}kind: Overlay
metadata: {{name: quiet, owner: ml}}
spec: {{environment: ENV, target: Service/faces, patch: {{spec: {{stopped: true}}}}}}
"""


@pytest.mark.usefixtures("each_way")
def test_a_runtime_reaches_no_service_that_is_stopped(tmp_path: Path) -> None:
    stopped = [STOPPED.replace("ENV", each) for each in ("local", "other")]
    stopped[1] = stopped[1].replace("quiet", "still")
    root = project(tmp_path, RUNTIME, FACES, *stopped, environments=PLACES)
    edit(root / "specs/all.yaml", ("mine:1", "mine:2"))
    assert rows(compared(root, "prod")) == {
        "Runtime/mine": ("changed", Effect.REDEPLOY),
        "Service/faces": ("affected", Effect.REDEPLOY),
    }
    assert rows(compared(root, "other")) == {"Runtime/mine": ("changed", Effect.REDEPLOY)}
    assert rows(compared(root)) == {"Runtime/mine": ("changed", Effect.METADATA)}
    edit(root / "specs/all.yaml", ("mine:2", "mine:1"), ("name: mine", "name: ours"))
    edit(root / "specs/all.yaml", ("runtime: mine", "runtime: ours"))
    assert max(each.impact for each in compared(root).documents) < Effect.REDEPLOY


@pytest.mark.usefixtures("each_way")
@pytest.mark.parametrize(
    "change", [("name: talk", "name: talks"), ("hf://a/b", "hf://a/c"), ("sql: ", "sequel: "), None]
)
def test_a_large_language_model_has_no_callers_on_one_machine(
    change: tuple[str, str] | None, tmp_path: Path
) -> None:
    root = project(tmp_path, TALKING, RUNTIME, environments=PLACES)
    if change is None:
        remove(root)
    else:
        edit(root / "specs/all.yaml", change)
    found = compared(root)
    assert found.breaks == () and list(actions(found)) == []
    assert [each.impact for each in found.documents] == [Effect.METADATA]
    assert min(each.impact for each in compared(root, "prod").documents) >= Effect.REDEPLOY


@pytest.mark.parametrize("gone", [False, True])
def test_nor_where_another_document_has_a_mistake(gone: bool, tmp_path: Path) -> None:
    root = project(tmp_path, TALKING, RUNTIME, environments=PLACES)
    if gone:
        remove(root)
    else:
        edit(root / "specs/all.yaml", ("name: talk", "name: talks"))
    edit(root / "specs/all.yaml", ("formats:", "fromats:"))
    for environment, breaks in (("local", []), ("prod", ["whoever calls LLMService/chat"])):
        found = plan_against(root, environment, "HEAD").comparison
        assert found is not None and found.plan is None
        assert [each.consumer for each in found.breaks] == breaks
