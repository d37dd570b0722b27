"""The serving store and the cache: what the request path may ask, async and reading only.

Owns:    accounts, shoppers' states, retrieval and search as serving sees them.
Imports: domain.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from carousel.domain.audience import Audience
from carousel.domain.facets import Facets
from carousel.domain.facts import Facts
from carousel.domain.fair_price import Appraisal
from carousel.domain.features import FeatureSpace, Matrix, Vector
from carousel.domain.filters import NO_FILTERS, Filters
from carousel.domain.listing import Listing, ListingId, UserId
from carousel.domain.model import Model
from carousel.domain.phrase.names import Names
from carousel.domain.preference import Evidence
from carousel.domain.refinements import Splits
from carousel.domain.trail import Trail
from carousel.domain.trending import Params as Trends
from carousel.storage.ports.appraisals import PriceChange


@dataclass(frozen=True, slots=True)
class User:
    """Who calls: an account, or a visitor, who has no e-mail and no names (they are empty).

    ``role`` is ``shopper``, ``operator`` or ``synthetic`` for an account; ``visitor``, or
    ``merged`` for a visitor whose acts have been put down to an account.
    """

    id: UserId
    email: str
    first_name: str
    surname: str
    role: str


@dataclass(frozen=True, slots=True)
class ShopperState:
    """What serving needs to know about a shopper.

    version:   grows by one with every batch that changed the state; 0 is a stranger.
    evidence:  None for a stranger.
    trail:     what they did last; empty for a stranger.
    dismissed: listings not to be shown again.
    space:     version of the feature space the evidence lives in and listings are indexed in;
               empty before the first was fitted.
    latent:    unit factors in the latent space that serves, shape (k,); None for whoever it knows
               nothing of. It follows an event a moment after the rest, under the same version.
    """

    version: int
    evidence: Evidence | None
    trail: Trail
    dismissed: frozenset[ListingId]
    space: str
    latent: Vector | None = None


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Active listings, best first. scores: what they were ordered by."""

    ids: Sequence[ListingId]
    scores: Sequence[float]


@dataclass(frozen=True, slots=True)
class Described:
    """Active listings in the order asked, and what a scorer may want to know of them.

    facts:   records of ``domain.facts.FACTS``, shape (n,).
    vectors: shape (n, dim), float32 precision, unit rows; zero where a listing has none.
    counts:  decayed popularity, shape (n,), at the moment of which the scores of ``popular`` are;
             0 where nothing speaks for a listing.
    had:     what each has had of its audience, at the same moment.
    """

    ids: Sequence[ListingId]
    facts: Facts
    vectors: Matrix
    counts: Vector
    had: Audience


@dataclass(frozen=True, slots=True)
class Listeners:
    """Shoppers and their evidence, latest heard of first, and the space it lives in, as above."""

    shoppers: Mapping[UserId, Evidence]
    space: str


