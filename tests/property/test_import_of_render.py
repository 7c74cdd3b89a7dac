"""`import(render(x))` means `x`: what exai renders, taken into a project as Manifests, is rendered
as the very same objects.

A Manifest is the one door by which an object of a cluster comes into the language.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from exai_runtime.rendering import render
from exai_runtime.results import RenderedFiles

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = {
    **{each.name: sorted(each.glob("kubernetes/*")) for each in GOLDEN.glob("kubernetes/shop-*")},
    **{
        name: [GOLDEN / "kserve" / name / "standard.yaml"]
        for name in ("components", "graphs", "runtimes", "scaling")
    },
}
API = "exai.dev/v1alpha1"
MANAGED = "app.kubernetes.io/managed-by"

Object = dict[str, Any]


def identity(one: Object) -> str:
    return f"{one['apiVersion']} {one['kind']} {one['metadata']['name']}"


def rendered(paths: Iterable[Path]) -> list[Object]:
    """The objects of golden files, each once, but those that no document may be called as."""
    found = [each for path in paths for each in yaml.safe_load_all(path.read_text()) if each]
    once = {identity(each): plain(each) for each in found}
    return [one for one in once.values() if not one["metadata"]["name"].startswith("exai-")]


def plain(one: Object) -> Object:
    """Without exai's own notes about a document, which a Manifest may not state."""
    metadata = dict(one["metadata"])
    notes = metadata.pop("annotations", {})
    kept = {key: value for key, value in notes.items() if not key.startswith("exai.dev/")}
    return {**one, "metadata": {**metadata, **({"annotations": kept} if kept else {})}}


def project(namespace: str) -> Object:
    told = {"target": "kubeflow", "namespace": namespace, "pipelines": {"mode": "kubernetes"}}
    spec = {"exai": ">=0.1", "environments": {"prod": told}}
    return {"apiVersion": API, "kind": "Project", "metadata": {"name": "back"}, "spec": spec}


def taken_in(number: int, one: Object) -> Object:
    """The object as a Manifest: without what the environment and exai itself say of it."""
    metadata = {key: value for key, value in one["metadata"].items() if key != "namespace"}
    labels = {k: v for k, v in metadata.pop("labels", {}).items() if k != MANAGED}
    manifest = {**one, "metadata": {**metadata, **({"labels": labels} if labels else {})}}
    head = {"apiVersion": API, "kind": "Manifest", "metadata": {"name": f"object-{number}"}}
    return {**head, "spec": {"manifest": manifest}}


def again(objects: list[Object], root: Path) -> dict[str, Object]:
    """What comes of them in a project of their own."""
    spaces = {one["metadata"].get("namespace", "") for one in objects} - {""}
    assert len(spaces) <= 1
    documents = [project("".join(spaces) or "ml")]
    documents += [taken_in(number, one) for number, one in enumerate(objects)]
    root.mkdir(parents=True, exist_ok=True)
    (root / "exai.yaml").write_text(yaml.safe_dump_all(documents, sort_keys=False))
    out = root / "out"
    result = render(root, "prod", (), out)
    assert isinstance(result, RenderedFiles), result
    texts = [each.read_text() for each in sorted(out.glob("*/*.yaml"))]
    found = [each for text in texts for each in yaml.safe_load_all(text) if "kind" in each]
    return {identity(each): each for each in found}


@pytest.mark.parametrize("case", sorted(CASES))
def test_what_is_rendered_comes_back(case: str, tmp_path: Path) -> None:
    objects = rendered(CASES[case])
    assert again(objects, tmp_path) == {identity(each): each for each in objects}
