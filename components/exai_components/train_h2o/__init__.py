"""train-h2o: a model trained by H2O, as a MOJO with its signature."""
