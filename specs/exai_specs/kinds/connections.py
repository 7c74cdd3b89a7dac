"""What an environment has for the names that specs use: databases, and what stands for Secrets
(LANGUAGE section 4).

In: entries of `connections` and `secrets`. Out: frozen values. Never: a credential's value.
"""

from __future__ import annotations

from typing import Annotated

from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Named, Text, Whole
from exai_specs.forms import OneOf
from exai_specs.kinds.workload import SECRET, Credential, SecretRef
from exai_specs.notes import Field, about
from exai_specs.texts import Filled, Host, User

_Port = Annotated[Whole, Field(ge=1, le=65535)]


@block
class Sqlite:
    """A SQLite file."""

    path: Annotated[
        Filled, Effect.RENDER, about("The file; relative to the data root", "data/iris.db")
    ]


@block
class Postgresql:
    """A PostgreSQL database."""

    host: Annotated[Host, Effect.RENDER, about("Host name", "db.prod")]
    port: Annotated[_Port, Effect.RENDER, about("Port", 5432)] = 5432
    database: Annotated[Filled, Effect.RENDER, about("Name of the database", "ml")]
    user: Annotated[User, Effect.RENDER, about("User name", "exai")]
    password: Annotated[
        Annotated[SecretRef, Credential()],
        Effect.RENDER,
        about("Reference to the password", {"secret": "db", "key": "password"}),
    ]


Connection = Annotated[Sqlite | Postgresql, OneOf((("sqlite", Sqlite), ("postgresql", Postgresql)))]


@block
class SecretName:
    """A Secret with another name."""

    name: Annotated[
        Annotated[Text, Named(SECRET, "db")],
        Effect.REDEPLOY,
        about("The Secret's name there", "prod-db"),
    ]


@block
class SecretEnv:
    """Environment variables that stand for a Secret, on the local target."""

    env: Annotated[
        Text,
        Effect.RENDER,
        about("Prefix of the variables: DB_ and key password are $DB_PASSWORD", "DB_"),
    ]


@block
class SecretDir:
    """A folder with one file a key that stands for a Secret, on the local target."""

    dir: Annotated[Text, Effect.RENDER, about("The folder", "/run/secrets/db")]


SecretSource = Annotated[
    SecretName | SecretEnv | SecretDir,
    OneOf((("name", SecretName), ("env", SecretEnv), ("dir", SecretDir)), inside=False),
]
