"""`exai features list`: the views with what is online of them, and the services."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

from exai_runtime.beside_mistakes import mistakes
from exai_runtime.feature_results import FeatureList
from exai_runtime.features.place import freshness_of, place_of
from exai_runtime.results import Refused


def listed(root: Path, environment: str) -> FeatureList | Refused:
    """The views with what is online of them, and the services."""
    place = place_of(root, environment, asks=True)
    if isinstance(place, Refused):
        return place
    services = {
        name: tuple(service["features"]) for name, service in place.spec["services"].items()
    }
    views = freshness_of(place)
    told, sources = mistakes(place.checked), place.checked.loaded.sources
    return FeatureList(
        environment, views, MappingProxyType(services), diagnostics=told, sources=sources
    )
