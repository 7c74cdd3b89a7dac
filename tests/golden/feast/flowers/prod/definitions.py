"""Entities, feature views and feature services: rendered by exai from its specs. Edit those."""

from datetime import timedelta
from inspect import getsource

from feast import Entity, FeatureService, FeatureView, Field, KafkaSource, PushSource, RequestSource
from feast.aggregation import Aggregation
from feast.data_format import JsonFormat, ProtoFormat
from feast.feature_logging import LoggingConfig
from feast.infra.offline_stores.file_source import FileLoggingDestination
from feast.on_demand_feature_view import OnDemandFeatureView
from feast.stream_feature_view import StreamFeatureView
from feast.types import (
    Array,
    Bool,
    Bytes,
    Decimal,
    Float32,
    Float64,
    Int32,
    Int64,
    Json,
    Map,
    String,
    Struct,
    UnixTimestamp,
    Uuid,
)
from feast.value_type import ValueType

from exai_sources import source_colours, source_measurements, source_visits
from transforms import greeting_view as module_greeting
from transforms.greeting_view import greeting as function_greeting
from transforms import ratios_view as module_ratios
from transforms.ratios_view import ratios as function_ratios

entity_class = Entity(
    name='class',
    join_keys=['flower_id'],
    value_type=ValueType.INT64,
    description='A flower',
    tags={'team': 'garden'},
    owner='data-team',
)

push_measured_now = PushSource(name='measured_now', batch_source=source_measurements)

stream_visitors_stream = KafkaSource(
    name='visitors_stream',
    timestamp_field='visited_at',
    created_timestamp_column='written_at',
    message_format=ProtoFormat(class_path='com.acme.Visitor'),
    kafka_bootstrap_servers='broker-1:9092',
    topic='visitors',
    batch_source=source_visits,
)

stream_visits_stream = KafkaSource(
    name='visits_stream',
    timestamp_field='visited_at',
    created_timestamp_column='written_at',
    message_format=JsonFormat(schema_json='flower_id bigint, bees int, text string COMMENT "it\'s"'),
    kafka_bootstrap_servers='broker-1:9092,broker-2:9092',
    topic='bees.visits',
    batch_source=source_visits,
    watermark_delay_threshold=timedelta(seconds=60.5),
)

request_asked = RequestSource(
    name='asked',
    schema=[
        Field(name='scale', dtype=Float64),
        Field(name='colours', dtype=Array(String)),
    ],
)

request_guest = RequestSource(
    name='guest',
    schema=[
        Field(name='guest', dtype=String),
    ],
)

view_import = FeatureView(
    name='import',
    source=source_colours,
    entities=[entity_class],
    schema=[
        Field(name='flower_id', dtype=Int64),
        Field(name='hue', dtype=Int32),
        Field(name='names', dtype=Array(String)),
        Field(name='shades', dtype=Struct({'light': Float32, 'dark': Float32})),
        Field(name='notes', dtype=Map),
        Field(name='day', dtype=UnixTimestamp),
        Field(name='price', dtype=Decimal),
        Field(name='raw', dtype=Bytes),
        Field(name='extra', dtype=Json),
        Field(name='tag', dtype=Uuid),
        Field(name='wild', dtype=Bool),
    ],
    ttl=timedelta(seconds=1.5),
    online=False,
    offline=False,
    description='',
    tags={},
    owner='data-team',
)

view_measurements = FeatureView(
    name='measurements',
    source=push_measured_now,
    entities=[entity_class],
    schema=[
        Field(name='flower_id', dtype=Int64),
        Field(name='petal_length', dtype=Float64, description='From the stem\'s end, "$HOME" and all'),
        Field(name='petal_width', dtype=Float64),
    ],
    ttl=timedelta(seconds=129600),
    online=True,
    offline=True,
    description='Sizes',
    tags={'team': 'garden', 'tier': 'gold'},
    owner='data-team',
)

view_visitors = StreamFeatureView(
    name='visitors',
    source=stream_visitors_stream,
    entities=[entity_class],
    schema=[
        Field(name='flower_id', dtype=Int64),
        Field(name='colour', dtype=String),
    ],
    ttl=timedelta(seconds=0),
    online=True,
    offline=False,
    description='',
    tags={},
    owner='data-team',
)

view_visits = StreamFeatureView(
    name='visits',
    source=stream_visits_stream,
    entities=[entity_class],
    schema=[
        Field(name='flower_id', dtype=Int64),
        Field(name='sum_bees_3600s', dtype=Int64),
        Field(name='bees', dtype=Float64),
    ],
    ttl=timedelta(seconds=0),
    online=True,
    offline=False,
    aggregations=[
        Aggregation(
            column='bees',
            function='sum',
            time_window=timedelta(seconds=3600),
        ),
        Aggregation(
            column='bees',
            function='mean',
            time_window=timedelta(seconds=86400),
            slide_interval=timedelta(seconds=600),
            name='bees',
        ),
    ],
    timestamp_field='visited_at',
    description='Bees as they come',
    tags={},
    owner='data-team',
)

transform_greeting = OnDemandFeatureView(
    name='greeting',
    sources=[request_guest],
    schema=[
        Field(name='words', dtype=String),
    ],
    udf=function_greeting,
    udf_string=getsource(module_greeting),
    mode='python',
    description='',
    tags={},
    owner='data-team',
)

transform_ratios = OnDemandFeatureView(
    name='ratios',
    sources=[view_measurements, request_asked],
    schema=[
        Field(name='petal_ratio', dtype=Float64),
        Field(name='scaled', dtype=Float64),
    ],
    udf=function_ratios,
    udf_string=getsource(module_ratios),
    mode='pandas',
    description='What a petal is like',
    tags={'team': 'garden'},
    owner='data-team',
)

service_flower_features = FeatureService(
    name='flower_features',
    features=[
        view_measurements[['petal_width', 'petal_length']],
        transform_ratios[['petal_ratio', 'scaled']],
        view_import[['hue']],
        view_visits[['bees']],
    ],
    description='For the model',
    tags={'team': 'garden'},
    owner='data-team',
)

service_words = FeatureService(
    name='words',
    features=[
        transform_greeting[['words']],
    ],
    description='',
    tags={},
    owner='data-team',
    logging_config=LoggingConfig(
        destination=FileLoggingDestination(
            path='logs/words',
            s3_endpoint_override='',
            partition_by=['__log_date'],
        ),
        sample_rate=0.25,
    ),
)
