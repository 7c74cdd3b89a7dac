"""`exai.lock`: what people have decided for an environment, where specs say it by a moving name.

In: the fields of that file. Out: frozen values. Never: whether the environments and models exist,
which the compiler's checks say; credentials, which nothing here takes. `lock_reading` and
`lock_text` read and write it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from exai_specs.blocks import block
from exai_specs.diagnostics import Span
from exai_specs.documents import Document
from exai_specs.effects import Effect
from exai_specs.fields import KeyedBy, Maybe, Named, Number, Text, Whole
from exai_specs.frozen import empty
from exai_specs.kinds import API_VERSION
from exai_specs.kinds.model_files import SHA256, FormatName, Uri
from exai_specs.names import KUBERNETES, NameRule
from exai_specs.notes import Field, about
from exai_specs.values import field, frozen

FILE = "exai.lock"
KIND = "Lock"
IMAGE_DIGEST = NameRule(
    r"sha256:[0-9a-f]{64}",
    "`sha256:` and 64 hexadecimal digits",
    longest=71,
    example="sha256:5d41402abc4b2a76b9719d911017c592ae6f0b1f2a5b0d1c8c0d0e4a8b7c6d5e",
    what="digest",
    mark="sha256:",
)
"""The digest of an image's manifest, as registries tell it."""


@block
class Pinned:
    """One version of a model: what an environment needs to serve it, and what tells it to people.

    Where its files are never changes, so it is all that a render needs without a registry.
    """

    version: Annotated[
        Annotated[Whole, Field(ge=1)], Effect.REDEPLOY, about("Its number in the registry", 3)
    ]
    uri: Annotated[
        Uri,
        Effect.REDEPLOY,
        about("Where KServe reads its files", "s3://acme-ml/models/iris_model/5d41402abc4b"),
    ]
    digest: Annotated[
        Maybe[Annotated[Text, Named(SHA256)]],
        Effect.REDEPLOY,
        about("SHA-256 of its exai-model.json, unless others registered it", SHA256.example),
    ] = None
    format: Annotated[
        Maybe[FormatName],
        Effect.REDEPLOY,
        about("What its files are; default: what the model's pipelines make", "h2o-mojo"),
    ] = None
    run_key: Annotated[
        Maybe[Text], Effect.METADATA, about("Key of the run that made it", "9b74c9897bac770f")
    ] = None
    metrics: Annotated[
        Annotated[Mapping[str, Number], KeyedBy()],
        Effect.METADATA,
        about("What it was measured at", {"accuracy": 0.97}),
    ] = field(default_factory=empty)


@block
class Pins:
    """What one environment has decided."""

    images: Annotated[
        Annotated[Mapping[str, Annotated[Text, Named(IMAGE_DIGEST)]], KeyedBy()],
        Effect.RETRAIN,
        about(
            "Digests of images by the tags that specs name", {"ghcr.io/acme/own:1": "sha256:..."}
        ),
    ] = field(default_factory=empty)
    models: Annotated[
        Annotated[Mapping[str, Pinned], KeyedBy()],
        Effect.REDEPLOY,
        about("Versions by MODEL@ALIAS", {"iris_model@champion": {"version": 3, "uri": "s3://m"}}),
    ] = field(default_factory=empty)


@block
class Written:
    """What people have decided for environments on a cluster; `exai lock` writes it."""

    api_version: Annotated[
        Literal["exai.dev/v1alpha1"], Effect.RENDER, about("The language's version", API_VERSION)
    ]
    kind: Annotated[Literal["Lock"], Effect.RENDER, about("What it is", KIND)]
    environments: Annotated[
        Annotated[Mapping[str, Pins], KeyedBy(KUBERNETES)],
        Effect.REDEPLOY,
        about("Decisions by environment", {"prod": {"models": {}}}),
    ]


@frozen
class LockFile:
    """Decisions by environment, and the document that says where each stands; None for one that
    was never written. `unread` are the keys of pins that can't be read, by environment."""

    environments: Mapping[str, Pins]
    document: Document | None = None
    unread: Mapping[str, tuple[str, ...]] = field(default_factory=empty)

    def at(self, environment: str, *path: str) -> Span:
        """The place of the key of a pin, or of what it would stand in."""
        if self.document is None:
            return Span(FILE)
        return self.document.key_at(("environments", environment, *path))

    def value_at(self, environment: str, *path: str, offset: int = 0) -> Span:
        """The place of a value of a pin, or of a character in it."""
        if self.document is None:
            return Span(FILE)
        return self.document.at(("environments", environment, *path), offset)


def with_pins(
    lock: LockFile | None,
    environment: str,
    models: Mapping[str, Pinned] | None = None,
    images: Mapping[str, str] | None = None,
) -> LockFile:
    """The same with other decisions of one environment; None: those that there are."""
    there = dict(lock.environments) if lock is not None else {}
    own = there.get(environment, Pins())
    there[environment] = Pins(
        images=own.images if images is None else MappingProxyType(dict(images)),
        models=own.models if models is None else MappingProxyType(dict(models)),
    )
    return LockFile(MappingProxyType(there))
