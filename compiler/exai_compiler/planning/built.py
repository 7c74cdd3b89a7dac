"""An observer over a build: what a target would hold that has applied it.

In: the objects of a `Build`. Out: an `Observed`, as any target gives one, so that the planner needs
no second way.
"""

from __future__ import annotations

from types import MappingProxyType

from exai_compiler.build import Live, Observed, Rendered


def observed(objects: tuple[Rendered, ...]) -> Observed:
    """Every object. `plan(build, observed(build.objects))` has no change of an object."""
    return Observed(
        MappingProxyType(
            {
                item.id: Live(body=item.body, origin=item.origin, sequence=number)
                for number, item in enumerate(objects)
            }
        )
    )
