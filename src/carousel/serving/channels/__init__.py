"""Retrieval channels: one source of candidates per file, each one coroutine.

Owns:    the list of channels and what a channel is told.
Imports: domain, storage.ports.

A channel answers best first, only with active listings that pass the filters. One that fails or
is late contributes nothing to the slate. To add one, add its file and name it in CHANNELS.
"""

from carousel.serving.channels import (
    collaborative,
    content,
    fresh,
    graph,
    popular,
    relatives,
    searched,
)

CHANNELS = (
    content.find,
    relatives.find,
    searched.find,
    collaborative.find,
    graph.find,
    popular.find,
    fresh.find,
)
