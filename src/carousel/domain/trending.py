"""Trending: which listings have more interest than is usual for how often they were shown.

Owns:    the lift of a listing over its market.
Imports: numpy, domain.{audience, features}. No I/O, no clock, no randomness.

With v decayed views and c contacts of a listing, its interest is i = v + contact c. All listings
that are compared have sum(i) = r sum(n) for n impressions. One that was shown n times is expected
to have r n, and

    lift = (i + doubt) / (r n + doubt)

is 1 for one of which nothing is known, and for one that does as usual. Old interest fades on both
sides of the ratio, contacts sooner: what remains is what goes on now. Popularity asks how much
interest there is; a car shown to everybody has much of it and may still be worth less than one
that half of the few who saw it opened.

Source:  the posterior mean of a Poisson rate under a Gamma prior with mean r.
"""

from dataclasses import dataclass

import numpy as np

from carousel.domain.audience import Audience
from carousel.domain.features import Vector


@dataclass(frozen=True, slots=True)
class Params:
    """What an experiment may change.

    contact: in [0, 1000], views that a contact is worth.
    doubt:   in [0.1, 1000], interest that is taken as given, as much as was to be expected: few
             views are little proof.
    least:   >= 0, lift above which a listing trends; 1 is as usual.
    """

    contact: float = 4.0
    doubt: float = 3.0
    least: float = 1.05


def interest(had: Audience, params: Params) -> Vector:
    """Return the interest of each listing, shape (n,)."""
    return had.views + params.contact * had.contacts


def lifts(had: Audience, params: Params) -> Vector:
    """Return the lift of each of the listings that are compared, shape (n,), each > 0.

    >>> had = Audience(np.array([12.0, 12.0]), np.array([9.0, 3.0]), np.zeros(2))
    >>> lifts(had, Params()).round(2).tolist()
    [1.33, 0.67]
    """
    found, shown = interest(had, params), float(had.impressions.sum())
    usual = float(found.sum()) / shown if shown > 0 else 0.0
    lift: Vector = (found + params.doubt) / (usual * had.impressions + params.doubt)
    return np.asarray(lift)
