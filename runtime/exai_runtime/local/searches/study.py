"""Optuna's study of an Experiment: which parameters come next, and which trial is hopeless.

In: an Experiment's spec. Out: parameters as Katib's texts. The same events give the same study: it
is seeded (by `random_state`, else by the Experiment's name), so a search that was killed goes on as
if it hadn't been, by living through its events again.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from exai_runtime.local.searches.record import Again, Asked, Ended, Event

# What Katib takes where the settings don't say (medianstop/service.py).
MIN_TRIALS, START_STEP = 3, 4
Values = Mapping[str, str]


class Study:
    """The trials so far, and what follows from them."""

    def __init__(self, name: str, spec: Mapping[str, Any]) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        warnings.filterwarnings("ignore", module="optuna")
        self._optuna = optuna
        algorithm = spec["algorithm"]
        settings = {s["name"]: s["value"] for s in algorithm.get("algorithmSettings", ())}
        seed = int(settings.get("random_state", int(name.rpartition("-")[2], 16) % 2**32))
        self.space = {p["name"]: _distribution(optuna, p) for p in spec["parameters"]}
        self.maximize = spec["objective"]["type"] == "maximize"
        self.grid = (
            [dict(zip(self.space, point, strict=True)) for point in _points(spec["parameters"])]
            if algorithm["algorithmName"] == "grid"
            else []
        )
        early = spec.get("earlyStopping")
        self._study = optuna.create_study(
            sampler=_sampler(optuna, algorithm["algorithmName"], settings, seed),
            pruner=_pruner(optuna, early),
            direction="maximize" if self.maximize else "minimize",
        )
        self._open: dict[int, Any] = {}

    def ask(self, number: int) -> dict[str, str]:
        """The parameters of a new trial."""
        if self.grid:
            self._study.enqueue_trial(self.grid[number % len(self.grid)])
        trial = self._study.ask(self.space)
        self._open[number] = trial
        return {name: _written(trial.params[name], self.space[name]) for name in self.space}

    def report(self, number: int, step: int, value: float) -> bool:
        """A value that a trial reported. True when it is to be stopped."""
        trial = self._open[number]
        trial.report(value, step)
        return bool(trial.should_prune())

    def tell(self, ended: Ended) -> None:
        """A trial is over."""
        trial, states = self._open.pop(ended.trial), self._optuna.trial.TrialState
        if ended.state == "succeeded" and ended.values:
            self._study.tell(trial, self.best_of(ended.values))
        else:
            pruned = ended.state == "stopped" and ended.values
            self._study.tell(trial, state=states.PRUNED if pruned else states.FAIL)

    def best_of(self, values: tuple[float, ...]) -> float:
        """The value that counts of those that a trial reported: Katib's default strategy."""
        return max(values) if self.maximize else min(values)

    def replay(self, event: Event) -> None:
        """Live through what happened before."""
        match event:
            case Asked(trial=number):
                self.ask(number)
            case Ended():
                for step, value in enumerate(event.values):
                    self._open[event.trial].report(value, step)
                self.tell(event)
            case Again():
                pass


def _distribution(optuna: Any, parameter: Mapping[str, Any]) -> Any:
    space, kind = parameter["feasibleSpace"], parameter["parameterType"]
    if kind in ("categorical", "discrete"):
        return optuna.distributions.CategoricalDistribution(list(space["list"]))
    log = space.get("distribution") == "logUniform"
    if kind == "int":
        low, high, step = int(space["min"]), int(space["max"]), int(space.get("step", 1))
        high = low + (high - low) // step * step
        return optuna.distributions.IntDistribution(low, high, log=log, step=step)
    least, most = Decimal(space["min"]), Decimal(space["max"])
    if "step" not in space:
        return optuna.distributions.FloatDistribution(float(least), float(most), log=log)
    each = Decimal(space["step"])
    most = least + (most - least) // each * each
    return optuna.distributions.FloatDistribution(float(least), float(most), step=float(each))


def _points(parameters: list[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """Every point of a grid, the last parameter first to change."""
    axes: list[list[Any]] = []
    for parameter in parameters:
        space = parameter["feasibleSpace"]
        if "list" in space:
            axes.append(list(space["list"]))
            continue
        low, high = Decimal(space["min"]), Decimal(space["max"])
        step = Decimal(space.get("step", "1"))
        whole = parameter["parameterType"] == "int"
        count = int((high - low) / step) + 1
        axes.append([(int if whole else float)(low + index * step) for index in range(count)])
    return list(itertools.product(*axes))


def _sampler(optuna: Any, name: str, settings: Mapping[str, str], seed: int) -> Any:
    samplers = optuna.samplers
    match name:
        case "random" | "grid":
            return samplers.RandomSampler(seed=seed)
        case "sobol":
            return samplers.QMCSampler(
                seed=seed, warn_independent_sampling=False, warn_asynchronous_seeding=False
            )
        case "cmaes":
            sigma = settings.get("sigma")
            return samplers.CmaEsSampler(
                seed=seed,
                sigma0=float(sigma) if sigma is not None else None,
                warn_independent_sampling=False,
            )
        case "tpe" | "multivariate-tpe" | "bayesianoptimization":
            startup = settings.get("n_startup_trials", settings.get("n_initial_points", "10"))
            candidates = settings.get("n_ei_candidates", settings.get("n_EI_candidates", "24"))
            return samplers.TPESampler(
                seed=seed,
                n_startup_trials=int(startup),
                n_ei_candidates=int(candidates),
                multivariate=name == "multivariate-tpe",
                warn_independent_sampling=False,
            )
    raise ValueError(f"{name} has no counterpart here")


def _pruner(optuna: Any, early: Mapping[str, Any] | None) -> Any:
    if early is None:
        return optuna.pruners.NopPruner()
    settings = {s["name"]: s["value"] for s in early.get("algorithmSettings", ())}
    return optuna.pruners.MedianPruner(
        n_startup_trials=int(settings.get("min_trials_required", MIN_TRIALS)),
        n_warmup_steps=int(settings.get("start_step", START_STEP)) - 1,
    )


def _written(value: Any, distribution: Any) -> str:
    """A value as Katib would write it; one on a grid without the dust of binary fractions."""
    if isinstance(value, float) and getattr(distribution, "step", None):
        value = float(f"{value:.12g}")
    return str(value)
