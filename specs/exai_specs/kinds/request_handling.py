"""What happens to a service's requests on their way: they are sent on, or answered together
(LANGUAGE 8).

In: `logger` and `batcher` of a Service. Out: frozen values. Never: who takes what is sent.
"""

from __future__ import annotations

from typing import Annotated, Literal

from exai_specs import shape_rules
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Duration, Latency, Maybe, Problem, Text, Whole, refuse
from exai_specs.kinds.model_files import Storage
from exai_specs.notes import Field, about, checked
from exai_specs.texts import Http


@block
class Logger:
    """Where requests and answers are sent, as CloudEvents."""

    mode: Annotated[
        Literal["all", "request", "response"], Effect.REDEPLOY, about("What is sent", "all")
    ]
    url: Annotated[
        Maybe[Http], Effect.REDEPLOY, about("The address that takes them", "http://sink.ml-prod")
    ] = None
    storage: Annotated[
        Maybe[Storage],
        Effect.REDEPLOY,
        about("Or a store that they are written to", {"key": "minio", "path": "logs"}),
    ] = None
    headers: Annotated[
        tuple[Text, ...], Effect.REDEPLOY, about("Request headers that go with them", ["X-User"])
    ] = ()

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        yield from shape_rules.one_of("url", "storage")
        yield {"properties": {"storage": shape_rules.has("key", "parameters")}}

    @checked
    def _one_sink(self) -> Logger:
        if (self.url is None) == (self.storage is None):
            hint = "remove one of them" if self.url is not None else "add url or storage"
            raise refuse(Problem("exactly-one-of", "must have exactly one of url, storage", hint))
        if self.storage is not None:
            for name, there in (("key", self.storage.key), ("parameters", self.storage.parameters)):
                if not there:  # KServe's webhook refuses it (targets 5)
                    example = "minio" if name == "key" else "{type: s3, format: json}"
                    wrong = f"has no {name}"
                    hint = f"add {name}, for example {example}"
                    raise refuse(Problem("missing-field", wrong, hint, ("storage",)))
        return self


@block
class Batcher:
    """Requests that are answered together."""

    max_batch_size: Annotated[
        Maybe[Annotated[Whole, Field(ge=1)]], Effect.REDEPLOY, about("At most this many", 32)
    ] = None
    max_latency: Annotated[
        Maybe[Latency], Effect.REDEPLOY, about("How long the first may wait", "300ms")
    ] = None
    timeout: Annotated[
        Maybe[Duration], Effect.REDEPLOY, about("How long the batch may take", "5s")
    ] = None

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        yield shape_rules.some_of("maxBatchSize", "maxLatency", "timeout")

    @checked
    def _says_something(self) -> Batcher:
        if (self.max_batch_size, self.max_latency, self.timeout) == (None, None, None):
            hint = "add maxBatchSize: 32, or maxLatency: 300ms"
            raise refuse(Problem("missing-field", "says nothing", hint))
        return self
