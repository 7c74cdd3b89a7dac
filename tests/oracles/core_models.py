"""Kubernetes' own kinds as schemas, from the models of its Python client, which are generated from
the API server's OpenAPI document (beside kfp, so at its version).

They say fields, types and what is required; not formats, enums or keys of lists. Those stand here
for the kinds of which a wrong word would otherwise be found by a cluster alone.
"""

from __future__ import annotations

import inspect
from importlib.metadata import version
from typing import Any

_CLIENT = version("kubernetes")
SOURCE = f"kubernetes-client/python at v{_CLIENT}, kubernetes/client/models"
# Its major version is Kubernetes' minor one.
KUBERNETES = f"1.{_CLIENT.partition('.')[0]}"

MODELS = {
    "ConfigMap": "V1ConfigMap",
    "CronJob": "V1CronJob",
    "Deployment": "V1Deployment",
    "HorizontalPodAutoscaler": "V2HorizontalPodAutoscaler",
    "Job": "V1Job",
    "LimitRange": "V1LimitRange",
    "NetworkPolicy": "V1NetworkPolicy",
    "PodDisruptionBudget": "V1PodDisruptionBudget",
    "ResourceQuota": "V1ResourceQuota",
    "Role": "V1Role",
    "RoleBinding": "V1RoleBinding",
    "Service": "V1Service",
    "ServiceAccount": "V1ServiceAccount",
    "StatefulSet": "V1StatefulSet",
}
# Amounts: a number is one, too. Model's attribute by name, wherever a mapping of texts is.
AMOUNTS = frozenset(
    {
        *("requests", "limits", "hard", "default", "default_request", "max", "min", "overhead"),
        "max_limit_request_ratio",
    }
)
# Numbers or texts, which the models call objects; and amounts, which they call texts.
EITHER = frozenset({"port", "target_port", "max_surge", "max_unavailable", "min_available"})
QUANTITIES = frozenset(
    {
        *(("V1EmptyDirVolumeSource", "size_limit"), ("V1ResourceFieldSelector", "divisor")),
        *(("V2MetricTarget", "average_value"), ("V2MetricTarget", "value")),
    }
)
# https://kubernetes.io/docs/reference/kubernetes-api, where a value is one of a few.
ENUMS: dict[tuple[str, str], list[str]] = {
    ("V1NetworkPolicySpec", "policy_types"): ["Ingress", "Egress"],
    ("V1NetworkPolicyPort", "protocol"): ["TCP", "UDP", "SCTP"],
    ("V1LabelSelectorRequirement", "operator"): ["In", "NotIn", "Exists", "DoesNotExist"],
    ("V1ServicePort", "protocol"): ["TCP", "UDP", "SCTP"],
    ("V1ServiceSpec", "type"): ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"],
    ("V1CronJobSpec", "concurrency_policy"): ["Allow", "Forbid", "Replace"],
}


def schema_of(kind: str) -> dict[str, Any]:
    """A structural schema in the form of a CRD's, without `status`."""
    found = _model(MODELS[kind])
    found["properties"].pop("status", None)
    found["properties"]["metadata"] = {"type": "object"}
    if "spec" in found["properties"]:
        found["required"] = ["spec"]
    return found


def _model(name: str) -> dict[str, Any]:
    from kubernetes import client

    model = getattr(client, name)
    fields = {
        model.attribute_map[attribute]: _type(name, attribute, type_)
        for attribute, type_ in model.openapi_types.items()
    }
    required = [
        model.attribute_map[attribute]
        for attribute in model.openapi_types
        if "is None:" in inspect.getsource(getattr(model, attribute).fset)
    ]
    return {"type": "object", "properties": fields} | ({"required": required} if required else {})


def _type(model: str, attribute: str, type_: str) -> dict[str, Any]:
    if type_.startswith("list["):
        return {"type": "array", "items": _type(model, attribute, type_[5:-1])}
    if type_.startswith("dict("):
        inner = type_[5:-1].partition(", ")[2]
        either = attribute in AMOUNTS and inner == "str"
        values = _AMOUNT if either else _type(model, "", inner)
        return {"type": "object", "additionalProperties": values}
    if type_ == "object":
        kept = {"x-kubernetes-preserve-unknown-fields": True}
        return _EITHER if attribute in EITHER else kept
    if (model, attribute) in QUANTITIES:
        return _AMOUNT
    plain = {"str": "string", "int": "integer", "bool": "boolean", "float": "number"}
    if type_ == "datetime":
        return {"type": "string", "nullable": True}  # as kubectl writes creationTimestamp
    if type_ == "str":
        enum = ENUMS.get((model, attribute))
        return {"type": "string"} | ({"enum": enum} if enum else {})
    if type_ in plain:
        return {"type": plain[type_]}
    return _model(type_)


_EITHER = {"x-kubernetes-int-or-string": True}
_AMOUNT = {"type": ["number", "string"]}
