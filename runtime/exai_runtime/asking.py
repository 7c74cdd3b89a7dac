"""The command `predict`: find a service's address in a project, and ask it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from exai_runtime.compiling import check_project, environment_for, open_target
from exai_runtime.predicting import Refusal, ask
from exai_runtime.results import Prediction, Protocol
from exai_runtime.workspace import load
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.frozen import Json
from exai_specs.kinds import ServiceSpec

# What is wrong stands on the command line, not in a file.
NOWHERE = Span("")


def predict(
    root: Path,
    environment: str,
    service: str,
    rows: Sequence[Mapping[str, Json]],
    protocol: Protocol | None,
) -> Prediction:
    """Ask a service of this project.

    Its address is the target's, the protocol the spec's unless given.
    """
    started = time.monotonic()
    checked = check_project(load(root), environment)
    found, problems = environment_for(checked, environment)
    asked: Protocol = protocol or "v2"

    def refused(problem: Diagnostic) -> Prediction:
        sources = checked.loaded.sources
        return Prediction(service, (), "", asked, time.monotonic() - started, (problem,), sources)

    if found is None or checked.usable is None:
        sources = checked.loaded.sources
        return Prediction(service, (), "", asked, 0.0, problems, sources)
    spec = checked.usable.find("Service", service)
    if spec is None or not isinstance(spec.body, ServiceSpec):
        names = [ref.name for ref in checked.usable.specs if ref.kind == "Service"]
        close = get_close_matches(service, names, 1)
        hint = (
            f"did you mean `{close[0]}`?" if close else f"there are: {', '.join(names) or 'none'}"
        )
        return refused(
            Diagnostic("unknown-service", f"there is no Service `{service}`", NOWHERE, hint=hint)
        )
    asked = protocol or ("v1" if spec.body.protocol == "v1" else "v2")
    target = open_target(checked, environment, found)
    address = target.address(service)
    if address is None:
        hint = "`exai apply` starts it; `exai status` says what it waits for"
        return refused(
            Diagnostic(
                "not-running",
                f"Service/{service} isn't running",
                spec.at("metadata", "name"),
                hint=hint,
            )
        )
    try:
        answers = ask(address, service, rows, asked)
    except Refusal as refusal:
        return refused(
            Diagnostic("prediction-refused", refusal.message, NOWHERE, hint=refusal.hint)
        )
    seconds = time.monotonic() - started
    return Prediction(service, answers, address, asked, seconds, (), checked.loaded.sources)
