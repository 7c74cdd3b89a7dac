"""Work by two processes gives what it gives in turn, whatever becomes of the copy."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import pytest
from valid_projects import TESTS, components, projects

from exai_compiler.environments import environments
from exai_compiler.everywhere import check_everywhere
from exai_compiler.facts import Facts, Lock
from exai_compiler.project import link, local
from exai_compiler.render import render
from exai_compiler.resolve import resolve
from exai_compiler.spread import in_turn
from exai_runtime.two_processes import MANY, in_two, spread_over
from exai_specs.documents import read
from exai_specs.kinds import ProjectSpec
from exai_specs.mended_document import Edits, Flaws, MendedDocument, edited
from exai_specs.overlays import PatchedDocument, overlaid
from exai_specs.parse import parse_all

T = TypeVar("T")
R = TypeVar("R")

HERE = os.getpid


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """No process that nobody has waited for, and no open file."""
    before = {*Path("/proc/self/fd").iterdir()}
    yield
    assert {*Path("/proc/self/fd").iterdir()} == before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@contextmanager
def by_the_copy(work: Callable[[T], R], items: list[T]) -> Iterator[list[R]]:
    """As much as the copy will do is done by it."""
    with in_two(work, items) as found:
        time.sleep(0.5)
        yield list(found)


@pytest.mark.parametrize("count", [0, 1, 2, 127, 128, 129, 1000])
def test_every_result_comes_in_the_order_of_the_items(count: int) -> None:
    with in_two(lambda item: item * item, range(count)) as found:
        assert list(found) == [item * item for item in range(count)]


def test_both_take_part() -> None:
    """The copy while nobody asks, this process once somebody does."""
    own = HERE()
    with by_the_copy(lambda _: HERE(), [*range(300)]) as found:
        assert len({*found}) == 1
        assert own not in found

    def work(_: int) -> int:
        time.sleep(0.01)
        return HERE()

    with in_two(work, range(20)) as found:
        took_part = {*found}
    assert own in took_part
    assert len(took_part) == 2


def test_what_cannot_be_handed_over_is_made_here() -> None:
    own = HERE()
    with by_the_copy(lambda item: (lambda: item, HERE()), [*range(9)]) as found:
        assert [value() for value, _ in found] == [*range(9)]
        assert {where for _, where in found} == {own}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_copy_that_dies_is_not_missed(number: signal.Signals) -> None:
    own = HERE()

    def work(item: int) -> int:
        if HERE() != own and item == 200:
            os.kill(HERE(), number)
        return item

    with by_the_copy(work, [*range(300)]) as found:
        assert found == [*range(300)]


def test_a_copy_that_leaves_in_the_middle_is_not_missed() -> None:
    own = HERE()

    def work(item: int) -> int:
        if HERE() != own and item == 7:
            raise SystemExit(3)
        return item

    with by_the_copy(work, [*range(20)]) as found:
        assert found == [*range(20)]


def test_a_failure_is_raised_here() -> None:
    def work(item: int) -> int:
        if item == 5:
            raise ValueError(f"item {item}")
        return item

    with pytest.raises(ValueError, match="item 5"), by_the_copy(work, [*range(9)]):
        pass


def test_who_leaves_early_waits_for_nothing() -> None:
    began = time.monotonic()
    with pytest.raises(KeyError), in_two(lambda _: time.sleep(60), range(9)):
        raise KeyError
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("call", ["fork", "pipe", "memfd_create"])
def test_without_room_for_a_copy_all_is_made_here(
    call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object) -> int:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, call, no_room)
    with in_two(lambda item: (item, HERE()), range(300)) as found:
        assert list(found) == [(item, HERE()) for item in range(300)]


def test_read_only_mappings_come_back_as_such_and_shared() -> None:
    shared: Mapping[str, object] = MappingProxyType({"list": (1, MappingProxyType({}))})
    with by_the_copy(lambda item: (item, shared), [*range(256)]) as found:
        assert found == [(item, shared) for item in range(256)]
        (_, first), (_, second), *_ = found
        assert type(first) is MappingProxyType
        assert first is second is not shared


def test_an_interrupt_ends_both() -> None:
    code = """
