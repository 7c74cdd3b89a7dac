"""LLMService: a large language model behind the OpenAI protocol (LANGUAGE section 8).

In: the `spec` of an LLMService. Out: a frozen value. Never: what the platform's KServe doesn't
know yet; the compiler knows the environments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from exai_specs import shape_rules
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Flag, KeyedBy, Maybe, Named, Problem, Text, Whole, refuse
from exai_specs.forms import OneOf
from exai_specs.frozen import empty
from exai_specs.kinds.llm_router import Router
from exai_specs.kinds.model_files import Uri
from exai_specs.kinds.patches import Patches, PatchesOf
from exai_specs.kinds.servers import PodFields, SpecFields
from exai_specs.kinds.workload import SECRET
from exai_specs.names import NameRule
from exai_specs.notes import Field, about, checked
from exai_specs.values import field

MAIN = "main"
"""The container that KServe's own configurations call so: the model's server."""

ADAPTER = NameRule(
    r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?",
    "letters, digits, `-`, `_` and `.`, and starts and ends with a letter or digit",
    joiner="-",
    example="sql",
)
"""Names of adapters: folders, and what a request calls its model."""


_Degree = Maybe[Annotated[Whole, Field(ge=1)]]


@block
class Lora:
    """Adapters that are served beside the model."""

    adapters: Annotated[
        Annotated[Mapping[str, Uri], KeyedBy(ADAPTER, at_least=1)],
        Effect.REDEPLOY,
        about("Where each is, by the name that a request asks for", {"sql": "hf://acme/sql-lora"}),
    ]
    max_rank: Annotated[_Degree, Effect.REDEPLOY, about("The highest rank among them", 16)] = None


@block
class LlmModel:
    """The model that is served."""

    uri: Annotated[
        Uri, Effect.REDEPLOY, about("Where its files are", "hf://Qwen/Qwen3-8B", "s3://acme/qwen")
    ]
    name: Annotated[
        Maybe[Text],
        Effect.REDEPLOY,
        about("What a request calls it; default: the document's name", "qwen"),
    ] = None
    lora: Annotated[
        Maybe[Lora],
        Effect.REDEPLOY,
        about("Adapters beside it", {"adapters": {"sql": "hf://acme/sql-lora"}, "maxRank": 16}),
    ] = None


@block
class Parallelism:
    """How one replica is spread over accelerators and nodes."""

    tensor: Annotated[_Degree, Effect.REDEPLOY, about("Accelerators that share each layer", 2)] = (
        None
    )
    pipeline: Annotated[
        _Degree, Effect.REDEPLOY, about("Nodes that have some of the layers each", 2)
    ] = None
    data: Annotated[_Degree, Effect.REDEPLOY, about("Copies of the layers", 8)] = None
    data_local: Annotated[
        _Degree, Effect.REDEPLOY, about("Copies on one node; it goes with `data`", 8)
    ] = None
    expert: Annotated[Flag, Effect.REDEPLOY, about("Whether experts are spread, too", True)] = False

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        why = "stands with pipeline, and KServe takes one of them"
        yield shape_rules.without(cls, shape_rules.has("pipeline"), why, "data", "dataLocal")
        yield shape_rules.needs(shape_rules.has("data"), "dataLocal")
        yield shape_rules.needs(shape_rules.has("dataLocal"), "data")

    @checked
    def _as_the_webhook_has_it(self) -> Parallelism:
        if self.pipeline is not None and (self.data or self.data_local):
            wrong = "stands with pipeline, and KServe takes one of them"
            name = "data" if self.data is not None else "dataLocal"
            raise refuse(Problem("invalid-value", wrong, "keep one of them", (name,), "key"))
        if (self.data is None) != (self.data_local is None):
            missing = "data" if self.data is None else "dataLocal"
            wrong = f"has no {missing}"
            raise refuse(Problem("missing-field", wrong, f"add {missing}: KServe wants both"))
        return self

    @property
    def spans_nodes(self) -> bool:
        """Whether workers have a part in it."""
        return self.pipeline is not None or self.data is not None


@block
class ReplicaRange:
    """Bounds of a number that changes with the load."""

    min: Annotated[Annotated[Whole, Field(ge=1)], Effect.RENDER, about("At least", 1)] = 1
    max: Annotated[Annotated[Whole, Field(ge=1)], Effect.RENDER, about("At most", 4)]

    @checked
    def _ordered(self) -> ReplicaRange:
        if self.min > self.max:
            wrong = f"is more than max ({self.max})"
            hint = f"write max: {self.min} or more, or a smaller min"
            raise refuse(Problem("invalid-value", wrong, hint, ("min",)))
        return self


LlmReplicas = Annotated[
    int | ReplicaRange,
    OneOf(
        (("max", ReplicaRange),),
        inside=False,
        text=Annotated[Whole, Field(ge=0)],
        text_words="a number",
    ),
]


@block
class Worker(SpecFields):
    """The further nodes of a replica: pods without labels of their own."""

    @checked
    def _containers_apart(self) -> Worker:
        if problems := _called_main(self):
            raise refuse(*problems)
        return self


@block
class LlmWorkload(PodFields):
    """Pods that serve a model. The workload block is the container `main`."""

    replicas: Annotated[
        LlmReplicas,
        Effect.RENDER,
        about("How many replicas run: a number, or bounds", 1, {"min": 1, "max": 4}),
    ] = 1
    parallelism: Annotated[
        Maybe[Parallelism],
        Effect.REDEPLOY,
        about("How one replica is spread", {"tensor": 2}),
    ] = None
    worker: Annotated[
        Maybe[Worker],
        Effect.REDEPLOY,
        about(
            "The further nodes of a replica, by parallelism over nodes",
            {"resources": {"nvidia.com/gpu": 8}},
        ),
    ] = None

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        why = "means nothing without parallelism over nodes"
        yield shape_rules.without(cls, shape_rules.lacks("parallelism"), why, "worker")

    @checked
    def _fits_together(self) -> LlmWorkload:
        problems = _called_main(self)
        if self.worker is not None and not (self.parallelism and self.parallelism.spans_nodes):
            wrong = "means nothing without parallelism over nodes"
            hint = "add parallelism: {pipeline: ...}, or {data: ..., dataLocal: ...}"
            problems.append(Problem("invalid-value", wrong, hint, ("worker",), "key"))
        if problems:
            raise refuse(*problems)
        return self


def _called_main(block: SpecFields) -> list[Problem]:
    wrong = f"KServe calls the model's own server {MAIN}"
    return [
        Problem("invalid-name", wrong, "give it another name", (name, MAIN), "key")
        for name, beside in (
            ("sidecars", block.sidecars),
            ("initContainers", block.init_containers),
        )
        if MAIN in beside
    ]


@block
class LLMServiceSpec(LlmWorkload):
    """A large language model behind the OpenAI protocol. With `prefill` this block decodes."""

    model: Annotated[
        LlmModel, Effect.REDEPLOY, about("What is served", {"uri": "hf://Qwen/Qwen3-8B"})
    ]
    router: Annotated[
        Maybe[Router],
        Effect.RENDER,
        about("How requests get to it", {"route": {}, "gateway": {}, "scheduler": {}}),
    ] = None
    prefill: Annotated[
        Maybe[LlmWorkload],
        Effect.REDEPLOY,
        about(
            "Pods of their own that read prompts",
            {"replicas": 2, "resources": {"nvidia.com/gpu": 1}},
        ),
    ] = None
    base_refs: Annotated[
        tuple[Annotated[Text, Named(SECRET, "shared-gpus")], ...],
        Effect.REDEPLOY,
        about("LLMInferenceServiceConfigs that it starts from, the last wins", ["shared-gpus"]),
    ] = ()
    patches: Annotated[
        Annotated[Patches, PatchesOf(("LLMInferenceService",))],
        Effect.REDEPLOY,
        about(
            "Fields of the rendered object that no field here has",
            {"LLMInferenceService": {"spec": {"tracing": {}}}},
        ),
    ] = field(default_factory=empty)

    @property
    def files(self) -> tuple[tuple[tuple[str, ...], str], ...]:
        """The URIs of the model and its adapters, each with its path in the document."""
        adapters = self.model.lora.adapters if self.model.lora is not None else {}
        here = ("spec", "model")
        return (
            ((*here, "uri"), self.model.uri),
            *(((*here, "lora", "adapters", name), uri) for name, uri in adapters.items()),
        )

    @property
    def pods(self) -> tuple[tuple[tuple[str, ...], SpecFields], ...]:
        """Every block of pods, with its path in the document."""
        found: list[tuple[tuple[str, ...], SpecFields]] = []
        workloads: tuple[tuple[tuple[str, ...], LlmWorkload | None], ...] = (
            (("spec",), self),
            (("spec", "prefill"), self.prefill),
        )
        for path, workload in workloads:
            if workload is not None:
                found.append((path, workload))
                if workload.worker is not None:
                    found.append(((*path, "worker"), workload.worker))
        return tuple(found)
