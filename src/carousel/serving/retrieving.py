"""Candidates from all channels at once; one that fails or is late costs its own candidates only.

Owns:    the deadline of a channel, the union of what they found.
Imports: domain.candidates, observability, serving.{ask, channels, knobs}, storage.ports.

The deadline is for what a channel waits for: a server that is slow or away. What it reckons from
the memory of its process, a millisecond or so, is not interrupted.
"""

import asyncio
import logging
import time

from carousel.domain.candidates import Candidates, Found, merge, nothing
from carousel.observability.metrics import CHANNEL_ANSWERS, CHANNEL_CANDIDATES, CHANNEL_TIME
from carousel.serving.ask import Ask
from carousel.serving.channels import CHANNELS
from carousel.serving.knobs import Knobs
from carousel.storage.ports import ServingStore

log = logging.getLogger(__name__)


async def retrieve(store: ServingStore, ask: Ask, knobs: Knobs) -> Candidates:
    """Return what the channels named by the knobs find."""
    asked = (_in_time(name, store, ask, knobs.deadline) for name in knobs.channels)
    return merge(await asyncio.gather(*asked))


async def _in_time(name: str, store: ServingStore, ask: Ask, deadline: float) -> Found:
    began = time.perf_counter()
    try:
        found = await asyncio.wait_for(CHANNELS[name](store, ask), deadline)
        outcome = "found" if len(found.ids) else "empty"
    except Exception as error:  # any failure of one channel: the slate is made without it
        log.warning("channel %s gave nothing", name, exc_info=True)
        found = nothing(name)
        outcome = "late" if isinstance(error, TimeoutError) else "failed"
    CHANNEL_TIME.labels(name).observe(time.perf_counter() - began)
    CHANNEL_ANSWERS.labels(name, outcome).inc()
    CHANNEL_CANDIDATES.labels(name).inc(len(found.ids))
    return found
