"""Accounts that are no shoppers: crawlers that open everything, dealers who watch for bargains.

Owns:    what such accounts do; the meaning of [noise].
Imports: domain.{errors, filters}, simulation.{behaviour, columns,
         market_state, needs, visits}, numpy.

Neither sees a list of the marketplace: a crawler follows the sitemap, a dealer an alert by mail.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from carousel.domain.errors import ConfigurationError
from carousel.domain.filters import Filters
from carousel.simulation.behaviour import is_range, seconds
from carousel.simulation.columns import Ints
from carousel.simulation.market_state import NOBODY
from carousel.simulation.needs import Kind, Shopper
from carousel.simulation.visits import Scene

DAY = 86_400.0
STREAM = 0x4015E
"""Joins the seed of a dealer's own dice."""


@dataclass(frozen=True, slots=True)
class Noise:
    """Table [noise]; parameters.toml says what each entry means."""

    crawler_activity: float
    crawler_depth: float
    crawler_seconds: tuple[int, ...]
    dealer_activity: float
    dealer_makes: int
    dealer_deal: float
    dealer_days: float
    dealer_contact: float
    dealer_seconds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """Who it is.

    patience: list places looked at in a session.
    makes:    that a dealer trades in; a crawler has none.
    """

    row: int
    patience: float
    makes: tuple[str, ...] = ()


def check(settings: Noise, source: str) -> None:
    """Make sure that crawlers and dealers are possible ones.

    Raises:
        ConfigurationError: an entry of [noise] makes no sense.
    """
    for name in ("crawler_seconds", "dealer_seconds"):
        if not is_range(getattr(settings, name)):
            raise ConfigurationError(
                f"{source}: {name} in [noise] must be two whole numbers, from 1 on, the second "
                "larger."
            )
    if settings.dealer_makes < 1 or not 0 <= settings.dealer_contact <= 1:
        raise ConfigurationError(
            f"{source}: in [noise], dealer_makes must be at least 1 and dealer_contact from 0 to 1."
        )


def activity(settings: Noise) -> dict[Kind, float]:
    """Return by kind how much more or less often such accounts come than they say."""
    return {Kind.CRAWLER: settings.crawler_activity, Kind.DEALER: settings.dealer_activity}


def accounts(
    shoppers: Sequence[Shopper], makes: tuple[str, ...], seed: int, settings: Noise
) -> dict[int, Account]:
    """Return the crawlers and dealers among all accounts, by row; each dealer trades in few makes.

    Args:
        shoppers: all accounts.
        makes: that are for sale.
        seed: of the market.
        settings: table [noise].
    """
    found: dict[int, Account] = {}
    for row, shopper in enumerate(shoppers):
        if shopper.kind is Kind.CRAWLER:
            found[row] = Account(row, shopper.patience)
        elif shopper.kind is Kind.DEALER:
            dice = np.random.default_rng([seed, STREAM, row])
            count = min(len(makes), int(dice.integers(1, settings.dealer_makes + 1)))
            trades = dice.permutation(len(makes))[:count].tolist()
            found[row] = Account(row, shopper.patience, tuple(makes[n] for n in trades))
    return found


def come(scene: Scene, who: Account, at: float, settings: Noise) -> None:
    """Let a crawler or a dealer do what it does at a visit."""
    (_deal if who.makes else _crawl)(scene, who, at, settings)


def _crawl(scene: Scene, who: Account, at: float, settings: Noise) -> None:
    """Open a mean of ``patience * crawler_depth`` cars, whichever, one every other second."""
    dice = scene.dice.noise
    cars = scene.market.passing(Filters(), at)
    count = min(len(cars), int(dice.geometric(1 / max(1.0, who.patience * settings.crawler_depth))))
    for car, moment in _spread(scene, dice.permutation(cars)[:count], at, settings.crawler_seconds):
        scene.journal.event(moment, who.row, "view", car)


def _deal(scene: Scene, who: Account, at: float, settings: Noise) -> None:
    """Search new cars of the dealer's makes, open the bargains among them, contact some sellers."""
    market, dice, memory = scene.market, scene.dice.noise, scene.memories[who.row]
    filters = Filters(make=who.makes)
    scene.journal.search(at, who.row, filters)
    cars = market.passing(filters, at)
    cars = cars[market.stock.listed_at[cars] > at - settings.dealer_days * DAY]
    bargain = np.log(market.stock.worth[cars] / market.price[cars])
    order = np.argsort(-bargain, kind="stable")
    good = cars[order][bargain[order] > settings.dealer_deal]
    fresh = np.array([car for car in good.tolist() if car not in memory.found], dtype=np.int64)
    for car, moment in _spread(
        scene, fresh[: max(1, round(who.patience))], at + 1, settings.dealer_seconds
    ):
        memory.found[car] = None
        scene.journal.event(moment, who.row, "view", car)
        call = moment + settings.dealer_seconds[0]
        calls = dice.random() < settings.dealer_contact
        if calls and call < min(scene.limit(at), market.leaves[car]):
            scene.journal.event(call, who.row, "contact", car)
            market.contacted(car, call, (who.row, NOBODY), scene.dice.sales)


def _spread(scene: Scene, cars: Ints, at: float, pace: tuple[int, ...]) -> list[tuple[int, float]]:
    """Return cars with the moment each is opened, without those that have left by then."""
    moments = at + np.cumsum(seconds(pace, len(cars), scene.dice.noise))
    there = (moments < scene.limit(at)) & (moments < scene.market.leaves[cars])
    return list(zip(cars[there].tolist(), moments[there].tolist(), strict=True))
