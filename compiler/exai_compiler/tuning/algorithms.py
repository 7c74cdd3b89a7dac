"""Katib's algorithms: their settings, and what each needs of a search.

As the suggestion services of kubeflow/katib v0.19 (Apache-2.0) judge them before an Experiment
starts: pkg/suggestion/v1beta1/{hyperopt,optuna,skopt,goptuna,hyperband}/service.py, and
pkg/earlystopping/v1beta1/medianstop/service.py. Which has which name is katib-config.yaml's.

In: nothing. Out: tables. Never: a place in a document.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from exai_specs.values import frozen

Kind = Literal["integer", "number", "text"]


@frozen
class Setting:
    """What a setting may be: `least` and `most` are included, `above` and `below` aren't."""

    kind: Kind
    least: float | None = None
    above: float | None = None
    below: float | None = None
    words: tuple[str, ...] = ()

    def wrong(self, value: bool | int | float | str) -> str:
        """What is wrong with a value, in words; "" for one that Katib takes."""
        if self.kind == "text":
            return "" if value in self.words or not self.words else _one_of(self.words)
        if isinstance(value, bool | str):
            return f"must be a {'whole ' if self.kind == 'integer' else ''}number"
        if self.kind == "integer" and value != int(value):
            return "must be a whole number"
        if self.least is not None and value < self.least:
            return f"must be at least {self.least:g}"
        if self.above is not None and value <= self.above:
            return f"must be above {self.above:g}"
        return f"must be below {self.below:g}" if self._too_large(value) else ""

    def _too_large(self, value: float) -> bool:
        return self.below is not None and value >= self.below


def _one_of(words: tuple[str, ...]) -> str:
    return f"must be one of {', '.join(words)}"


@frozen
class Named:
    """An algorithm: its settings by name, and those that must be there."""

    settings: Mapping[str, Setting]
    required: tuple[str, ...] = ()


_SEED = Setting("integer", least=0)
_OPTUNA_TPE = {
    "n_startup_trials": Setting("integer", least=0),
    "n_ei_candidates": Setting("integer", least=0),
    "random_state": _SEED,
}

ALGORITHMS: Mapping[str, Named] = MappingProxyType(
    {
        "bayesianoptimization": Named(
            {
                "base_estimator": Setting("text", words=("GP", "RF", "ET", "GBRT")),
                "n_initial_points": Setting("integer", least=0),
                "acq_func": Setting("text", words=("gp_hedge", "LCB", "EI", "PI", "EIps", "PIps")),
                "acq_optimizer": Setting("text", words=("auto", "sampling", "lbfgs")),
                "random_state": _SEED,
            }
        ),
        "cmaes": Named(
            {
                "restart_strategy": Setting("text", words=("none", "ipop", "bipop")),
                "sigma": Setting("number", above=0),
                "random_state": _SEED,
            }
        ),
        "grid": Named({"random_state": _SEED}),
        "hyperband": Named(
            {
                "r_l": Setting("number", least=1),
                "eta": Setting("integer", least=2),
                "resource_name": Setting("text"),
            },
            ("r_l", "resource_name"),
        ),
        "multivariate-tpe": Named(_OPTUNA_TPE),
        "random": Named({"random_state": _SEED}),
        "sobol": Named({}),
        "tpe": Named(
            {
                "gamma": Setting("number", above=0, below=1),
                "prior_weight": Setting("number", above=0),
                "n_EI_candidates": Setting("integer", above=0),
                "random_state": _SEED,
            }
        ),
    }
)

# Names that Katib has and a Tuning hasn't, with the reason.
ELSEWHERE: Mapping[str, str] = MappingProxyType(
    {
        "pbt": "its trials hand checkpoints on through a volume of Katib's own",
        "enas": "it searches architectures, not parameters",
        "darts": "it searches architectures, not parameters",
    }
)

EARLY_STOPPING: Mapping[str, Named] = MappingProxyType(
    {
        "medianstop": Named(
            {
                "min_trials_required": Setting("integer", above=0),
                "start_step": Setting("integer", least=1),
            }
        )
    }
)

# Of Optuna, which searches on one machine (runtime/exai_runtime/local/searches/study.py).
NOT_LOCAL = ("hyperband",)
HONOURED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "bayesianoptimization": ("n_initial_points", "random_state"),
        "cmaes": ("sigma", "random_state"),
        "grid": (),
        "multivariate-tpe": ("n_startup_trials", "n_ei_candidates", "random_state"),
        "random": ("random_state",),
        "sobol": (),
        "tpe": ("n_EI_candidates", "random_state"),
    }
)
OTHERWISE: Mapping[str, str] = MappingProxyType(
    {"bayesianoptimization": "Optuna's TPE searches instead of skopt"}
)
