"""`store-mismatch`: an offline store that can't join where the rows are (LANGUAGE section 5)."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import (
    Environment,
    FeatureServiceSpec,
    FeatureViewSpec,
    Postgresql,
    SqlSource,
)
from exai_specs.parse import Spec
from exai_specs.values import replace


def check(subject: Subject) -> Iterator[Diagnostic]:
    for name, environment in subject.environments.items():
        store = environment.features.offline_store if environment.features else None
        if store is None or store.connection is None:
            continue
        path = ("spec", "environments", name, "features", "offline_store", "connection")
        at, wanted = subject.project.root.at(*path), store.connection
        connection = environment.connections.get(wanted)
        if connection is None:
            hint = did_you_mean(wanted, environment.connections, "add it under `connections`")
            message = f"there is no connection `{wanted}` in environment `{name}`"
            yield Diagnostic("connection-missing", message, at, hint=hint, environments=(name,))
        elif not isinstance(connection, Postgresql):
            yield Diagnostic(
                "store-mismatch",
                f"`{wanted}` is no PostgreSQL database, and this offline store joins in one",
                at,
                hint="name another connection, or write `type: dask`",
                environments=(name,),
            )
        else:
            for each in _elsewhere(subject, environment, wanted, at):
                yield replace(each, environments=(name,))
            yield from _unlogged(subject, name, at)
            yield from _unkept(subject, name, at)


def _elsewhere(
    subject: Subject, environment: Environment, store: str, at: Span
) -> Iterator[Diagnostic]:
    """A view whose rows aren't in the database that the offline store is."""
    hint = "bring them into that database, or write `type: dask`, which joins any data"
    if environment.target != "local" and (there := online_in(subject, store)):
        hint = (
            f"bring them into that database; `type: dask` joins any data, but on a cluster it "
            f"brings `{there[0]}` online only once its rows are Parquet, too"
        )
    for spec, dataset in elsewhere(subject, store):
        yield Diagnostic(
            "store-mismatch",
            f"the offline store joins in `{store}`, and the rows of `{spec.ref.name}` "
            "are elsewhere",
            spec.at("spec", "dataset"),
            hint=hint,
            related=(
                ("where the rows are", dataset.at("spec", "source")),
                ("the offline store", at),
            ),
        )


def elsewhere(subject: Subject, connection: str) -> Iterator[tuple[Spec, Spec]]:
    """The views whose rows aren't in this database, each with its Dataset."""
    for spec, view in subject.project.bodies(FeatureViewSpec):
        dataset = subject.dataset(view.dataset or "")
        source = dataset[1].source if dataset is not None else None
        if dataset is not None and not (
            isinstance(source, SqlSource) and source.connection == connection
        ):
            yield spec, dataset[0]


def online_in(subject: Subject, connection: str) -> tuple[str, ...]:
    """The views that are brought online from this database."""
    away = {spec.ref for spec, _ in elsewhere(subject, connection)}
    return tuple(
        spec.ref.name
        for spec, view in subject.project.bodies(FeatureViewSpec)
        if view.online and spec.ref not in away and subject.dataset(view.dataset or "") is not None
    )


def _unlogged(subject: Subject, environment: str, at: Span) -> Iterator[Diagnostic]:
    """Feast's PostgreSQL store has no `write_logged_features`: what it is given is lost."""
    for spec, service in subject.project.bodies(FeatureServiceSpec):
        if service.logging is not None:
            yield Diagnostic(
                "store-mismatch",
                f"in `{environment}` nothing is logged: Feast's PostgreSQL store keeps no logs",
                spec.key_at("spec", "logging"),
                "warning",
                hint="remove `logging`, or write `type: dask`, which logs to files",
                related=(("the offline store", at),),
                environments=(environment,),
            )


def _unkept(subject: Subject, environment: str, at: Span) -> Iterator[Diagnostic]:
    """Nor has it an `offline_write_batch`: a push that should reach it can't."""
    for spec, view in subject.project.bodies(FeatureViewSpec):
        if view.offline:
            yield Diagnostic(
                "store-mismatch",
                f"in `{environment}` nothing can be pushed to `{spec.ref.name}`: Feast's "
                "PostgreSQL store takes no rows",
                spec.at("spec", "offline"),
                "warning",
                hint="remove `offline`, or write `type: dask`, which keeps what is pushed",
                related=(("the offline store", at),),
                environments=(environment,),
            )
