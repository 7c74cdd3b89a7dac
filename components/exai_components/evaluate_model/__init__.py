"""evaluate-model: a model's metrics on a Dataset, beside the champion's on the same rows."""
