"""Who a reviewer is told can no longer work, and who isn't touched at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from reviewed_projects import (
    CLUSTER,
    DATASET,
    MODEL,
    SERVING,
    TRAINING,
    actions,
    compared,
    project,
    rows,
)

from exai_runtime import rechecking
from exai_specs.effects import Effect

PLACES = CLUSTER.replace("MODE", "Standard")


@pytest.mark.parametrize("few", [0, rechecking.FEW])  # 0: parts alone are compared
@pytest.mark.parametrize("place", ["local", "prod"])
@pytest.mark.parametrize("back", [False, True])
def test_who_stays_with_an_alias_is_no_change_when_another_leaves_it(
    back: bool, place: str, few: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rechecking, "FEW", few)
    other = SERVING.replace("serving", "other")
    moves = ("kinds@champion", "kinds@6")
    first = SERVING.replace(*moves) if back else SERVING
    root = project(
        tmp_path, DATASET, TRAINING, MODEL, first, other, environments=PLACES[:-1] + LOCAL
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
    root = project(tmp_path, DATASET, TRAINING, MODEL, SERVING, other, environments=PLACES)
    more = "kinds@champion, replicas: {min: 2, max: 4}}\n"
    text = (root / "specs/all.yaml").read_text().replace("kinds@champion", "kinds@6", 1)
    (root / "specs/all.yaml").write_text(text.replace("kinds@champion}\n", more))
    found = compared(root, "prod")
    assert found.plan is not None
    [planned] = found.plan.changes
    paths = {str(field.path[-1]) for field in planned.change.fields}  # type: ignore[union-attr]
    assert paths == {"maxReplicas", "minReplicas"}


LOCAL = ", local: {target: local}}"
