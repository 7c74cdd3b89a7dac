"""Where the rows of each dataset are in this environment: rendered by exai from its specs."""

from feast import FileSource
from feast.data_format import ParquetFormat

source_colours = FileSource(
    name='colours',
    path='data/colours.parquet',
    file_format=ParquetFormat(),
    timestamp_field='seen_at',
    created_timestamp_column='',
)

source_measurements = FileSource(
    name='measurements',
    path='data/measurements.parquet',
    file_format=ParquetFormat(),
    timestamp_field='measured_at',
    created_timestamp_column='written_at',
)

source_visits = FileSource(
    name='visits',
    path='data/visits.parquet',
    file_format=ParquetFormat(),
    timestamp_field='visited_at',
    created_timestamp_column='written_at',
)
