"""Large projects, compiled by cold processes, beside what else turns many files into objects.

    python tests/benchmarks/compiling.py [FILES ...]

Makes projects of so many files (1,000, 10,000 and 50,000), and lets fresh processes validate them, and
validate them, trace the lineage, render all of it and plan it offline. The sides take turns; the
least of each figure counts, since other work on a machine can only add. CPU is user and system time
of the process and of the copies that it makes of itself; MB is the most that all of them had at
once, what they share counted once. The peers are those that are found. Asserts nothing about times.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from subprocess import DEVNULL

import specs_made

HERE = Path(__file__).parent
ROUNDS = int(os.environ.get("ROUNDS", "3"))
PEERS = 1000  # things that a peer is given; with 10,000 kustomize takes over six minutes
EXAI = (sys.executable, "-m", "exai_runtime.cli.main")
ALL = (sys.executable, str(HERE / "compile_all.py"))

PERSON = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")

KFP = """
import sys
from kfp import compiler, dsl
@dsl.component(base_image="python:3.11")
def step(data: dsl.Input[dsl.Dataset], out: dsl.Output[dsl.Dataset], size: float = 0.2): ...
@dsl.component(base_image="python:3.11")
def load(out: dsl.Output[dsl.Dataset], name: str = "events"): ...
for number in range(int(sys.argv[1])):
    @dsl.pipeline(name=f"train-{number}")
    def train(ntrees: int = 20):
        last = load(name=f"events_{number}")
        for _ in range(6):
            last = step(data=last.outputs["out"], size=0.1)
    compiler.Compiler().compile(train, sys.argv[2])
"""


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds, CPU seconds, and the most memory in MB, if that was looked at."""

    seconds: float
    cpu: float
    memory: float = 0


def main(sizes: list[int]) -> None:
    with tempfile.TemporaryDirectory(prefix="exai-compiling-") as name:
        folder = Path(name)
        # Byte code stands beside an installed package; here it is written once, elsewhere.
        base = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        base |= {"PYTHONPYCACHEPREFIX": str(folder / "pyc"), "EXAI_CACHE_DIR": ""}
        _calibrate()
        print(
            "| what                                         | seconds | CPU s | MB  | ms CPU each |"
        )
        print(
            "|----------------------------------------------|---------|-------|-----|-------------|"
        )
        floors: list[subprocess.CompletedProcess[str]] = []
        for size in sizes:
            project = folder / f"specs-{size}"
            specs_made.make(project, size)
            if size == sizes[0]:
                _measured((*ALL, str(project)), base)  # writes the byte code
            _row(f"exai validate, {size:,} files", _validate(project), base, size)
            _row("  + lineage, render, offline plan", (*ALL, str(project)), base, size)
            cache = folder / "cache"
            warm = base | {"EXAI_CACHE_DIR": str(cache)}
            empty = partial(shutil.rmtree, cache, ignore_errors=True)
            _row("  validate, cache still empty", _validate(project), warm, size, empty)
            _least(_validate(project), warm, 1)
            _row("  validate, warm cache, nothing changed", _validate(project), warm, size)
            edit = partial(_edited, project / "specs/team_0/model_0.yaml")
            _row("  validate, warm cache, one file changed", _validate(project), warm, size, edit)
            _row(
                "  all of it, warm cache, one file changed", (*ALL, str(project)), warm, size, edit
            )
            alone = (sys.executable, str(HERE / "libraries_alone.py"), str(project))
            floors.append(
                subprocess.run(alone, env=base, check=True, capture_output=True, text=True)
            )
            if shutil.which("git"):
                for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "specs")):
                    subprocess.run(("git", *PERSON, *words), cwd=project, check=True)
                against = (
                    *EXAI,
                    "-C",
                    str(project),
                    "-q",
                    "plan",
                    "--against",
                    "HEAD",
                    "-e",
                    "prod",
                )
                _row("  plan --against, warm cache, one file changed", against, warm, size, edit)
        for label, command, count in _peers(folder):
            _row(label, command, base, count)
        for floor in floors:
            print(f"\n{floor.stdout}", end="")
        subprocess.run([*ALL, "--lineage", str(folder / f"specs-{sizes[0]}")], env=base, check=True)


