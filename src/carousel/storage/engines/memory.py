"""The serving store in this process's memory: exact, and fast enough to replay years in minutes.

Owns:    what is known of listings and shoppers, and its two sides: writing, sync, and reading.
Imports: numpy, engines.memory_*, domain, storage.ports.

For the lab and for tests: nothing outlives the process, and one thread owns it. The reading side is
``ServingStore``; the writing side says what happened, in the words of the other ports.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from carousel.domain.audience import Tally
from carousel.domain.errors import ConfigurationError
from carousel.domain.features import FeatureSpace, Matrix, Vector
from carousel.domain.filters import Filters
from carousel.domain.listing import Listing, ListingId, Status, UserId
from carousel.domain.model import Model
from carousel.domain.preference import is_empty
from carousel.domain.trail import NO_TRAIL
from carousel.storage.engines import memory_retrieval
from carousel.storage.engines.memory_columns import batch_of
from carousel.storage.engines.memory_filters import passing
from carousel.storage.engines.memory_finding import MemoryFinding
from carousel.storage.engines.memory_prices import MemoryPrices
from carousel.storage.engines.model_bytes import settled
from carousel.storage.ports import (
    SYNTHETIC,
    Interest,
    Learned,
    Listeners,
    Page,
    Reaction,
    Retrieved,
    ShopperState,
    Sort,
    User,
)
from carousel.storage.ports.serving import Described

REACTIONS = {"favourite": "favourites", "dismissed": "dismissed"}
"""What the listings of one kind of reaction are called."""


class MemoryStore(MemoryFinding, MemoryPrices):
    """Implements ``storage.ports.ServingStore``; what is written is read by the next question."""

    def __init__(self) -> None:
        super().__init__()
        self._vectors: dict[ListingId, Vector] = {}
        self._spaces: dict[str, FeatureSpace] = {}
        self._space = ""
        self._learned: dict[UserId, Learned] = {}
        self._versions: dict[UserId, int] = {}
        self._reactions: dict[UserId, dict[tuple[str, ListingId], Reaction]] = {}
        self._users: dict[UserId, User] = {}
        self._by_email: dict[str, UserId] = {}
        self._tastes: dict[UserId, Vector] = {}
        self._factors: dict[ListingId, Vector] = {}
        self._models: dict[str, Model] = {}
        self._shadows: dict[str, Model] = {}

    def adopt(
        self,
        space: FeatureSpace,
        vectors: Mapping[ListingId, Vector],
        learned: Iterable[Learned] = (),
    ) -> None:
        """Move to a feature space at once; vectors and shoppers' states of another are forgotten.

        Args:
            space: what vectors and evidence live in from now on.
            vectors: of the known listings, each of shape (dim,); the others are near to nothing.
            learned: of shoppers, in this space; nothing is known of who is not named. Whoever had
                or has a state gets a new version.
        """
        self._spaces[space.version] = space
        self._space = space.version
        self._vectors = {i: _kept(vector) for i, vector in vectors.items()}
        self._show(self._listings.values())
        fresh = {one.user_id: one for one in learned}
        for user_id in self._learned.keys() | fresh.keys():
            self._versions[user_id] = self._versions.get(user_id, 0) + 1
        self._learned = fresh

    def adopt_latent(
        self, factors: Mapping[ListingId, Vector], tastes: Mapping[UserId, Vector]
    ) -> None:
        """Move to a version of the latent space at once; what was known in another is forgotten.

        Args:
            factors: of listings, each of shape (k,); the others are not found by them.
            tastes: of shoppers, unit norm.
        """
        self._tastes = {user_id: _kept(taste) for user_id, taste in tastes.items()}
        self._factors = {}
        self._active.latent.clear()
        self.move(factors)

    def move(self, factors: Mapping[ListingId, Vector]) -> None:
        """Store latent factors of listings, in the version adopted last."""
        self._factors |= factors
        if factors:
            stacked = np.stack(list(factors.values())).astype(np.float32)
            self._active.move(list(factors), stacked)

    def save_tastes(self, tastes: Mapping[UserId, Vector | None]) -> None:
        """Store shoppers' unit factors, in the version adopted last; None: nothing is known."""
        for user_id, taste in tastes.items():
            self._tastes.pop(user_id, None)
            if taste is not None:
                self._tastes[user_id] = _kept(taste)

    def put(self, listings: Sequence[Listing], vectors: Matrix | None = None) -> None:
        """Add listings of any status, or replace what is known of them.

        A listing that changes gets the next revision, whatever revision is given.

        Args:
            listings: under their ids.
            vectors: shape (n, dim), unit rows; without them a known listing keeps its vector and
                a new one is near to nothing.
        """
        shown: list[Listing] = []
        for n, given in enumerate(listings):
            listing, known = given, self._listings.get(given.id)
            if known is not None:
                self._note_price(known, given)
                changed = known.__dict__ | {"revision": 0} != given.__dict__ | {"revision": 0}
                listing = given.model_copy(update={"revision": known.revision + changed})
            self._listings[listing.id] = listing
            if vectors is not None:
                self._vectors[listing.id] = _kept(vectors[n])
            shown.append(listing)
        self._show(shown)

    def set_status(self, listing_ids: Iterable[ListingId], status: Status) -> int:
        """Change the status of listings; return how many exist."""
        existing = [self._listings[i] for i in dict.fromkeys(listing_ids) if i in self._listings]
        changing = [one for one in existing if one.status is not status]
        for listing in changing:
            changed = {"status": status, "revision": listing.revision + 1}
            self._listings[listing.id] = listing.model_copy(update=changed)
        self._show([self._listings[listing.id] for listing in changing])
        return len(existing)

    def _show(self, listings: Iterable[Listing]) -> None:
        """Make readers find these listings as they are now."""
        shown = {listing.id: listing for listing in listings}
        active = [one for one in shown.values() if one.status is Status.ACTIVE]
        self._active.put(
            batch_of(
                active,
                [self._vectors.get(one.id) for one in active],
                [self._interest.standing(one.id) for one in active],
            )
        )
        self._interest.show(one.id for one in active)
        self._show_fair(one.id for one in active)
        for one in shown.values():
            if one.status is not Status.ACTIVE:
                self._active.drop(one.id)
        self.move({one.id: self._factors[one.id] for one in active if one.id in self._factors})

    def save(self, learned: Iterable[Learned]) -> dict[UserId, int]:
        """Store evidence and trails; return each user's new state version."""
        latest = {one.user_id: one for one in learned}
        for user_id, one in latest.items():
            self._learned[user_id] = one
            self._versions[user_id] = self._versions.get(user_id, 0) + 1
        return {user_id: self._versions[user_id] for user_id in latest}

    def react(self, reactions: Iterable[Reaction]) -> None:
        """Store reactions; per user, listing and kind the latest ``at`` wins, or the last."""
        for one in reactions:
            kept = self._reactions.setdefault(one.user_id, {})
            key = (one.kind, one.listing_id)
            if key not in kept or kept[key].at <= one.at:
                kept[key] = one

    def popularise(self, interests: Iterable[Interest]) -> None:
        """Add to the listings' decayed popularity; the order of events does not matter."""
        self._interest.popularise(interests)

    def hear(self, heard: Mapping[ListingId, Tally]) -> None:
        """Add to the listings' audiences; the order of events does not matter."""
        self._interest.hear(heard)

    def publish(self, model: Model) -> None:
        """Make a model the active one of its kind.

        Raises:
            ModelError: it is no model at all; the one before stays.
        """
        self._models[model.kind] = settled(model)

    def shadow(self, kind: str, model: Model | None) -> None:
        """Make a model the shadow of its kind; None: no model.

        Raises:
            ModelError: it is no model at all; nothing was changed.
        """
        if model is None:
            self._shadows.pop(kind, None)
        else:
            self._shadows[kind] = settled(model)

    def add_users(self, users: Iterable[User]) -> int:
        """Insert accounts whose e-mail is new, under ids of the store's; return how many."""
        before = len(self._users)
        for user in users:
            if user.email.lower() not in self._by_email:
                user_id = len(self._users) + 1
                self._users[user_id] = User(
                    user_id, user.email, user.first_name, user.surname, user.role
                )
                self._by_email[user.email.lower()] = user_id
        return len(self._users) - before

    async def user(self, user_id: UserId) -> User | None:
        """Return an account."""
        return self._users.get(user_id)

    async def user_by_email(self, email: str) -> User | None:
        """Return an account by its e-mail, compared without case."""
        user_id = self._by_email.get(email.lower())
        return None if user_id is None else self._users[user_id]

    async def shopper(self, user_id: UserId) -> ShopperState:
        """Return a shopper's state; version 0 for a stranger."""
        known = self._learned.get(user_id)
        reactions = self._reactions.get(user_id, {}).values()
        return ShopperState(
            version=self._versions.get(user_id, 0),
            evidence=None if known is None or is_empty(known.evidence) else known.evidence,
            trail=NO_TRAIL if known is None else known.trail,
            dismissed=frozenset(
                one.listing_id for one in reactions if one.kind == "dismissed" and one.holds
            ),
            space=self._space,
            latent=self._tastes.get(user_id),
        )

    async def space(self, version: str) -> FeatureSpace:
        """Return a feature space.

        Raises:
            ConfigurationError: there is no such space.
        """
        if version not in self._spaces:
            raise ConfigurationError(
                f"There is no feature space {version!r}: import listings, then run a reindex."
            )
        return self._spaces[version]

    async def nearest(
        self, vector: Vector, filters: Filters, limit: int, without: frozenset[ListingId]
    ) -> Retrieved:
        """Return active listings by descending inner product with ``vector``, shape (dim,)."""
        return memory_retrieval.nearest(self._active, vector, filters, limit, without)

    async def nearest_latent(
        self, vector: Vector, filters: Filters, limit: int, without: frozenset[ListingId]
    ) -> Retrieved:
        """Return active listings by descending inner product of factors with ``vector``, (k,)."""
        return memory_retrieval.nearest_latent(self._active, vector, filters, limit, without)

    async def among(
        self,
        scores: Mapping[ListingId, float],
        filters: Filters,
        limit: int,
        without: frozenset[ListingId],
    ) -> Retrieved:
        """Return those of the given listings that are active and pass, by descending score."""
        return memory_retrieval.among(self._active, scores, filters, limit, without)

    async def popular(
        self, filters: Filters, limit: int, without: frozenset[ListingId]
    ) -> Retrieved:
        """Return active listings by decayed popularity, best first; only those with any.

        The scores are of the latest moment anything was heard of: this engine has no clock.
        """
        return memory_retrieval.popular(
            self._active, filters, limit, without, self._interest.latest
        )

    async def newest(
        self, filters: Filters, limit: int, without: frozenset[ListingId]
    ) -> Retrieved:
        """Return active listings, latest published first; the score is its epoch second."""
        return memory_retrieval.newest(self._active, filters, limit, without)

    async def described(self, ids: Sequence[ListingId]) -> Described:
        """Describe the listings among ``ids`` that are active, in the order asked."""
        return memory_retrieval.described(self._active, ids, self._interest.latest)

    async def count(self, filters: Filters) -> int:
        """Return how many active listings pass."""
        return memory_retrieval.count(self._active, filters)

    async def vectors(self, ids: Sequence[ListingId]) -> dict[ListingId, Vector]:
        """Return the vectors, each of shape (dim,), read-only, of listings that have one."""
        return {i: self._vectors[i] for i in ids if i in self._vectors}

    async def active(self, ids: Sequence[ListingId]) -> list[Listing]:
        """Return the listings among ``ids`` that are active now, in the order asked."""
        found = (self._listings.get(i) for i in ids)
        return [one for one in found if one is not None and one.status is Status.ACTIVE]

    async def newest_known(self) -> ListingId:
        """Return the largest id that retrieval can find; 0 without any."""
        return max(self._active.ids.tolist(), default=0)

    async def unchanged(
        self, user_id: UserId, version: int, ids: Sequence[ListingId], stamp: int, newest: ListingId
    ) -> bool:
        """Return whether a cached slate may still be shown: same state, space and listings."""
        shown = [self._listings[i] for i in set(ids) if i in self._listings]
        return (
            self._versions.get(user_id, 0) == version
            and sum(listing.revision for listing in shown) == stamp
            and await self.newest_known() <= newest
            and all(listing.status is Status.ACTIVE for listing in shown)
        )

    async def listing(self, listing_id: ListingId) -> Listing | None:
        """Return a listing of any status."""
        return self._listings.get(listing_id)

    async def search(self, filters: Filters, sort: Sort, limit: int, offset: int) -> Page:
        """Return a page of active listings; ``Sort.RECOMMENDED`` is ordered by date here."""
        kept = passing(self._active, filters)
        rows = np.arange(self._active.size) if kept is None else np.flatnonzero(kept)
        keys = self._order(sort, filters)[rows]
        ordered = rows[np.lexsort((self._active.ids[rows], keys))][offset : offset + limit]
        ids = self._active.ids[ordered].tolist()
        return Page([self._listings[i] for i in ids], len(rows))

    async def known(self, ids: Iterable[ListingId]) -> set[ListingId]:
        """Return those ids that belong to a listing of any status."""
        return {i for i in ids if i in self._listings}

    async def reactions(self, user_id: UserId) -> dict[str, list[ListingId]]:
        """Return a user's ``favourites`` and ``dismissed`` listings, latest first."""
        found: dict[str, list[ListingId]] = {name: [] for name in REACTIONS.values()}
        kept = self._reactions.get(user_id, {}).values()
        for one in sorted(kept, key=lambda one: (-one.at.timestamp(), one.listing_id)):
            if one.holds and one.kind in REACTIONS:
                found[REACTIONS[one.kind]].append(one.listing_id)
        return found

    async def audience(self, listing_id: ListingId, limit: int) -> Listeners:
        """Return the shoppers last heard of, but for synthetic ones and who dismissed a listing."""
        without = {
            user_id
            for user_id, kept in self._reactions.items()
            if (one := kept.get(("dismissed", listing_id))) is not None and one.holds
        }
        without |= {user.id for user in self._users.values() if user.role == SYNTHETIC}
        known = (
            one
            for one in self._learned.values()
            if not is_empty(one.evidence) and one.user_id not in without
        )
        latest = sorted(known, key=lambda one: (-one.evidence.as_of.timestamp(), one.user_id))
        heard = {one.user_id: one.evidence for one in latest[:limit]}
        return Listeners(heard, self._space)

    async def model(self, kind: str) -> Model | None:
        """Return the active model of a kind, None without one."""
        return self._models.get(kind)

    async def shadow_model(self, kind: str) -> Model | None:
        """Return the model that is tried beside the active one, None without one."""
        return self._shadows.get(kind)


def _kept(vector: Vector) -> Vector:
    """Return a copy that nobody can change any more."""
    kept = np.array(vector, dtype=np.float64)
    kept.flags.writeable = False
    return kept
