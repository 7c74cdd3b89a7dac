"""Resolve: which version does an alias mean, and which runs are due.

In: project, environment, lock, facts. Out: `Resolved`. It reads nothing but its arguments.
`model@alias` is, in this order: a pin of `exai.lock`; with `promote: auto` the version that the
registry's alias is about to have or has; else Unknown, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from exai_compiler.build import Materialization, Promotion, RunKey
from exai_compiler.canaries import canaries_to_come
from exai_compiler.catalog import Catalog
from exai_compiler.facts import Facts, Lock, ModelFacts, ModelVersion, Pin, Verdict
from exai_compiler.graph import Graph
from exai_compiler.graphs import graphs_of
from exai_compiler.judge import gates_digest, judge
from exai_compiler.materializations import materializations
from exai_compiler.maybe import Known, Maybe, Unknown
from exai_compiler.meaning import pipeline_meanings
from exai_compiler.named_by_steps import datasets_read, models_registered
from exai_compiler.pinned_images import with_digests
from exai_compiler.project import Project
from exai_compiler.resolved import Resolved
from exai_compiler.runs import run_key
from exai_specs.identity import Ref
from exai_specs.kinds import Environment, ModelSpec, PipelineSpec, ServiceSpec
from exai_specs.kinds.model import Registered


def resolve(
    project: Project,
    name: str,
    environment: Environment,
    catalog: Catalog,
    lock: Lock,
    facts: Facts,
) -> Resolved:
    """Every open value of the project as the facts have it; images as the lock pins them.

    Raises nothing: what isn't known says why.
    """
    project, environment, catalog = with_digests(project, name, environment, catalog)
    graphs = graphs_of(project, catalog)
    meanings = pipeline_meanings(project, catalog, graphs)
    keys = tuple(
        run_key(
            spec.ref,
            body,
            meanings,
            graphs[spec.ref.name],
            environment,
            facts,
            datasets_read(project, graphs[spec.ref.name]),
        )
        for spec, body in project.bodies(PipelineSpec)
        if not body.artifacts  # only a pipeline that calls it can give them
    )
    runs = tuple(key for key in keys if isinstance(key, RunKey))
    views = tuple(materializations(project, catalog, environment, facts))
    coming = {model for run in runs if run.due for model in run.registers}
    current = {
        model: frozenset(run.key for run in runs if model in run.registers)
        for run in runs
        for model in run.registers
    }
    by_hand = frozenset(run.key for run in facts.runs if run.by_hand)
    promotions = tuple(
        _promotion(
            spec.ref,
            body,
            environment,
            facts,
            current.get(spec.ref.name, frozenset()),
            coming,
            by_hand,
            lock,
        )
        for spec, body in project.bodies(ModelSpec)
        if body.source is None
    )
    producers = producers_of(graphs)
    by_model = {promotion.model.name: promotion for promotion in promotions}
    models = {
        reference: _version(project, reference, lock, facts, by_model, producers)
        for reference in sorted(
            {
                reference
                for _, body in project.bodies(ServiceSpec)
                for _, reference in body.references
                if "@" in reference
            }
        )
    }
    for _, body in project.bodies(ServiceSpec):
        found = models.get(body.reference)
        if not isinstance(found, Known) or found.value.model not in coming:
            continue
        model, _, at = body.reference.partition("@")
        registered = facts.models.get(registered_name(project, model), ModelFacts())
        if (model, at) in lock.pins and registered.version(found.value.number) is None:
            continue  # a pin alone doesn't tell what it was trained on
        from exai_compiler.trained_features import outdated  # few services come to this

        if outdated(project, catalog, body, found.value):
            why = "a run has to register a version on the features as they are"
            models[body.reference] = Unknown(Ref("Model", found.value.model), why)
    canaries = canaries_to_come(project, environment, facts, models)
    return Resolved(
        project=project,
        name=name,
        environment=environment,
        catalog=catalog,
        lock=lock,
        facts=facts,
        graphs=graphs,
        meanings=meanings,
        producers=producers,
        models=MappingProxyType(models),
        promotions=promotions,
        runs=runs,
        waiting=tuple(each for each in (*keys, *views, *canaries) if isinstance(each, Unknown)),
        materializations=tuple(view for view in views if isinstance(view, Materialization)),
    )


def producers_of(graphs: Mapping[str, Graph]) -> Mapping[str, tuple[str, ...]]:
    """The pipelines that register versions of each model."""
    found: dict[str, list[str]] = {}
    for pipeline, graph_ in graphs.items():
        if graph_.artifacts:  # it never runs by itself
            continue
        for model in models_registered(graph_):
            found.setdefault(model, []).append(pipeline)
    return MappingProxyType({model: tuple(pipelines) for model, pipelines in found.items()})


def _promotion(
    ref: Ref,
    model: ModelSpec,
    environment: Environment,
    facts: Facts,
    run_keys: frozenset[str],
    coming: set[str],
    by_hand: frozenset[str],
    lock: Lock,
) -> Promotion:
    """What the verdict says of the candidate, and where its aliases should stand."""
    known = facts.models.get(ref.name, ModelFacts())
    aliases = tuple(auto_aliases(model, environment))
    candidate = _candidate(known, run_keys, aliases, by_hand)
    verdict: Verdict | None = None
    new = False
    if candidate is not None:
        recorded = candidate.verdict
        new = recorded is None or recorded.gates != gates_digest(model.gates)
        verdict = judge(candidate, model.gates) if new else recorded
    # Git decides what a pinned one means: it isn't moved beside that.
    auto = tuple(each for each in aliases if not isinstance(lock.pins.get((ref.name, each)), Pin))
    wanted = {
        alias: to
        for alias in auto
        if (to := _wanted(ref, candidate, verdict, known.aliases.get(alias), coming)) is not None
    }
    return Promotion(
        model=ref,
        run_key=candidate.run_key if candidate else "",
        verdict=verdict,
        new_verdict=new,
        first_verdict=candidate is not None and candidate.verdict is None,
        current=known.aliases,
        wanted=MappingProxyType(wanted),
        auto=auto,
    )


def _candidate(
    known: ModelFacts,
    run_keys: frozenset[str],
    aliases: tuple[str, ...],
    by_hand: frozenset[str],
) -> ModelVersion | None:
    """The newest version that specs and data ask for now. Without one, what already stands behind
    an alias stays; only where nothing does, the newest version of all will do that no person's own
    parameters have made."""
    asked_for = [version for version in known.versions if version.run_key in run_keys]
    standing = [
        version
        for alias in aliases
        if alias in known.aliases and (version := known.version(known.aliases[alias])) is not None
    ]
    others = [version for version in known.versions if version.run_key not in by_hand]
    return _newest(asked_for or standing or others)


def auto_aliases(model: ModelSpec, environment: Environment) -> Iterator[str]:
    """The aliases that exai moves, whatever a lock pins."""
    # Without a word of the spec: auto locally, manual on Kubeflow (DESIGN section 5).
    default = "auto" if environment.target == "local" else "manual"
    for alias, policy in sorted(model.aliases.items()):
        if (policy.promote or default) == "auto":
            yield alias


def _wanted(
    ref: Ref,
    candidate: ModelVersion | None,
    verdict: Verdict | None,
    current: int | None,
    coming: set[str],
) -> Maybe[int] | None:
    if ref.name in coming:
        return Unknown(ref, "a run has to register a new version first")
    if candidate is not None and verdict is not None and verdict.passed:
        return Known(candidate.number)
    return None if current is None else Known(current)


def _newest(versions: Iterable[ModelVersion]) -> ModelVersion | None:
    return max(versions, key=lambda version: version.number, default=None)


def registered_name(project: Project, name: str) -> str:
    """What the registry calls a Model."""
    body = project.body(ModelSpec, name)
    elsewhere = body.source if body is not None else None
    return elsewhere.registry.name if isinstance(elsewhere, Registered) else name


def _version(
    project: Project,
    reference: str,
    lock: Lock,
    facts: Facts,
    promotions: Mapping[str, Promotion],
    producers: Mapping[str, tuple[str, ...]],
) -> Maybe[ModelVersion]:
    name, _, at = reference.partition("@")
    ref = Ref("Model", name)
    known = facts.models.get(registered_name(project, name), ModelFacts())
    if (pin := lock.pins.get((name, at))) is not None:
        return pin if isinstance(pin, Unknown) else Known(_pinned(name, pin, known))
    if facts.unread:
        return Unknown(ref, f"{facts.unread}, and it alone knows what {reference} is")
    if at.isdigit():
        number: Maybe[int] = Known(int(at))
    elif (promotion := promotions.get(name)) is not None and at in promotion.wanted:
        number = promotion.wanted[at]
    elif at in known.aliases:
        number = Known(known.aliases[at])
    elif promotion is not None and at not in promotion.auto:
        # Not the model itself: no run brings this about, only a person.
        number = Unknown(Ref("Model", reference), "its promote is manual, and nobody has set it")
    else:
        number = Unknown(ref, _why_none(name, promotion, known, producers))
    if isinstance(number, Unknown):
        return number
    found = known.version(number.value)
    if found is None:
        return Unknown(ref, f"{name} has no version {number.value}")
    return Known(found)


def _pinned(name: str, pin: Pin, known: ModelFacts) -> ModelVersion:
    """The version of a pin: as the registry has it, where that was read and says the same."""
    found = known.version(pin.version)
    if found is not None and (found.uri, found.digest) == (pin.uri, pin.digest):
        return found
    return ModelVersion(
        model=name,
        number=pin.version,
        uri=pin.uri,
        digest=pin.digest,
        run_key=pin.run_key,
        format=pin.format,
        metrics=pin.metrics,
    )


def _why_none(
    name: str,
    promotion: Promotion | None,
    known: ModelFacts,
    producers: Mapping[str, tuple[str, ...]],
) -> str:
    if promotion is not None and promotion.verdict is not None and not promotion.verdict.passed:
        failed: dict[str, list[str]] = {}  # a metric with several gates was measured once
        for each in promotion.verdict.results:
            if not each.passed:
                rules = failed.setdefault(f"{each.metric} {_number(each.value)}", [])
                rules.append(f"{each.rule} {_number(each.limit)}")
        missed = ", ".join(f"{metric} ({', '.join(rules)})" for metric, rules in failed.items())
        return (
            f"no version has passed its gates; version {promotion.verdict.version} missed {missed}"
        )
    if not known.versions:
        makers = [f"Pipeline/{pipeline}" for pipeline in producers.get(name, ())]
        return f"no version yet: {', '.join(makers) or 'no pipeline'} has not registered one"
    return "no version has passed its gates, or the alias was never set"


def _number(value: float | None) -> str:
    return "missing" if value is None else f"{value:.4g}"
