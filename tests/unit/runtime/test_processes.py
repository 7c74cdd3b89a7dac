"""Work spread over forked processes: the same as alone, whatever becomes of a child.

Each test is a process of its own: a fork beside the threads of a test runner isn't what is done.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def said(script: str, *args: object) -> str:
    command = [sys.executable, "-c", script, *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("count", [0, 1, 3, 64, 65, 1000])
@pytest.mark.parametrize("processes", [1, 2, 4])
def test_what_comes_back_is_in_order(count: int, processes: int) -> None:
    script = """
import os, sys
from types import MappingProxyType
from exai_runtime.processes import forked
from exai_compiler.spread import alone

def work(n):
    return MappingProxyType({"n": n, "of": (n, str(n))})

items = range(int(sys.argv[1]))
found = forked(work, items, os.getpid, int(sys.argv[2]))
assert found == alone(work, items, os.getpid), found
assert all(type(each) is MappingProxyType for each in found[0])
print("same")
"""
    assert said(script, count, processes) == "same"


def test_several_processes_take_part() -> None:
    script = """
import os, time
from exai_runtime.processes import forked

def work(n):
    time.sleep(0.001)
    return os.getpid()

print(len(set(forked(work, range(400), lambda: None, 3)[0])))
"""
    assert said(script) == "3"


def test_what_a_killed_child_had_is_done_again() -> None:
    script = """
import os, signal
from exai_runtime.processes import forked

parent = os.getpid()

def work(n):
    if os.getpid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    return n

assert forked(work, range(500), lambda: 7, 3) == (list(range(500)), 7)
try:
    os.waitpid(-1, 0)
except ChildProcessError:
    print("nobody is left")
"""
    assert said(script) == "nobody is left"


def test_children_whose_end_nobody_is_told() -> None:
    """As where a supervisor, or `trap '' CHLD`, has SIGCHLD ignored."""
    script = """
import signal
from exai_runtime.processes import forked

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
assert forked(str, range(500), lambda: 7, 3) == ([str(n) for n in range(500)], 7)
try:
    forked(str, range(9), lambda: 1 // 0, 3)
except ZeroDivisionError:
    print("meanwhile")
"""
    assert said(script) == "meanwhile"


def test_what_goes_wrong_is_raised_once_and_here() -> None:
    script = """
import os
from exai_runtime.processes import forked

def work(n):
    if n == 399:
        raise ValueError(f"it is {n}")
    return n

try:
    forked(work, range(400), lambda: None, 2)
except ValueError as error:
    print(error)
try:
    forked(work, range(9), lambda: 1 // 0, 2)
except ZeroDivisionError:
    print("meanwhile")
try:
    os.waitpid(-1, 0)
except ChildProcessError:
    print("nobody is left")
"""
    assert said(script).splitlines() == ["it is 399", "meanwhile", "nobody is left"]


def test_beside_another_thread_nothing_is_forked() -> None:
    script = """
import os, threading
from exai_compiler.spread import alone
from exai_runtime.processes import FEW, MANY, spread_for

cores = len(os.sched_getaffinity(0))
assert (spread_for(FEW) is alone) == (cores == 1), cores
assert spread_for(FEW - 1) is alone and spread_for(MANY + 1) is alone
done = threading.Event()
threading.Thread(target=done.wait).start()
print(spread_for(FEW) is alone)
done.set()
"""
    assert said(script) == "True"


def test_a_project_is_what_one_process_makes_of_it(tmp_path: Path) -> None:
    """With errors in files and in documents, comments, and several documents in one file."""
    script = """
import sys
from functools import partial
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import specs_made
from exai_compiler.facts import Facts, Lock
from exai_compiler.render import render
from exai_compiler.resolve import resolve
from exai_runtime.compiling import check_project
from exai_runtime.document_cache import DocumentCache
from exai_runtime.folder import DiskFolder
from exai_runtime.processes import forked
from exai_runtime.workspace import load_from

root = Path(sys.argv[1])
specs_made.make(root, 300)

def loaded(processes, place):
    cache = DocumentCache(place)
    spread = partial(forked, processes=processes)
    found = load_from(DiskFolder(root), root, cache, None, lambda _: spread)
    cache.save()
    return found, place.read_bytes()

one, many = loaded(1, root / "a/one"), loaded(3, root / "b/many")
assert one == many
assert loaded(3, root / "b/many")[0] == one[0]
checked = check_project(one[0])
project = checked.usable
environment = project.environment("local")
resolved = resolve(project, "local", environment, checked.catalog, Lock(), Facts())
assert render(resolved) == render(resolved, partial(forked, processes=3))
files = sorted(root.glob("specs/**/*.yaml"))
files[3].write_text("a: [")
more = "# exai: allow unused-dataset\\n---\\nkind: Dataset\\n"
files[70].write_text(files[70].read_text() + more)
files[140].write_text(files[140].read_text().replace("kind: ", "kind: X"))
files[200].write_bytes(b"\\xff")
broken = loaded(1, root / "c/one"), loaded(3, root / "d/many")
assert broken[0] == broken[1]
print(len(broken[0][0].diagnostics) > 3)
"""
    assert said(script, tmp_path, BENCHMARKS) == "True"
