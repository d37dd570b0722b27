"""How deep each retrieval channel looks, and from what: what an experiment may change of them.

Owns:    the settings of the channels and their defaults.
Imports: domain.
"""

from dataclasses import dataclass, field

from carousel.domain.trending import Params as Trends


@dataclass(frozen=True, slots=True)
class Shares:
    """Parts of the pool; the content channel is asked for all of it.

    relatives, searched, recent, collaborative, graph: in (0, 1], part of the pool that this channel
        is asked for.
    popular, trending, fresh, exploring: in (0, 1], part of the pool that this channel is asked for;
        less depth than a personal one needs.
    """

    relatives: float = 0.5
    searched: float = 1.0
    recent: float = 0.5
    collaborative: float = 1.0
    graph: float = 0.5
    popular: float = 0.4
    trending: float = 0.25
    fresh: float = 0.4
    exploring: float = 0.1


@dataclass(frozen=True, slots=True)
class Graph:
    """How walks through the graph of reactions start and end.

    half_life:  > 0, days after which a reaction counts half as a start.
    most_kinds: in [1, 20], kinds of car, at most, that walks lead to.
    by_kind:    in [0, 1], what a car of the likeliest kind scores, where the likeliest car that was
                walked to scores 1: kinds know less.
    """

    half_life: float = 14.0
    most_kinds: int = 3
    by_kind: float = 0.5


@dataclass(frozen=True, slots=True)
class Params:
    """What an experiment may change.

    shares:        of the pool.
    most_starts:   in [1, 40], cars of the shopper that the recent channel starts from; every need
                   has one at least.
    most_searches: in [1, 12], the shopper's latest searches that the searched channel asks again;
                   every need has one at least.
    graph:         of reactions.
    trending:      what counts as more interest than usual.
    """

    shares: Shares = field(default_factory=Shares)
    most_starts: int = 6
    most_searches: int = 3
    graph: Graph = field(default_factory=Graph)
    trending: Trends = field(default_factory=Trends)
