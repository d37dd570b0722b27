"""The market as it stands at one moment of a replay: what every method may look at.

Owns:    which listings are alive, their prices, and how far the past reaches.
Imports: numpy, domain.listing, recording.
"""

from dataclasses import dataclass

import numpy as np

from carousel.domain.listing import Listing
from carousel.recording.tables import Flags, Floats, Ints, Recording


@dataclass(slots=True)
class World:
    """A recording and how far it has been played; only the replay moves it forward.

    now:       epoch seconds.
    alive:     shape (listings,), whether each is for sale now.
    price:     shape (listings,), EUR, the asking price now; of a listing not yet published, NaN.
    published: how many listings, the first ones, have been published.
    past:      how many events, the first ones, lie in the past. Looking at a later one is cheating,
               and the leak check finds it.
    """

    recording: Recording
    now: float
    alive: Flags
    price: Floats
    published: int
    past: int

    def rows(self) -> Ints:
        """Return the listings alive now, ascending."""
        return np.flatnonzero(self.alive[: self.published])

    def listing(self, row: int) -> Listing:
        """Return a listing with its price of now."""
        listing, price = self.recording.listings[row], self.price[row]
        return (
            listing if listing.price == price else listing.model_copy(update={"price": int(price)})
        )
