"""The rules that a project must keep, one module each.

In: a project and the catalog. Out: every diagnostic, sorted.

A rule is a function from a `Subject` to diagnostics. It changes nothing, and never stops at the
first. What depends on an environment is judged once for each.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from importlib import import_module
from itertools import islice
from typing import Any

from exai_compiler.catalog import Catalog
from exai_compiler.checks import (
    after_failures,
    amounts,
    autoscale,
    bad_expression,
    called_pipelines,
    claims,
    conditions,
    connections,
    container_names,
    container_step,
    core_objects,
    credential_literals,
    credentials,
    data_paths,
    data_version,
    dataset_roles,
    demanded,
    duplicate_feature,
    duplicate_name,
    environment_settings,
    estimators,
    feature_files,
    feature_references,
    feature_services,
    feature_snapshots,
    feature_sources,
    gate_without_metric,
    half_expressions,
    images,
    input_types,
    invalid_input,
    knative,
    knative_features,
    leaks,
    loops,
    model_reference,
    model_without_producer,
    multi_node,
    not_carried_out,
    not_local,
    optional_inputs,
    other_rows,
    outputs,
    packages,
    parameters,
    patches,
    pipeline_platform,
    pipeline_schedules,
    placeholder,
    pod_references,
    pod_security,
    policy_rules,
    port_clash,
    reference_in_struct,
    registered_twice,
    reserved_env,
    reserved_name,
    run_in_text,
    run_names,
    schedules,
    served_features,
    service_name,
    services_not_local,
    serving_mode,
    serving_runtimes,
    several_champions,
    signature_columns,
    signature_mismatch,
    signature_missing,
    slos,
    step_cycle,
    step_inputs,
    step_names,
    storage_uri,
    target_in_features,
    task_mismatch,
    trainer_settings,
    training_features,
    unknown_column,
    unknown_component,
    unknown_expectation,
    unknown_reference,
    unusable_feature,
    unused_anchor,
    unused_dataset,
    unused_features,
    unused_model,
    unused_settings,
    unused_steps,
    user_component,
    waiting_fields,
    workspace,
)
from exai_compiler.checks.subject import FILE, Subject
from exai_compiler.checks.survey import subject
from exai_compiler.checks.told_once import told_once, without_half_written
from exai_compiler.parity import notes
from exai_compiler.policies import applied, unusable, unused
from exai_compiler.project import Project
from exai_compiler.spread import Spread, in_turn
from exai_specs.diagnostics import MAX_IN_FILE, Diagnostic, has_errors, in_order, more_problems
from exai_specs.kinds import (
    FeatureViewSpec,
    GraphSpec,
    LLMServiceSpec,
    ManifestSpec,
    NotebookSpec,
    RuntimeSpec,
    ServiceSpec,
    TuningSpec,
)
from exai_specs.values import replace

Check = Callable[[Subject], Iterator[Diagnostic]]


def _rare(rule: str, there: Callable[[Subject], bool]) -> Check:
    """A rule about what few projects have, imported for one that has it."""

    def check(subject: Subject) -> Iterator[Diagnostic]:
        if there(subject):
            found: Check = import_module(check.__module__).check
            yield from found(subject)

    check.__module__ = f"{__name__}.{rule}"
    return check


def _documents(body: type[Any]) -> Callable[[Subject], bool]:
    return lambda subject: any(True for _ in subject.project.bodies(body))


def _notebooks(subject: Subject) -> bool:
    return bool(subject.by_body.get("notebook"))


def _component_files(subject: Subject) -> bool:
    return bool(subject.by_body.get(FILE))


def _connections(subject: Subject) -> bool:
    return any(each.connections for each in subject.environments.values())


def _offline_stores(subject: Subject) -> bool:
    stores = (each.features for each in subject.environments.values())
    return any(store is not None and store.offline_store is not None for store in stores)


def _answers_side_by_side(subject: Subject) -> bool:
    services = (service for _, service in subject.project.bodies(ServiceSpec))
    return any(each.canary is not None for each in services) or _documents(GraphSpec)(subject)


def _transforms(subject: Subject) -> bool:
    views = (view for _, view in subject.project.bodies(FeatureViewSpec))
    return any(view.transform is not None for view in views)


def _functions(subject: Subject) -> bool:
    return bool(subject.by_body.get("python")) or _documents(TuningSpec)(subject)


CHECKS: tuple[Check, ...] = (
    after_failures.check,
    amounts.check,
    autoscale.check,
    bad_expression.check,
    _rare("chained_answers", _documents(GraphSpec)),
    claims.check,
    _rare("connection_clash", _connections),
    conditions.check,
    connections.check,
    called_pipelines.check,
    container_names.check,
    container_step.check,
    core_objects.check,
    credentials.check,
    _rare("component_credentials", _component_files),
    credential_literals.check,
    data_paths.check,
    data_version.check,
    dataset_roles.check,
    demanded.check,
    duplicate_feature.check,
    duplicate_name.check,
    environment_settings.check,
    estimators.check,
    feature_files.check,
    feature_references.check,
    feature_services.check,
    feature_snapshots.check,
    feature_sources.check,
    _rare("feature_stores", _offline_stores),
    gate_without_metric.check,
    _rare("graphs", _documents(GraphSpec)),
    half_expressions.check,
    images.check,
    _rare("imports", lambda subject: bool(subject.by_body.get("import_"))),
    input_types.check,
    invalid_input.check,
    knative.check,
    knative_features.check,
    _rare("llm_services", _documents(LLMServiceSpec)),
    leaks.check,
    _rare("lock", lambda subject: subject.project.lock is not None),
    loops.check,
    _rare("manifests", _documents(ManifestSpec)),
    model_reference.check,
    model_without_producer.check,
    multi_node.check,
    not_carried_out.check,
    not_local.check,
    _rare("notebook_step", _notebooks),
    _rare("notebooks", _documents(NotebookSpec)),
    _rare("object_kinds", _documents(ManifestSpec)),
    _rare("objectives", _documents(TuningSpec)),
    optional_inputs.check,
    other_rows.check,
    outputs.check,
    _rare("overlays", lambda subject: bool(subject.project.overlays)),
    packages.check,
    parameters.check,
    pipeline_platform.check,
    pipeline_schedules.check,
    placeholder.check,
    policy_rules.check,
    pod_references.check,
    pod_security.check,
    port_clash.check,
    _rare("python_step", _functions),
    reference_in_struct.check,
    registered_twice.check,
    reserved_env.check,
    reserved_name.check,
    run_in_text.check,
    run_names.check,
    _rare("runtime_priorities", _documents(RuntimeSpec)),
    schedules.check,
    _rare("scope", lambda subject: bool(subject.nested)),
    _rare("searches_not_local", _documents(TuningSpec)),
    served_features.check,
    service_name.check,
    services_not_local.check,
    serving_mode.check,
    _rare("same_requests", _answers_side_by_side),
    serving_runtimes.check,
    several_champions.check,
    signature_columns.check,
    signature_mismatch.check,
    signature_missing.check,
    slos.check,
    step_cycle.check,
    step_inputs.check,
    storage_uri.check,
    step_names.check,
    target_in_features.check,
    task_mismatch.check,
    trainer_settings.check,
    training_features.check,
    _rare("transforms", _transforms),
    _rare("trials", _documents(TuningSpec)),
    _rare("tunings", _documents(TuningSpec)),
    unknown_column.check,
    unknown_component.check,
    unknown_expectation.check,
    unknown_reference.check,
    unusable_feature.check,
    unused_anchor.check,
    unused_dataset.check,
    unused_features.check,
    unused_model.check,
    unused_settings.check,
    unused_steps.check,
    user_component.check,
    waiting_fields.check,
    workspace.check,
)

# Judged on what is rendered, which only a project without errors is; one of its files may be at
# fault, too, which who read it has told.
OF_OBJECTS: tuple[Check, ...] = (patches.check, _rare("manifest_clashes", _documents(ManifestSpec)))


def check(
    project: Project,
    catalog: Catalog,
    environments: Collection[str] | None = None,
    spread: Spread = in_turn,
) -> tuple[Diagnostic, ...]:
    """Everything that is wrong, in order, as the project's policies and comments have it.

    `environments` limits what is judged by environment; None: every one.
    """
    judged = subject(project, catalog, environments)
    with spread(lambda rule: _some(rule(judged)), CHECKS) as told:
        found = [problem for problems in told for problem in problems]
    found = told_once(without_half_written(found, project))
    if not has_errors(found) and not catalog.refused:
        found += [problem for rule in OF_OBJECTS for problem in _some(rule(judged))]
    whole = not has_errors(found) and not catalog.refused
    allowances = (*project.allowances, *user_component.allowed(judged))
    found += _some(unusable(allowances))
    if allowances and whole:
        noted = [note for name in judged.environments for note in notes(project, name)]
        found += _some(unused(allowances, (*found, *noted)))
    return in_order(applied(project, found, allowances))


def _some(found: Iterator[Diagnostic]) -> list[Diagnostic]:
    """What one rule finds, up to a thousand: looking further takes a hostile file's time."""
    listed = list(islice(found, MAX_IN_FILE + 1))
    if len(listed) > MAX_IN_FILE:
        last = listed[MAX_IN_FILE]
        more = more_problems(last.at, MAX_IN_FILE, "kind")
        listed[MAX_IN_FILE] = replace(more, severity=last.severity)
    return listed
