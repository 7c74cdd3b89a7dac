"""Where the rows of each dataset are in this environment: rendered by exai from its specs."""

from feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source import (
    PostgreSQLSource,
)

source_colours = PostgreSQLSource(
    name='colours',
    query='SELECT "flower id" AS "flower_id", "seen ""at""" AS "seen_at", "class" AS "hue", "names" AS "names", "shades" AS "shades", "notes" AS "notes", "day" AS "day", "price" AS "price", "raw" AS "raw", "extra" AS "extra", "tag" AS "tag", "wild" AS "wild" FROM (SELECT * FROM colours WHERE seen -- not all\n) AS rows',
    timestamp_field='seen_at',
    created_timestamp_column='',
)

source_measurements = PostgreSQLSource(
    name='measurements',
    table='"public"."measurements"',
    timestamp_field='measured_at',
    created_timestamp_column='written_at',
)

source_visits = PostgreSQLSource(
    name='visits',
    table='"visits"',
    timestamp_field='visited_at',
    created_timestamp_column='written_at',
)
