"""Blocks of containers that several kinds share: environment and resources (LANGUAGE 3.1, 3.4).

In: the blocks' plain values. Out: frozen values. Never: a secret's value. The field that holds a
block bounds the effects inside it, so the highest stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from exai_specs import core_schema, units
from exai_specs.amounts import Bytes, Pieces
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import HIDDEN, Flag, KeyedBy, Maybe, Named, Problem, Quantity, Text, refuse
from exai_specs.forms import OneOf
from exai_specs.frozen import empty
from exai_specs.names import FIELD, SUBDOMAIN, SUBDOMAIN_WORDS, NameRule
from exai_specs.nearest import nearest
from exai_specs.notes import Field, about, checked
from exai_specs.values import field, frozen

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

EXTENDED = NameRule(
    r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?/[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?",
    "the form domain/resource, such as nvidia.com/gpu",
    longest=317,
)
"""Kubernetes' extended resources: a qualified name with its domain."""

SECRET = NameRule(
    rf"{SUBDOMAIN}|[^\x00]*\$\{{\{{[^\x00]*",
    SUBDOMAIN_WORDS,
    longest=253,
    lower=True,
    joiner="-",
)
"""Names of Secrets and ConfigMaps: DNS subdomains, or an expression that gives one."""

KEY = NameRule(
    r"[-._a-zA-Z0-9]+",
    "letters, digits, `-`, `_` and `.`",
    longest=253,
    forbidden=r"^\.$|^\.\.",
    forbidden_words="a key is no `.`, and doesn't start with `..`",
    joiner="-",
    example="password",
)
"""Keys of Secrets and ConfigMaps (k8s.io/apimachinery, IsConfigMapKey)."""

POD_FIELD = NameRule(
    r"metadata\.(name|namespace|uid|(labels|annotations)\['[^'\x00]+'\])"
    r"|spec\.(nodeName|serviceAccountName)|status\.(hostIP|hostIPs|podIP|podIPs)",
    "the path of a pod's field that Kubernetes gives to containers, such as metadata.name",
    longest=400,
    example="metadata.name",
)
"""Fields that the downward API has for variables (k8s.io/api core/v1, ObjectFieldSelector)."""


@block
class SecretRef:
    """One key of a Kubernetes Secret, or of what stands for it in an environment."""

    secret: Annotated[
        Annotated[Text, Named(SECRET, "db")], Effect.RETRAIN, about("Name of the Secret", "db")
    ]
    key: Annotated[
        Annotated[Text, Named(KEY, "password")],
        Effect.RETRAIN,
        about("Key in the Secret", "password"),
    ]
    optional: Annotated[
        Flag, Effect.RETRAIN, about("Whether to go on when it doesn't exist", True)
    ] = False


@block
class ConfigMapRef:
    """One key of a ConfigMap."""

    config_map: Annotated[
        Annotated[Text, Named(SECRET, "db")],
        Effect.RETRAIN,
        about("Name of the ConfigMap", "settings"),
    ]
    key: Annotated[
        Annotated[Text, Named(KEY, "region")],
        Effect.RETRAIN,
        about("Key in the ConfigMap", "region"),
    ]
    optional: Annotated[
        Flag, Effect.RETRAIN, about("Whether to go on when it doesn't exist", True)
    ] = False


@block
class FieldRef:
    """A field of the pod itself, by Kubernetes' downward API."""

    field: Annotated[
        Annotated[Text, Named(POD_FIELD, "metadata.name")],
        Effect.RETRAIN,
        about("Path of the field in the pod", "metadata.name"),
    ]


EnvValue = Annotated[
    str | SecretRef | ConfigMapRef | FieldRef,
    OneOf(
        (("secret", SecretRef), ("configMap", ConfigMapRef), ("field", FieldRef)),
        inside=False,
        text=Text,
        text_words="text",
    ),
]
Env = Annotated[Mapping[str, EnvValue], KeyedBy(FIELD)]


