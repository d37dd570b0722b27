"""The knobs of the request path: everything an experiment may change about a slate.

Owns:    the knobs of a request and their defaults.
Imports: domain, serving.channel_params.
"""

from dataclasses import dataclass, field

from carousel.domain import needs as several
from carousel.domain import preference, scoring
from carousel.domain.matching import features as matching
from carousel.domain.reranking import slate as rules
from carousel.serving import channel_params

CHANNEL_NAMES = (
    "content", "searched", "collaborative", "graph", "popular", "trending", "fresh",
)  # fmt: skip
"""Those that are asked, in the order in which their candidates are merged. What the slate loses
without each of them, and gains with the others, is in docs/lab.md."""


@dataclass(frozen=True, slots=True)
class Knobs:
    """Everything an experiment may change about a slate.

    channels:  names of the retrieval channels that are asked.
    pool:      in [1, 10000], candidates asked of the content channel; grows with the slate.
    deadline:  > 0, seconds a channel may take before the slate goes on without it.
    contacts:  power of the chance of a contact in what a ranker ranks by, in [0, 1]: at 0 openings
               alone count.
    ranked:    whether a ranker scores; else the plain blend does.
    starter:   whether the ranker that comes with the program scores until one was trained here.
    taste, features: how a shopper's past is read.
    score:     the blend where no ranker scores.
    needs:     how several needs of a shopper are told apart.
    retrieval: how deep the channels look, and from what.
    slate:     the rules of re-ranking.
    """

    channels: tuple[str, ...] = CHANNEL_NAMES
    pool: int = 120
    deadline: float = 0.5
    ranked: bool = True
    starter: bool = True
    contacts: float = 0.0
    taste: preference.Params = field(default_factory=preference.Params)
    features: matching.Params = field(default_factory=matching.Params)
    score: scoring.Params = field(default_factory=scoring.Params)
    needs: several.Params = field(default_factory=several.Params)
    retrieval: channel_params.Params = field(default_factory=channel_params.Params)
    slate: rules.Params = field(default_factory=rules.Params)
