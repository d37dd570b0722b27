"""The archive: everything that ever happened, in columns, for whoever learns from all of it.

Owns:    what training may ask.
Imports: numpy, domain.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from carousel.domain.filters import Filters
from carousel.domain.listing import Listing

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

NOTHING = -1
"""In a column: there is none, or none that was asked for."""


@dataclass(frozen=True, slots=True)
class Known:
    """A listing of any status, and when the catalogue changed it last, in epoch seconds."""

    listing: Listing
    changed_at: float


@dataclass(frozen=True, slots=True)
class ArchivedEvents:
    """Some events but impressions, in no order; one entry of each column an event.

    seq:     grows in the order in which the pipeline heard of them.
    at:      epoch seconds.
    user:    account or visitor.
    type:    index into the types that were asked for.
    listing: its id, NOTHING for a search.
    reason:  index into the reasons that were asked for.
    search:  the number that ``Archive.searches`` gives to its filters, 0 where it has none.
    """

    seq: Ints
    at: Floats
    user: Ints
    type: Ints
    listing: Ints
    reason: Ints
    search: Ints


@dataclass(frozen=True, slots=True)
class ArchivedImpressions:
    """Some impressions, in no order; one entry of each column an impression.

    named:      1 where it says which slate it was part of.
    slate:      a number for the slate's id; two users may use the same id.
    position:   1 is the top.
    propensity: NaN where it was not stated.
    random:     1 where chance alone put it there.
    eligible:   how many cars chance would have drawn from, NOTHING where it was not stated.
    arm:        index into the arms that were asked for, NOTHING for another and for none.
    """

    seq: Ints
    at: Floats
    user: Ints
    listing: Ints
    named: Ints
    slate: Ints
    position: Ints
    propensity: Floats
    random: Ints
    eligible: Ints
    arm: Ints


class Archive(Protocol):
    """What is known at one moment, however long reading takes. Sync; reading only."""

    def count(self) -> int:
        """Return how many events there are, impressions among them."""
        ...

    def listings(self) -> Iterator[Sequence[Known]]:
        """Yield every listing, in batches."""
        ...

    def searches(self) -> Iterator[tuple[int, Filters]]:
        """Yield the filters of all searches, each under the number that events name it by.

        Filters that this version of the program cannot read are left out.
        """
        ...

    def events(
        self, types: Sequence[str], reasons: Sequence[str], until: float
    ) -> Iterator[ArchivedEvents]:
        """Yield the events of these types up to a moment, in batches; no impressions."""
        ...

    def impressions(self, until: float, arms: Sequence[str] = ()) -> Iterator[ArchivedImpressions]:
        """Yield the impressions up to a moment, in batches; ``arms`` of experiments by name."""
        ...

    def arms(self, until: float) -> Sequence[str]:
        """Return the names of all arms that impressions up to a moment were made for, sorted."""
        ...
