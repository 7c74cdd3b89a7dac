"""How columns come from each other: joined by, as they are, computed."""

from __future__ import annotations

from pathlib import Path

from exai_compiler.graph import graph
from exai_compiler.lineage import lineage
from exai_compiler.picture import picture
from exai_compiler.project import link
from exai_compiler.transformations import how
from exai_runtime.workspace import component_catalog
from exai_specs.documents import read
from exai_specs.kinds import PipelineSpec
from exai_specs.parse import Spec, parse

TEXT = (Path(__file__).parents[2] / "language_section_5.yaml").read_text()
OWN = """    own:
      image: python:3.11
      command: [python, -c, pass]
      with: {data: "${{ steps.split.train }}"}
      outputs: {data: {type: Dataset, columns: {height: float64, made: float64}}}
    train:
"""


def found(text: str) -> dict[tuple[str, str], set[str]]:
    documents, problems = read(text, "exai.yaml")
    assert problems == ()
    specs = [spec for document in documents if isinstance(spec := parse(document), Spec)]
    project = link(specs)
    assert project is not None and len(specs) == len(documents)
    catalog = component_catalog()
    graphs = {s.ref.name: graph(s, catalog) for s, _ in project.bodies(PipelineSpec)}
    drawn = picture(project, graphs, lineage(project, graphs))
    ways: dict[tuple[str, str], set[str]] = {}
    for edge in drawn.traces:
        ways.setdefault((str(edge.source), str(edge.target)), set()).add(how(project, graphs, edge))
    return ways


def test_keys_and_times_join_and_functions_compute() -> None:
    text = TEXT.replace("    train:\n", OWN).replace(
        "features: [petal_length, petal_width]\n", "features: [petal_length, measured_at]\n"
    )
    ways = found(text)
    data, view, step = "Dataset/measurements", "FeatureView/petals", "Pipeline/flower-training"
    of_petals = {
        source.rpartition(":")[2]: way
        for (source, target), way in ways.items()
        if target == f"{view}:petal_length"
    }
    assert of_petals == {
        "petal_length": {"identity"},
        "flower_id": {"join"},
        "measured_at": {"join"},
        "written_at": {"join"},
    }
    assert ways[f"{data}:flower_id", view] == {"join"}
    assert ways[f"{data}:measured_at", f"{view}:measured_at"] == {"identity", "join"}
    assert ways[f"{view}:petal_length", "FeatureView/ratios:petal_ratio"] == {"computation"}
    # What a request has is computed with; what is looked up is joined by the rows' key and time.
    rows, made = f"{step}#load", f"{step}#features"
    assert ways[f"{rows}:height", f"{made}:petal_ratio"] == {"computation"}
    for key in ("flower_id", "seen_at"):
        assert ways[f"{rows}:{key}", f"{made}:petal_ratio"] == {"join"}
        assert ways[f"{rows}:{key}", f"{made}:petal_length"] == {"join"}
        assert ways[f"{rows}:{key}", f"{made}:{key}"] == {"identity"}
    # A column that decides how rows are split is no column of what comes out; nobody can tell what
    # a step of the user's own does.
    assert ways[f"{made}:species", f"{step}#split"] == {""}
    assert ways[f"{step}#split:height", f"{step}#own:height"] == {"computation"}
