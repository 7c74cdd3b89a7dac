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
    for which exai takes it unasked. No `protocols`: any.
    """

    name: str
    formats: Mapping[str, tuple[str, ...]]
    protocols: tuple[str, ...]
    chosen: tuple[str, ...] = ()
    grpc_port: int = GRPC_PORT

    def offers(self, protocol: str) -> bool:
        return not self.protocols or protocol in self.protocols

    def serves(self, format_: str, stated: str | None) -> bool:
        """Whether it reads this version of the format. KServe compares what stands before the first
        dot; a runtime that lists no versions reads any.
        """
        if format_ not in self.formats:
            return False
        majors = {version.partition(".")[0] for version in self.formats[format_]}
        return stated is None or not majors or stated.partition(".")[0] in majors

    def version(self, format_: str, stated: str | None) -> str | None:
        """The version that is written: the stated one, else the newest that it lists, if any."""
        versions = self.formats.get(format_, ())
        return stated if stated is not None or not versions else versions[-1]


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
    shipped_runtime("kserve-huggingfaceserver", {"huggingface": ("1",)}, V1_V2),
    shipped_runtime("kserve-huggingfaceserver-multinode", {"huggingface": ("1",)}, V1_V2, ()),
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
