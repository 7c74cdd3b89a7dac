"""Affinity of a step's pod, as fields of KFP's KubernetesExecutorConfig. In: a step's `kubernetes`.
Out: JSON, without what isn't said.
"""

from __future__ import annotations

from collections.abc import Mapping

from exai_compiler.backends.kfp.names import Names
from exai_specs.frozen import Json
from exai_specs.kinds.affinity import ExecutorConfig, NodeAffinity, PodAffinity, Requirement


def near(config: ExecutorConfig, names: Names) -> Mapping[str, Json]:
    """Empty when nothing is said."""
    nodes = config.node_affinity
    fields = {
        "nodeAffinity": ({"nodeAffinityJson": names.given(nodes)},)
        if isinstance(nodes, str)
        else tuple(_nodes(each) for each in nodes),
        "podAffinity": tuple(_pods(each) for each in config.pod_affinity),
    }
    return {name: value for name, value in fields.items() if value}


def _nodes(term: NodeAffinity) -> Json:
    return _said(
        {
            "matchExpressions": _requirements(term.match_expressions),
            "matchFields": _requirements(term.match_fields),
            "weight": term.weight,
        }
    )


def _pods(term: PodAffinity) -> Json:
    return _said(
        {
            "matchPodExpressions": _requirements(term.match_pod_expressions),
            "matchPodLabels": dict(sorted(term.match_pod_labels.items())),
            "topologyKey": term.topology_key,
            "namespaces": term.namespaces,
            "matchNamespaceExpressions": _requirements(term.match_namespace_expressions),
            "matchNamespaceLabels": dict(sorted(term.match_namespace_labels.items())),
            "weight": term.weight,
            "anti": term.anti,
        }
    )


def _requirements(found: tuple[Requirement, ...]) -> tuple[Json, ...]:
    return tuple(
        _said({"key": each.key, "operator": each.operator, "values": each.values}) for each in found
    )


def _said(fields: Mapping[str, Json]) -> Mapping[str, Json]:
    return {name: value for name, value in fields.items() if value}
