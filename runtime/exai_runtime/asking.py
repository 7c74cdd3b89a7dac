"""The command `predict`: find a service's address in a project, and ask it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from exai_runtime.beside_mistakes import environment_to_ask, mistakes
from exai_runtime.compiling import check_project, open_target
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

    Its address is the target's, the protocol the spec's unless given. Where the specs have mistakes
    the target's records say which services there are, and what they speak.
    """
    started = time.monotonic()
    checked = check_project(load(root), environment)
    found, problems = environment_to_ask(checked, environment)
    told = mistakes(checked)
    asked: Protocol = protocol or "v2"

    def refused(problem: Diagnostic) -> Prediction:
        sources = checked.loaded.sources
        seconds = time.monotonic() - started
        return Prediction(service, (), "", asked, seconds, (*told, problem), sources)

    if found is None or checked.project is None:
        sources = checked.loaded.sources
        return Prediction(service, (), "", asked, 0.0, problems, sources)
    target = open_target(checked, environment, found)
    applied = target.protocols() if told else {}
    body = checked.project.body(ServiceSpec, service)
    if body is None and service not in applied:
        declared = (ref.name for ref in checked.project.specs if ref.kind == "Service")
        names = sorted({*declared, *applied})
        close = get_close_matches(service, names, 1)
        hint = (
            f"did you mean `{close[0]}`?" if close else f"there are: {', '.join(names) or 'none'}"
        )
        if target.address(service) is not None:
            hint = "it runs still, and the next apply ends it: write its document again to keep it"
        message = f"there is no Service `{service}`" + (" that can be read" if told else "")
        return refused(Diagnostic("unknown-service", message, NOWHERE, hint=hint))
    spoken = applied.get(service) or (body.protocol if body is not None else "")
    asked = protocol or ("v1" if spoken == "v1" else "v2")
    address = target.address(service)
    if address is None:
        spec = checked.project.find("Service", service)
        hint = "`exai apply` starts it; `exai status` says what it waits for"
        hint = f"once the specs are mended, {hint}" if told else hint
        return refused(
            Diagnostic(
                "not-running",
                f"Service/{service} isn't running",
                spec.at("metadata", "name") if spec is not None else NOWHERE,
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
    return Prediction(service, answers, address, asked, seconds, told, checked.loaded.sources)
