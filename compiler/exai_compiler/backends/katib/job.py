"""One trial as a Job: Katib's `trialSpec`, with `${trialParameters.NAME}` where a value goes.

In: the resolved project, a Tuning. Out: the Job, without name and namespace, which Katib gives. A
component or a function is run by `exai_components.trial`, which finds what it is given in its
environment: Katib joins the words of a command with blanks and hands them to a shell
(pkg/webhook/v1beta1/pod/utils.go), where no JSON and no program stays what it was. For the same
reason a container's words are quoted for that shell, unless all of them are harmless.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from math import ceil

from exai_compiler.connection_names import secret_variables
from exai_compiler.inlined import READER, fields_of
from exai_compiler.maybe import Tree
from exai_compiler.pods import container
from exai_compiler.pods.pod import SECURITY, stated
from exai_compiler.pods.volumes import mounts, pod_volumes
from exai_compiler.python_code import OWN_IMAGE, function_of, read_function
from exai_compiler.python_code.ephemeral import program
from exai_compiler.python_code.function import Function
from exai_compiler.python_code.uncommented import uncommented
from exai_compiler.resolved import Resolved
from exai_compiler.runtime_variables import CONFIG_MAP
from exai_compiler.tuning.space import type_of
from exai_compiler.tuning.trial import PYTHON, component_of, datasets_of, filled, given, used
from exai_specs.frozen import Json, freeze, thaw
from exai_specs.kinds import DatasetSpec, SecretRef, SqlSource, TuningSpec
from exai_specs.kinds.tuning import Choices
from exai_specs.parse import Spec
from exai_specs.regexes import regex
from exai_specs.values import replace

CONTAINER = "trial"
RUNNER = ("python3", "-m", "exai_components.trial")
TOLD, PROGRAM = "EXAI_TRIAL", "EXAI_TRIAL_PROGRAM"
# The limit of the step's memory in bytes, for a Java heap (DESIGN section 6).
MEMORY = "EXAI_MEMORY"

_HARMLESS = regex(r"[A-Za-z0-9_@%+=:,./-]+")
_REFERENCE = regex(r"\$(?=[$(])")


def placeholder(name: str) -> str:
    """What Katib replaces by a parameter's value, as text."""
    return f"${{trialParameters.{name}}}"


def job(resolved: Resolved, spec: Spec, tuning: TuningSpec) -> Json:
    """One try: Katib counts failed trials itself."""
    trial = tuning.trial
    pod: dict[str, Tree] = {
        "restartPolicy": "Never",
        "containers": (_container(resolved, spec, tuning),),
    }
    environment = resolved.environment
    if trial.volumes:
        pod["volumes"] = pod_volumes((trial.volumes,), environment)
    if trial.node_selector:
        pod["nodeSelector"] = dict(sorted(trial.node_selector.items()))
    if trial.tolerations:
        pod["tolerations"] = tuple(stated(each) for each in trial.tolerations)
    if trial.image_pull_secrets:
        pod["imagePullSecrets"] = tuple(
            {"name": container.secret_name(each.name, environment)}
            for each in trial.image_pull_secrets
        )
    if trial.service_account is not None:
        pod["serviceAccountName"] = trial.service_account
    # A mesh's sidecar would outlive the trial, and the Job would never be complete.
    annotations = {"sidecar.istio.io/inject": "false", **trial.pod_annotations}
    metadata: dict[str, Tree] = {"annotations": dict(sorted(annotations.items()))}
    if trial.pod_labels:
        metadata["labels"] = dict(sorted(trial.pod_labels.items()))
    inner: dict[str, Tree] = {"backoffLimit": 0, "template": {"metadata": metadata, "spec": pod}}
    if trial.timeout is not None:
        inner["activeDeadlineSeconds"] = trial.timeout.ms // 1000
    return freeze({"apiVersion": "batch/v1", "kind": "Job", "spec": inner})


