"""The feature store of one environment on this machine."""
