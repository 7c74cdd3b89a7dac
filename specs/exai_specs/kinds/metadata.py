"""What every document says about itself.

In: the `metadata` of a document. Out: a frozen value. Never: the name's rule, which is the kind's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import KeyedBy, Named, Text
from exai_specs.frozen import empty
from exai_specs.names import ANNOTATION_KEY, LABEL_KEY, LABEL_VALUE
from exai_specs.notes import about
from exai_specs.values import field

Labels = Annotated[Mapping[str, Annotated[Text, Named(LABEL_VALUE)]], KeyedBy(LABEL_KEY)]
Annotations = Annotated[Mapping[str, Text], KeyedBy(ANNOTATION_KEY)]


@block
class Metadata:
    """Name, owner and labels of a document."""

    name: Annotated[
        Text,
        Effect.METADATA,
        about("The document's name: with its kind, its identity everywhere", "iris"),
    ]
    description: Annotated[
        Text, Effect.METADATA, about("One sentence for people", "One row per flower")
    ] = ""
    owner: Annotated[Text, Effect.METADATA, about("Who answers for it", "data-team")] = ""
    display_name: Annotated[
        Text, Effect.METADATA, about("The name that pages show", "Iris flowers")
    ] = ""
    labels: Annotated[
        Labels,
        Effect.RENDER,
        about("Kubernetes labels, and tags in KFP, Feast and MLflow", {"team": "data"}),
    ] = field(default_factory=empty)
    annotations: Annotated[
        Annotations,
        Effect.RENDER,
        about("Kubernetes annotations", {"example.com/cost-centre": "42"}),
    ] = field(default_factory=empty)
