"""requirements.txt of the repository: what Feast needs where somebody runs it there.

In: the `spec` of a feature repository. Out: the file. Feast's dask reads s3:// and gs:// through
fsspec, whose clients neither Feast nor its extras bring (feast/infra/offline_stores/dask.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from exai_compiler.features.stores import REFERENCE
from exai_specs.frozen import Json

FEAST = "0.67.0"
"""The version that the repository is written for, and that exai's images have."""

_CLIENTS = {"s3": "s3fs", "gs": "gcsfs"}
_REGISTRIES = {"s3": "aws", "gs": "gcp", "postgresql": "postgres"}


def requirements_of(spec: Mapping[str, Json]) -> str:
    """The whole file."""
    return "".join(f"{line}\n" for line in _lines(cast(Mapping[str, Any], spec)))


def _lines(spec: Mapping[str, Any]) -> Iterator[str]:
    store = spec["store"]
    registry = str(store["registry"].get("path", ""))
    extras = {
        _REGISTRIES.get(registry.partition("://")[0].partition("+")[0], ""),
        "redis" if store["online_store"]["type"] == "redis" else "",
        "postgres" if store["offline_store"]["type"] == "postgres" else "",
    } - {""}
    wanted = f"[{','.join(sorted(extras))}]" if extras else ""
    yield "# What Feast needs for this repository: rendered by exai from its specs."
    yield f"feast{wanted}=={FEAST}"
    places = {each["parquet"]["path"] for each in spec["sources"].values() if "parquet" in each}
    for scheme in sorted({place.partition("://")[0] for place in places} & _CLIENTS.keys()):
        yield f"{_CLIENTS[scheme]}  # reads {scheme}://"
    if store["registry"]["registry_type"] == "sql" and REFERENCE.fullmatch(registry):
        yield "# And what the registry's address names: psycopg[binary], ..."
