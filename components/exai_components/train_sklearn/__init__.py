"""train-sklearn: a scikit-learn model by its estimator's name, with its signature."""
