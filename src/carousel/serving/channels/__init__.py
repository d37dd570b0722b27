"""Retrieval channels: one source of candidates per file, each one coroutine.

Owns:    the list of channels and what a channel is told.
Imports: domain, storage.ports, serving.ask.

A channel answers best first, only with active listings that pass the filters. One that fails or
is late contributes nothing to the slate. To add one, add its file and name it in CHANNELS,
and in the knobs where it is to be asked by default.
"""

from collections.abc import Mapping
from types import MappingProxyType

from carousel.serving.ask import Channel
from carousel.serving.channels import (
    collaborative,
    content,
    exploring,
    fresh,
    graph,
    popular,
    recent,
    relatives,
    searched,
    trending,
)

CHANNELS: Mapping[str, Channel] = MappingProxyType(
    {
        "content": content.find,
        "relatives": relatives.find,
        "searched": searched.find,
        "recent": recent.find,
        "collaborative": collaborative.find,
        "graph": graph.find,
        "popular": popular.find,
        "trending": trending.find,
        "fresh": fresh.find,
        "exploring": exploring.find,
    }
)
"""By name, in the order in which their candidates are merged."""
