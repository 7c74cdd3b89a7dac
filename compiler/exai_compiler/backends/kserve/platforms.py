"""What an environment's `platform` has of KServe: which serving runtimes it ships, and whether an
InferenceService has `spec.canary`.

In: the name of a release. Out: a `Release`. Sources: targets 4 (the bundle of Kubeflow 26.03 has
KServe 0.16), and install/v0.16.0/kserve-cluster-resources.yaml of kserve/kserve.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_compiler.backends.kserve.releases import OLDER
from exai_compiler.backends.kserve.shipped import SHIPPED, V1_V2, Runtime, shipped_runtime
from exai_specs.values import frozen


@frozen
class Release:
    """`runtimes` in the order in which they are chosen; `canaries`: of Standard mode."""

    kserve: str
    runtimes: tuple[Runtime, ...]
    canaries: bool


# 0.16 has older servers of two formats, and none of these.
_LATER = (
    "kserve-autogluonserver",
    "kserve-openvino",
    "kserve-predictiveserver",
    "kserve-vllmserver",
)
_OLD_SERVERS: Mapping[str, Runtime] = MappingProxyType(
    {
        each.name: each
        for each in (
            shipped_runtime("kserve-xgbserver", {"xgboost": ("1",)}, V1_V2),
            shipped_runtime("kserve-lgbserver", {"lightgbm": ("3",)}, V1_V2),
        )
    }
)
LATEST = Release("0.20", SHIPPED, True)
RELEASES: Mapping[str, Release] = MappingProxyType(
    {
        "latest": LATEST,
        "kubeflow-26.03": Release(
            OLDER["kubeflow-26.03"],
            tuple(_OLD_SERVERS.get(each.name, each) for each in SHIPPED if each.name not in _LATER),
            False,
        ),
    }
)


def release(platform: str | None) -> Release:
    """The newest that exai knows for one that isn't named."""
    return RELEASES.get(platform or "latest", LATEST)
