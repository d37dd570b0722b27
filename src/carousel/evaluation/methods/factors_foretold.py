"""The engine's latent space alone: factors foretold from attributes, shoppers folded in.

Owns:    training it at the split and every midnight, and folding each event with the functions of
         the collaborative pipeline.
Imports: numpy, domain, evaluation, training.
"""

import numpy as np

from carousel.domain.car_features import describe
from carousel.domain.errors import ModelError
from carousel.domain.events import Dismiss, Reason, listing_of
from carousel.domain.features import Matrix
from carousel.domain.interpretation import interpret, learn
from carousel.domain.latent import Latent
from carousel.domain.preference import Evidence, no_evidence
from carousel.evaluation.method import Ask
from carousel.evaluation.methods.choosing import ByScore
from carousel.evaluation.methods.interactions import DAY
from carousel.evaluation.world import World
from carousel.recording.acts import event_of, moment
from carousel.recording.tables import NONE, Floats, Ints
from carousel.training.factors import DEFAULTS, FactorTraining, latent_before


class FactorsForetold(ByScore):
    """Listings by the product of their factors with the shopper's taste, trained every midnight.

    Before anybody has reacted to anything, and for whoever did nothing, all listings are level.
    """

    def __init__(self, params: FactorTraining = DEFAULTS) -> None:
        super().__init__("factors-foretold")
        self._params = params

    def begin(self, world: World) -> None:
        """Train on all that lies before the split, and fold it."""
        self._train(world, world.now)

    def _train(self, world: World, until: float) -> None:
        self._trained = until
        self._latent: Latent | None = None
        self._evidence: dict[int, Evidence] = {}
        try:
            latent = latent_before(world.recording, until, self._params)
        except ModelError:
            return
        self._latent = latent
        count = len(world.recording.listings)
        self._foretold = np.zeros((count, latent.dim))
        self._pulled, self._masses = np.zeros((count, latent.dim)), np.zeros(count)
        published = range(world.published)
        self._foretold[: world.published] = _in_parts(world, latent, published)
        self._known = latent.known(self._foretold)
        for event in range(world.past):
            self._fold(world, event, latent)
        self._factors = latent.moved(self._foretold, self._pulled, self._masses)

    def _fold(self, world: World, row: int, latent: Latent) -> None:
        recording = world.recording
        event, at = event_of(recording, row), moment(float(recording.events.at[row]))
        about = int(recording.events.listing[row])
        listing = vector = None
        if listing_of(event) is not None:
            vector = self._known[about]
            listing = world.listing(about)
        said = interpret(event, at, listing, vector, latent)
        if said is None:
            return
        shopper = int(recording.events.shopper[row])
        known = self._evidence.get(shopper)
        reasoned = isinstance(event, Dismiss) and event.reason is not Reason.OTHER
        if known is not None and vector is not None and not reasoned:
            pull = latent.pulled(known, said.strength, at)
            if pull is not None:
                self._pulled[about] += pull.direction
                self._masses[about] += pull.mass
        before = no_evidence(latent.dim, at) if known is None else known
        self._evidence[shopper] = learn(before, said, latent.params)

    def observe(self, world: World, event: int) -> None:
        """Fold an event, after training if it is the first of a day."""
        if self._wake(world):
            return  # the training has folded it
        if self._latent is not None:
            self._fold(world, event, self._latent)
            about = int(world.recording.events.listing[event])
            if about != NONE:
                self._move(self._latent, about)

    def _move(self, latent: Latent, row: int) -> None:
        one = slice(row, row + 1)
        self._factors[one] = latent.moved(self._foretold[one], self._pulled[one], self._masses[one])

    def _wake(self, world: World) -> bool:
        midnight = world.now // DAY * DAY
        if midnight <= self._trained:
            return False
        self._train(world, midnight)
        return True

    def listed(self, world: World, row: int) -> None:
        """Foretell a new listing."""
        self._renew(world, row)

    def repriced(self, world: World, row: int) -> None:
        """Foretell a listing from its new price."""
        self._renew(world, row)

    def _renew(self, world: World, row: int) -> None:
        if self._latent is not None:
            self._foretold[row] = self._latent.foretold([describe(world.listing(row))])[0]
            self._known[row] = self._latent.known(self._foretold[row : row + 1])[0]
            self._move(self._latent, row)

    def score(self, world: World, ask: Ask, rows: Ints) -> Floats:
        """Return inner products with the shopper's taste; zeros for a stranger."""
        self._wake(world)
        known = self._evidence.get(ask.shopper)
        taste = None if self._latent is None or known is None else self._latent.taste(known)
        if self._latent is None or taste is None:
            return np.zeros(len(rows))
        scores: Floats = self._factors[rows] @ taste
        return scores


def _in_parts(world: World, latent: Latent, rows: range, at_once: int = 8_192) -> Matrix:
    parts = [
        latent.foretold([describe(world.listing(row)) for row in rows[start : start + at_once]])
        for start in range(0, len(rows), at_once)
    ]
    return np.concatenate(parts) if parts else np.zeros((0, latent.dim))
