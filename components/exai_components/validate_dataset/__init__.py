"""validate-dataset: a Dataset held against what its document promises."""
