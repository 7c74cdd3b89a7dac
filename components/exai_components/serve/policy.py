"""What a service answers when a feature has no value: `EXAI_FEATURES`.

In: `{"service": NAME, "onMissing": "error" | "null" | "default", "defaults": {FEATURE: VALUE}}`.
Out: a frozen `Policy`, or a `Failure` that says what is wrong with it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, get_args

from exai_components.serve.failure import Failure

VARIABLE = "EXAI_FEATURES"
OnMissing = Literal["error", "null", "default"]


@dataclass(frozen=True, slots=True)
class Policy:
    """`defaults` are by feature; with `default`, a feature without one is answered as an error."""

    service: str
    on_missing: OnMissing = "error"
    defaults: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


def parse_policy(text: str) -> Policy:
    """The policy; `Failure` bad-features."""
    try:
        value = json.loads(text)
        service, on_missing = value["service"], value.get("onMissing", "error")
        defaults = value.get("defaults") or {}
        known = isinstance(service, str) and service and isinstance(defaults, dict)
    except (ValueError, KeyError, TypeError, AttributeError):
        known = False
    if not known or on_missing not in get_args(OnMissing):
        raise Failure(
            "bad-features",
            f"{VARIABLE} isn't a feature service with what to do about missing values",
            'It looks like {"service": "iris_features", "onMissing": "error", "defaults": {}}',
        )
    return Policy(service, on_missing, MappingProxyType(dict(defaults)))
