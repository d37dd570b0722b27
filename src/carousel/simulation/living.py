"""A used-car market that lives: cars come and go, shoppers search, look, save, call and buy.

Owns:    the simulation from its parameters to a recording and the truth about it.
Imports: domain.listing, recording, simulation, numpy.

Everything is a function of the arguments: the same ones give the same bytes. Each subject has dice
of its own for every day, so that a change of one disturbs the others as little as a real one would.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from heapq import heappop, heappush
from itertools import count

import numpy as np

from carousel.domain.errors import ConfigurationError
from carousel.domain.listing import Listing
from carousel.recording.tables import Lives, PriceChanges, Recording
from carousel.simulation import behaviour, exposure, noise, sessions
from carousel.simulation.arrivals import draw_stock
from carousel.simulation.behaviour import Behaviour, Memory
from carousel.simulation.columns import Flags
from carousel.simulation.exposure import Exposure
from carousel.simulation.households import draw_shoppers
from carousel.simulation.journal import Journal
from carousel.simulation.market_state import DAY, Market, Sales
from carousel.simulation.needs import Kind, Shopper
from carousel.simulation.noise import Noise
from carousel.simulation.parameters import Parameters, section
from carousel.simulation.searching import Searching
from carousel.simulation.sessions import Sessions, arrivals, habits
from carousel.simulation.shelf import stock_shelf
from carousel.simulation.stock import Stock
from carousel.simulation.truth import KnownTruth
from carousel.simulation.visits import Dice, Scene, Visit, proceed

STREAMS, FIRST_STREAM = 1 + len(fields(Dice)), 0x11FE
"""How many dice a day has, for arrivals and those of ``Dice``, and what joins the seed for them."""


@dataclass(frozen=True, slots=True)
class Living:
    """Table [living]; parameters.toml says what each entry means."""

    hidden: float


@dataclass(frozen=True, slots=True)
class Simulated:
    """A recording and what only its maker knows.

    truth:    the preference model that moved the shoppers.
    examined: one a row of ``recording.impressions``, whether the shopper looked at that place.
    through:  one a listing, whether it was sold to somebody who made contact here.
    """

    recording: Recording
    truth: KnownTruth
    examined: Flags
    through: Flags


def simulate(  # noqa: PLR0913 (what a market is made from)
    parameters: Parameters,
    *,
    shoppers: int,
    listings: int,
    days: int,
    seed: int,
    begins: datetime,
    preferences: str,
    hidden: float | None,
    stock: Stock | None = None,
    progress: Callable[[int, int], None],
) -> Simulated:
    """Simulate a market.

    Args:
        parameters: all tables.
        shoppers: how many accounts, crawlers and dealers included, at least 1.
        listings: how many cars, about.
        days: how long, at least 1.
        seed: at least 0.
        begins: aware; fractions of a second are dropped.
        preferences: name of the preference model.
        hidden: how much the taste counts that no listing shows; None takes the parameters' word.
        stock: cars to use instead of drawn ones, in order of publication.
        progress: called after every day with the days done and all days.

    Raises:
        ConfigurationError: a parameter or an argument makes no sense.
    """
    if shoppers < 1 or days < 1 or seed < 0:
        raise ConfigurationError(
            f"A market needs at least 1 shopper and 1 day and a seed of at least 0, "
            f"not {shoppers}, {days} and {seed}."
        )
    start = float(np.floor(begins.timestamp()))
    ends = start + days * DAY
    if stock is None:
        stock = draw_stock(parameters, listings=listings, seed=seed, begins=begins, days=days)
    accounts = draw_shoppers(parameters, count=shoppers, seed=seed, begins=start, ends=ends)
    weight = section(parameters, "living", Living).hidden if hidden is None else hidden
    truth = KnownTruth(stock, accounts, parameters, preferences=preferences, hidden=weight)
    published = tuple(
        Listing.model_validate({**dict(facts), "id": n}) for n, facts in enumerate(stock.facts, 1)
    )
    shelf = stock_shelf(published, begins)
    market = Market(stock, shelf, begins.year, section(parameters, "sales", Sales))
    scene = _scene(parameters, market, truth, ends)
    _play(scene, accounts, parameters, start=start, seed=seed, progress=progress)
    name = f"simulated, seed {seed}, {preferences} preferences, hidden {weight:g}"
    return Simulated(
        recording=_recording(name, published, scene, start, len(accounts)),
        truth=truth,
        examined=scene.journal.examined(),
        through=market.through & (market.leaves <= ends),
    )


def _scene(parameters: Parameters, market: Market, truth: KnownTruth, ends: float) -> Scene:
    scene = Scene(
        market=market,
        desire=truth.desire,
        journal=Journal(),
        memories=[Memory() for _ in truth.shoppers],
        popularity=np.zeros(len(market.price)),
        sessions=section(parameters, "sessions", Sessions),
        searching=section(parameters, "searching", Searching),
        exposure=section(parameters, "exposure", Exposure),
        behaviour=section(parameters, "behaviour", Behaviour),
        ends=ends,
        dice=Dice(*_streams(0, 0)[1:]),
    )
    exposure.check(scene.exposure, parameters.source)
    sessions.check(scene.sessions, parameters.source)
    behaviour.check(scene.behaviour, parameters.source)
    return scene


def _play(  # noqa: PLR0913 (who, where, from when, by which dice)
    scene: Scene,
    shoppers: Sequence[Shopper],
    parameters: Parameters,
    *,
    start: float,
    seed: int,
    progress: Callable[[int, int], None],
) -> None:
    """Let every day happen, visit by visit, in order of time."""
    settings = section(parameters, "noise", Noise)
    noise.check(settings, parameters.source)
    accounts = noise.accounts(shoppers, scene.market.stock.makes, seed, settings)
    known = habits(shoppers, {Kind.SHOPPER: scene.sessions.activity, **noise.activity(settings)})
    keeps = 0.5 ** (1 / scene.exposure.popularity_days)
    agenda: list[tuple[float, int, int, Visit | None]] = []
    ticket = count()
    days = round((scene.ends - start) / DAY)
    for day in range(days):
        midnight, night = start + day * DAY, start + (day + 1) * DAY
        coming, *others = _streams(seed, day)
        scene.dice = Dice(*others)
        scene.market.turn(midnight, night, scene.dice.sales)
        opened = np.bincount(scene.journal.opened, minlength=len(scene.popularity))
        scene.popularity = keeps * scene.popularity + opened
        scene.journal.opened.clear()
        moments, rows = arrivals(known, midnight, scene.sessions, coming)
        for at, row in zip(moments.tolist(), rows.tolist(), strict=True):
            heappush(agenda, (at, next(ticket), row, None))
        while agenda and agenda[0][0] < night:
            at, _, row, visit = heappop(agenda)
            scene.market.clock(at)
            if row in accounts:
                noise.come(scene, accounts[row], at, settings)
            elif visit := visit or _begin(scene, row, shoppers[row], at):
                again = proceed(scene, visit, at)
                if again is not None:
                    heappush(agenda, (again, next(ticket), row, visit))
        progress(day + 1, days)
    scene.market.clock(scene.ends)


def _streams(seed: int, day: int) -> list[np.random.Generator]:
    return [np.random.default_rng([seed, FIRST_STREAM + n, day]) for n in range(STREAMS)]


def _begin(scene: Scene, row: int, shopper: Shopper, at: float) -> Visit | None:
    """Return a visit for one of the open needs, by their weights; None if none is open."""
    needs = [
        (number, need)
        for number, need in enumerate(shopper.needs)
        if need.begins <= at < need.ends and not scene.market.satisfied(row, number, at)
    ]
    luck = scene.dice.searching.random()
    patience = 1 + int(scene.dice.behaviour.exponential(shopper.patience))
    if not needs:
        return None
    weights = np.cumsum([need.weight for _, need in needs])
    number, need = needs[min(len(needs) - 1, int(np.searchsorted(weights, luck * weights[-1])))]
    return Visit(row, number, need, patience, scene.sessions.most_lists, at)


def _recording(
    name: str, published: tuple[Listing, ...], scene: Scene, start: float, users: int
) -> Recording:
    market, stock = scene.market, scene.market.stock
    gone = market.leaves <= scene.ends
    drops = np.array(market.drops, dtype=np.int64)
    return Recording(
        name=name,
        begins=start,
        ends=scene.ends,
        listings=published,
        lives=Lives(
            listed_at=stock.listed_at.copy(),
            left_at=np.where(gone, market.leaves, np.inf),
            sold=market.sold & gone,
        ),
        prices=PriceChanges(
            at=stock.drop_at[drops],
            listing=stock.drop_car[drops],
            price=np.rint(stock.drop_price[drops]).astype(np.int64),
        ),
        users=np.arange(1, users + 1),
        searches=tuple(scene.journal.searches),
        events=scene.journal.events(),
        impressions=scene.journal.impressions(),
    )
