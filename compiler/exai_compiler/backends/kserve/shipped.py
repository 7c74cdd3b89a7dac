"""The serving runtimes that KServe ships, as far as exai has to choose among them.

Source: config/runtimes of kserve/kserve v0.20 (supportedModelFormats, protocolVersions, ports).
Left out where KServe would choose by itself: exai always writes a runtime.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_specs.values import frozen

V1_V2 = ("v1", "v2")
GRPC_PORT = 8081  # of KServe's own Python servers


@frozen
class Runtime:
    """A runtime and what it serves: versions by format, the newest last; `chosen` are the formats
    for which exai takes it unasked. `protocols` are in its own order; none: any.
    """

    name: str
    formats: Mapping[str, tuple[str, ...]]
    protocols: tuple[str, ...]
    chosen: tuple[str, ...] = ()
    grpc_port: int = GRPC_PORT

    def offers(self, protocol: str) -> bool:
        return not self.protocols or protocol in self.protocols

    def asked_by_graphs(self) -> str:
        """The protocol by which KServe's graphs ask a service of it, whatever that service says:
        the first of its own that they know (GetPredictorEndpoint in
        pkg/controller/v1beta1/inferenceservice/utils/utils.go).
        """
        return next((each for each in self.protocols if each in V1_V2), "")

    def serves(self, format_: str, stated: str | None) -> bool:
        """Whether it reads this version of the format; one that lists no versions reads any."""
        if format_ not in self.formats:
            return False
        versions = self.formats[format_]
        return stated is None or not versions or self.version(format_, stated) is not None

    def version(self, format_: str, stated: str | None) -> str | None:
        """The version that is written: the newest that it lists, or the one that has the stated
        one in it, as `1` has `1.5`. KServe compares what is written with what is listed as text
        (RuntimeSupportsModel in pkg/apis/serving/v1beta1/predictor_model.go), so never another,
        and none where it lists none.
        """
        versions = self.formats.get(format_, ())
        if stated is None:
            return versions[-1] if versions else None
        having = [each for each in versions if f"{stated}.".startswith(f"{each}.")]
        return max(having, key=len, default=None)


def shipped_runtime(
    name: str,
    formats: Mapping[str, tuple[str, ...]],
    protocols: tuple[str, ...],
    chosen: tuple[str, ...] | None = None,
    grpc_port: int = GRPC_PORT,
) -> Runtime:
    """A runtime; without `chosen` exai takes it unasked for all of its formats."""
    taken = tuple(formats) if chosen is None else chosen
    return Runtime(name, MappingProxyType(dict(formats)), protocols, taken, grpc_port)


# What the files say of `priority`, where it isn't the 1 of the others.
_PRIORITIES: Mapping[tuple[str, str], int] = MappingProxyType(
    {
        **{("kserve-mlserver", each): 2 for each in ("sklearn", "xgboost", "lightgbm")},
        ("kserve-tensorflow-serving", "tensorflow"): 2,
        ("kserve-torchserve", "pytorch"): 2,
    }
)


def shipped_priority(runtime: Runtime, format_: str) -> int | None:
    """What KServe sorts a runtime of its own by; None where it takes it by name alone."""
    return _PRIORITIES.get((runtime.name, format_), 1) if format_ in runtime.chosen else None


LEFT_OUT = ("kserve-openvino",)
"""Runtimes whose files KServe has, and whose kustomization leaves them out."""

# The first that fits is taken.
SHIPPED: tuple[Runtime, ...] = (
    shipped_runtime("kserve-sklearnserver", {"sklearn": ("1",)}, V1_V2),
    shipped_runtime("kserve-xgbserver", {"xgboost": ("2",)}, V1_V2),
    shipped_runtime("kserve-lgbserver", {"lightgbm": ("4",)}, V1_V2),
    shipped_runtime("kserve-pmmlserver", {"pmml": ("3", "4")}, V1_V2),
    shipped_runtime("kserve-paddleserver", {"paddle": ("2",)}, V1_V2),
    shipped_runtime("kserve-autogluonserver", {"autogluon": ("1",)}, V1_V2),
    shipped_runtime(
        "kserve-tritonserver",
        {
            "tensorrt": ("8",),
            "tensorflow": ("1", "2"),
            "onnx": ("1",),
            "triton": ("2",),
            "pytorch": ("1",),
        },
        ("v2", "grpc-v2"),
        ("tensorrt", "tensorflow", "onnx", "triton"),
        9000,
    ),
    shipped_runtime(
        "kserve-tensorflow-serving",
        {"tensorflow": ("1", "2")},
        ("v1", "grpc-v1"),
        grpc_port=9000,
    ),
    shipped_runtime(
        "kserve-torchserve", {"pytorch": ("1",)}, ("v1", "v2", "grpc-v2"), grpc_port=8085
    ),
    shipped_runtime(
        "kserve-mlserver",
        {
            "sklearn": ("0", "1"),
            "xgboost": ("1", "2"),
            "lightgbm": ("3", "4"),
            "mlflow": ("1", "2"),
        },
        ("v2",),
        grpc_port=9000,
    ),
    shipped_runtime("kserve-huggingfaceserver", {"huggingface": ("1",)}, ("v2", "v1")),
    shipped_runtime(
        "kserve-huggingfaceserver-multinode", {"huggingface": ("1",)}, ("v2", "v1"), ()
    ),
    shipped_runtime("kserve-vllmserver", {"vLLM": ("1",)}, ()),
    shipped_runtime(
        "kserve-predictiveserver",
        {"sklearn": ("1",), "xgboost": ("2",), "lightgbm": ("4",)},
        V1_V2,
        (),
    ),
    shipped_runtime(
        "kserve-openvino",
        {"openvino": ("10",), "onnx": ("1",), "tensorflow": ("1",), "huggingface": ("1",)},
        ("v1", "v2", "grpc-v2"),
        ("openvino",),
        9000,
    ),
)
