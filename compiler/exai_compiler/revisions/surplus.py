"""What becomes of a column that a request has and a service no longer takes.

In: a project, one of its services. Out: a word. Said of servers alone that somebody has read: what
one of the users' own does with it nobody knows.
"""

from __future__ import annotations

from typing import Literal

from exai_compiler.backends.kserve.chosen import EXAIS
from exai_compiler.backends.kserve.served import MLFLOW, may_be_served
from exai_compiler.backends.kserve.shipped import SHIPPED
from exai_compiler.project import Project
from exai_specs.kinds import ServiceSpec

Surplus = Literal["refused", "misread", "passed"]

# They leave out what the model hasn't: mlflow/models/utils.py; python/autogluonserver of KServe.
_LEAVE_OUT = (MLFLOW, "autogluon")
_BY_POSITION = ("pmml",)
"""KServe's server gives its model's fields the values in their order, and cuts what is left over
(python/pmmlserver/pmmlserver/model.py)."""
_HANDLED = ("pytorch",)
"""TorchServe hands requests to a handler of the users' own."""
_KNOWN = frozenset(each.name for each in (*SHIPPED, *EXAIS))


def surplus_of(project: Project, service: ServiceSpec) -> Surplus:
    """`passed`: it is left out, or handed to code that nobody knows."""
    if service.features is not None:
        return "refused"  # by exai's transformer
    if service.runtime is not None and service.runtime not in _KNOWN:
        return "passed"
    formats = {format_ for format_, _, _ in may_be_served(project, {}, service.model)}
    if formats & {*_LEAVE_OUT, *_HANDLED}:
        return "passed"
    return "misread" if formats & {*_BY_POSITION} else "refused"
