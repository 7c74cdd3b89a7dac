"""What the feature store's process is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_runtime.local.features.process import variables_of
from exai_runtime.local.paths import Paths
from exai_runtime.target import TargetError
from exai_specs.documents import read
from exai_specs.kinds import Environment, ProjectSpec
from exai_specs.parse import Spec, parse

TEXT = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: flowers}
spec:
  environments:
    local:
      target: local
      connections:
        offline: {postgresql: {host: h, database: d, user: u, password: {secret: off, key: p}}}
        other: {postgresql: {host: h, database: d, user: u, password: {secret: other, key: p}}}
      features: {offline_store: {type: postgres, connection: offline}}
"""


def environment() -> Environment:
    found = parse(read(TEXT, "exai.yaml")[0][0])
    assert isinstance(found, Spec) and isinstance(found.body, ProjectSpec)
    return found.body.environments["local"]


def test_it_gets_the_secret_of_its_own_connection_alone(tmp_path: Path) -> None:
    paths = Paths(tmp_path, "local")
    folder = tmp_path / ".exai/secrets/off"
    folder.mkdir(parents=True)
    (folder / "p").write_text("hunter22")
    # That of the other one isn't even there.
    found = variables_of(paths, environment(), "flowers")
    assert "EXAI_CONNECTION_OFFLINE_PASSWORD" in found.secret
    assert "EXAI_CONNECTION_OTHER_PASSWORD" not in found.secret
    (folder / "p").unlink()
    with pytest.raises(TargetError):
        variables_of(paths, environment(), "flowers")
