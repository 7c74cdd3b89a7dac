"""Diagnostics as annotations of a GitHub workflow."""