def _validate(project: Path) -> tuple[str, ...]:
    return (*EXAI, "-C", str(project), "-q", "validate")


def _edited(file: Path) -> None:
    """Another content than before, of the same meaning."""
    text = file.read_text()
    file.write_text(text[:-1] if text.endswith("\n\n") else f"{text}\n")


def _row(
    label: str,
    command: tuple[str, ...],
    env: Mapping[str, str],
    count: int,
    before: Callable[[], None] = lambda: None,
) -> None:
    least = _least(command, env, ROUNDS, before)
    each = least.cpu / count * 1e3
    print(
        f"| {label:<44} | {least.seconds:7.2f} | {least.cpu:5.2f} | {least.memory:3.0f} | {each:11.2f} |",
        flush=True,
    )


def _least(
    command: tuple[str, ...],
    env: Mapping[str, str],
    rounds: int,
    before: Callable[[], None] = lambda: None,
) -> Took:
    took: list[Took] = []
    for _ in range(rounds):
        before()
        took.append(_measured(command, env))
    before()
    return Took(
        min(each.seconds for each in took),
        min(each.cpu for each in took),
        _memory(command, env),
    )


def _measured(command: tuple[str, ...], env: Mapping[str, str]) -> Took:
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=said, stderr=said, env=dict(env))
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(said.read().decode("utf-8", "replace")[-2000:])
    return Took(seconds, usage.ru_utime + usage.ru_stime)


def _memory(command: tuple[str, ...], env: Mapping[str, str]) -> float:
    """The most that a process and those below it had at any look, in a run of its own: a look takes
    time from it."""
    most = 0
    with subprocess.Popen(command, stdout=DEVNULL, stderr=DEVNULL, env=dict(env)) as process:
        while process.poll() is None:
            most = max(most, sum(map(_proportional, _with_those_below(process.pid))))
            time.sleep(0.005)
    return most / 1024


def _with_those_below(pid: int) -> Iterator[int]:
    yield pid
    with suppress(OSError):  # it has just ended
        for below in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield from _with_those_below(int(below))


def _proportional(pid: int) -> int:
    """KB of a process; a page that several have counts in parts."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def _calibrate() -> None:
    """How fast this machine is just now: what everything below is to be read against."""
    least = 1e9
    for _ in range(5):
        began = time.process_time()
        total = 0
        for number in range(2_000_000):
            total += number
        least = min(least, time.process_time() - began)
    print(f"ten million additions in Python: {least * 5:.2f} s of CPU\n")


def _peers(folder: Path) -> Iterator[tuple[str, tuple[str, ...], int]]:
    script = folder / "pipelines.py"  # the SDK reads the source of its functions
    script.write_text(KFP)
    compiled = (sys.executable, str(script), "50", str(folder / "pipeline.yaml"))
    yield "kfp compiler, 50 pipelines of 7 steps", compiled, 50
    services = [
        text
        for path, text in specs_made.files(PEERS * specs_made.KINDS).items()
        if "/service_" in path
    ]
    if shutil.which("kubectl"):
        place = folder / "kustomize"
        place.mkdir()
        for number, text in enumerate(services):
            (place / f"{number}.yaml").write_text(text)
        listed = "".join(f"- {number}.yaml\n" for number in range(len(services)))
        (place / "kustomization.yaml").write_text(f"namePrefix: a-\nresources:\n{listed}")
        yield f"kubectl kustomize, {PEERS:,} files", ("kubectl", "kustomize", str(place)), PEERS
    if shutil.which("terraform"):
        place = folder / "terraform"
        place.mkdir()
        for number in range(PEERS):
            block = f'resource "terraform_data" "r{number}" {{\n  input = {{ name = "offer-{number}" }}\n}}\n'
            (place / f"{number}.tf").write_text(block)
        here = ("terraform", f"-chdir={place}")
        subprocess.run([*here, "init", "-input=false"], check=True, capture_output=True)
        yield f"terraform validate, {PEERS:,} files", (*here, "validate"), PEERS
        plan = (*here, "plan", "-input=false", "-refresh=false", "-lock=false")
        yield f"terraform plan, {PEERS:,} files", plan, PEERS


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [1000, 10_000, 50_000])