class Sort(StrEnum):
    """Orders of a search; a leading minus is descending. Ties are broken by id.

    By verdict the lowest price for what the car should cost comes first, cars without one last.
    """

    NEWEST = "newest"
    PRICE = "price"
    PRICE_DESCENDING = "-price"
    MILEAGE = "mileage"
    YEAR = "year"
    YEAR_DESCENDING = "-year"
    POWER_DESCENDING = "-power"
    DISTANCE = "distance"
    VERDICT = "verdict"
    RECOMMENDED = "recommended"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a search and the number of all matches."""

    listings: Sequence[Listing]
    total: int


class ServingStore(Protocol):
    """What the request path may ask. Every method is one round trip, async, and reads only.

    Engines may differ in two ways. One may find the nearest approximately when very many listings
    pass, never one that does not pass. And popularity decays: the scores of ``popular`` are of one
    moment, which is the present for one engine and the latest interest for another; within one
    answer they are in the same order and the same proportions everywhere.
    """

    async def user(self, user_id: UserId) -> User | None:
        """Return an account or a visitor."""
        ...

    async def user_by_email(self, email: str) -> User | None:
        """Return an account by its e-mail, compared without case."""
        ...

    async def shopper(self, user_id: UserId) -> ShopperState:
        """Return a shopper's state; version 0 for a stranger."""
        ...

    async def space(self, version: str) -> FeatureSpace:
        """Return a feature space; the engine may keep it in memory, it never changes."""
        ...

    async def nearest(
        self, vector: Vector, filters: Filters, limit: int, without: frozenset[ListingId]
    ) -> Retrieved:
        """Return active listings by descending inner product with ``vector``, shape (dim,)."""
        ...

    async def nearest_each(
        self, vectors: Matrix, filters: Filters, limit: int, without: frozenset[ListingId]
    ) -> Sequence[Retrieved]:
        """Return for each of k vectors, shape (k, dim), what ``nearest`` returns for it."""
        ...

    async def nearest_latent(
        self, vector: Vector, filters: Filters, limit: int, without: frozenset[ListingId]
    ) -> Retrieved:
        """Return active listings by descending inner product of factors with ``vector``, (k,).

        Exact. Only those with factors in the latent space that serves; none while none serves.
        """
        ...

    async def among(
        self,
        scores: Mapping[ListingId, float],
        filters: Filters,
        limit: int,
        without: frozenset[ListingId],
    ) -> Retrieved:
        """Return those of the given listings that are active and pass, by descending given score.

        Of equal scores the smaller id comes first.
        """
        ...

    async def popular(
        self, filters: Filters, limit: int, without: frozenset[ListingId]
    ) -> Retrieved:
        """Return active listings by decayed popularity, best first; only those with any."""
        ...

    async def trending(
        self, filters: Filters, limit: int, without: frozenset[ListingId], params: Trends
    ) -> Retrieved:
        """Return active listings by ``domain.trending.lifts`` among those that pass, best first.

        Only those above the least of the params: they have more interest than is usual for being
        shown so often.
        """
        ...

    async def sample(
        self, filters: Filters, limit: int, without: frozenset[ListingId], seed: int
    ) -> Retrieved:
        """Return active listings as ``domain.lots.turns`` draws them, the first drawn first.

        The score is less the turn. The same seed draws the same, as long as nothing changes.
        """
        ...

    async def newest(
        self, filters: Filters, limit: int, without: frozenset[ListingId]
    ) -> Retrieved:
        """Return active listings, latest published first; the score is its epoch second."""
        ...

    async def described(self, ids: Sequence[ListingId]) -> Described:
        """Describe the listings among ``ids`` that are active, in the order asked."""
        ...

    async def count(self, filters: Filters) -> int:
        """Return how many active listings pass."""
        ...

    async def counts(self, asked: Sequence[tuple[Filters, datetime]]) -> list[tuple[int, int]]:
        """Return for each how many active listings pass, and how many of them are listed later."""
        ...

    async def vectors(self, ids: Sequence[ListingId]) -> dict[ListingId, Vector]:
        """Return the vectors, each of shape (dim,), of those listings that have one."""
        ...

    async def active(self, ids: Sequence[ListingId]) -> list[Listing]:
        """Return the listings among ``ids`` that are active now, in the order asked."""
        ...

    async def newest_known(self) -> ListingId:
        """Return the largest id that retrieval can find; 0 without any."""
        ...

    async def unchanged(
        self,
        user_id: UserId,
        version: int,
        ids: Sequence[ListingId],
        stamp: int,
        newest: ListingId,
    ) -> bool:
        """Return whether a cached slate may still be shown: same state, space and listings.

        ``stamp`` is the sum of ``Listing.revision`` when the slate was made, and ``newest`` what
        ``newest_known`` was before: a listing that is newer might belong into the slate.
        """
        ...

    async def listing(self, listing_id: ListingId) -> Listing | None:
        """Return a listing of any status."""
        ...

    async def listings(self, ids: Sequence[ListingId]) -> list[Listing]:
        """Return the listings among ``ids``, of any status, in the order asked."""
        ...

    async def names(self) -> Names:
        """Return what active listings are called; looks at every listing: remember the answer."""
        ...

    async def search(self, filters: Filters, sort: Sort, limit: int, offset: int) -> Page:
        """Return a page of active listings. ``Sort.RECOMMENDED`` is the caller's business."""
        ...

    async def appraisals(self, ids: Sequence[ListingId]) -> dict[ListingId, Appraisal]:
        """Return what is kept of those listings that have a verdict and are still as they were."""
        ...

    async def price_changes(self, listing_id: ListingId) -> Sequence[PriceChange]:
        """Return how the price changed, the oldest change first; the latest MOST_CHANGES."""
        ...

    async def known(self, ids: Iterable[ListingId]) -> set[ListingId]:
        """Return those ids that belong to a listing of any status."""
        ...

    async def facets(self, filters: Filters = NO_FILTERS) -> Facets:
        """Return what there is to choose from, counted as ``domain.facets`` says."""
        ...

    async def splits(self, filters: Filters, wanted: Vector | None) -> Splits:
        """Return how each further filter would split the active listings that pass.

        Args:
            filters: of the search.
            wanted: a preference in the space in use, shape (dim,); None for a stranger.
        """
        ...

    async def reactions(self, user_id: UserId) -> dict[str, list[ListingId]]:
        """Return a user's ``favourites`` and ``dismissed`` listings, latest first."""
        ...

    async def audience(self, listing_id: ListingId, limit: int) -> Listeners:
        """Return the shoppers last heard of, but for synthetic ones and who dismissed a listing.

        Latest is by ``Evidence.as_of``, of equal ones the smaller user id first.
        """
        ...

    async def model(self, kind: str) -> Model | None:
        """Return the active model of a kind, its arrays read-only; None without one.

        The engine may remember it: what was published is served a second later. A damaged one is
        never returned, the last good one stays.
        """
        ...

    async def shadow_model(self, kind: str) -> Model | None:
        """Return the model that is tried beside the active one, in the same way."""
        ...


class SlateCache(Protocol):
    """Finished answers; losing it costs time, never truth."""

    async def get(self, key: str) -> bytes | None:
        """Return what was put under a key, None when it is gone or the cache cannot answer."""
        ...

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep a value for some seconds, at least a thousandth; do nothing when it cannot."""
        ...
