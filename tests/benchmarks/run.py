"""All benchmarks, one after the other, as a report.

Nothing here asserts a time: read the ratios, not the seconds.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
BENCHMARKS = (
    "startup.py",
    "compiling.py",
    "lineage.py",
    "serving.py",
    "online_features.py",
    "closed_loop.py",
    "data.py",
)


def main() -> int:
    failed = 0
    for name in BENCHMARKS:
        print(f"\n## {name}\n", flush=True)
        failed |= subprocess.run([sys.executable, str(HERE / name)], check=False).returncode
    return failed


if __name__ == "__main__":
    sys.exit(main())
