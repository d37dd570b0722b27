"""Shoppers who visit a running server, and the market that goes on around them.

Owns:    the clock, who visits when, what is sold, reduced, withdrawn and newly advertised.
Imports: domain, simulation, httpx2.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx2
import numpy as np

from carousel.domain.errors import ConfigurationError
from carousel.domain.listing import Listing, ListingFacts, Place
from carousel.simulation.arrivals import draw_stock
from carousel.simulation.behaviour import Behaviour
from carousel.simulation.driving.site import LONGEST_WAIT_SECONDS, Card, Meter, Site
from carousel.simulation.driving.visiting import Town, Visitor, sleep_until, visit
from carousel.simulation.households import draw_shoppers
from carousel.simulation.inventory import joined, published_after, stock_of
from carousel.simulation.lives import expected_stay_days
from carousel.simulation.living import Living
from carousel.simulation.market_state import DAY, Market, Sales
from carousel.simulation.needs import Kind, Shopper
from carousel.simulation.parameters import Parameters, section
from carousel.simulation.preferences import desire_of
from carousel.simulation.searching import Searching
from carousel.simulation.sessions import Sessions, arrivals, habits
from carousel.simulation.shelf import stock_shelf
from carousel.simulation.stock import Stock
from carousel.simulation.supply import read_supply

NOT_THERE = -1
AT_ONCE = 64
CLERK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Drive:
    """What is played.

    url:      of the server. operator: e-mail of the account that may change listings.
    speed:    simulated seconds a second.
    seconds:  on the wall after which it ends, even if the days are not over.
    """

    url: str
    operator: str
    shoppers: int
    days: int
    seed: int
    speed: float
    preferences: str
    hidden: float | None
    seconds: float


async def drive(
    what: Drive, parameters: Parameters, stop: asyncio.Event, tell: Callable[[Meter], None]
) -> Meter:
    """Play the living market on a server until the days, the seconds or the patience are over.

    Args:
        what: is played.
        parameters: all tables.
        stop: ends it early.
        tell: is told twice a second how it goes.

    Raises:
        ConfigurationError: the server cannot be reached, or does not know the operator.
    """
    meter = Meter()
    limits = httpx2.Limits(max_connections=AT_ONCE)
    async with httpx2.AsyncClient(
        base_url=what.url, timeout=LONGEST_WAIT_SECONDS, limits=limits
    ) as client:
        site = Site(client, meter)
        operator = await site.token(what.operator)
        if operator is None:
            raise ConfigurationError(
                f"{what.url} did not let {what.operator} in; is Carousel running there with the "
                "development login on, and is this the operator's e-mail?"
            )
        town, accounts, emails = await _move_in(what, parameters, site, operator)
        players = [
            asyncio.create_task(_clerk(town, operator)),
            asyncio.create_task(_visits(town, accounts, emails, what)),
        ]
        await _until_over(players, what, stop, lambda: tell(meter))
    return meter


async def _move_in(
    what: Drive, parameters: Parameters, site: Site, operator: str
) -> tuple[Town, tuple[Shopper, ...], list[str]]:
    """Make the market of what the server has, and the accounts known to it."""
    cards = await site.inventory()
    begun = float(np.floor(time.time()))
    stock, ids = _stock(cards, what, parameters, begun)
    accounts = draw_shoppers(
        parameters,
        count=what.shoppers,
        seed=what.seed,
        begins=begun,
        ends=begun + what.days * DAY,
    )
    emails = [f"simulated-{what.seed}-{n}@example.com" for n in range(len(accounts))]
    if not await site.make_known(operator, emails):
        raise ConfigurationError(
            f"{what.url} did not accept the simulated accounts; "
            f"is {what.operator} an operator there?"
        )
    hidden = section(parameters, "living", Living).hidden if what.hidden is None else what.hidden
    year = datetime.fromtimestamp(begun, UTC).year
    listings = [Listing.model_construct(**dict(f), id=n) for n, f in enumerate(stock.facts, 1)]
    started = time.monotonic()

    def clock() -> float:
        return begun + what.speed * (time.monotonic() - started)

    async def wait(seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / what.speed)

    town = Town(
        site=site,
        market=Market(
            stock,
            stock_shelf(listings, datetime.fromtimestamp(begun, UTC)),
            year,
            section(parameters, "sales", Sales),
        ),
        desire=desire_of(what.preferences, stock, parameters, hidden),
        ids=ids,
        row_of={int(i): row for row, i in enumerate(ids) if i != NOT_THERE},
        sessions=section(parameters, "sessions", Sessions),
        searching=section(parameters, "searching", Searching),
        behaviour=section(parameters, "behaviour", Behaviour),
        dice=np.random.default_rng([what.seed, 1]),
        clock=clock,
        wait=wait,
    )
    return town, accounts, emails


def _stock(
    cards: Sequence[Card], what: Drive, parameters: Parameters, begun: float
) -> tuple[Stock, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Return what is for sale now and what will be, and the ids of the former."""
    now = datetime.fromtimestamp(begun, UTC)
    present = stock_of([_facts(card) for card in cards], parameters, what.seed, begun)
    stay = expected_stay_days(read_supply(parameters))
    drawn = draw_stock(
        parameters,
        listings=round(max(len(cards), 1) * (what.days + stay) / stay),
        seed=what.seed,
        begins=now,
        days=what.days,
    )
    to_come = published_after(drawn, begun, prefix=f"live-{int(begun)}")
    ids = np.full(len(cards) + len(to_come.facts), NOT_THERE, dtype=np.int64)
    ids[: len(cards)] = [card["id"] for card in cards]
    return joined(present, to_come), ids


