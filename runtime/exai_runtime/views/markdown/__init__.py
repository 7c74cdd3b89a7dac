"""The view for comments on pull requests."""
