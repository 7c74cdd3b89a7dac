"""exai's version, as pyproject.toml has it: reading metadata would cost time at every start."""

VERSION = "0.1.0"
