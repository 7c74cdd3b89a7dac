"""What a cluster tells every step: the variables that the ConfigMap `exai-runtime` holds.

In: a project's name, an environment. Out: names and values. The local target gives its children
variables of the same names (DESIGN section 6), so a step can't tell where it runs. Never a secret:
those of connections are references, each in a variable of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from exai_compiler.connection_names import open_value, open_variable
from exai_specs.kinds.environment import Environment

CONFIG_MAP = "exai-runtime"


def runtime_variables(project: str, name: str, environment: Environment) -> Mapping[str, str]:
    """Every variable of the environment, sorted by name; of what it doesn't state there is none."""
    return dict(
        sorted(
            {
                **shared_variables(project, name, environment),
                **feature_store(environment),
                **{
                    open_variable(each): open_value(connection)
                    for each, connection in environment.connections.items()
                },
            }.items()
        )
    )


def shared_variables(project: str, name: str, environment: Environment) -> Mapping[str, str]:
    """What all steps get."""
    found = {"EXAI_ENVIRONMENT": name, "EXAI_PROJECT": project}
    if environment.data is not None:
        found["EXAI_DATA_ROOT"] = environment.data.root
    if environment.models is not None:
        found["EXAI_MODEL_STORE"] = environment.models.store
    if environment.tracking is not None:
        found["MLFLOW_TRACKING_URI"] = environment.tracking.uri
    return found


def feature_store(environment: Environment) -> Mapping[str, str]:
    """What load-features has to know of the offline store."""
    store = environment.features.offline_store if environment.features else None
    if store is None or store.type != "postgres":
        return {}
    offline = {"type": store.type, "connection": store.connection}
    return {"EXAI_FEATURE_STORE": json.dumps({"offline_store": offline}, sort_keys=True)}
