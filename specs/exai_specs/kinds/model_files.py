"""Models that are just files: where they are, and how they are read (LANGUAGE 7 and 8).

In: a `source` or an inline `model`. Out: frozen values. Never: whether the files are there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from exai_specs import shape_rules
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import KeyedBy, Maybe, Named, Parsed, Problem, Text, refuse
from exai_specs.frozen import empty
from exai_specs.kinds.signature import Signature
from exai_specs.names import NameRule
from exai_specs.notes import about, checked
from exai_specs.texts import Filled
from exai_specs.types import TypeProblem, called
from exai_specs.values import field

FORMAT = NameRule(
    r"[A-Za-z][A-Za-z0-9_-]*",
    "letters, digits, `_` and `-`, and starts with a letter",
    example="sklearn",
)
"""Names of model formats, as KServe's runtimes list them."""

REGISTERED = NameRule(
    r"[^/:\x00-\x1f]+", "neither `/` nor `:`", longest=256, example="fraud-scorer"
)
"""Registered models, whoever registered them (mlflow/utils/validation.py, _validate_model_name)."""

SHA256 = NameRule(
    r"[0-9a-f]{64}",
    "64 hexadecimal digits: a SHA-256",
    longest=64,
    example="5d41402abc4b2a76b9719d911017c592ae6f0b1f2a5b0d1c8c0d0e4a8b7c6d5e",
    what="digest",
    mark="sha256:",
)


def _uri(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeProblem(f"must be a URI, not {called(value)}", code="wrong-type")
    scheme, found, rest = value.partition("://")
    if not found or not scheme or not rest or any(c.isspace() for c in value):
        hint = "for example s3://bucket/folder"
        if scheme.startswith("models:/"):
            hint = "that is MLflow's: name a Model document of it instead, such as NAME@champion"
        raise TypeProblem("must be a URI", hint=hint)
    return value


Uri = Annotated[str, Parsed(_uri, (("type", "string"), ("pattern", r"^[a-z][a-z0-9+.-]*://\S+$")))]
FormatName = Annotated[Text, Named(FORMAT)]
FormatVersion = Annotated[
    Maybe[Text], Effect.RETRAIN, about("Its version, as runtimes list it", "1")
]
Digest = Annotated[
    Maybe[Annotated[Text, Named(SHA256)]],
    Effect.RETRAIN,
    about(
        "SHA-256 of its exai-model.json, for a folder that exai's steps wrote",
        "5d41402abc4b2a76b9719d911017c592ae6f0b1f2a5b0d1c8c0d0e4a8b7c6d5e",
    ),
]


@block
class Files:
    """A model's files; its version is the URI in Git."""

    uri: Annotated[Uri, Effect.RETRAIN, about("Where they are", "s3://acme-ml/models/iris/3")]
    format: Annotated[FormatName, Effect.RETRAIN, about("What they are", "sklearn")]
    format_version: FormatVersion = None
    digest: Digest = None


@block
class Storage:
    """A place whose credentials are under a key of the Secret `storage-config`."""

    key: Annotated[
        Maybe[Text],
        Effect.RETRAIN,
        about(
            "Key in the Secret `storage-config`; default: `default`, or `default_TYPE` where "
            "parameters say a type",
            "minio",
        ),
    ] = None
    path: Annotated[Text, Effect.RETRAIN, about("The path there", "models/iris/3")]
    parameters: Annotated[
        Annotated[Mapping[str, Text], KeyedBy()],
        Effect.RETRAIN,
        about("What the key doesn't say of the place", {"bucket": "acme-ml"}),
    ] = field(default_factory=empty)


@block
class InlineModel:
    """A model that is not worth a document: files, and their format."""

    uri: Annotated[
        Maybe[Uri], Effect.RETRAIN, about("Where its files are", "s3://acme-ml/models/iris/3")
    ] = None
    storage: Annotated[
        Maybe[Storage],
        Effect.RETRAIN,
        about("Where they are, by a key of `storage-config`", {"key": "minio", "path": "iris/3"}),
    ] = None
    format: Annotated[FormatName, Effect.RETRAIN, about("What they are", "sklearn")]
    format_version: FormatVersion = None
    digest: Digest = None
    signature: Annotated[
        Maybe[Signature],
        Effect.RETRAIN,
        about(
            "What it takes and gives: with it exai checks columns",
            {"inputs": {"sepal_length": "float64"}, "outputs": {"species": "string"}},
        ),
    ] = None

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        yield from shape_rules.one_of("uri", "storage")
        typed: shape_rules.Rule = {"properties": {"type": {"enum": list(STORED)}}}
        typed |= shape_rules.needs(shape_rules.says("type", "s3"), "bucket")
        yield {"properties": {"storage": {"properties": {"parameters": typed}}}}

    @checked
    def _one_place(self) -> InlineModel:
        if (self.uri is None) == (self.storage is None):
            hint = "remove one of them" if self.uri is not None else "add uri or storage"
            raise refuse(Problem("exactly-one-of", "must have exactly one of uri, storage", hint))
        if self.storage is not None and (found := _unreadable(self.storage)) is not None:
            raise refuse(found)
        return self


STORED = ("s3", "hdfs", "webhdfs")
"""What KServe reads models from by a key (pkg/credentials, SupportedStorageSpecTypes)."""


def _unreadable(storage: Storage) -> Problem | None:
    """As KServe's webhooks judge a StorageSpec: of a stated type they don't ask the Secret for the
    bucket any more (pkg/credentials, CreateStorageSpecSecretEnvs)."""
    stated = storage.parameters.get("type")
    here = ("storage", "parameters")
    if stated is not None and stated not in STORED:
        wrong = f"must be one of {', '.join(STORED)}: KServe reads no others by a key"
        return Problem("invalid-value", wrong, "write its `uri` instead", (*here, "type"))
    if stated == "s3" and "bucket" not in storage.parameters:
        hint = "add bucket, or remove the type: then the Secret says both"
        return Problem("missing-field", "has no bucket, as a stated type s3 needs", hint, here)
    return None


@block
class RegisteredElsewhere:
    """A model of the registry that no pipeline here makes."""

    name: Annotated[
        Annotated[Filled, Named(REGISTERED, "fraud-scorer")],
        Effect.RETRAIN,
        about("Its name in the registry", "fraud-scorer"),
    ]
