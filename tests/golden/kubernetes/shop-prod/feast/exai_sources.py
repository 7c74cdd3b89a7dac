"""Where the rows of each dataset are in this environment: rendered by exai from its specs."""

from feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source import (
    PostgreSQLSource,
)

source_sizes = PostgreSQLSource(
    name='sizes',
    table='"sizes"',
    timestamp_field='y',
    created_timestamp_column='',
)
