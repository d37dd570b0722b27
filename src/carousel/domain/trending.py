"""Trending: which listings have more interest than is usual for how often they were shown.

Owns:    the lift of a listing over its market.
Imports: numpy, domain.{audience, features}. No I/O, no clock, no randomness.

With v decayed views and c contacts of a listing, its interest is i = v + CONTACT c. All listings
that are compared have sum(i) = r sum(n) for n impressions. One that was shown n times is expected
to have r n, and

    lift = (i + DOUBT) / (r n + DOUBT)

is 1 for one of which nothing is known, and for one that does as usual. Old interest fades on both
sides of the ratio, contacts sooner: what remains is what goes on now. Popularity asks how much
interest there is; a car shown to everybody has much of it and may still be worth less than one
that half of the few who saw it opened.

Source:  the posterior mean of a Poisson rate under a Gamma prior with mean r.
"""

import numpy as np

from carousel.domain.audience import Audience
from carousel.domain.features import Vector

CONTACT = 4.0
"""Views that a contact is worth."""

LEAST = 1.05
"""Lift from which a listing trends."""

DOUBT = 3.0
"""Interest that is taken as given, as much as was to be expected: few views are little proof."""


def interest(had: Audience) -> Vector:
    """Return the interest of each listing, shape (n,)."""
    return had.views + CONTACT * had.contacts


def lifts(had: Audience) -> Vector:
    """Return the lift of each of the listings that are compared, shape (n,), each > 0.

    >>> had = Audience(np.array([12.0, 12.0]), np.array([9.0, 3.0]), np.zeros(2))
    >>> lifts(had).round(2).tolist()
    [1.33, 0.67]
    """
    found, shown = interest(had), float(had.impressions.sum())
    usual = float(found.sum()) / shown if shown > 0 else 0.0
    lift: Vector = (found + DOUBT) / (usual * had.impressions + DOUBT)
    return np.asarray(lift)
