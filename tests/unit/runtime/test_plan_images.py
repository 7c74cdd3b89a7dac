"""One image, changed in `exai.lock` or where it is named: one class."""

from __future__ import annotations

from pathlib import Path

import pytest
from reviewed_projects import (
    DATASET,
    HEAD,
    IMAGE,
    MODEL,
    SERVING,
    STANDARD,
    TRAINING,
    actions,
    commit,
    compared,
    edit,
    project,
    rows,
)

from exai_specs.effects import Effect

NAMES = {"serve": "example.com/serve:1", "train": "example.com/train:1"}
NAMES |= {"mine": "example.com/mine:1", "own": "example.com/own:1"}
RUNTIME = f"""
{HEAD}kind: Runtime
metadata: {{name: mine, owner: ml}}
spec: {{image: "{NAMES["mine"]}", formats: {{sklearn: {{version: "1"}}}}}}
"""
FACES = f"""
{HEAD}kind: Service
metadata: {{name: faces, owner: ml}}
spec: {{model: {{uri: "s3://b/m", format: sklearn}}, runtime: mine}}
"""
STOPPED = FACES.replace("faces", "shut").replace("runtime:", "stopped: true, runtime:")
OWN = f"""
{HEAD}kind: Service
metadata: {{name: own, owner: ml}}
spec: {{runtime: custom, image: "{NAMES["own"]}"}}
"""
DOCUMENTS = (DATASET, TRAINING, MODEL, SERVING, RUNTIME, FACES, STOPPED, OWN)
PLACES = STANDARD.partition(", other:")[0] + "}"


def digest(of: str) -> str:
    return "sha256:" + f"{[*NAMES].index(of)}" * 64


def pinned(root: Path) -> Path:
    named = PLACES
    for field in ("train", "serve"):
        named = named.replace(f"{field}: '{IMAGE}'", f"{field}: '{NAMES[field]}'")
    project(root, *DOCUMENTS, environments=named)
    pins = "".join(f'      "{name}": {digest(of)}\n' for of, name in NAMES.items())
    (root / "exai.lock").write_text(
        f"{HEAD}kind: Lock\nenvironments:\n  prod:\n    images:\n{pins}"
    )
    commit(root)
    return root


def written_out(root: Path) -> Path:
    """The same with the digests where the images are named."""
    project(root, *DOCUMENTS, environments=PLACES)
    for field in ("train", "serve"):
        image = f"example.com/{field}@{digest(field)}"
        edit(root / "exai.yaml", (f"{field}: '{IMAGE}'", f"{field}: '{image}'"))
    for of in ("mine", "own"):
        edit(root / "specs/all.yaml", (NAMES[of], f"example.com/{of}@{digest(of)}"))
    commit(root)
    return root


@pytest.mark.parametrize(
    ("image", "impact", "reached"),
    [
        ("serve", Effect.REDEPLOY, ["Service/serving"]),
        ("mine", Effect.REDEPLOY, ["Service/faces"]),
        ("own", Effect.REDEPLOY, ["Service/own"]),
        ("train", Effect.RENDER, ["Pipeline/training"]),
    ],
)
def test_an_image_has_one_class_wherever_its_digest_is(
    image: str, impact: Effect, reached: list[str], tmp_path: Path
) -> None:
    (tmp_path / "locked").mkdir()
    (tmp_path / "written").mkdir()
    root, other = pinned(tmp_path / "locked"), written_out(tmp_path / "written")
    moved = (digest(image), "sha256:" + "9" * 64)
    edit(root / "exai.lock", moved)
    edit(other / ("exai.yaml" if image in ("serve", "train") else "specs/all.yaml"), moved)
    by_lock, by_hand = compared(root, "prod"), compared(other, "prod")
    assert list(actions(by_lock)) == list(actions(by_hand)) != []
    told = rows(by_lock)
    assert told.pop("Lock/prod") == ("changed", impact)
    assert [each.effect for each in by_lock.documents[0].fields] == [impact]
    assert set(reached) <= told.keys() and "Service/shut" not in told
    assert {effect for _, effect in told.values()} == {impact}
    assert told.keys() | {"Project/shop"} == rows(by_hand).keys() | {"Project/shop"}
