"""Which views are brought online, when, and where that stands in a plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exai_compiler.build import Build, Live, Materialization, Observed
from exai_compiler.changes import Materialize, Plan, subject, verb
from exai_compiler.facts import Facts, Lock, Materialized
from exai_compiler.maybe import Known, Maybe, Unknown, unknowns
from exai_compiler.planning import plan
from exai_compiler.project import Project, link, local
from exai_compiler.render import render
from exai_compiler.resolve import resolve
from exai_runtime.workspace import component_catalog
from exai_specs.documents import read
from exai_specs.effects import Effect
from exai_specs.frozen import Json, freeze, thaw
from exai_specs.identity import Ref
from exai_specs.parse import Spec, parse

TEXT = (Path(__file__).parents[2] / "language_section_5.yaml").read_text()
FUNCTION = "def ratios(inputs):\n    return inputs\n"
CATALOG = replace(component_catalog(), files=MappingProxyType({"ratios.py": FUNCTION}))
CLUSTER = replace(local(), target="kubeflow", namespace="ml")
PETALS = Ref("FeatureView", "petals")
WHEN = "materialize: {on: data, every: 1h}"

Edit = tuple[str, str]


def project_of(*edits: Edit) -> Project:
    text = TEXT
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    documents, problems = read(text, "exai.yaml")
    assert problems == ()
    specs = [spec for document in documents if isinstance(spec := parse(document), Spec)]
    project = link(specs)
    assert project is not None
    return project


def facts_of(data: str, *online: Materialized) -> Facts:
    versions: dict[str, Maybe[str]] = {"flowers": Known("f1"), "measurements": Known(data)}
    return Facts(data=versions, materialized={each.view: each for each in online})


def asked(
    *edits: Edit, data: str = "m1", online: Materialized | None = None, cluster: bool = False
) -> Materialization:
    facts = facts_of(data, *([online] if online else []))
    environment = CLUSTER if cluster else local()
    found = resolve(project_of(*edits), "e", environment, CATALOG, Lock(), facts)
    (only,) = found.materializations
    return only


def brought(view: Materialization) -> Materialized:
    """What an apply records once it has brought a view online."""
    newest = "2026-01-01T00:00:00+00:00"
    return Materialized(view.view.name, view.key, view.meaning, view.data, newest, 0.0, 150)


def build_of(project: Project, facts: Facts) -> Build:
    found = resolve(project, "local", local(), CATALOG, Lock(), facts)
    return render(found)


def words(made: Plan) -> list[str]:
    return [f"{p.round} {verb(p.change)} {subject(p.change)}" for p in made.changes]


def made(build: Build) -> Observed:
    """What a target holds once all that is known was made."""
    known = {
        each.id: Live(freeze(thaw(cast(Json, each.body))), each.origin)
        for each in build.objects
        if not any(unknowns(each.body))
    }
    return Observed(MappingProxyType(known))


def test_a_view_is_brought_online_once() -> None:
    first = asked()
    assert (first.view, first.dataset, first.data) == (PETALS, "measurements", "m1")
    assert (first.due, first.why) == (True, ("it isn't online",))
    assert not asked(online=brought(first)).due


@pytest.mark.parametrize(
    ("on", "cluster", "due"),
    [
        ("on: data, every: 1h", False, True),
        ("on: data, every: 1h", True, True),
        ("on: apply", False, False),
        ("every: 1h", False, True),
        ("every: 1h", True, False),
    ],
)
def test_new_data_is_a_reason_where_the_spec_says_so(on: str, cluster: bool, due: bool) -> None:
    edit = (WHEN, f"materialize: {{{on}}}")
    online = brought(asked(edit, cluster=cluster))
    later = asked(edit, data="m2", online=online, cluster=cluster)
    assert later.key != online.key
    assert later.why == (("new data in Dataset/measurements",) if due else ())


def test_a_view_that_means_something_else_is_always_a_reason() -> None:
    when = (WHEN, "materialize: {on: apply}")
    online = brought(asked(when))
    assert asked(when, ("ttl: 30d", "ttl: 1d"), online=online).why == (
        "the view changed in meaning",
    )
    assert not asked(when, ("owner: data-team", "owner: others"), online=online).due


def test_what_is_not_looked_up_or_not_stored_is_never_brought_online() -> None:
    found = resolve(
        project_of((WHEN, "online: false")), "local", local(), CATALOG, Lock(), facts_of("m1")
    )
    assert found.materializations == ()


def test_missing_data_is_waited_for() -> None:
    gone = Unknown(Ref("Dataset", "measurements"), "there is no file")
    facts = Facts(data={"flowers": Known("f1"), "measurements": gone})
    found = resolve(project_of(), "local", local(), CATALOG, Lock(), facts)
    assert (found.materializations, set(found.waiting)) == ((), {gone})


def test_a_view_comes_after_its_repository_and_before_the_services() -> None:
    build = build_of(project_of(), facts_of("m1"))
    shown = plan(build, Observed(MappingProxyType({})))
    order = words(shown)
    view = order.index("1 materialize FeatureView/petals")
    assert order.index("1 create FeatureRepository/flower_features") < view
    assert view < order.index("1 run Pipeline/flower-training")
    assert view < order.index("2 create InferenceService/flowers")
    planned = shown.changes[view]
    assert planned.impact is Effect.MATERIALIZE
    assert planned.because == (
        Ref("Project", "flower-features"),
        Ref("Dataset", "measurements"),
        Ref("Entity", "flower"),
    )


def test_a_plan_explains_a_service_by_its_views() -> None:
    build = build_of(project_of(), facts_of("m1"))
    shown = plan(build, Observed(MappingProxyType({})))
    (service,) = [p for p in shown.changes if subject(p.change) == "InferenceService/flowers"]
    assert {PETALS, Ref("FeatureService", "flower_features")} <= set(service.because)


@given(
    st.sampled_from(["on: data", "on: apply", "every: 1h"]),
    st.sampled_from(["m1", "m2"]),
    st.sampled_from(["ttl: 30d", "ttl: 1d"]),
    st.booleans(),
)
@settings(max_examples=24)
def test_after_an_apply_nothing_is_left_to_bring_online(
    when: str, data: str, ttl: str, before: bool
) -> None:
    project = project_of((WHEN, f"materialize: {{{when}}}"), ("ttl: 30d", ttl))
    online = (brought(asked()),) if before else ()
    build = build_of(project, facts_of(data, *online))
    first = plan(build, made(build))
    due = [p.change for p in first.changes if isinstance(p.change, Materialize)]
    records = {each.view: each for each in online}
    records |= {v.view.name: brought(v) for v in build.materializations if v.due}
    again = build_of(project, facts_of(data, *records.values()))
    assert [p for p in plan(again, made(again)).changes if isinstance(p.change, Materialize)] == []
    assert again.objects == build.objects
    assert [change.key for change in due] == [v.key for v in build.materializations if v.due]
