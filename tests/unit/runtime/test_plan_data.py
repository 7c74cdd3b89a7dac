"""A version of data that stands in the specs, and features that are looked up elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from reviewed_projects import (
    DATASET,
    MODEL,
    SERVING,
    STANDARD,
    TRAINING,
    actions,
    compared,
    edit,
    project,
    rows,
)

from exai_runtime.cli import main
from exai_runtime.comparing import plan_against_build, save_build
from exai_specs.effects import Effect

OLD = DATASET.replace("  key:", '  version: {fixed: "2026-10"}\n  key:')
RAISED = ('"2026-10"', '"2026-11"')
BOTH = f"{STANDARD[:-1]}, local: {{target: local}}}}"
RETRAIN = Effect.RETRAIN


def trained(root: Path, dataset: str = OLD, on: str = "[spec, data]") -> Path:
    training = TRAINING.replace("on: [spec]", f"on: {on}")
    return project(root, dataset, training, MODEL, SERVING, environments=BOTH)


@pytest.mark.parametrize("environment", ["local", "prod"])
def test_a_version_that_is_raised_trains(tmp_path: Path, environment: str) -> None:
    root = trained(tmp_path)
    edit(root / "specs/all.yaml", RAISED)
    found = compared(root, environment)
    assert ("run", "Pipeline/training", RETRAIN) in list(actions(found))
    assert rows(found)["Dataset/flowers"] == ("changed", RETRAIN)
    assert rows(found)["Pipeline/training"] == ("affected", RETRAIN)
    assert {"Model/kinds", "Service/serving"} <= rows(found).keys()
    (change,) = (each for each in found.documents if each.verb == "changed")
    assert [field.effect for field in change.fields] == [RETRAIN]
    assert found.plan is not None
    (run,) = (each for each in found.plan.changes if each.impact is RETRAIN)
    assert [str(ref) for ref in run.because] == ["Dataset/flowers", "Pipeline/training"]


def test_the_exit_code_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(trained(tmp_path))
    edit(tmp_path / "specs/all.yaml", RAISED)
    assert main.run(["plan", "--against", "HEAD", "--detailed-exitcode"]) == 2
    assert "because new data in Dataset/flowers" in capsys.readouterr().out


def test_what_runs_for_no_data_doesnt(tmp_path: Path) -> None:
    root = trained(tmp_path, on="[spec]")
    edit(root / "specs/all.yaml", RAISED)
    found = compared(root)
    assert "run" not in {each[0] for each in actions(found)}
    assert rows(found) == {"Dataset/flowers": ("changed", Effect.RENDER)}


def test_a_version_that_a_person_sets_at_first_or_no_longer(tmp_path: Path) -> None:
    root = trained(tmp_path)
    edit(root / "specs/all.yaml", ('{fixed: "2026-10"}', "none"))
    assert ("run", "Pipeline/training", RETRAIN) in list(actions(compared(root)))
    (tmp_path / "other").mkdir()
    root = trained(tmp_path / "other", DATASET)
    edit(root / "specs/all.yaml", ("  key:", '  version: {fixed: "2026-10"}\n  key:'))
    assert ("run", "Pipeline/training", RETRAIN) in list(actions(compared(root)))


def test_what_only_a_source_tells_is_the_same_on_both_sides(tmp_path: Path) -> None:
    root = trained(tmp_path, OLD.replace('{fixed: "2026-10"}', "content"))
    edit(root / "specs/all.yaml", ("version: content", "version: none"))
    assert list(actions(compared(root))) == []


def test_beside_a_saved_build_too(tmp_path: Path) -> None:
    root = trained(tmp_path)
    file = tmp_path / "build.json"
    save_build(root, "prod", file)

    def planned() -> list[tuple[str, str, Effect]]:
        found = plan_against_build(root, "prod", file).comparison
        assert found is not None
        return list(actions(found))

    assert planned() == []
    edit(root / "specs/all.yaml", RAISED)
    assert ("run", "Pipeline/training", RETRAIN) in planned()
