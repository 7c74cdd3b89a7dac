"""The names of exai's own components, for editors.

In: nothing. Out: what a JSON Schema says of a `uses`. Never: a judgement of a document; whether
there is such a component the compiler's catalog knows. A test holds that these are its names.
"""

from __future__ import annotations

from typing import Any

from exai_specs.names import MESSAGE
from exai_specs.notes import Field

COMPONENTS = (
    "evaluate-model",
    "load-dataset",
    "load-features",
    "register-model",
    "split-data",
    "train-h2o",
    "train-sklearn",
    "validate-dataset",
)

_NAMES: dict[str, Any] = {
    "enum": list(COMPONENTS),
    MESSAGE: f"exai's own components are {', '.join(COMPONENTS)}",
}
_FILE: dict[str, Any] = {"pattern": r"/|\.ya?ml$"}


def built_in(*, files: bool = False) -> Any:
    """One of them; with `files` a path of one's own, which has a `/` or ends in .yaml, too."""
    return Field(json_schema_extra={"anyOf": [_NAMES, _FILE]} if files else _NAMES)
