"""A query of the lineage in process, at 100,000 edges: one dataset that hundreds of pipelines read,
so that what hangs on it is nearly everything. The bar of DESIGN section 9 is 50 ms.

The peer is networkx on the same edges, where it is installed.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from exai_compiler.edges import Node
from exai_compiler.graph import graph
from exai_compiler.lineage import Lineage, lineage
from exai_compiler.parts import around, with_columns
from exai_compiler.project import link
from exai_runtime.collector import collector_off
from exai_runtime.workspace import component_catalog
from exai_specs.documents import read
from exai_specs.kinds import PipelineSpec
from exai_specs.parse import Spec, parse

ROOT = Path(__file__).resolve().parents[2]
EDGES = 100_000
ROUNDS = 9


def grown() -> Lineage:
    """The project of LANGUAGE's first section, with as many pipelines as make the edges."""
    head, dataset, pipeline, model, service = (
        (ROOT / "tests/language_section_0.yaml").read_text("utf-8").split("\n---\n")
    )
    count = EDGES // 48  # edges of one pipeline, its model and service
    texts = [head, dataset]
    for number in range(count):
        for text in (pipeline, model, service):
            named = text.replace("iris_model", f"model_{number}")
            named = named.replace("iris-training", f"training-{number}")
            texts.append(named.replace("{name: iris,", f"{{name: iris-{number},"))
    with collector_off():
        documents = [one for n, text in enumerate(texts) for one in read(text, f"{n}.yaml")[0]]
        project = link([spec for each in documents if isinstance(spec := parse(each), Spec)])
        assert project is not None
        catalog = component_catalog()
        specs = project.bodies(PipelineSpec)
        return lineage(project, {spec.ref.name: graph(spec, catalog) for spec, _ in specs})


def timed(work: Callable[[], object]) -> tuple[float, float]:
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1e3, min(times) * 1e3


def main() -> None:
    gc.set_threshold(200_000)  # as the command line does
    found = grown()
    dataset, column = Node("Dataset", "iris"), Node("Dataset", "iris", "", "petal_length")
    service = next(node for node in found.nodes if node.kind == "Service" and not node.column)
    everything = with_columns(found, dataset)
    queries: tuple[tuple[str, Callable[[], object]], ...] = (
        ("what hangs on the dataset", lambda: around(found, (dataset,), ("down",))),
        ("what hangs on one column", lambda: around(found, (column,), ("down",))),
        ("... nodes alone", lambda: found.down(column)),
        (
            "what hangs on it and all its columns",
            lambda: around(found, everything, ("down",), columns=True),
        ),
        (
            "... with its edges as values",
            lambda: around(found, everything, ("down",), None, True).edges,
        ),
        ("... nodes alone", lambda: found.rings(found.known(everything), "down")),
        ("what a service comes from", lambda: around(found, (service,), ("up",), columns=True)),
        ("a way from the dataset to a service", lambda: found.path(dataset, service)),
    )
    print(f"{len(found.nodes):,} nodes, {len(found.edges):,} edges\n")
    print(f"| {'query':38} | median ms | best ms |")
    print(f"|{'-' * 40}|-----------|---------|")
    for name, work in queries:
        median, best = timed(work)
        print(f"| {name:38} | {median:9.1f} | {best:7.1f} |")
    if find_spec("networkx") is not None:
        import networkx

        peer = networkx.DiGraph((edge.source, edge.target) for edge in found.edges)
        median, best = timed(lambda: networkx.descendants(peer, column))
        print(f"| {'networkx: descendants of one column':38} | {median:9.1f} | {best:7.1f} |")


if __name__ == "__main__":
    main()
