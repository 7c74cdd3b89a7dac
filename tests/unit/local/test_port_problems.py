"""Ports that services ask for, looked at before anything is started."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import MappingProxyType

import pytest

from exai_compiler.project import Project, link
from exai_runtime.local.ledger import Served, read
from exai_runtime.local.paths import Paths
from exai_runtime.local.port_problems import port_problems
from exai_runtime.local.ports import LOOPBACK, free_port
from exai_runtime.local.process import identify
from exai_specs.documents import read as read_documents
from exai_specs.parse import Spec, parse
from exai_specs.values import replace

TEXT = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec:
  environments: {local: {target: local}}
---
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: iris}
spec:
  model: {uri: "file:///models/iris", format: h2o-mojo}
  local: {port: PORT}
"""


def project(port: int, more: str = "") -> Project:
    documents, problems = read_documents(TEXT.replace("PORT", str(port)) + more, "exai.yaml")
    specs = [parse(each) for each in documents]
    assert problems == ()
    found = link(spec for spec in specs if isinstance(spec, Spec))
    assert found is not None
    return found


@pytest.fixture
def stranger() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def test_a_port_that_another_program_has_is_told(tmp_path: Path, stranger: int) -> None:
    paths = Paths(tmp_path, "local")
    (found,) = port_problems(project(stranger), paths, partial(read, paths.control))
    assert (found.code, found.severity, str(found.at)) == (
        "port-in-use",
        "warning",
        "exai.yaml:12:17",
    )
    assert f"port {stranger} of {LOOPBACK} is taken by process {os.getpid()} (" in found.message
    assert (
        list(
            port_problems(
                project(stranger, "  stopped: true\n"), paths, partial(read, paths.control)
            )
        )
        == []
    )


def test_a_free_one_and_its_own_are_not(tmp_path: Path, stranger: int) -> None:
    paths = Paths(tmp_path, "local")
    assert list(port_problems(project(free_port()), paths, partial(read, paths.control))) == []
    mine = identify(os.getpid())
    assert mine is not None
    served = Served("other", mine, stranger, "", "", "")
    ledger = replace(read(paths.control), services=MappingProxyType({"other": served}))
    assert list(port_problems(project(stranger), paths, lambda: ledger)) == []
