"""`not-local`: searches that one machine can't do, told before anything starts (LANGUAGE 9).

Optuna searches there, and a trial is a process of this interpreter. What is merely ignored is a
parity note.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_compiler.tuning.algorithms import NOT_LOCAL
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import TuningSpec


def check(subject: Subject) -> Iterator[Diagnostic]:
    local = [name for name, found in subject.environments.items() if found.target == "local"]
    if not local:
        return
    root = subject.project.root
    for spec, tuning in subject.project.bodies(TuningSpec):
        for (path, why, hint), name in product(_undoable(tuning), local):
            yield Diagnostic(
                "not-local",
                f"environment `{name}` can't search this: {why}",
                spec.at(*path),
                hint=f"{hint}, or keep the search to environments on a cluster",
                related=((f"environment `{name}`", root.key_at("spec", "environments", name)),),
                environments=(name,),
            )


def _undoable(tuning: TuningSpec) -> Iterator[tuple[Path, str, str]]:
    if tuning.trial.body == "image":
        yield ("spec", "trial", "image"), "it runs no containers", "write the trial as `python:`"
    if tuning.algorithm.name in NOT_LOCAL:
        why = f"Optuna has nothing like Katib's {tuning.algorithm.name}"
        yield ("spec", "algorithm", "name"), why, "take tpe"