@frozen
class Credential:
    """Marks a field that takes only a reference: anything else there may be the secret itself."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._check, handler(source))

    def _check(self, value: Any) -> Any:
        if isinstance(value, SecretRef):
            return value
        if isinstance(value, dict) and not _holds_text(value):
            return value
        hint = "write {secret: NAME, key: KEY}; if this was ever shared, change the secret"
        raise refuse(Problem("secret-in-spec", "must not be in a spec", hint))


def _holds_text(value: Mapping[Any, Any]) -> bool:
    """Whether braces hold a text, as in `{hunter2}`, and no reference."""
    if any(each is None and not _is_meant(key, _OF_A_REFERENCE) for key, each in value.items()):
        return True
    return bool(value) and not any(_is_meant(key, (*_OF_A_REFERENCE, *_OF_OTHERS)) for key in value)


_OF_A_REFERENCE = ("secret", "key", "optional")
# What other tools' references have.
_OF_OTHERS = ("configMap", "env", "field", "file", "name", "secretKeyRef", "value", "valueFrom")


def _is_meant(key: Any, fields: tuple[str, ...]) -> bool:
    return isinstance(key, str) and nearest(key, fields) is not None


@frozen
class Gathered:
    """Resources other than cpu and memory are known by the `/` in their names."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._gather, handler(source))

    def _gather(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        own = {key: item for key, item in value.items() if "/" not in key}
        own[EXTENDED_KEY] = {key: item for key, item in value.items() if "/" in key}
        return own

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        found = handler(schema)
        definition = handler.resolve_ref_schema(found)
        extended = definition["properties"].pop(EXTENDED_KEY, None)
        if extended:  # the definition is shared: the first user changes it
            definition["patternProperties"] = {
                "/": {
                    **extended["additionalProperties"],
                    "description": "An extended resource, such as nvidia.com/gpu: how many",
                    "examples": [1],
                }
            }
        return found


EXTENDED_KEY = f"{HIDDEN}extended"
_Extended = Annotated[
    Mapping[str, Pieces],
    KeyedBy(EXTENDED),
    Field(alias=EXTENDED_KEY),
    Effect.RETRAIN,
    about("Extended resources, such as GPUs", {"nvidia.com/gpu": 1}),
]
_Cpu = Annotated[Maybe[Quantity], Effect.RETRAIN, about("Cores", 1, "500m")]
_Memory = Annotated[Maybe[Bytes], Effect.RETRAIN, about("Bytes", "2Gi")]


@block
class LimitFields:
    """What a container may use at most."""

    cpu: _Cpu = None
    memory: _Memory = None
    extended: _Extended = field(default_factory=empty)


Limits = Annotated[LimitFields, Gathered()]

Amount = units.Quantity | str
"""A quantity, or text with an expression that gives one in a run (only a step's can)."""


class Amounts(Protocol):
    """A block of amounts: requests, or limits."""

    @property
    def cpu(self) -> Amount | None: ...
    @property
    def memory(self) -> Amount | None: ...
    @property
    def extended(self) -> Mapping[str, Amount]: ...


def stated(block: Amounts) -> Mapping[str, Amount]:
    """The amounts of a block by the name that Kubernetes has for each, sorted."""
    own = {"cpu": block.cpu, "memory": block.memory}
    found = {**block.extended, **{name: value for name, value in own.items() if value is not None}}
    return dict(sorted(found.items()))


def over(requests: Mapping[str, Amount], limits: Mapping[str, Amount]) -> tuple[Problem, ...]:
    """What is wrong with limits beside the requests, as Kubernetes judges pods (k8s.io/kubernetes,
    validateContainerResourceRequirements). Of what only a run knows nothing is said.
    """
    found: list[Problem] = []
    for name, limit in limits.items():
        mine, path = requests.get(name), ("limits", name)
        if mine is None:
            continue
        size, asked = _size(limit), _size(mine)
        if "/" in name:
            if size != asked:
                wrong = f"must be what is requested ({mine}): Kubernetes shares none of it"
                found.append(Problem("invalid-value", wrong, "remove it", path))
        elif isinstance(size, Decimal) and isinstance(asked, Decimal) and size < asked:
            wrong = f"is less than what is requested ({mine})"
            found.append(Problem("invalid-value", wrong, path=path))
    return tuple(found)


def _size(amount: Amount) -> Decimal | str:
    return amount if isinstance(amount, str) else amount.value


@block
class ResourceFields:
    """What a container requests; also its limits, where `limits` doesn't say otherwise."""

    cpu: _Cpu = None
    memory: _Memory = None
    extended: _Extended = field(default_factory=empty)
    limits: Annotated[
        Maybe[Limits],
        Effect.RETRAIN,
        about("Limits that differ from the requests", {"memory": "4Gi"}),
    ] = None

    @checked
    def _within_limits(self) -> ResourceFields:
        if self.limits is not None and (problems := over(stated(self), stated(self.limits))):
            raise refuse(*problems)
        return self


Resources = Annotated[ResourceFields, Gathered()]
