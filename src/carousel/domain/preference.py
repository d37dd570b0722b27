"""Shopper preference: a decayed, weighted, additive sum, read through one global matrix.

Owns:    the evidence of one shopper: write side (observe, forget, merge), read side (Reader).
Imports: numpy, domain.features. No I/O, no clock, no randomness.

For unit listing vectors x_i reacted to at t_i with strength w_i (domain/events.py), half-life h
and the second moment G of the live inventory (mean of v v^T), the evidence and the preference at
a time T are

    gamma_i = 2 ** (-(T - t_i) / h)
    s = sum(gamma_i * w_i * x_i)        m = sum(gamma_i * |w_i|)
    preference = M s / |M s|            M = (alpha * G + ridge * I) ** -1

M is the ridge fold-in of implicit feedback with the shopper's own term left out: it discounts the
directions in which all cars are alike, so that what sets this shopper's cars apart is heard.

Source:  forward decay: Cormode, Shkapenyuk, Srivastava & Xu, ICDE 2009. Fold-in with an inventory
         term: Hu, Koren & Volinsky, ICDM 2008; Rendle et al., arXiv 2110.14037.
         Decay depends on event time only, so late or reordered events give the same state.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from carousel.domain.features import FeatureSpace, Matrix, Vector

NOTHING = 1e-9  # strength units: what rounding leaves of evidence that was all taken back


@dataclass(frozen=True, slots=True)
class Params:
    """What an experiment may change; writer and reader must share one instance.

    half_life:  h > 0, the age at which feedback counts half.
    alpha:      weight of the inventory's second moment, >= 0.
    ridge:      regulariser of the fold-in, > 0.
    prior_mass: k > 0, in strength units; how much evidence it takes to outweigh the prior, which
                is what a stranger gets.
    """

    half_life: timedelta = timedelta(days=14)
    alpha: float = 0.3
    ridge: float = 0.1
    prior_mass: float = 1.0

    def remaining(self, age: timedelta) -> float:
        """Return the share of its strength that feedback of this age keeps.

        >>> Params(half_life=timedelta(days=1)).remaining(timedelta(days=2))
        0.25
        """
        return math.exp2(-(age / self.half_life))


@dataclass(frozen=True, slots=True)
class Evidence:
    """A shopper's feedback so far, aged to one moment.

    direction: s, shape (dim,), in strength units.
    mass:      m >= 0, in strength units; 1.0 is one detail view just now.
    as_of:     the latest event time folded in, aware UTC.
    """

    direction: Vector
    mass: float
    as_of: datetime


def no_evidence(dim: int, as_of: datetime) -> Evidence:
    """Return the state of a shopper nobody has seen yet."""
    return Evidence(np.zeros(dim), 0.0, as_of)


def observe(
    evidence: Evidence, item: Vector, strength: float, at: datetime, params: Params
) -> Evidence:
    """Fold one event into the evidence.

    Args:
        evidence: everything folded in so far.
        item: vector of what was reacted to, shape (dim,), at most unit norm.
        strength: w; negative for dislike.
        at: event time; may be earlier than ``evidence.as_of`` (late event).
        params: half-life.

    Raises:
        ValueError: ``item`` has another shape than the evidence, i.e. another feature space.

    >>> from datetime import UTC
    >>> noon, day = datetime(2026, 1, 1, 12, tzinfo=UTC), timedelta(days=1)
    >>> params, x, y = Params(half_life=day), np.array([1.0, 0.0]), np.array([0.0, 1.0])
    >>> monday = observe(no_evidence(2, noon), x, 1.0, noon, params)
    >>> observe(monday, y, 1.0, noon + day, params).direction
    array([0.5, 1. ])
    """
    return _add(evidence, strength * item, abs(strength), at, params)


def forget(
    evidence: Evidence, item: Vector, strength: float, at: datetime, params: Params
) -> Evidence:
    """Take one observed event back out, given exactly as it was observed; for undo and erasure.

    >>> from datetime import UTC
    >>> noon, x = datetime(2026, 1, 1, 12, tzinfo=UTC), np.array([1.0, 0.0])
    >>> seen = observe(no_evidence(2, noon), x, -2.0, noon, Params())
    >>> forget(seen, x, -2.0, noon, Params()).mass
    0.0
    """
    return _add(evidence, -strength * item, -abs(strength), at, params)


def merge(one: Evidence, other: Evidence, params: Params) -> Evidence:
    """Return the evidence of a shopper who did what both did.

    Equal, but for rounding, to folding all events of both in any order: evidence is a sum, and
    ageing it is a product. So it does not matter who is ``one``, or what is merged first.

    Raises:
        ValueError: they are of different feature spaces.

    >>> from datetime import UTC
    >>> noon, day = datetime(2026, 1, 1, 12, tzinfo=UTC), timedelta(days=1)
    >>> early = Evidence(np.array([2.0, 0.0]), 2.0, noon)
    >>> late = Evidence(np.array([0.0, -1.0]), 1.0, noon + day)
    >>> both = merge(early, late, Params(half_life=day))
    >>> both.direction, both.mass, both.as_of == late.as_of
    (array([ 1., -1.]), 2.0, True)
    """
    return _add(one, other.direction, other.mass, other.as_of, params)


def is_empty(evidence: Evidence) -> bool:
    """Return whether there is nothing to read a preference from.

    What was all taken back leaves its rounding; who takes back more than was there leaves less
    than nothing. Both must be kept as they are, for what was taken back may still arrive.

    >>> from datetime import UTC
    >>> is_empty(Evidence(np.array([1e-17]), -1e-17, datetime(2026, 1, 1, tzinfo=UTC)))
    True
    """
    return evidence.mass <= NOTHING


def _add(
    evidence: Evidence, contribution: Vector, mass: float, at: datetime, params: Params
) -> Evidence:
    if contribution.shape != evidence.direction.shape:
        raise ValueError(
            f"item {contribution.shape} is not in feature space {evidence.direction.shape}"
        )
    if at < evidence.as_of:
        fresh = params.remaining(evidence.as_of - at)
        return Evidence(
            evidence.direction + fresh * contribution, evidence.mass + fresh * mass, evidence.as_of
        )
    # The usual case: what is not late is added as it is.
    kept = params.remaining(at - evidence.as_of)
    direction: Vector = kept * evidence.direction
    direction += contribution
    return Evidence(direction, kept * evidence.mass + mass, at)


class Reader:
    """Reads preferences from evidence: one matrix for all shoppers of a feature space."""

    def __init__(self, space: FeatureSpace, params: Params) -> None:
        self.params = params
        gram = params.alpha * space.moment + params.ridge * np.eye(space.dim)
        self._fold_in: Matrix = np.asarray(np.linalg.inv(gram), dtype=np.float64)

    def preference(self, evidence: Evidence) -> Vector | None:
        """Return the preference, shape (dim,), unit norm; None when the evidence says nothing.

        It does not depend on the moment of reading: decay scales all evidence alike.
        """
        folded: Vector = self._fold_in @ evidence.direction
        norm = float(np.linalg.norm(folded))
        if norm < 1e-9 * max(evidence.mass, 1e-300):  # all of it cancelled out
            return None
        return folded / norm

    def preferences(self, directions: Matrix, masses: Vector) -> Matrix:
        """Return the preferences of many, shape (n, dim), unit rows; nought where there is none.

        Args:
            directions: of their evidence, shape (n, dim).
            masses: of their evidence, shape (n,).
        """
        folded: Matrix = directions @ self._fold_in.T
        norms = np.linalg.norm(folded, axis=1)
        norms[norms < 1e-9 * np.maximum(masses, 1e-300)] = np.inf  # all of it cancelled out
        found: Matrix = folded / norms[:, None]
        return found

    def confidences(self, masses: Vector, ages: Vector) -> Vector:
        """Return ``confidence`` of many, shape (n,), each at an age of its evidence in seconds."""
        half_lives = np.maximum(ages, 0.0) / self.params.half_life.total_seconds()
        left: Vector = masses * np.exp2(-half_lives)
        return left / (left + self.params.prior_mass)

    def confidence(self, evidence: Evidence, at: datetime) -> float:
        """Return how much the preference outweighs the prior at a moment, in [0, 1).

        0 for a stranger; falls back towards 0 for a shopper who stays away.

        >>> from datetime import UTC
        >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
        >>> line = FeatureSpace([], np.eye(1), np.eye(1))
        >>> reader = Reader(line, Params(prior_mass=2.0, half_life=timedelta(days=1)))
        >>> seen = Evidence(np.array([2.0]), 2.0, noon)
        >>> reader.confidence(seen, noon), reader.confidence(seen, noon + timedelta(days=1))
        (0.5, 0.3333333333333333)
        """
        # An event from the near future (clocks differ) must not count more than one from now.
        mass = evidence.mass * self.params.remaining(max(at - evidence.as_of, timedelta()))
        return mass / (mass + self.params.prior_mass)
