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
from exai_runtime.local.ledger import Ledger, Served, read
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


def project(port: int, more: str = "", text: str = TEXT) -> Project:
    documents, problems = read_documents(text.replace("PORT", str(port)) + more, "exai.yaml")
    specs = [parse(each) for each in documents]
    assert problems == ()
    found = link(spec for spec in specs if isinstance(spec, Spec))
    assert found is not None
    return found


def unsaid() -> Project:
    """A service that says no port."""
    return project(0, text=TEXT.replace("  local: {port: PORT}\n", ""))


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


def test_a_port_that_a_service_keeps_is_told_where_another_program_has_it(
    tmp_path: Path, stranger: int
) -> None:
    paths = Paths(tmp_path, "local")
    mine = identify(os.getpid())
    assert mine is not None
    gone = Served("iris", replace(mine, started=mine.started - 1), stranger, "", "", "")
    ledger = replace(read(paths.control), services=MappingProxyType({"iris": gone}))
    (found,) = port_problems(unsaid(), paths, lambda: ledger)
    assert (found.code, found.severity, str(found.at)) == (
        "port-in-use",
        "warning",
        "exai.yaml:9:18",
    )
    assert found.message.startswith(
        f"port {stranger} of {LOOPBACK}, which Service/iris keeps, is taken by process "
        f"{os.getpid()} ("
    )
    assert found.hint.endswith("`local: {port: ...}`")
    # One that serves has its port itself; and none is kept for what was never applied.
    alive = replace(ledger, services=MappingProxyType({"iris": replace(gone, process=mine)}))
    assert list(port_problems(unsaid(), paths, lambda: alive)) == []
    assert list(port_problems(unsaid(), paths, partial(read, paths.control))) == []
    # What the specs ask for comes first.
    assert list(port_problems(project(free_port()), paths, lambda: ledger)) == []


def test_the_ledger_is_read_once_for_all_services(tmp_path: Path, stranger: int) -> None:
    paths = Paths(tmp_path, "local")
    read_: list[Ledger] = []

    def ledger() -> Ledger:
        read_.append(read(paths.control))
        return read_[-1]

    service = TEXT.partition("---\n")[2]
    more = "".join(
        f"---\n{service.replace('iris', name).replace('  local: {port: PORT}', '')}"
        for name in ("other", "third")
    )
    assert len(list(port_problems(project(stranger, more), paths, ledger))) == 1
    assert len(read_) == 1


def test_a_free_one_and_its_own_are_not(tmp_path: Path, stranger: int) -> None:
    paths = Paths(tmp_path, "local")
    assert list(port_problems(project(free_port()), paths, partial(read, paths.control))) == []
    mine = identify(os.getpid())
    assert mine is not None
    served = Served("other", mine, stranger, "", "", "")
    ledger = replace(read(paths.control), services=MappingProxyType({"other": served}))
    assert list(port_problems(project(stranger), paths, lambda: ledger)) == []
