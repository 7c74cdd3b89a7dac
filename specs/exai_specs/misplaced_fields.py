"""Fields of a pipeline's steps that stand at the wrong place, or have another name elsewhere.

In: a key that nothing declares, the fields that there are, its path. Out: where it stands, or what
it is called here; "" for no idea.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from exai_specs.nearest import did_you_mean, nearest
from exai_specs.regexes import regex
from exai_specs.types import Path

_BODIES = ("uses", "python", "notebook", "pipeline", "import")
_OF_LEAVES = (
    *("with", "retry", "cache", "env", "resources", "image", "timeout", "volumes", "kubernetes"),
    *("nodeSelector", "tolerations", "ignoreUpstreamFailure"),
)
_INPUTS = ("inputs", "input", "parameters", "params", "arguments", "kwargs")
# What other languages of pipelines call the fields of a step.
_OTHERWISE: Mapping[str, str] = MappingProxyType(
    {
        "else": "an else is the last way of a choice: `choose: [{if: ..., steps: {...}}, "
        "{steps: {...}}]`",
        **dict.fromkeys(("when", "condition"), "write `if: ${{ steps.STEP.OUTPUT > 0.9 }}`"),
        **dict.fromkeys(
            ("needs", "dependsOn", "depends_on", "depends", "dependencies"),
            "write `after: [STEP]`; a step that reads from another waits for it anyway",
        ),
        **dict.fromkeys(
            ("loop", "foreach", "for", "withItems", "with_items", "parallelFor"),
            "write `forEach: {in: [...]}`",
        ),
    }
)


_FIELD = regex(r"write `(\w+)(?::|`)")


def renaming(hint: str) -> str:
    """The field that one of these hints says to write for a key, whose value may be the same; "" of
    any other hint."""
    said = _FIELD.match(hint) if hint in _OTHERWISE.values() else None
    return said[1] if said is not None else ""


def elsewhere(name: str, known: Collection[str], path: Path) -> str:
    """The hint for a key, by what has no such field (LANGUAGE section 6.2)."""
    fields = set(known)
    if {"cpu", "memory"} <= fields:
        return _of_resources(name)
    if fields == {"if", "outputs", "steps"}:
        return _of_way(name)
    if "choose" in fields:
        return _of_choice(name)
    if {"steps", "forEach"} <= fields:
        return _of_group(name)
    if {"uses", "with"} <= fields:
        return _of_step(name, known, is_last=path[-2:-1] == ("finally",))
    return ""


def _of_resources(name: str) -> str:
    if name in ("gpu", "gpus", "tpu"):
        return "name the device, as Kubernetes does: `nvidia.com/gpu: 1`"
    if name == "requests":
        return "write cpu and memory here: they are the requests, and `limits` may differ"
    return ""


def _of_way(name: str) -> str:
    if name in (*_BODIES, "image"):
        return f"a way has steps with names: `steps: {{NAME: {{{name}: ...}}}}`"
    return ""


def _of_choice(name: str) -> str:
    if name in ("if", "forEach"):
        return f"put the choice into a group, which can have it: {{{name}: ..., steps: {{...}}}}"
    if name == "else":
        return "an else is the last way, without `if`"
    return "write it at the steps in its ways" if name in _OF_LEAVES else ""


def _of_group(name: str) -> str:
    if name in _BODIES:
        return "a group has steps alone: write this as one of them"
    if name in _OF_LEAVES:
        return "write it at the steps in the group"
    if name == "finally":
        return "only a whole pipeline has one: call one, `pipeline: NAME`"
    return _OTHERWISE.get(name, "")


_ALONE = "one container runs: do it in its own command, or in a step before"
_NO_SERVER = "that is for servers: nothing asks a step"
# What servers have and Kubeflow Pipelines has no place for.
_OF_SERVERS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("initContainers", "sidecars"), _ALONE),
        **dict.fromkeys(("ports", "probes", "replicas", "autoscale"), _NO_SERVER),
        "serviceAccount": "a run has one: write `serviceAccount` of the pipeline",
        "patches": "write `kubernetes: {...}`: that reaches its pod",
    }
)


def _of_step(name: str, known: Collection[str], is_last: bool) -> str:
    if name in ("steps", "choose"):
        return "one step is last: for several call a pipeline, `pipeline: NAME`"
    if name in _INPUTS:
        return "the inputs of a step stand under `with`"
    if name in _OF_SERVERS and name not in known:
        return _OF_SERVERS[name]
    if name in _OTHERWISE or nearest(name, known):
        return _OTHERWISE.get(name, "")
    if is_last:
        return "one step is last, and stands here itself: for several call a pipeline"
    return f"an input stands under `with`; {did_you_mean(name, known)}"
