"""What an environment may change: images, and in the platform spec what Secrets are called and what
a cluster tells the steps."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter

from exai_compiler.build import Rendered
from exai_specs.frozen import thaw
from exai_specs.kinds import Environment

HERE = Path(__file__).parent
CASES = tuple(sorted(path.parent.name for path in HERE.glob("*/project.yaml")))
TRAIN = "ghcr.io/acme/exai-train@sha256:" + "0" * 64
LOCAL = Environment(target="local")
CLUSTER = TypeAdapter(Environment).validate_python(
    {
        "target": "kubeflow",
        "namespace": "ml-prod",
        "images": {"train": TRAIN},
        "secrets": {"db": {"name": "prod-db-v2"}},
    }
)

Render = Callable[..., tuple[Rendered, ...]]


def part(objects: tuple[Rendered, ...], name: str) -> list[str]:
    body = thaw(objects[1].body)  # type: ignore[arg-type]
    return yaml.safe_dump(body["spec"].get(name, {})).splitlines()


@pytest.mark.parametrize("case", CASES)
def test_a_pipeline_spec_differs_in_image_lines_only(case: str, rendered: Render) -> None:
    text = (HERE / case / "project.yaml").read_text()
    local, cluster = (part(rendered(text, e), "pipelineSpec") for e in (LOCAL, CLUSTER))
    changed = [d for d in difflib.ndiff(local, cluster) if d[0] in "+-"]
    # A container brings its own image, which no environment replaces.
    ours = any("exai/python-train" in line for line in local)
    images = {"image: exai/python-train", f"image: {TRAIN}"}
    assert {line[2:].strip() for line in changed} == (images if ours else set())


def test_an_environment_may_rename_secrets(rendered: Render) -> None:
    text = (HERE / "modifiers" / "project.yaml").read_text()
    plain = replace(CLUSTER, secrets={})
    before, after = (part(rendered(text, e), "platformSpec") for e in (plain, CLUSTER))
    changed = {d[2:].strip() for d in difflib.ndiff(before, after) if d[0] in "+-"}
    assert changed == {
        *("constant: db", "constant: prod-db-v2"),
        *("secretName: db", "secretName: prod-db-v2"),
    }


def test_the_namespace_is_written_where_there_is_one(rendered: Render) -> None:
    text = (HERE / "iris" / "project.yaml").read_text()
    for item in rendered(text, CLUSTER):
        assert thaw(item.body)["metadata"]["namespace"] == "ml-prod"  # type: ignore[arg-type]
    for item in rendered(text):
        assert "namespace" not in thaw(item.body)["metadata"]  # type: ignore[arg-type]


@pytest.mark.parametrize("case", CASES)
def test_no_address_credential_or_absolute_path(case: str, rendered: Render) -> None:
    """Connections, stores and tracking are the environment's: nothing of them is in either spec."""
    text = (HERE / case / "project.yaml").read_text()
    for line in part(rendered(text), "pipelineSpec") + part(rendered(text), "platformSpec"):
        assert "://" not in line
        if "mountPath:" in line:  # of the container, not of a machine
            continue
        assert not line.split(": ")[-1].lstrip("'\"- ").startswith("/")
        assert "iris.db" not in line
