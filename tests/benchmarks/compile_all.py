"""One process of `compiling.py`: validate a project, trace, render and plan it, without a target.

python tests/benchmarks/compile_all.py [--lineage] FOLDER
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from exai_compiler.build import Observed
from exai_compiler.edges import Node
from exai_compiler.facts import Facts, Lock
from exai_compiler.lineage import Lineage, lineage
from exai_compiler.planning import plan
from exai_compiler.render import render
from exai_compiler.resolve import resolve
from exai_runtime.collector import collector_off
from exai_runtime.compiling import check_project
from exai_runtime.ending import end
from exai_runtime.two_processes import spread_over
from exai_runtime.workspace import load


def main(folder: Path, trace: bool) -> None:
    with collector_off():
        checked = check_project(load(folder))
        project = checked.usable
        assert project is not None, checked.diagnostics
        environment = project.environment("local")
        assert environment is not None
        resolved = resolve(project, "local", environment, checked.catalog, Lock(), Facts())
        found = lineage(project, resolved.graphs)
        if trace:
            _trace(found)
            return
        build = render(resolved, spread_over(len(project.specs)))
        made = plan(build, Observed({}))
        print(len(project.all), len(found.specs), len(build.objects), len(made.changes))
        sys.stdout.flush()
        end(0)


def _trace(found: Lineage) -> None:
    took: list[float] = []
    names = [node for node in found.nodes if node.kind in ("Dataset", "Service")]
    for node in (Node("Dataset", "events_0"), *names[:: max(1, len(names) // 200)]):
        began = time.perf_counter()
        found.down(node)
        found.up(node)
        took.append(time.perf_counter() - began)
    print(
        f"\nup and down from a node of {len(found.edges):,} edges, at most {max(took) * 1e3:.2f} ms"
    )


if __name__ == "__main__":
    main(Path(sys.argv[-1]), "--lineage" in sys.argv)
