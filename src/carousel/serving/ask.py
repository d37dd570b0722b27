"""What a retrieval channel is told about a request.

Owns:    the question that the pipeline puts to every channel.
Imports: domain, storage.ports, serving.channel_params.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from carousel.domain.candidates import Found
from carousel.domain.features import FeatureSpace, Vector
from carousel.domain.filters import Filters
from carousel.domain.listing import ListingId
from carousel.domain.needs import Needs
from carousel.domain.trail import NO_TRAIL, Trail
from carousel.serving.channel_params import Params
from carousel.storage.ports import ServingStore


@dataclass(frozen=True, slots=True)
class Ask:
    """One request for candidates.

    preference: shape (dim,), unit norm; None for a stranger.
    space:      the feature space of the preference; None for a stranger.
    without:    listings that must not come back.
    pool:       how many candidates at most.
    latent:     unit factors in the latent space, shape (k,); None for whoever it knows nothing of.
    trail:      what the shopper did last.
    needs:      behind that trail; None: it is not known of how many.
    seed:       of all that is drawn by chance for this request.
    params:     of the channels.
    """

    preference: Vector | None
    space: FeatureSpace | None
    filters: Filters
    without: frozenset[ListingId]
    pool: int
    latent: Vector | None = None
    trail: Trail = NO_TRAIL
    needs: Needs | None = None
    seed: int = 0
    params: Params = field(default_factory=Params)


Channel: TypeAlias = Callable[[ServingStore, Ask], Coroutine[Any, Any, Found]]
