"""A Tuning as values: its algorithm, its space, its trial."""
