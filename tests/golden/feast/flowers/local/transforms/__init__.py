"""Functions of the project, as they are in its files."""
