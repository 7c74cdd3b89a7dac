"""Every kind is rendered by a backend, or is said to be configuration; every backend has goldens.

Names what is missing.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from exai_compiler.backends.table import BACKENDS
from exai_specs.kinds import KINDS

GOLDEN = Path(__file__).parents[1] / "golden"

# Kinds that become no object of their own: a Dataset travels inside the steps that read it; a Model
# is a name in the registry, which only an apply writes to; entities, views and their services are
# parts of one object, the Project's feature repository; an Overlay is what its target says.
NOT_RENDERED = {"Overlay", "Dataset", "Entity", "FeatureView", "FeatureService", "Model"}


def test_every_kind_is_rendered_or_known_not_to_be() -> None:
    rendered = {kind for renderers in BACKENDS.values() for kind in renderers}
    missing = set(KINDS) - rendered - NOT_RENDERED
    assert not missing, f"no backend renders {sorted(missing)}"
    assert not rendered & NOT_RENDERED
    assert rendered <= set(KINDS)


# What belongs to no document of its own: Feast's repository, and what all steps are told.
OF_THE_WHOLE = "Project"


def test_no_kind_has_two_owners() -> None:
    owners = [kind for renderers in BACKENDS.values() for kind in renderers if kind != OF_THE_WHOLE]
    assert sorted(owners) == sorted(set(owners))


def test_every_kind_has_a_golden_of_its_backend() -> None:
    shown = {name: kinds_in(GOLDEN / name) for name in BACKENDS}
    missing = {name: sorted(set(kinds) - shown[name]) for name, kinds in BACKENDS.items()}
    assert not any(missing.values()), f"{missing}: kinds without a project below tests/golden"
    assert set(KINDS) == set().union(*shown.values())


def kinds_in(folder: Path) -> set[str]:
    """The kinds of exai's documents anywhere in it."""
    return {
        document["kind"]
        for path in folder.rglob("*.yaml")
        for document in yaml.load_all(path.read_text("utf-8"), yaml.CSafeLoader)
        if isinstance(document, dict) and document.get("apiVersion", "").startswith("exai.dev/")
    }
