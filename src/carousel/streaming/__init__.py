"""Pipelines from the event log to what serving reads; one file per pipeline, one per runner.

Owns:    content_based (the steps), follower (where a process stands in the log), the runners,
         ``run_pipeline`` (one process, until it is told to stop).
Imports: storage (its doors), storage.ports, domain.
"""

from carousel.streaming.runner import run, run_pipeline

__all__ = ["run", "run_pipeline"]
