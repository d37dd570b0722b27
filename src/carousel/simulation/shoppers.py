"""The people of the demo: fifty shoppers and an operator, and what some of them did so far.

Owns:    the demo accounts, which of them are newcomers, their histories.
Imports: domain.events, domain.listing, simulation.journeys, simulation.shelf, simulation.tastes,
         numpy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zlib import crc32

import numpy as np

from carousel.domain.events import Event
from carousel.domain.listing import Listing
from carousel.simulation.journeys import journey
from carousel.simulation.shelf import stock_shelf
from carousel.simulation.tastes import draw_taste

NEWCOMERS = 10
FEWEST_EVENTS, MOST_EVENTS = 5, 60

_SURNAMES = (
    "Novak", "Skala", "Weber", "Horak", "Meyer", "Kowalski", "Dvorak", "Schulz", "Peeters", "Bauer",
    "Svoboda", "Jansen", "Fischer", "Kral", "Nowak", "Huber", "Visser", "Wagner", "Prochazka",
    "Lang", "Kucera", "Becker", "Maes", "Steiner", "Zielinski", "Hofmann", "Vesely", "de Vries",
    "Richter", "Horvath", "Klein", "Pokorny", "Gruber", "Wolf", "Lewandowski", "Marek", "Bakker",
    "Koch", "Moser", "Jelinek", "Schmidt", "Claes", "Kaminski", "Winkler", "Hajek", "Smit", "Braun",
    "Urban", "Keller", "Fiala",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Account:
    """A demo account.

    role:     "shopper" or "operator".
    newcomer: has no history, so that the first minute of a new shopper can be tried with it.
    """

    email: str
    first_name: str
    surname: str
    role: str
    newcomer: bool


def demo_accounts() -> tuple[Account, ...]:
    """Return john0@example.com to john49@example.com and operator@example.com.

    >>> [a.email for a in demo_accounts() if not a.newcomer][:2]
    ['john10@example.com', 'john11@example.com']
    """
    shoppers = (
        Account(f"john{n}@example.com", "John", surname, "shopper", newcomer=n < NEWCOMERS)
        for n, surname in enumerate(_SURNAMES)
    )
    return (
        *shoppers,
        Account("operator@example.com", "Olga", "Sommer", "operator", newcomer=True),
    )


def generate_histories(
    accounts: Sequence[Account], listings: Sequence[Listing], seed: int, now: datetime
) -> dict[str, list[Event]]:
    """Return what the accounts that are not newcomers did in the last 30 days, by e-mail.

    Every event has an id ("demo-john12-0007") and a time, and a history is in order of time. An
    event about a listing comes after it was published. The same arguments give the same histories,
    and each depends on its own account only, not on which others are asked for.

    Args:
        accounts: whose histories.
        listings: what was for sale, with ids; without any the shoppers only search.
        seed: at least 0.
        now: aware; no event is later.
    """
    moment = now.astimezone(UTC)
    shelf = stock_shelf(listings, moment)
    histories: dict[str, list[Event]] = {}
    for account in accounts:
        if account.newcomer:
            continue
        dice = np.random.default_rng([seed, crc32(account.email.encode())])
        length = round(np.exp(dice.uniform(np.log(FEWEST_EVENTS), np.log(MOST_EVENTS))))
        taste = draw_taste(shelf, dice)
        name = f"demo-{account.email.partition('@')[0]}"
        histories[account.email] = journey(
            name, length, taste=taste, shelf=shelf, now=moment, dice=dice
        )
    return histories
