"""register-model: a model's files in the store and a version in the registry, once for each run."""
