"""How long each stage of making a list takes, as numbers and as spans.

Owns:    the names of the stages.
Imports: observability.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from carousel.observability.metrics import STAGE_TIME
from carousel.observability.traces import span

NAMES = ("hydrate", "retrieve", "judge", "lay", "explain", "render")

_TIMES = {name: STAGE_TIME.labels(name) for name in NAMES}


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Time the block as a stage, one of ``NAMES``; one that fails is not timed."""
    began = time.perf_counter()
    with span(name):
        yield
    _TIMES[name].observe(time.perf_counter() - began)
