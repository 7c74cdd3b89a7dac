"""What is trained, and on which columns: steps and trials of exai's components that train.

In: steps, with what arrives there. Out: a `Trained` for each that trains. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from exai_compiler.checks.tables import Column, Columns
from exai_compiler.checks.texts import Path, under_with
from exai_compiler.columns import Table, text, texts
from exai_compiler.component_columns import TRAINS, Training
from exai_compiler.graph import Step
from exai_specs.parse import Spec
from exai_specs.values import frozen


@frozen
class Trained:
    """A step that trains: the table that arrives there with its columns, the target with its column
    where there is such, and the features. `ports` are the names of its inputs.
    """

    spec: Spec
    step: Step
    ports: Training
    table: Table
    columns: Columns
    target: str
    target_column: Column | None
    features: tuple[str, ...]

    @property
    def target_path(self) -> Path:
        return under_with(self.step.path, self.ports.target)

    def feature_path(self, index: int) -> Path:
        return under_with(self.step.path, self.ports.features, index)


def trainings(
    leaves: Iterable[tuple[Spec, Step, Callable[[str], Table]]],
    columns_of: Callable[[Table], Columns],
) -> Iterator[Trained]:
    """Those of all steps that train, in their order."""
    for spec, step, arriving in leaves:
        ports = TRAINS.get(step.component.name) if step.component else None
        if ports is None:
            continue
        table = arriving(ports.data)
        columns, target = columns_of(table), text(step.inputs.get(ports.target))
        features = texts(step.inputs.get(ports.features))
        found = columns.get(target)
        yield Trained(spec, step, ports, table, columns, target, found, features)
