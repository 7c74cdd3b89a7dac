"""What a model takes and gives, where only its author can tell (LANGUAGE 7 and 8).

In: a `signature`. Out: a frozen value. Never: whether the model agrees.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from exai_specs import shape_rules
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import KeyedBy, Maybe, Problem, Text, refuse
from exai_specs.identity import RefTo
from exai_specs.kinds.dataset import ColumnType
from exai_specs.names import FIELD
from exai_specs.notes import about, checked


@block
class Signature:
    """What a model takes and gives; needed where the steps that train it can't tell."""

    inputs: Annotated[
        Annotated[Mapping[str, ColumnType], KeyedBy(FIELD, at_least=1)],
        Effect.RETRAIN,
        about("The columns that it takes, in order", {"sepal_length": "float64"}),
    ]
    outputs: Annotated[
        Annotated[Mapping[str, ColumnType], KeyedBy(FIELD, at_least=1)],
        Effect.RETRAIN,
        about("The column that it predicts", {"species": "string"}),
    ]
    features: Annotated[
        Maybe[Annotated[Text, RefTo("FeatureService")]],
        Effect.RETRAIN,
        about("The feature service that its inputs come from", "iris_features"),
    ] = None

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        yield {"properties": {"outputs": {"maxProperties": 1}}}

    @checked
    def _one_output(self) -> Signature:
        if len(self.outputs) != 1:
            raise refuse(Problem("invalid-value", "must have exactly one column", "", ("outputs",)))
        return self
