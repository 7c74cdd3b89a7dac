"""Where Feast's feature server logs what it served (LANGUAGE section 5), in Feast's own words.

In: `logging` of a FeatureService. Out: a frozen value. Of Feast's destinations (feast/infra/
offline_stores/*) there is the one that an offline store of exai's can write to: files.
"""

from __future__ import annotations

from typing import Annotated

from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Maybe, Named, Number, Text
from exai_specs.names import FIELD
from exai_specs.notes import Field, about


@block
class FeatureLogging:
    """Parquet files of what was served."""

    path: Annotated[
        Annotated[Text, Field(min_length=1)],
        Effect.RENDER,
        about("Their folder, or its URI", "s3://acme-ml/feature-logs"),
    ]
    s3_endpoint_override: Annotated[
        Maybe[Text],
        Effect.RENDER,
        about("With s3: an endpoint of its own", "https://minio.example.com"),
    ] = None
    partition_by: Annotated[
        tuple[Annotated[Text, Named(FIELD)], ...],
        Effect.RENDER,
        about("Columns of the log whose values become folders", ["__log_date"]),
    ] = ()
    sample_rate: Annotated[
        Annotated[Number, Field(gt=0, le=1)],
        Effect.RENDER,
        about("The part of all requests that is logged", 0.1),
    ] = 1.0