import signal, time
from exai_runtime.two_processes import in_two
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever starts tests may ignore it
with in_two(lambda _: time.sleep(60), range(9)) as found:
    print("begun", flush=True)
    list(found)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == "begun\n"
        os.killpg(process.pid, signal.SIGINT)
        told = process.stderr.read()  # to its end: when both have closed it
        assert process.wait(30) in (130, -signal.SIGINT)
    assert told.count("KeyboardInterrupt") == 1
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def spread(code: str = "") -> str:
    """How many things are done by a process that has no threads."""
    said = "print(spread_over(MANY).__name__)"
    imports = "import os, signal\nfrom exai_runtime.two_processes import MANY, spread_over\n"
    done = subprocess.run(
        [sys.executable, "-c", f"{imports}{code}\n{said}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


def test_many_things_are_done_in_two() -> None:
    assert spread() == ("in_two" if len(os.sched_getaffinity(0)) > 1 else "in_turn")


@pytest.mark.parametrize(
    "code",
    [
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)",  # as whoever starts it may have it
        "signal.signal(signal.SIGCHLD, lambda *_: os.waitpid(-1, os.WNOHANG))",
        "del os.memfd_create",
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})",
    ],
)
def test_where_a_copy_cannot_be_relied_on_all_is_done_in_turn(code: str) -> None:
    assert spread(code) == "in_turn"


def test_a_few_things_are_done_in_turn() -> None:
    assert spread_over(MANY - 1) is in_turn


def test_beside_a_thread_all_is_done_in_turn() -> None:
    leave = threading.Event()
    thread = threading.Thread(target=leave.wait)
    thread.start()
    try:
        assert spread_over(MANY) is in_turn
    finally:
        leave.set()
        thread.join()


WHOLE = [name for name, texts in projects().items() if "kind: Project" in "".join(texts.values())]


@pytest.mark.parametrize("name", WHOLE)
def test_projects_are_rendered_alike(name: str) -> None:
    specs, problems = parse_all(
        document
        for path, text in projects()[name].items()
        if path.endswith(".yaml")
        for document in read(text, path)[0]
    )
    project = link(specs)
    assert project is not None and not problems
    python = {path: text for path, text in projects()[name].items() if path.endswith(".py")}
    known = replace(components(), files=python, modules=frozenset(p[:-3] for p in python))
    body = project.root.body
    assert isinstance(body, ProjectSpec)
    there = environments(project).projects
    for environment, settings in (body.environments or {"local": local()}).items():
        mine = there.get(environment, project)
        resolved = resolve(mine, environment, settings, known, Lock(), Facts())
        assert render(resolved, in_two) == render(resolved)
    told = check_everywhere(project, there, known, spread=in_two)
    assert told == check_everywhere(project, there, known)


def test_documents_and_diagnostics_come_back_as_they_are() -> None:
    files = sorted(TESTS.glob("invalid/**/*.yaml"))
    assert len(files) > 100
    texts = [(file.read_bytes(), file.name) for file in files]
    with by_the_copy(lambda each: read(*each), texts) as found:
        assert found == [read(*each) for each in texts]
        documents = [document for documents, _ in found for document in documents]
    told = [parse_all([document]) for document in documents]
    with by_the_copy(lambda each: parse_all([each])[1], documents) as problems:
        assert problems == [each for _, each in told]
        assert any(problems)


def test_a_document_with_overlays_or_without_its_flaws_comes_from_here() -> None:
    """Who came from the copy would be a plain one."""
    (base,), _ = read("spec: {a: 1, b: 2}", "base.yaml")
    (layer,), _ = read("spec: {patch: {spec: {a: 3}}}", "overlay.yaml")
    edits = Edits(Flaws())
    edits.gone.add(("spec", "b"))
    made = [lambda: overlaid(base, [layer]), lambda: edited(base, "Model", edits)]
    with by_the_copy(lambda number: made[number](), [0, 1]) as found:
        patched, mended = found
    assert isinstance(patched, PatchedDocument) and isinstance(mended, MendedDocument)
    assert patched.at(("spec", "a")) == layer.at(("spec", "patch", "spec", "a"))
    assert mended.damaged() == edited(base, "Model", edits).damaged() != frozenset()
    for each in found:
        with pytest.raises(TypeError, match="handed over"):
            pickle.dumps(each)
