"""Start-up and the warm path, in cold processes: `exai --help`, `--version`, validate, and an
apply that has nothing to do.

The peer is an interpreter that does nothing (`python -c pass`), and one that imports click.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 7
ROOT = Path(__file__).resolve().parents[2]
EXAI = (sys.executable, "-m", "exai_runtime.cli.main")
IRIS = str(ROOT / "examples" / "iris")

CASES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("python -c pass", (sys.executable, "-c", "pass")),
    ("python -c 'import click'", (sys.executable, "-c", "import click")),
    ("exai --help", (*EXAI, "--help")),
    ("exai --version", (*EXAI, "--version")),
    ("exai validate (iris)", (*EXAI, "-C", IRIS, "validate")),
    ("exai plan (iris)", (*EXAI, "-C", IRIS, "plan")),
)


def main() -> None:
    times: dict[str, list[float]] = {name: [] for name, _ in CASES}
    for _ in range(ROUNDS):
        for name, command in CASES:
            started = time.perf_counter()
            subprocess.run(command, check=False, capture_output=True)
            times[name].append(time.perf_counter() - started)
    bare = statistics.median(times[CASES[0][0]])
    print(f"| {'command':26} | median ms | best ms | x bare Python |")
    print(f"|{'-' * 28}|-----------|---------|---------------|")
    for name, values in times.items():
        median = statistics.median(values)
        print(
            f"| {name:26} | {median * 1e3:9.0f} | {min(values) * 1e3:7.0f} | {median / bare:13.1f} |"
        )


if __name__ == "__main__":
    main()
