"""Which runs the specs and the data call for.

In: pipelines, meanings, facts. Out: a `RunKey` for each pipeline. The run key is SHA-256 over
the pipeline's meaning, its parameters, the data version of each dataset that it reads, and
`generation`. What succeeded under a key isn't run again. `asked_for` is the run that a person asks
for with parameters of their own: it never stands in for the one that the specs ask for.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_compiler.build import RunKey, RunRequest
from exai_compiler.facts import Facts, ModelFacts, RunFact
from exai_compiler.graph import Graph
from exai_compiler.maybe import Known, Unknown
from exai_compiler.named_by_steps import models_registered
from exai_specs.frozen import Json, digest
from exai_specs.identity import Ref
from exai_specs.kinds import Environment, PipelineSpec
from exai_specs.values import replace

# What may start a run where the spec says nothing: a merge must not rent GPUs unasked.
DEFAULT_ON: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"local": ("spec", "data"), "kubeflow": ()}
)


def run_key(
    ref: Ref,
    pipeline: PipelineSpec,
    meanings: Mapping[str, str],
    graph: Graph,
    environment: Environment,
    facts: Facts,
    reads: tuple[str, ...],
) -> RunKey | Unknown:
    """The run of one pipeline, or what it waits for: one of the datasets that it `reads`, whose
    data isn't there.
    """
    data: dict[str, str] = {}
    for name in reads:
        match facts.data.get(name, Unknown(Ref("Dataset", name), "its data wasn't looked at")):
            case Known(version):
                data[name] = version
            case Unknown() as missing:
                return missing
    parameters = _parameters(pipeline)
    generation = pipeline.run.generation
    spec_key = digest(
        {
            "pipeline": ref.name,
            "meaning": meanings[ref.name],
            "parameters": parameters,
            "generation": generation,
        }
    )
    key = digest({"spec": spec_key, "data": data})
    on = DEFAULT_ON[environment.target] if pipeline.run.on is None else pipeline.run.on
    registers = models_registered(graph)
    lost = _lost(registers, key, facts)
    why = lost or _why(ref, tuple(on), key, spec_key, data, generation, facts)
    return RunKey(
        pipeline=ref,
        key=key,
        spec_key=spec_key,
        parameters=MappingProxyType(parameters),
        data=MappingProxyType(data),
        registers=registers,
        generation=generation,
        due=bool(why),
        why=why,
    )


def asked_for(request: RunRequest, given: Mapping[str, Json], again: int = 0) -> RunRequest:
    """The run of `request` with these parameters. The same one when nothing differs from the
    defaults, so that what the specs ask for is run under its own key. `again` (from 1) makes
    another key of the same question.
    """
    changed = {
        name: value
        for name, value in sorted(given.items())
        if name not in request.parameters or request.parameters[name] != value
    }
    if not changed and not again:
        return request
    spec_key = (
        digest({"asked": request.spec_key, "given": changed}) if changed else request.spec_key
    )
    salt: dict[str, Json] = {"again": again} if again else {}
    return replace(
        request,
        key=digest({"spec": spec_key, "data": dict(request.data), **salt}),
        spec_key=spec_key,
        parameters=MappingProxyType({**request.parameters, **changed}),
        due=True,
        why=("asked for by hand",),
        by_hand=True,
    )


def _parameters(pipeline: PipelineSpec) -> dict[str, Json]:
    return {
        name: parameter.default
        for name, parameter in pipeline.parameters.items()
        if parameter.default is not None
    }


def _lost(registers: tuple[str, ...], key: str, facts: Facts) -> tuple[str, ...]:
    """A run that succeeded and whose version is gone from the registry has to be run again."""
    if not any(run.key == key and run.state == "succeeded" for run in facts.runs):
        return ()
    return tuple(
        f"the registry has lost the version of Model/{name} that this run registered"
        for name in registers
        if facts.models.get(name, ModelFacts()).of_run(key) is None
    )


def _why(
    ref: Ref,
    on: tuple[str, ...],
    key: str,
    spec_key: str,
    data: Mapping[str, str],
    generation: int,
    facts: Facts,
) -> tuple[str, ...]:
    """What is new since a success, in words; empty when nothing that may start a run is."""
    mine = [
        run
        for run in facts.runs
        if run.pipeline == ref.name and (run.key == key or not run.by_hand)
    ]
    done = [run for run in mine if run.state == "succeeded"]
    if any(run.key == key for run in done):
        return ()
    forced = generation > max((run.generation for run in done), default=0)
    if not on and not forced:
        return ()
    if any(run.key == key and run.state == "running" for run in mine):
        return ("this run is on its way: it will be adopted",)
    if forced:
        return (f"run.generation was raised to {generation}",)
    if not done:
        failed = any(run.key == key and run.state == "failed" for run in mine)
        return ("the last run failed",) if failed else ("it has never succeeded",)
    reasons: list[str] = []
    if "spec" in on and not any(run.spec_key == spec_key for run in done):
        reasons.append("the specs changed in meaning")
    if "data" in on:
        reasons += _new_data(data, done)
    if not reasons and set(on) == {"spec", "data"}:
        reasons.append("no run of these specs on this data has succeeded")
    return tuple(reasons)


def _new_data(data: Mapping[str, str], done: list[RunFact]) -> list[str]:
    return [
        f"new data in Dataset/{name}"
        for name, version in sorted(data.items())
        if not any(run.data.get(name) == version for run in done)
    ]
