"""Pipelines from the event log to what serving reads; one file per pipeline, one per runner.

Owns:    content_based and collaborative (the steps), follower (where a process stands in what it
         reads), the runners; ``run_pipeline`` and ``run_collaborative`` (one process of each, until
         it is told to stop); ``run_appraising`` and ``run_noticing`` (what follows the
         listings instead of the log).
Imports: serving, storage (its doors), storage.ports, domain.
"""

from carousel.streaming.appraising import run_appraising
from carousel.streaming.collaborating import Share, collaborate, run_collaborative
from carousel.streaming.noticing import run_noticing
from carousel.streaming.runner import run, run_pipeline

__all__ = [
    "Share",
    "collaborate",
    "run",
    "run_appraising",
    "run_collaborative",
    "run_noticing",
    "run_pipeline",
]
