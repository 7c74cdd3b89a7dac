"""The blocks of a step: tries, packages, a cache's key, an import, an argument (LANGUAGE 6.2).

In: fields of an entry of `steps`. Out: frozen values. Never: which of them a step may have; `step`
knows its body.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Flag, KeyedBy, Plain, Problem, Seconds, Text, Whole, refuse
from exai_specs.forms import OneOf
from exai_specs.frozen import empty
from exai_specs.kinds.outputs import PortType
from exai_specs.notes import Field, about, checked
from exai_specs.texts import Filled
from exai_specs.types import is_artifact
from exai_specs.units import Duration as DurationValue
from exai_specs.values import field


@block
class Retry:
    """How often a step is tried again, and how long it waits."""

    max: Annotated[
        Annotated[Whole, Field(ge=0)], Effect.RENDER, about("Further tries after the first", 2)
    ]
    backoff: Annotated[Seconds, Effect.RENDER, about("Wait before the first of them", "30s")] = (
        DurationValue(0)
    )
    factor: Annotated[
        Annotated[Whole, Field(ge=1)],
        Effect.RENDER,
        about("Each wait is this times the last; no fraction, as its engine takes none", 2),
    ] = 2
    max_backoff: Annotated[
        Seconds, Effect.RENDER, about("How long it is tried again, waits and all", "1h")
    ] = DurationValue(3_600_000)


@block
class Pip:
    """What a Python step needs from a package index."""

    packages: Annotated[
        tuple[Text, ...],
        Effect.RETRAIN,
        about("Requirements, each with its exact version", ["scikit-learn==1.9.1"]),
    ] = ()
    index_urls: Annotated[
        tuple[Text, ...], Effect.RENDER, about("Indexes to use", ["https://pypi.example.com"])
    ] = ()
    trusted_hosts: Annotated[
        tuple[Text, ...],
        Effect.RENDER,
        about("Hosts whose certificates aren't checked", ["pypi.example.com"]),
    ] = ()
    venv: Annotated[
        Flag,
        Effect.RENDER,
        about("Whether KFP itself is installed into a virtual environment", True),
    ] = False


@block
class CacheKey:
    """Results are found by a key of one's own, instead of by what the step is given."""

    key: Annotated[Filled, Effect.RENDER, about("The key", "flowers-2026")]


Cache = Annotated[
    bool | CacheKey,
    OneOf((("key", CacheKey),), inside=False, text=Flag, text_words="true or false"),
]


@block
class Import:
    """A file from elsewhere as an artifact; nothing is run, and nothing of it is read."""

    uri: Annotated[
        Text, Effect.RETRAIN, about("Where it is", "s3://acme/model", "${{ parameters.uri }}")
    ]
    type: Annotated[PortType, Effect.RETRAIN, about("The artifact's type", "Model")]
    metadata: Annotated[
        Annotated[Mapping[str, Plain], KeyedBy()],
        Effect.RETRAIN,
        about("What is known of it", {"framework": "sklearn"}),
    ] = field(default_factory=empty)
    reimport: Annotated[
        Flag, Effect.RETRAIN, about("Whether it is a new artifact in every run", True)
    ] = False
    to_workspace: Annotated[
        Flag, Effect.RENDER, about("Whether it is copied into the workspace", True)
    ] = False

    @checked
    def _of_an_artifact(self) -> Import:
        if not is_artifact(str(self.type)):
            wrong = "must be a type of artifacts"
            hint = "such as Dataset or Model; a value is a parameter"
            raise refuse(Problem("invalid-value", wrong, hint, ("type",)))
        return self


@block
class IfPresent:
    """Arguments that depend on whether an optional input is given."""

    if_present: Annotated[Text, Effect.RETRAIN, about("The input", "seed")]
    then: Annotated[
        tuple[Text, ...],
        Effect.RETRAIN,
        about("Arguments when it is", ["--seed", "${{ inputs.seed }}"]),
    ]
    else_: Annotated[
        tuple[Text, ...], Effect.RETRAIN, about("Arguments when it isn't", ["--no-seed"])
    ] = ()


Argument = Annotated[
    str | IfPresent,
    OneOf((("ifPresent", IfPresent),), inside=False, text=Text, text_words="text"),
]
