"""load-features: a training set, each row with the features that held at its time."""
