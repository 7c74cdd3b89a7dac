"""`snapshot-missing`: rows that Feast on a cluster would read from a file which nobody makes there.

Locally every apply takes that snapshot. `load-features` needs none: it joins where a step runs.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.feature_stores import elsewhere
from exai_compiler.checks.subject import Subject
from exai_compiler.feature_views import keys_of, written_to
from exai_compiler.features.batch_sources import Why, why_a_snapshot
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import (
    CsvSource,
    DatasetSpec,
    Environment,
    FeatureViewSpec,
    HttpSource,
    JsonSource,
    ParquetSource,
    Postgresql,
    SqlSource,
)
from exai_specs.parse import Spec

_KINDS = {
    CsvSource: "csv",
    HttpSource: "http",
    JsonSource: "json",
    ParquetSource: "parquet",
    SqlSource: "sql",
}
_AS_PARQUET = (
    "write the rows as Parquet below the data root and name them here, or keep those of all views "
    "in one PostgreSQL with `features: {offline_store: {type: postgres, connection: NAME}}`"
)


def check(subject: Subject) -> Iterator[Diagnostic]:
    clusters = [each for each in subject.environments.items() if each[1].target != "local"]
    views = {
        view.dataset: (spec, view)
        for spec, view in reversed(tuple(subject.project.bodies(FeatureViewSpec)))
        if view.online and view.dataset is not None
    }
    if not clusters or not views:
        return
    written, keys = written_to(subject.project), keys_of(subject.project)
    for name, view in views.items():
        declared = subject.dataset(name)
        if declared is None:
            continue
        for environment in clusters:
            why = why_a_snapshot(declared[1], environment[1], name in written, keys)
            if why is not None:
                yield from _told(subject, declared, view, environment, why, keys)


def _told(
    subject: Subject,
    dataset: tuple[Spec, DatasetSpec],
    view: tuple[Spec, FeatureViewSpec],
    environment: tuple[str, Environment],
    why: Why,
    keys: frozenset[str],
) -> Iterator[Diagnostic]:
    """Nothing where an error says it already: a database or a folder that can't be reached."""
    (spec, body), (name, where) = dataset, environment
    at, hint = spec.key_at("spec", "source", _KINDS[type(body.source)]), _AS_PARQUET
    match why:
        case "format":
            kind = _KINDS[type(body.source)].upper()
            what = f"Feast reads no {kind if kind != 'HTTP' else 'files behind addresses'}"
        case "database":
            connection = body.source.connection if isinstance(body.source, SqlSource) else ""
            if connection not in where.connections:
                return
            what = f"Feast's offline store isn't `{connection}`"
            if isinstance(where.connections[connection], Postgresql):
                hint = _joined_in(subject, connection, name)
        case "pushed":
            what = "Feast adds what is pushed with `offline: true` to a file of its own"
            hint = "remove `offline`: then what is pushed goes online alone"
        case "names":
            special = (body.timestamp, body.created, *sorted(keys))
            column = next(each for each in special if _other_name(body, each))
            what = (
                f"Feast knows keys and times by one name, and `{column}` has another in the files"
            )
            at = spec.at("spec", "schema", column or "", "source")
            hint = f"write the files with a column `{column}`"
        case "place" | "store":
            return
    yield Diagnostic(
        "snapshot-missing",
        f"nobody brings `{view[0].ref.name}` online in `{name}`: {what}, and no snapshot of the "
        "rows is taken there",
        at,
        "warning",
        hint,
        related=(
            ("the view", view[0].at("spec", "dataset")),
            (f"environment `{name}`", subject.project.root.key_at("spec", "environments", name)),
        ),
        environments=(name,),
    )


def _joined_in(subject: Subject, connection: str, environment: str) -> str:
    """What leads on from rows in PostgreSQL: its offline store joins nothing but what is there."""
    store = f"`features: {{offline_store: {{type: postgres, connection: {connection}}}}}`"
    away = next((spec.ref.name for spec, _ in elsewhere(subject, connection)), None)
    if away is None:
        return f"write {store} in `{environment}`, or keep the rows as Parquet below the data root"
    return (
        f"keep the rows as Parquet below the data root; or bring those of `{away}` into "
        f"`{connection}`, too, and write {store} in `{environment}`: it joins only what is there"
    )


def _other_name(body: DatasetSpec, column: str | None) -> bool:
    found = body.schema.get(column or "")
    return found is not None and found.source not in ("", column)
