"""Secrets of a step: which environment variables hold them, and how they stay out of messages.

In: the environment of the process. Out: the environment that this one step may see.
Never prints or stores a value.
"""

import os
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

STEP_PREFIX = "EXAI_STEP_ENV__"
CONNECTION_PREFIX = "EXAI_CONNECTION_"
HIDDEN = "***"


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
    connections = {
        name
        for name, value in environment.items()
        if name.startswith(CONNECTION_PREFIX) and value.lstrip().startswith("{")
    }
    values += [
        value
        for name, value in environment.items()
        if any(name.startswith(f"{connection}_") for connection in connections)
        and name not in connections
    ]
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
