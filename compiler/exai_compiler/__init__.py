"""From specs to a plan, by pure functions between frozen values.

The stages, in order: link, check, lineage, (facts,) resolve, render, (observe,) plan, judge.
The two in parentheses look at the world and live in the runtime; this package only owns the
values that they return. Nothing here touches a network, a disk, a clock, a process or a
terminal.
"""
