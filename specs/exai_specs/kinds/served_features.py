"""The features that a service looks up (LANGUAGE 8).

In: `features` of a Service. Out: a frozen value. Never: which features those are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from exai_specs import shape_rules
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import KeyedBy, Plain, Problem, Text, refuse
from exai_specs.frozen import empty
from exai_specs.identity import RefTo
from exai_specs.names import FIELD
from exai_specs.notes import about, checked
from exai_specs.values import field


@block
class ServedFeatures:
    """Features that the service looks up, so that a request holds keys of entities."""

    service: Annotated[
        Annotated[Text, RefTo("FeatureService")],
        Effect.REDEPLOY,
        about("The feature service", "iris_features"),
    ]
    on_missing: Annotated[
        Literal["error", "null", "default"],
        Effect.REDEPLOY,
        about("What a feature that is missing or past its ttl is answered as", "error"),
    ] = "error"
    defaults: Annotated[
        Annotated[Mapping[str, Plain], KeyedBy(FIELD)],
        Effect.REDEPLOY,
        about("With `onMissing: default`: the value by feature", {"petal_width": 1.2}),
    ] = field(default_factory=empty)

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        why = "means nothing without onMissing: default"
        yield shape_rules.without(cls, shape_rules.differs("onMissing", "default"), why, "defaults")

    @checked
    def _defaults_are_used(self) -> ServedFeatures:
        if self.defaults and self.on_missing != "default":
            wrong = f"means nothing with onMissing: {self.on_missing}"
            raise refuse(Problem("invalid-value", wrong, "write onMissing: default", ("defaults",)))
        return self