def _container(resolved: Resolved, spec: Spec, tuning: TuningSpec) -> Tree:
    trial, environment = tuning.trial, resolved.environment
    own = trial.body != "image"
    variables: dict[str, Tree] = {}
    for variable in container.env(trial.env, environment):
        assert isinstance(variable, Mapping)  # noqa: S101 - a list of variables
        value = variable.get("value")
        shown = filled(value, trial.with_, placeholder) if isinstance(value, str) else value
        variables[str(variable["name"])] = (
            {**variable, "value": shown} if isinstance(value, str) else variable
        )
    found: dict[str, Tree] = {"name": CONTAINER}
    if own:
        found["image"] = environment.images.train or OWN_IMAGE
        found["command"] = RUNNER
        variables |= _told(resolved, spec, tuning)
    else:
        found["image"] = trial.image
        found |= _words(tuning)
    limits = trial.resources.limits if trial.resources is not None else None
    memory = (limits.memory if limits else None) or (
        trial.resources.memory if trial.resources is not None else None
    )
    if own and memory is not None:
        variables[MEMORY] = {"name": MEMORY, "value": str(ceil(memory.value))}
    if variables:
        found["env"] = tuple(variables[name] for name in sorted(variables))
    if own:
        found["envFrom"] = ({"configMapRef": {"name": CONFIG_MAP}},)
    if trial.image_pull_policy is not None:
        found["imagePullPolicy"] = trial.image_pull_policy
    if trial.resources is not None:
        found["resources"] = container.resources(trial.resources)
    if trial.volumes:
        found["volumeMounts"] = mounts(trial.volumes, environment)
    security = stated(trial.security_context) if trial.security_context is not None else {}
    found["securityContext"] = {**SECURITY, **security}
    return found


def _told(resolved: Resolved, spec: Spec, tuning: TuningSpec) -> dict[str, Tree]:
    """What `exai_components.trial` is told, as JSON, and a function's program."""
    trial, taken, environment = tuning.trial, used(tuning), resolved.environment
    component = component_of(spec, trial, resolved.catalog)
    if component is None:
        raise ValueError(f"{spec.ref}: its trial runs nothing that is known")
    datasets = datasets_of(resolved.project, component, trial)
    told: dict[str, Json] = {
        "component": trial.uses or "",
        "datasets": {
            name: fields_of(dataset, body, READER)
            for name, dataset in datasets.items()
            if (body := resolved.project.body(DatasetSpec, dataset)) is not None
        },
        "inputs": {
            name: given(value) for name, value in trial.with_.items() if name not in datasets
        },
        "metric": tuning.objective.metric,
        "outputs": {name: port.type for name, port in component.outputs.items()},
        "parameters": {
            name: {"type": type_of(searched), "value": placeholder(name)}
            for name, searched in tuning.parameters.items()
            if name in taken
        },
    }
    passwords = _passwords(resolved, tuple(datasets.values()))
    found: dict[str, str] = {}
    if trial.python is not None:
        path, name = function_of(spec.document.file_of(PYTHON), trial.python)
        function = read_function(resolved.catalog.files[path], name)
        if isinstance(function, Function):
            told |= {"function": name, "file": path, "line": function.line}
            if environment.target != "local":
                # Another place or comment of the same code would be another search in a cluster.
                function = replace(function, source=uncommented(function.source))
                told |= {"file": f"{name}.py", "line": 1}
            found[PROGRAM] = program(function)
    found[TOLD] = json.dumps(thaw(freeze(told)), ensure_ascii=False, sort_keys=True)
    plain = {name: {"name": name, "value": _literal(text)} for name, text in found.items()}
    return {**passwords, **plain}


def _passwords(resolved: Resolved, datasets: tuple[str, ...]) -> dict[str, Tree]:
    """References to the secrets of the connections that the trial loads from."""
    environment = resolved.environment
    secrets: dict[str, SecretRef] = {}
    for name in datasets:
        body = resolved.project.body(DatasetSpec, name)
        source = body.source if body is not None else None
        if isinstance(source, SqlSource) and source.connection in environment.connections:
            connection = environment.connections[source.connection]
            secrets |= dict(secret_variables(source.connection, connection).values())
    return {
        str(variable["name"]): variable
        for variable in container.env(secrets, environment)
        if isinstance(variable, Mapping)
    }


def _literal(text: str) -> str:
    """The kubelet replaces `$(NAME)` in a variable, and takes `$$` for a `$`."""
    return _REFERENCE.sub("$$", text)


def _words(tuning: TuningSpec) -> dict[str, Tree]:
    """Command and arguments of a container, so that they come through a shell as they are."""
    trial = tuning.trial
    odd = any(
        isinstance(item, str) and not _HARMLESS.fullmatch(item)
        for name, searched in tuning.parameters.items()
        if name in used(tuning) and isinstance(searched, Choices)
        for item in searched.list
    )

    def words(show: str) -> list[tuple[str, ...]]:
        return [
            tuple(filled(word, trial.with_, lambda name: show or placeholder(name)) for word in of)
            for of in (trial.command, trial.args)
        ]

    command, args = words("")
    if not odd and all(_HARMLESS.fullmatch(word) for part in words("0") for word in part):
        return {"command": command, "args": args} if args else {"command": command}
    line = " ".join(shlex.quote(word) for word in (*command, *args))
    return {"command": ("sh", "-c"), "args": (line,)}
