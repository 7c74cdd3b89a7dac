"""Which views the online store should have anew.

In: a view, facts. Out: a `Materialization`, or what it waits for. Its key is SHA-256 over what the
view means and the version of its data: what is online under a key isn't brought there again.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.build import Materialization
from exai_compiler.catalog import Catalog
from exai_compiler.facts import Facts
from exai_compiler.maybe import Known, Unknown
from exai_compiler.meaning import view_meaning
from exai_compiler.project import Project
from exai_specs.frozen import digest
from exai_specs.identity import Ref
from exai_specs.kinds import Environment, FeatureViewSpec


def materializations(
    project: Project, catalog: Catalog, environment: Environment, facts: Facts
) -> Iterator[Materialization | Unknown]:
    """One for each view that is looked up online; what a function makes is never stored."""
    for spec, view in project.bodies(FeatureViewSpec):
        if view.dataset is None or not view.online:
            continue
        dataset = Ref("Dataset", view.dataset)
        match facts.data.get(view.dataset, Unknown(dataset, "its data wasn't looked at")):
            case Unknown() as missing:
                yield missing
            case Known(version):
                meaning = view_meaning(project, catalog, spec.ref.name)
                key = digest({"view": spec.ref.name, "meaning": meaning, "data": version})
                why = _why(spec.ref.name, view, environment, facts, meaning, key)
                yield Materialization(
                    view=spec.ref,
                    key=key,
                    meaning=meaning,
                    dataset=view.dataset,
                    data=version,
                    due=bool(why),
                    why=why,
                )


def _why(
    name: str,
    view: FeatureViewSpec,
    environment: Environment,
    facts: Facts,
    meaning: str,
    key: str,
) -> tuple[str, ...]:
    """What is new, in words. Data alone is no reason on a cluster, unless the spec says so."""
    online = facts.materialized.get(name)
    if online is None:
        return ("it isn't online",)
    if online.meaning != meaning:
        return ("the view changed in meaning",)
    on = view.materialize.on or ("data" if environment.target == "local" else "apply")
    return (f"new data in Dataset/{view.dataset}",) if on == "data" and online.key != key else ()
