"""A rendered Experiment, searched on this machine: Optuna where a cluster has Katib."""
