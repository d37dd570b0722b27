"""Checks of what computes: one file a check, one function ``NAME(reach) -> Check`` in each.

``processes``, ``servers``, ``lag``, ``drain``, ``models``, ``training``. A function takes a
``monitoring.reach.Reach``, opens what it asks when it asks, and closes it as it ends.

Owns:    the family ``compute`` of checks; ``backlog``, which lag and drain are read from.
Imports: storage (the doors and ports), domain, observability, monitoring.{check, reach, threads}.
"""
