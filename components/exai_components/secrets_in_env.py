"""Secrets of a process: which environment variables hold them, who may see them, and how they stay
out of messages.

In: the environment of the process. Out: the environment that users' code in it (a pickle, a
transform, a function) may see, without any password of exai's connections or stores. That is order,
not a wall: code that runs as the same user can read what that user can.
Never prints a value, never writes one.
"""

import os
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

STEP_PREFIX = "EXAI_STEP_ENV__"
CONNECTION_PREFIX = "EXAI_CONNECTION_"
STORE_PREFIX = "EXAI_FEATURES_"  # what feature_store.yaml leaves to the environment
# The secret fields of every kind of connection. Only these are read beside a connection's JSON:
# what else begins like its variable may be another connection's.
SECRET_FIELDS = ("password",)
HIDDEN = "***"

_WITHDRAWN: dict[str, str] = {}


def connection_variable(name: str) -> str:
    """The variable with a connection's JSON."""
    return CONNECTION_PREFIX + name.upper().replace("-", "_")


def withdraw(environment: MutableMapping[str, str] = os.environ, *, keep: bool = True) -> None:
    """Take the passwords of connections and stores out of the environment, before users' code is
    loaded. With `keep`, `secret` still knows them; without, this process has no use for them.
    """
    for name in _secret_names(environment):
        value = environment.pop(name)
        if keep:
            _WITHDRAWN[name] = value


def secret(name: str) -> str | None:
    """The value of a variable, withdrawn or not."""
    return os.environ.get(name, _WITHDRAWN.get(name))


def _secret_names(environment: MutableMapping[str, str]) -> list[str]:
    suffixes = tuple(f"_{field.upper()}" for field in SECRET_FIELDS)
    return [
        name
        for name in environment
        if name.startswith(STORE_PREFIX)
        or (
            name.startswith(CONNECTION_PREFIX)
            and name.endswith(suffixes)
            and name.rpartition("_")[0] in environment
        )
    ]


def task_name(executor_input: dict[str, Any], environment: MutableMapping[str, str]) -> str:
    """`EXAI_STEP` when set; else the folder that KFP's local runner names after the task."""
    output_file = executor_input.get("outputs", {}).get("outputFile", "")
    return environment.get("EXAI_STEP") or Path(output_file).parent.name


def take_own_secrets(task: str, environment: MutableMapping[str, str]) -> tuple[str, ...]:
    """Move this step's `EXAI_STEP_ENV__<STEP>__<NAME>` to `<NAME>`, drop every other step's.

    Returns the values that no message may hold.
    """
    own = f"{STEP_PREFIX}{task.replace('-', '_')}__"
    values: list[str] = []
    for name in [name for name in environment if name.startswith(STEP_PREFIX)]:
        value = environment.pop(name)
        if name.startswith(own) and name != own:
            environment[name.removeprefix(own)] = value
            values.append(value)
    values += [environment[name] for name in _secret_names(environment)]
    return tuple(sorted({value for value in values if value}, key=len, reverse=True))


def redact(text: str, values: tuple[str, ...]) -> str:
    """`text` without any of the values."""
    for value in values:
        text = text.replace(value, HIDDEN)
    return text


def environment_for_java() -> dict[str, str]:
    """The environment of a child that needs none of exai's settings, let alone a secret."""
    kept = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "SYSTEMROOT")
    return {name: os.environ[name] for name in kept if name in os.environ}
