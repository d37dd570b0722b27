"""Exposure: a new car gets a chance to be judged, a car that everybody calls about makes room.

Owns:    what a car is worth to the marketplace's fairness: a bonus, a share that is taken off.
Imports: numpy, domain.{audience, features}. The generator is passed in.

A listing shown n times and opened v times has, before anything is known but the model's probability
p, the click rate theta ~ Beta(k p + v, k (1 - p) + n - v): the model's word counts like k
impressions. With one draw of theta (Thompson sampling) a new listing may be worth more than p:

    bonus = max(0, 1 - n / enough) * min(max(theta - p, 0), (most - 1) p)

so it is at most (most - 1) p, at most less with every impression, and nothing after ``enough``.
Since n decays, a car that nobody has seen for weeks is new again. A chance is one at the cost of
others: the bonus counts by the share of the candidates that are known, and where all are new, as in
a market that has just opened, nobody is preferred and the order is the model's.

With c recent contacts, each of which has found the buyer with chance ``buyer``, the car is still to
be had, and the call is not in vain, with probability (1 - buyer) ** c; at least ``least`` is kept.

    worth = min(1, p + known * bonus) * max(least, (1 - buyer) ** c)

with ``known`` the mean of min(1, n / enough) over the candidates.

Source:  Thompson, Biometrika 1933; for display: Chapelle & Li, NIPS 2011.
"""

from dataclasses import dataclass

import numpy as np

from carousel.domain.audience import Audience
from carousel.domain.features import Vector

SMALLEST = 1e-6  # a Beta distribution needs both of its parameters above 0


@dataclass(frozen=True, slots=True)
class Params:
    """What an experiment may change.

    enough: impressions from which on a listing is known, > 0.
    prior:  k, impressions that the model's probability counts for, > 0.
    most:   >= 1, how many times its probability a new listing can be worth; 1 gives no bonus.
    buyer:  in [0, 1), chance that one contact has found the buyer; 0 takes nothing off.
    least:  in [0, 1], what a car keeps of its worth however many ask about it.
    """

    enough: float = 20.0
    prior: float = 20.0
    most: float = 2.0
    buyer: float = 0.04
    least: float = 0.3


def worth_of(chance: Vector, had: Audience, params: Params, dice: np.random.Generator) -> Vector:
    """Return what each car is worth, shape (n,), in [0, 1].

    Args:
        chance: p, calibrated probabilities of a view, shape (n,): what views per impression are.
        had: of the same listings.
        params: how fair.
        dice: decides on theta; n draws are taken, whatever was had.
    """
    known = 1.0 - float(newness(had, params).mean()) if len(chance) else 0.0
    lifted = np.minimum(chance + known * bonus(chance, had, params, dice), 1.0)
    return lifted * availability(had.contacts, params)


def bonus(chance: Vector, had: Audience, params: Params, dice: np.random.Generator) -> Vector:
    """Return what being new adds to each probability, shape (n,); arguments as of ``worth_of``.

    >>> known = Audience(np.array([20.0]), np.array([9.0]), np.zeros(1))
    >>> bonus(np.array([0.1]), known, Params(), np.random.default_rng(0)).tolist()
    [0.0]
    """
    p = np.clip(chance, SMALLEST, 1 - SMALLEST)
    opened = np.minimum(had.views, had.impressions)  # a car is opened from elsewhere, too
    k = params.prior
    theta = dice.beta(k * p + opened, k * (1 - p) + had.impressions - opened)
    gained: Vector = newness(had, params) * np.clip(theta - p, 0.0, (params.most - 1) * p)
    return gained


def newness(had: Audience, params: Params) -> Vector:
    """Return how new cars are, shape (n,): 1 before anybody saw them, 0 once they are known.

    >>> newness(Audience(np.array([0.0, 5.0, 99.0]), np.zeros(3), np.zeros(3)), Params()).tolist()
    [1.0, 0.75, 0.0]
    """
    new: Vector = np.maximum(0.0, 1 - had.impressions / params.enough)
    return new


def availability(contacts: Vector, params: Params) -> Vector:
    """Return what cars keep of their worth beside those who asked before, shape (n,).

    >>> availability(np.array([0.0, 1.0, 99.0]), Params(buyer=0.1, least=0.5)).tolist()
    [1.0, 0.9, 0.5]
    """
    return np.maximum(params.least, (1 - params.buyer) ** contacts)
