"""FeatureService: features under one name, which training and serving share (LANGUAGE section 5).

In: the `spec` of a FeatureService. Out: a frozen value. Never: whether its views exist.
"""

from __future__ import annotations

from typing import Annotated, Any

from exai_specs import shape_rules
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Maybe, Parsed, Problem, refuse
from exai_specs.kinds.feature_logging import FeatureLogging
from exai_specs.names import FIELD, SQL
from exai_specs.notes import about, checked
from exai_specs.types import TypeProblem, called


def _feature(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeProblem(f"must be text, not {called(value)}", code="wrong-type")
    view, colon, feature = value.partition(":")
    if wrong := SQL.wrong(view):
        raise TypeProblem(f"before `:` stands a FeatureView: {wrong}")
    if colon and (wrong := FIELD.wrong(feature)):
        raise TypeProblem(f"after `:` stands a feature: {wrong}")
    return value


@block
class FeatureServiceSpec:
    """The features that a model is trained on and a service looks up."""

    features: Annotated[
        tuple[Annotated[str, Parsed(_feature, (("type", "string"), ("minLength", 1)))], ...],
        Effect.RETRAIN,
        about("Views, or single features of views", ["measurements:petal_length", "ratios"]),
    ]
    logging: Annotated[
        Maybe[FeatureLogging],
        Effect.RENDER,
        about("Where Feast's feature server logs what it served", {"path": "s3://acme-ml/logs"}),
    ] = None

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        yield {"properties": {"features": {"minItems": 1}}}

    @checked
    def _some(self) -> FeatureServiceSpec:
        if not self.features:
            wrong = "must have at least one entry"
            raise refuse(Problem("invalid-value", wrong, path=("features",)))
        return self