def _facts(card: Card) -> ListingFacts:
    """Return the facts on a card, in the domain's words."""
    place = None
    if card["region"] is not None:
        place = Place(region=card["region"], latitude=card["latitude"], longitude=card["longitude"])
    return ListingFacts.model_validate({
        "ref": str(card["id"]),
        "make": card["brand"],
        "model": card["model"],
        "name": card["name"],
        "year": card["year"],
        "price": card["selling_price"],
        "mileage_km": card["km_driven"],
        "power_hp": card["power_hp"],
        "place": place,
        "listed_at": card["listed_at"],
        **{
            name: card[name] and card[name].lower().replace(" ", "_")
            for name in ("fuel", "transmission", "body", "seller_type")
        },
    })  # fmt: skip


async def _clerk(town: Town, operator: str) -> None:
    """Tell the server what is sold, withdrawn, cheaper and new, as simulated time goes by."""
    market, stock = town.market, town.market.stock
    begun, told_drops, day = town.clock(), 0, 0
    there = town.ids != NOT_THERE
    while True:
        now = town.clock()
        while begun + day * DAY <= now:
            market.turn(begun + day * DAY, begun + (day + 1) * DAY, town.dice)
            day += 1
        market.clock(now)
        for car in np.flatnonzero(there & (market.leaves <= now)).tolist():
            there[car] = False
            status = "sold" if market.sold[car] else "withdrawn"
            await town.site.change(operator, int(town.ids[car]), {"status": status})
        for drop in market.drops[told_drops:]:
            car = int(stock.drop_car[drop])
            if there[car]:
                price = round(float(stock.drop_price[drop]))
                await town.site.change(operator, int(town.ids[car]), {"selling_price": price})
        told_drops = len(market.drops)
        due = np.flatnonzero((town.ids == NOT_THERE) & (stock.listed_at <= now))
        due = due[market.leaves[due] > now]
        ids = await town.site.publish(operator, [stock.facts[car] for car in due.tolist()])
        for car, listing_id in zip(due.tolist(), ids, strict=False):
            town.ids[car] = listing_id
            town.row_of[listing_id] = car
            there[car] = True
        await asyncio.sleep(CLERK_SECONDS)


async def _visits(
    town: Town, accounts: tuple[Shopper, ...], emails: Sequence[str], what: Drive
) -> None:
    """Let everybody visit when their day brings them."""
    known = habits(accounts, dict.fromkeys(Kind, town.sessions.activity))
    visitors = [Visitor(row, email) for row, email in enumerate(emails)]
    begun, room = town.clock(), asyncio.Semaphore(AT_ONCE)
    async with asyncio.TaskGroup() as going_on:
        for day in range(what.days):
            due = arrivals(known, np.floor(begun + day * DAY), town.sessions, town.dice)
            for at, row in zip(*(column.tolist() for column in due), strict=True):
                account = accounts[row]
                if account.kind is not Kind.SHOPPER:
                    continue
                await sleep_until(at, town.clock, what.speed)
                await room.acquire()
                task = going_on.create_task(_one(town, account, visitors[row]))
                task.add_done_callback(lambda _: room.release())


async def _one(town: Town, account: Shopper, visitor: Visitor) -> None:
    """Let one shopper visit for one of the needs open now, if any."""
    at = town.clock()
    needs = [
        (number, need)
        for number, need in enumerate(account.needs)
        if need.begins <= at < need.ends and not town.market.satisfied(visitor.row, number, at)
    ]
    if not needs:
        return
    weights = np.array([need.weight for _, need in needs])
    number, need = needs[int(town.dice.choice(len(needs), p=weights / weights.sum()))]
    patience = 1 + int(town.dice.exponential(account.patience))
    await visit(town, visitor, number, need, patience)


async def _until_over(
    players: Sequence[asyncio.Task[None]],
    what: Drive,
    stop: asyncio.Event,
    tell: Callable[[], None],
) -> None:
    """Wait for the visits to end, for the time to be over, or to be stopped; then stop all."""
    ends = time.monotonic() + what.seconds
    _, visits = players
    try:
        while not (stop.is_set() or visits.done() or time.monotonic() >= ends):
            tell()
            if players[0].done():
                break
            await asyncio.wait({visits}, timeout=CLERK_SECONDS)
    finally:
        for player in players:
            player.cancel()
        results = await asyncio.gather(*players, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


def summary(meter: Meter, seconds: float) -> Mapping[str, object]:
    """Return how a drive went: requests and events by kind, failures, milliseconds."""
    return {
        "seconds": round(seconds, 1),
        "arrived": meter.arrived,
        "departed": meter.departed,
        "events": dict(meter.events),
        "events_per_second": round(sum(meter.events.values()) / max(seconds, 1e-9), 1),
        "requests": {
            kind: {"asked": asked, **_milliseconds(meter.seconds.get(kind, []))}
            for kind, asked in sorted(meter.asked.items())
        },
        "failed": {
            f"{kind} {status or 'no answer'}": n for (kind, status), n in meter.failed.items()
        },
    }


def _milliseconds(seconds: Sequence[float]) -> dict[str, float]:
    if not seconds:
        return {}
    p50, p99 = np.quantile(np.array(seconds) * 1_000, (0.5, 0.99))
    return {"p50_ms": round(float(p50), 1), "p99_ms": round(float(p99), 1)}
