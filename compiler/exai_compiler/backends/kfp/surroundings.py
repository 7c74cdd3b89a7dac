"""What a step on a cluster is told of its surroundings: variables from `exai-runtime`, and from
Secrets the passwords of what it reads (DESIGN section 6).

In: a resolved project, a step, what its inputs are. Out: references by variable, none on the
local target, whose launcher sets the same variables itself. Never a value: the platform spec names
where each is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from exai_compiler.backends.kfp.claims import has_container
from exai_compiler.backends.kfp.settings import EnvValue
from exai_compiler.connection_names import open_variable, secret_variables
from exai_compiler.features.stores import offline_connection
from exai_compiler.graph import Binding, Constant, Step
from exai_compiler.resolved import Resolved
from exai_compiler.runtime_variables import CONFIG_MAP, feature_store, shared_variables
from exai_specs.kinds.workload import ConfigMapRef


def surroundings(
    resolved: Resolved, step: Step, bindings: Mapping[str, Binding]
) -> Mapping[str, EnvValue]:
    """Nothing for what has no container: an import, a claim's task. Users' own code gets no
    password of a connection, here as on the local target.
    """
    environment, component = resolved.environment, step.component
    if environment.target == "local" or component is None or not has_container(component):
        return {}
    names = [*shared_variables(resolved.project.name, resolved.name, environment)]
    found: dict[str, EnvValue] = {}
    if component.effects == "reads-source":
        names += feature_store(environment)
        for connection in sorted(set(_read(resolved, step, bindings))):
            names.append(open_variable(connection))
            hidden = secret_variables(connection, environment.connections[connection])
            found |= dict(hidden.values())
    elif step.is_own:
        names += map(open_variable, environment.connections)
    found |= {name: ConfigMapRef(config_map=CONFIG_MAP, key=name) for name in names}
    return dict(sorted(found.items()))


def _read(resolved: Resolved, step: Step, bindings: Mapping[str, Binding]) -> Iterator[str]:
    """The connections that the documents inlined into its inputs name, and the offline store's."""
    known = resolved.environment.connections
    if step.component is not None and "FeatureService" in step.component.refs.values():
        offline = offline_connection(resolved.environment)
        yield from (offline,) if offline is not None else ()
    left: list[Any] = [
        binding.value for binding in bindings.values() if isinstance(binding, Constant)
    ]
    while left:
        match left.pop():
            case Mapping() as value:
                named = value.get("connection")
                if isinstance(named, str) and named in known:
                    yield named
                left += value.values()
            case tuple() as value:
                left += value
