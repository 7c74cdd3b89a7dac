"""Kubernetes' own pods and containers, for every backend that renders some."""
