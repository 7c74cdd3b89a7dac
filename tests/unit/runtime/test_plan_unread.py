"""Who breaks where the document that does can't be read whole itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from reviewed_projects import DATASET, MODEL, TRAINING, commit, edit, project

from exai_runtime.comparing import plan_against

WITH_OLD = DATASET.replace("width: float64", "width: float64, old: float64")
READING = TRAINING.replace("[width]", "[width, old]")
MISSPELT = ("  run:", "  runn:")


@pytest.mark.parametrize("apart", [False, True], ids=["one file", "its own file"])
@pytest.mark.parametrize("before", [False, True], ids=["misspelt now", "misspelt before"])
def test_what_breaks_is_the_document_in_whose_text_the_place_is(
    before: bool, apart: bool, tmp_path: Path
) -> None:
    rest = [WITH_OLD, MODEL] if apart else [WITH_OLD, MODEL, READING]
    root = project(tmp_path, *rest)
    file = root / ("specs/training.yaml" if apart else "specs/all.yaml")
    if apart:
        file.write_text(READING)
    if before:
        edit(file, MISSPELT)
    if before or apart:
        commit(root)
    if not before:
        edit(file, MISSPELT)
    edit(root / "specs/all.yaml", ("width: float64, old: float64", "width: float64"))
    found = plan_against(root, "local", "HEAD").comparison
    assert found is not None
    [broken] = found.breaks
    assert (broken.consumer, str(broken.ref)) == ("Pipeline/training",) * 2
    assert [str(each) for each in broken.because] == ["Dataset/flowers", "Pipeline/training"]
    assert broken.at.path == f"specs/{file.name}" and broken.code == "unknown-column"


def test_what_somebody_changed_beside_a_misspelt_field_is_a_mistake_of_theirs(
    tmp_path: Path,
) -> None:
    root = project(tmp_path, DATASET, MODEL, TRAINING)
    edit(root / "specs/all.yaml", MISSPELT, ("[width]", "[width, old]"))
    found = plan_against(root, "local", "HEAD").comparison
    assert found is not None and found.breaks == ()
