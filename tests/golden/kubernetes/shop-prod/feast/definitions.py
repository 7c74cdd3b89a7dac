"""Entities, feature views and feature services: rendered by exai from its specs. Edit those."""

from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field
from feast.types import Float64, Int64
from feast.value_type import ValueType

from exai_sources import source_sizes

entity_flower = Entity(
    name='flower',
    join_keys=['n'],
    value_type=ValueType.INT64,
    description='',
    tags={},
    owner='data-team',
)

view_petals = FeatureView(
    name='petals',
    source=source_sizes,
    entities=[entity_flower],
    schema=[
        Field(name='n', dtype=Int64),
        Field(name='petal', dtype=Float64),
    ],
    ttl=timedelta(seconds=86400),
    online=True,
    offline=False,
    description='',
    tags={},
    owner='data-team',
)

service_looks = FeatureService(
    name='looks',
    features=[
        view_petals[['petal']],
    ],
    description='',
    tags={},
    owner='data-team',
)
