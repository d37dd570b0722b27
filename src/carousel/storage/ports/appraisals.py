"""Kept appraisals: what whoever appraises all cars may ask and write, sync, for one thread.

Owns:    the seam between reckoning fair prices and keeping them; a change of a price.
Imports: domain.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from carousel.domain.facts import Facts
from carousel.domain.fair_price import Appraisal
from carousel.domain.listing import ListingId

CarModel: TypeAlias = tuple[str, str]
"""Spelling keys of a make and of a model of it."""


MOST_CHANGES = 200
"""How many changes of a price are told; a price that a program sets may change every hour."""


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A price, in whole units of the currency, that took the place of another at a moment, UTC."""

    at: datetime
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What was found of a listing as it was at a revision; None: no verdict."""

    listing_id: ListingId
    revision: int
    appraisal: Appraisal | None


@dataclass(frozen=True, slots=True)
class Changed:
    """A listing that became another. model: None where it states none. active: whether for sale."""

    listing_id: ListingId
    model: CarModel | None
    active: bool


@dataclass(frozen=True, slots=True)
class Stock:
    """Active cars of one model, some of which are to be appraised.

    ids, revisions, facts: of those, facts of shape (n,).
    newest, newest_facts:  of the newest adverts of the model, latest first, facts of shape (m,).
    """

    ids: Sequence[ListingId]
    revisions: Sequence[int]
    facts: Facts
    newest: Sequence[ListingId]
    newest_facts: Facts


class Appraisals(Protocol):
    """What there is to appraise, and where appraisals go. Everything may raise StoreUnavailable."""

    def own(self) -> bool:
        """Return whether this process is the one that appraises: the first that asks is.

        It stays so until its connection ends, however that happens; others may ask again and again.
        """
        ...

    def changed(self) -> Sequence[Changed]:
        """Return which listings became others since the last call, the latest published first.

        The first call returns none and begins the watch. Nothing that is committed is missed,
        unless the database was restored from a backup.
        """
        ...

    def outdated(self) -> Sequence[Changed]:
        """Return the active listings of models of which nothing is kept as they are, as above."""
        ...

    def models(self) -> Sequence[CarModel]:
        """Return the models of which something is kept, in no order."""
        ...

    def of_model(self, model: CarModel) -> Sequence[ListingId]:
        """Return the active listings of a model, the latest published first."""
        ...

    def stocks(self, ids: Sequence[ListingId], newest: int) -> Iterator[Stock]:
        """Yield those listings that are active and name a model, with the newest of each model.

        A few models are read at once; what is kept meanwhile does not matter.

        Args:
            ids: which.
            newest: how many of the newest adverts of each model.
        """
        ...

    def keep(self, found: Iterable[Kept]) -> None:
        """Keep appraisals; of each listing the last one counts."""
        ...

    def forget(self) -> int:
        """Forget appraisals of what is not for sale, or of no model, any more; return how many."""
        ...
