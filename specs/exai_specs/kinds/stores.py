"""The feature store of an environment, in Feast's own keys (LANGUAGE section 4).

In: `environments.NAME.features`. Out: a frozen value. Feast takes unknown keys in silence
(sdk/python/feast/repo_config.py), so every key is declared here. Never: a credential's value.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from exai_specs import shape_rules
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Maybe, Named, Problem, Text, Whole, refuse
from exai_specs.forms import OneOf
from exai_specs.kinds.workload import SecretRef
from exai_specs.names import NameRule
from exai_specs.notes import Field, about, checked

PROJECT = NameRule(
    r"[A-Za-z0-9][A-Za-z0-9_]*", "letters, digits and `_`, and starts with a letter or digit"
)
"""Feast's project: with SQLite no hyphens, and never a leading `_`."""

FILE = NameRule(
    r"([A-Za-z0-9_.-]+/)*[A-Za-z_][A-Za-z0-9_]*\.py",
    "folders with `/`, and at the end a name that Python can import, with `.py`",
    longest=400,
)
RENDERED = ("definitions.py", "exai_sources.py", "transforms.py")

_Address = Annotated[
    str | SecretRef,
    OneOf((("secret", SecretRef),), inside=False, text=Text, text_words="text"),
]


def _named(key: str) -> Any:
    """Feast's own key, which is no camelCase."""
    return Field(alias=key)


@block
class Registry:
    """Where Feast keeps what is defined."""

    registry_type: Annotated[
        Literal["file", "sql"],
        _named("registry_type"),
        Effect.RENDER,
        about("A file, or a database", "sql"),
    ] = "sql"
    path: Annotated[
        Maybe[_Address],
        Effect.RENDER,
        about(
            "Its path or address; an address with a password as a reference",
            {"secret": "feast", "key": "registry"},
        ),
    ] = None
    cache_ttl_seconds: Annotated[
        Maybe[Annotated[Whole, Field(ge=0)]],
        _named("cache_ttl_seconds"),
        Effect.RENDER,
        about("How long readers may keep it", 60),
    ] = None


@block
class OnlineStore:
    """Where services look features up."""

    type: Annotated[Literal["sqlite", "redis"], Effect.MATERIALIZE, about("Its kind", "redis")] = (
        "sqlite"
    )
    path: Annotated[
        Maybe[Text], Effect.MATERIALIZE, about("With sqlite: the file", "data/online.db")
    ] = None
    connection_string: Annotated[
        Maybe[_Address],
        _named("connection_string"),
        Effect.MATERIALIZE,
        about(
            "With redis: host:port and options; with a password as a reference",
            "localhost:6379",
            {"secret": "feast", "key": "redis"},
        ),
    ] = None
    key_ttl_seconds: Annotated[
        Maybe[Annotated[Whole, Field(ge=1)]],
        _named("key_ttl_seconds"),
        Effect.MATERIALIZE,
        about("With redis: when a key expires", 86400),
    ] = None

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        redis = shape_rules.says("type", "redis")
        yield shape_rules.needs(redis, "connection_string")
        yield shape_rules.without(cls, redis, "is for sqlite", "path")
        why = "is for redis"
        other = shape_rules.differs("type", "redis")
        yield shape_rules.without(cls, other, why, "connection_string", "key_ttl_seconds")

    @checked
    def _of_its_type(self) -> OnlineStore:
        redis = self.type == "redis"
        problems = [
            Problem("unknown-field", f"{self.type} has no such key", "remove it", (name,), "key")
            for name, mine in (
                ("path", not redis),
                ("connection_string", redis),
                ("key_ttl_seconds", redis),
            )
            if getattr(self, name) is not None and not mine
        ]
        if redis and self.connection_string is None:
            hint = "add connection_string: localhost:6379"
            problems.append(Problem("missing-field", "connection_string is needed", hint))
        if isinstance(self.connection_string, str) and (
            "password=" in self.connection_string.lower() or "@" in self.connection_string
        ):
            hint = "write {secret: NAME, key: KEY}; if this was ever shared, change the secret"
            wrong = "a password must not be in a spec"
            problems.append(Problem("secret-in-spec", wrong, hint, ("connection_string",)))
        if problems:
            raise refuse(*problems)
        return self


@block
class OfflineStore:
    """What joins features for training."""

    type: Annotated[
        Literal["dask", "file", "postgres"],
        Effect.RETRAIN,
        about("Over Parquet by dask (file is the same), or PostgreSQL itself", "postgres"),
    ] = "dask"
    connection: Annotated[
        Maybe[Text],
        Effect.RETRAIN,
        about("With postgres: a connection of the environment", "warehouse"),
    ] = None

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        postgres = shape_rules.says("type", "postgres")
        yield shape_rules.needs(postgres, "connection")
        other = shape_rules.differs("type", "postgres")
        yield shape_rules.without(cls, other, "is for postgres", "connection")

    @checked
    def _of_its_type(self) -> OfflineStore:
        if self.type == "postgres" and self.connection is None:
            hint = "add connection: NAME"
            raise refuse(Problem("missing-field", "connection is needed", hint))
        if self.type != "postgres" and self.connection is not None:
            wrong = f"{self.type} has no such key"
            raise refuse(Problem("unknown-field", wrong, "remove it", ("connection",), "key"))
        return self


@block
class FeatureStore:
    """feature_store.yaml of an environment."""

    project: Annotated[
        Maybe[Annotated[Text, Named(PROJECT)]],
        Effect.MATERIALIZE,
        about("Feast's project; default: the Project's name, with _ for -", "iris_platform"),
    ] = None
    registry: Annotated[
        Maybe[Registry],
        Effect.RENDER,
        about("Where definitions are kept; locally a SQLite file", {"registry_type": "sql"}),
    ] = None
    online_store: Annotated[
        Maybe[OnlineStore],
        _named("online_store"),
        Effect.MATERIALIZE,
        about("Where services look features up; locally SQLite", {"type": "sqlite"}),
    ] = None
    offline_store: Annotated[
        Maybe[OfflineStore],
        _named("offline_store"),
        Effect.RETRAIN,
        about("What joins features for training; locally Parquet files", {"type": "dask"}),
    ] = None
    files: Annotated[
        tuple[Annotated[Text, Named(FILE, "labels.py")], ...],
        Effect.MATERIALIZE,
        about("Python files that are copied into the repository, relative to this file", ["a.py"]),
    ] = ()

    @checked
    def _apart(self) -> FeatureStore:
        first = dict.fromkeys(RENDERED, "a file or folder that exai renders")
        problems = []
        for index, path in enumerate(self.files):
            name = path.rpartition("/")[2]
            other = first.setdefault(name, path)
            if other is not path:
                wrong = f"would be `{name}` in the repository, as {other} is"
                problems.append(
                    Problem("invalid-value", wrong, "rename the file", ("files", index))
                )
        if problems:
            raise refuse(*problems)
        return self
