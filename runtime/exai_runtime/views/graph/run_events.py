"""Runs that happened as OpenLineage's RunEvents, one a line: a START, and the end if there was one
(openlineage.io/spec/2-0-2).

In: runs of one environment, the project's name. Out: text, the same for the same runs. A run's job
is its pipeline; it read datasets in their versions, and made versions of models. What exai knows
and OpenLineage has no facet for is in facets of exai's own, `exai_run` and `exai_model`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from exai_compiler.edges import Node
from exai_compiler.facts import Verdict
from exai_runtime.run_results import Registered, RunRecord
from exai_runtime.views.graph.openlineage import PRODUCER, facet, head
from exai_runtime.views.json.values import Plain

_ENDS = {"succeeded": "COMPLETE", "failed": "FAIL", "stopped": "ABORT"}
_OWN = f"{PRODUCER}/facets"


def run_events(project: str, environment: str, runs: Iterable[RunRecord]) -> str:
    """The oldest run first. A run whose start nobody knows starts when it ended."""
    ordered = sorted(runs, key=lambda run: (run.started or run.finished, run.pipeline, run.key))
    return "".join(
        json.dumps(event, sort_keys=True, separators=(",", ":")) + "\n"
        for run in ordered
        for event in _events(project, environment, run)
    )


def _events(project: str, environment: str, run: RunRecord) -> Iterator[Plain]:
    started = run.started or run.finished
    if not started:
        return  # no event without a time
    id_ = str(uuid5(NAMESPACE_URL, "/".join((_OWN, project, environment, run.pipeline, run.key))))
    about: Plain = {"exai_run": _run(environment, run)}
    common: Plain = {
        "run": {"runId": id_, "facets": about},
        "job": {"namespace": project, "name": run.pipeline, "facets": {"jobType": _job_type()}},
        "inputs": [
            _of(project, Node("Dataset", name), version)
            for name, version in sorted(run.data.items())
        ],
    }
    yield {**head("RunEvent", _time(started)), "eventType": "START", "outputs": [], **common}
    end = _ENDS.get(run.state)
    if end is None:
        return
    facets = dict(about)
    if run.state == "failed":
        said = {"message": run.detail or "it failed", "programmingLanguage": "PYTHON"}
        facets["errorMessage"] = facet("1-0-1/ErrorMessageRunFacet") | said
    yield {
        **head("RunEvent", _time(run.finished or started)),
        "eventType": end,
        **common,
        "run": {"runId": id_, "facets": facets},
        "outputs": [_model(project, one) for one in run.models],
    }


def _run(environment: str, run: RunRecord) -> Plain:
    return _own("RunFacet") | {
        "environment": environment,
        "key": run.key,
        "pipelineVersion": run.version or None,
        "parameters": dict(run.parameters),
        "generation": run.generation,
        "byHand": run.by_hand,
        "commit": run.commit or None,
        "branch": run.branch or None,
        "failedStep": run.step if run.state == "failed" and run.step else None,
        "seconds": dict(run.seconds),
    }


def _model(project: str, made: Registered) -> Plain:
    told = _of(project, Node("Model", made.model), str(made.version))
    told["facets"]["exai_model"] = _own("ModelDatasetFacet") | {
        "metrics": dict(sorted(made.metrics.items())),
        "verdict": _verdict(made.verdict),
        "aliases": list(made.aliases),
    }
    return told


def _verdict(verdict: Verdict | None) -> Plain | None:
    if verdict is None:
        return None
    gates = [
        {
            "metric": gate.metric,
            "rule": gate.rule,
            "passed": gate.passed,
            "value": gate.value,
            "limit": gate.limit,
        }
        for gate in verdict.results
    ]
    return {"passed": verdict.passed, "gates": gates}


def _of(project: str, node: Node, version: str) -> Plain:
    """A dataset or model, in the version that it had."""
    facets = {}
    if version:
        facets["version"] = facet("1-0-1/DatasetVersionDatasetFacet") | {"datasetVersion": version}
    return {"namespace": project, "name": str(node), "facets": facets}


def _job_type() -> Plain:
    said = {"processingType": "BATCH", "integration": "EXAI", "jobType": "PIPELINE"}
    return facet("2-0-4/JobTypeJobFacet") | said


def _own(name: str) -> Plain:
    return {"_producer": PRODUCER, "_schemaURL": f"{_OWN}/1-0-0/{name}.json#/$defs/{name}"}


def _time(at: float) -> str:
    found = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return found.replace("+00:00", "Z")
