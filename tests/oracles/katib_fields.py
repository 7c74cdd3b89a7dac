"""The fields of a Katib Experiment's spec. Its CRD keeps whatever is written: a
misspelt one would be passed over in silence. What is inside of them is left open.

kubeflow/katib, pkg/apis/controller/experiments/v1beta1/experiment_types.go
"""

from __future__ import annotations

from typing import Any

_OPEN: dict[str, Any] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_LIST: dict[str, Any] = {"type": "array", "items": _OPEN}
_COUNT: dict[str, Any] = {"type": "integer", "format": "int32"}
EXPERIMENT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "metadata": {"type": "object"},
        "spec": {
            "type": "object",
            "properties": {
                **dict.fromkeys(("algorithm", "earlyStopping", "metricsCollectorSpec"), _OPEN),
                **dict.fromkeys(("nasConfig", "objective", "trialTemplate"), _OPEN),
                "maxFailedTrialCount": _COUNT,
                "maxTrialCount": _COUNT,
                "parallelTrialCount": _COUNT,
                "parameters": _LIST,
                "resumePolicy": {"type": "string", "enum": ["Never", "LongRunning", "FromVolume"]},
            },
        },
    },
}
