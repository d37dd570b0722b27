"""Checks of what is kept: one file a check, one function ``NAME(reach) -> Check`` in each.

``replay``, ``archive``, ``vector_versions``, ``vector_values``, ``missing_vectors``,
``sold_in_index``, ``sold_in_cache``, ``orphans``. A function takes a ``monitoring.reach.Reach``,
opens what it asks when it asks, and closes it as it ends; ``replay`` also takes dice.

Owns:    the family ``data consistency`` of checks.
Imports: storage (the doors and ports), domain, observability, monitoring.{check, reach, threads}.
"""
