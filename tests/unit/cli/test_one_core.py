"""A large project: what two cores say of it is what one says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from exai_runtime.two_processes import MANY

ROOT = Path(__file__).parents[3]
MODULE = "exai_runtime.cli.main"
ON = """
import os, runpy, sys
os.sched_setaffinity(0, {cores})
runpy.run_module(sys.argv.pop(1), run_name="__main__")
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as path:
        path.syspath_prepend(ROOT / "tests/benchmarks")
        import specs_made
    folder = tmp_path_factory.mktemp("large")
    specs_made.make(folder, MANY + 50)
    for number, file in enumerate(sorted(folder.rglob("dataset_*.yaml"))[::40]):
        text = file.read_text()  # a Dataset that nothing reads is a warning
        file.with_name(f"more_{number}.yaml").write_text(text.replace("name: events_", "name: m_"))
    return folder


def said(project: Path, cores: set[int], *words: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-c", ON.format(cores=cores), MODULE, "-C", str(project), *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "EXAI_CACHE_DIR": ""},
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "words",
    [("validate",), ("validate", "--output", "json"), ("plan", "--output", "json")],
    ids="-".join,
)
def test_both_say_the_same(project: Path, words: tuple[str, ...]) -> None:
    cores = os.sched_getaffinity(0)
    one = said(project, {min(cores)}, *words)
    assert said(project, cores, *words) == one
    assert "unused-dataset" in one[1] + one[2]


def test_both_render_the_same_bytes(project: Path, tmp_path: Path) -> None:
    def files(name: str, cores: set[int]) -> dict[str, bytes]:
        code, _, told = said(project, cores, "render", "-e", "prod", "-o", str(tmp_path / name))
        assert code == 0, told
        found = (tmp_path / name).rglob("*")
        return {str(f.relative_to(tmp_path / name)): f.read_bytes() for f in found if f.is_file()}

    cores = os.sched_getaffinity(0)
    one = files("one", {min(cores)})
    assert len(one) > 300
    assert files("two", cores) == one
