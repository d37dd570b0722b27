"""Candidates from all channels at once; one that fails or is late costs its own candidates only.

Owns:    the deadline of a channel, the union of what they found.
Imports: domain.candidates, serving.{ask, channels, knobs}, storage.ports.

The deadline is for what a channel waits for: a server that is slow or away. What it reckons from
the memory of its process, a millisecond or so, is not interrupted.
"""

import asyncio
import logging

from carousel.domain.candidates import Candidates, Found, merge, nothing
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
    try:
        return await asyncio.wait_for(CHANNELS[name](store, ask), deadline)
    except Exception:  # any failure of one channel: the slate is made without it
        log.warning("channel %s gave nothing", name, exc_info=True)
        return nothing(name)
