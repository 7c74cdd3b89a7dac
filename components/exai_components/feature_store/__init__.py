"""The feature store of one environment: Feast over a rendered repository, a process of its own."""
