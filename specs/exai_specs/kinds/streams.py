"""Where a feature view's rows come from as they happen (LANGUAGE section 5), in Feast's own words.

In: `stream` and `aggregations` of a FeatureView. Out: frozen values. Never: whether a broker is
there. What is refused is what Feast 0.67's constructors and its compute engines refuse
(feast/data_source.py, feast/aggregation/__init__.py, infra/compute_engines/spark/nodes.py).
"""

from __future__ import annotations

from typing import Annotated, Literal

from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Duration, Maybe, Named, Problem, Text, refuse
from exai_specs.forms import OneOf
from exai_specs.names import FIELD, SQL, NameRule
from exai_specs.notes import about, checked

BROKERS = NameRule(
    r"[A-Za-z0-9.-]+:[0-9]{1,5}(,[A-Za-z0-9.-]+:[0-9]{1,5})*",
    "host:port, and more of them after commas",
    longest=2000,
)
TOPIC = NameRule(r"[A-Za-z0-9._-]+", "letters, digits, `.`, `_` and `-`", longest=249)


@block
class AvroFormat:
    """Messages in Avro."""

    schema_json: Annotated[
        Text, Effect.MATERIALIZE, about("Avro's schema, as JSON", '{"type": "record"}')
    ]


@block
class JsonFormat:
    """Messages in JSON."""

    schema_json: Annotated[
        Text,
        Effect.MATERIALIZE,
        about("Their schema; for Spark a DDL string", "driver_id bigint, trips bigint"),
    ]


@block
class ProtoFormat:
    """Messages in Protocol Buffers."""

    class_path: Annotated[
        Text, Effect.MATERIALIZE, about("The class that decodes them", "com.acme.DriverStats")
    ]


MessageFormat = Annotated[
    AvroFormat | JsonFormat | ProtoFormat,
    OneOf((("avro", AvroFormat), ("json", JsonFormat), ("proto", ProtoFormat))),
]


@block
class Kafka:
    """A topic whose messages have the columns of the view's dataset."""

    name: Annotated[
        Annotated[Text, Named(SQL)],
        Effect.MATERIALIZE,
        about("Name of the source", "driver_stats_stream"),
    ]
    kafka_bootstrap_servers: Annotated[
        Annotated[Text, Named(BROKERS, "broker:9092")],
        Effect.MATERIALIZE,
        about("Its brokers", "broker:9092"),
    ]
    topic: Annotated[
        Annotated[Text, Named(TOPIC)], Effect.MATERIALIZE, about("The topic", "driver_stats")
    ]
    message_format: Annotated[
        MessageFormat,
        Effect.MATERIALIZE,
        about("How messages are written", {"json": {"schemaJson": "driver_id bigint"}}),
    ]
    watermark_delay_threshold: Annotated[
        Maybe[Duration],
        Effect.MATERIALIZE,
        about("How late a message may come and still count", "5m"),
    ] = None


Stream = Annotated[Kafka, OneOf((("kafka", Kafka),))]


@block
class Aggregation:
    """One feature of many messages. Its name is `name`, or function, column and window in one."""

    column: Annotated[
        Annotated[Text, Named(FIELD)],
        Effect.MATERIALIZE,
        about("The messages' column", "trips"),
    ]
    function: Annotated[
        Literal["sum", "max", "min", "count", "mean", "count_distinct"],
        Effect.MATERIALIZE,
        about("What is made of its values", "sum"),
    ]
    time_window: Annotated[
        Maybe[Duration], Effect.MATERIALIZE, about("Of the messages of how long", "1h")
    ] = None
    slide_interval: Annotated[
        Maybe[Duration],
        Effect.MATERIALIZE,
        about("How often a window begins; default: when the one before ends", "10m"),
    ] = None
    name: Annotated[
        Maybe[Annotated[Text, Named(FIELD)]],
        Effect.MATERIALIZE,
        about("The feature; default: sum_trips_3600s, for a window of an hour", "trips_lately"),
    ] = None

    @property
    def feature(self) -> str:
        """The feature that comes out (feast/aggregation, `resolved_name`)."""
        window = f"_{self.time_window.ms // 1000}s" if self.time_window is not None else ""
        return self.name or f"{self.function}_{self.column}{window}"

    @checked
    def _window(self) -> Aggregation:
        problems = [
            Problem("invalid-value", "must be whole seconds, and at least one", "", (path,))
            for path, found in (
                ("timeWindow", self.time_window),
                ("slideInterval", self.slide_interval),
            )
            if found is not None and (found.ms < 1000 or found.ms % 1000)
        ]
        if self.slide_interval is not None and not problems:
            path = ("slideInterval",)
            if self.time_window is None:
                wrong = "means nothing without timeWindow"
                problems.append(Problem("invalid-value", wrong, "add timeWindow", path))
            elif self.slide_interval.ms > self.time_window.ms:
                wrong = "must not be longer than timeWindow: messages between would count nowhere"
                problems.append(Problem("invalid-value", wrong, "", path))
        if problems:
            raise refuse(*problems)
        return self
