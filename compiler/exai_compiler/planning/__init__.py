"""From what should be and what is to the list that an apply may execute.

Pure: no I/O, no clock, no target's name.
"""

from exai_compiler.planning.plan import plan

__all__ = ["plan"]
