"""Channel: where walks through the graph of reactions lead from the shopper's latest cars.

Owns:    retrieval by walks: to cars that have been walked to, and to kinds of car.
Imports: numpy, domain, storage.ports, serving.{ask, channel_params}.

Cars that shoppers reacted to together are found by their ids. That says nothing of cars just
listed, nor from cars long gone; there the walk between kinds leads to the likeliest kinds, and of
each to the cars that suit the shopper best.
"""

import asyncio
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np

from carousel.domain.candidates import Found, nothing
from carousel.domain.features import Vector
from carousel.domain.graph import KIND, Graph, Kind, from_model, kinds_of
from carousel.domain.listing import ListingId
from carousel.domain.model import Model
from carousel.domain.needs import DAY
from carousel.domain.trail import STRENGTHS, Steps
from carousel.serving.ask import Ask
from carousel.serving.channel_params import Graph as Params
from carousel.storage.ports import ServingStore

NAME = "graph"


async def find(store: ServingStore, ask: Ask) -> Found:
    """Return cars at the ends of walks; none without a trail or a graph. Scores are at most 1."""
    reactions = ask.trail.reactions
    graph = await active_graph(store) if len(reactions) else None
    if graph is None:
        return nothing(NAME)
    params = ask.params.graph
    counted = _counted(reactions, params)
    limit = max(params.most_kinds, int(ask.params.shares.graph * ask.pool))
    kinds = _likeliest(graph, reactions, counted, ask)
    of_kinds = await asyncio.gather(
        *(_of_kind(store, ask, kind, limit // params.most_kinds) for kind, _ in kinds)
    )
    scores: dict[ListingId, float] = {}
    for (_, share), ids in zip(kinds, of_kinds, strict=True):
        scores |= dict.fromkeys(ids, params.by_kind * share)
    ends, surely = graph.listings.reached(reactions["listing"], counted)
    walked = zip(ends.tolist(), _shares(surely), strict=True)
    for listing_id, share in walked:
        if share > scores.get(listing_id, 0.0):
            scores[listing_id] = share
    found = await store.among(scores, ask.filters, limit, ask.without)
    return Found(NAME, found.ids, found.scores)


async def active_graph(store: ServingStore) -> Graph | None:
    """Return the graph that serves, None before one was trained."""
    model = await store.model(KIND)
    return None if model is None else _graph(_Same(model))


def _counted(reactions: Steps, params: Params) -> Vector:
    """Return what each reaction counts as a start: its strength, fading with age."""
    age = reactions["at"].max() - reactions["at"]
    half_life = params.half_life * DAY
    counted: Vector = STRENGTHS[reactions["kind"]] * np.exp2(-age / half_life)
    return counted


def _likeliest(
    graph: Graph, reactions: Steps, counted: Vector, ask: Ask
) -> list[tuple[Kind, float]]:
    """Return the kinds where walks end most, that the filters let pass, and the share of each."""
    ends, surely = graph.kinds.reached(kinds_of(reactions["facts"]), counted)
    ordered = sorted(zip(_shares(surely), ends.tolist(), strict=True), reverse=True)
    known = ((graph.names.get(code), share) for share, code in ordered if share > 0)
    fitting = (
        (kind, share) for kind, share in known if kind is not None and kind.within(ask.filters)
    )
    return [one for one, _ in zip(fitting, range(ask.params.graph.most_kinds), strict=False)]


async def _of_kind(store: ServingStore, ask: Ask, kind: Kind, limit: int) -> Sequence[ListingId]:
    """Return the cars of a kind that suit the shopper best; the newest where nobody can tell."""
    narrow = kind.within(ask.filters) or ask.filters
    if ask.latent is not None:
        near = await store.nearest_latent(ask.latent, narrow, limit, ask.without)
    elif ask.preference is not None:
        near = await store.nearest(ask.preference, narrow, limit, ask.without)
    else:
        near = await store.newest(narrow, limit, ask.without)
    return near.ids


def _shares(surely: Iterable[float]) -> list[float]:
    """Return numbers as shares of the largest; none is left of those below 0."""
    known = [max(float(one), 0.0) for one in surely]
    most = max(known, default=0.0)
    return [one / most if most > 0 else 0.0 for one in known]


class _Same:
    """A model by which it is: reading its contents to tell it from others would take longer."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def __hash__(self) -> int:
        return id(self.model)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.model is self.model


@lru_cache(maxsize=2)
def _graph(kept: _Same) -> Graph:
    return from_model(kept.model)
