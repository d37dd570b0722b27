"""What each re-ranking rule costs and brings: clicks beside variety, fairness and calls in vain.

Run:  .venv/bin/python -m benchmarks.reranking [--visits 3000] [--cars 1500] [--seeds 4] [--json]

A small market in which all is known. Cars are generated; each has a hidden appeal. A visitor has
two needs, of weights 0.7 and 0.3, and each need is one of two target cars: the model knows the four
targets and their weights, chance decides which is meant today. A car is opened with a probability
that falls with its distance to that target and rises with its appeal. The model's probability is
the mean over the targets, times what it has learnt of the appeal from views per expected view, so
it is right on average and blind to a new car's appeal. The 300 cars it likes best are re-ranked to
20 places. Views, contacts and impressions are counted and decay; a contact may find the buyer, and
the car is then still shown for a while; a car that is gone is replaced by a new one.

Every policy meets the same visitors in the same markets, one for each seed. The first third of the
visits is not counted. ``cost`` compares a slate with the best one of the same moment. A market also
changes by what it was shown: "in the end" is by how much its clicks differ from those of the same
market under relevance alone, with a 95 % interval over markets.
"""

import argparse
import json
import math
import statistics
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from carousel.domain import audience
from carousel.domain.facts import Facts, facts_of
from carousel.domain.features import Matrix, Vector
from carousel.domain.reranking import caps, exploration, exposure, mixing, variety
from carousel.domain.reranking.orders import Rows, best_first
from carousel.domain.reranking.slate import RELEVANCE_ALONE, Params, Pool, Slate, lay
from carousel.evaluation.metrics.slates import gini
from carousel.simulation.listings import generate_listings

NOW = datetime(2026, 7, 1, tzinfo=UTC)
WEIGHTS = (0.7, 0.3)
TARGETS = 2  # of each need
CANDIDATES, PLACES, FIRST = 300, 20, 10
SIZES = ((200, 20), (500, 20), (500, 60))  # of which the time is told
VISITS_A_DAY = 500
APPEAL = 0.7  # standard deviation, in log-odds
CONTACT, BUYER, STAYS = 0.2, 0.08, 1.0  # of a view, of a contact; days a car stays once it is sold
LEAVES = 0.2  # cars a visit that leave for other reasons
SEEN = 5
LEARNING = 3.0  # views that the model expects before it trusts what it sees

T95 = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 8: 2.36, 10: 2.26}  # Student's, by markets

RULES = RELEVANCE_ALONE
POLICIES: Mapping[str, Params] = {
    "relevance alone": RULES,
    **{
        f"variety, trade {trade}": replace(RULES, variety=variety.Params(trade=trade))
        for trade in (0.25, 0.5, 0.8)
    },
    **{
        f"caps, {seller} a seller, {model} a model": replace(
            RULES, caps=caps.Params(seller=seller, model=model)
        )
        for seller, model in ((3, 4), (2, 2), (1, 1))
    },
    **{
        f"new cars worth up to {most:g} times": replace(
            RULES, exposure=exposure.Params(most=most, buyer=0.0)
        )
        for most in (1.5, 2.0, 4.0)
    },
    **{
        f"contacts find the buyer, {buyer:g}": replace(
            RULES, exposure=exposure.Params(most=1.0, buyer=buyer)
        )
        for buyer in (0.04, 0.1)
    },
    "needs in turn": replace(RULES, needs=mixing.Params()),
    **{
        f"{places:g} random places": replace(RULES, exploration=exploration.Params(places))
        for places in (0.5, 1.0, 2.0)
    },
    "all rules": Params(),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one policy in one market; shares in percent.

    click:   probability that a car of the first ten is opened, mean.
    cost:    how much less that is than of the ten best at the same moments.
    found:   visitors who open one of the first ten; minor: of those who have their second need.
    models:  different models among the first ten.
    sellers: Gini index of exposure over sellers.
    new:     of the cars that came, how many were shown SEEN times within a day.
    vain:    contacts to cars already sold.
    ms:      milliseconds a call, median.
    """

    click: float
    cost: float
    found: float
    minor: float
    models: float
    sellers: float
    new: float
    vain: float
    ms: float


class Market:
    """Cars for sale, a fixed number of them; one that leaves makes room for the next."""

    def __init__(self, count: int, seed: int) -> None:
        dice = np.random.default_rng([seed, 1])
        stock = facts_of(generate_listings(8 * count, seed=seed, now=NOW))
        self.stock: Facts = stock[dice.permutation(len(stock))]
        self.points = points_of(self.stock)
        self.appeal: Vector = dice.normal(0.0, APPEAL, len(stock))
        self.cars: Rows = np.arange(count)  # rows of the stock that are for sale
        self.next = count
        self.counts: Matrix = np.zeros((len(stock), 3))
        self.expected: Vector = np.zeros(len(stock))
        self.sold_at: Vector = np.full(len(stock), np.inf)
        self.came_at: Vector = np.zeros(len(stock))
        self.early: Vector = np.zeros(len(stock))  # impressions within a day
        self.shown: Vector = np.zeros(len(stock))  # impressions weighted with attention
        self.calls, self.vain = 0, 0

    def churn(self, at: float, dice: np.random.Generator) -> None:
        """Replace the cars that leave now; ``at`` in days."""
        gone = at - self.sold_at[self.cars] > STAYS
        if dice.random() < LEAVES:
            gone[dice.integers(len(self.cars))] = True
        new = np.arange(self.next, self.next + np.count_nonzero(gone)) % len(self.stock)
        self.next += len(new)
        self.cars[gone] = new
        self.came_at[new] = at

    def age_by_a_day(self) -> None:
        """Let what was counted decay."""
        params = audience.Params()
        kept = [params.half_life, params.half_life, params.contact_half_life]
        daily = np.exp2([-timedelta(days=1) / half_life for half_life in kept])
        self.counts *= daily
        self.expected *= daily[1]

    def learnt(self) -> Vector:
        """Return the appeal of each car for sale as a factor, from views per expected view."""
        views, expected = self.counts[self.cars, 1], self.expected[self.cars]
        return np.asarray((views + LEARNING) / (expected + LEARNING))

    def start_counting(self) -> None:
        """Forget what happened before, but not what the model knows."""
        self.shown[:], self.calls, self.vain = 0.0, 0, 0

    def react(
        self, shown: Rows, true: Vector, blind: Vector, at: float, visitor: np.random.Generator
    ) -> None:
        """Let a visitor look through a slate, with less attention from place to place.

        Args:
            shown: among the cars for sale, best place first, shape (m,).
            true: probability that each is opened if it is looked at.
            blind: the same as the model expects it, not knowing its appeal.
            at: in days.
            visitor: chance.
        """
        listings, places = self.cars[shown], len(shown)
        attention = np.arange(1, places + 1) ** -0.35
        opened = visitor.random(places) < attention * true
        asked = opened & (visitor.random(places) < CONTACT)
        late = asked & np.isfinite(self.sold_at[listings])
        buys = asked & ~late & (visitor.random(places) < BUYER)
        self.sold_at[listings[buys]] = at
        self.counts[listings] += np.stack([np.ones(places), opened, asked], axis=1)
        self.expected[listings] += attention * blind
        self.early[listings] += at - self.came_at[listings] < 1
        self.shown[listings] += attention
        self.calls += int(asked.sum())
        self.vain += int(late.sum())

    def gini_of_sellers(self) -> float:
        """Return the Gini index of exposure over the sellers of all cars that were for sale."""
        cars = np.arange(min(self.next, len(self.stock)))
        _, seller = np.unique(self.stock["seller"][cars], return_inverse=True)
        return gini(np.bincount(seller, self.shown[cars]).astype(np.float64))


def points_of(cars: Facts) -> Matrix:
    """Return cars as points whose distance is what matters to visitors, shape (n, 7)."""
    mileage = np.nan_to_num(cars["mileage_km"], nan=80_000.0)
    power = np.nan_to_num(cars["power_hp"], nan=110.0)
    columns = [
        np.log(cars["price"]) / 0.35,
        cars["year"] / 4.0,
        mileage / 60_000,
        np.log(power) / 0.4,
        *(cars[name].astype(np.float64) * 1e6 for name in ("make", "model", "body")),
    ]
    return np.stack(columns, axis=1)


def openness(market: Market, targets: Rows) -> Matrix:
    """Return the log-odds that each car for sale is opened, without its appeal, shape (k, n)."""
    apart = np.abs(market.points[market.cars] - market.points[targets][:, None])
    return np.asarray(0.5 - 0.8 * np.minimum(apart, [3.0, 3.0, 2.0, 2.0, 0.7, 0.7, 1.5]).sum(2))


def logistic(odds: Vector | Matrix) -> Matrix:
    return np.asarray(1 / (1 + np.exp(-odds)))


def play(params: Params, visits: int, cars: int, seed: int) -> Figures:
    """Return the figures of a policy in one market."""
    market, chance = Market(cars, seed), np.random.default_rng([seed, 2])
    weights = np.repeat(WEIGHTS, TARGETS) / TARGETS
    told: list[tuple[float, ...]] = []
    took: list[float] = []
    for visit in range(visits):
        at = visit / VISITS_A_DAY
        if visit == visits // 3:
            market.start_counting()
        if visit % VISITS_A_DAY == 0:
            market.age_by_a_day()
        market.churn(at, chance)
        visitor = np.random.default_rng([seed, 3, visit])
        odds = openness(market, visitor.integers(len(market.stock), size=len(weights)))
        true = logistic(odds + market.appeal[market.cars])
        blind = logistic(odds / math.sqrt(1 + math.pi * APPEAL**2 / 8))
        pool, rows = candidates(market, np.minimum(blind * market.learnt(), 1.0), weights)
        begun = time.perf_counter()
        slate = lay(pool, PLACES, params, np.random.default_rng([seed, 4, visit]))
        took.append(time.perf_counter() - begun)
        shown = rows[slate.rows]  # among the cars for sale
        best = float((weights @ true[:, rows[:FIRST]]).mean())
        told.append((best, *quality(true[:, shown[:FIRST]], weights, pool, slate)))
        today = visitor.choice(len(weights), p=weights)
        market.react(shown, true[today, shown], weights @ blind[:, shown], at, visitor)
    best, click, found, minor, models = np.array(told[visits // 3 :]).mean(axis=0)
    came = (market.came_at >= visits // 3 / VISITS_A_DAY) & (
        market.came_at < visits / VISITS_A_DAY - 1
    )
    return Figures(
        100 * click,
        100 * (best - click),
        100 * found,
        100 * minor,
        models,
        market.gini_of_sellers(),
        100 * float((market.early[came] >= SEEN).mean()),
        100 * market.vain / max(market.calls, 1),
        1_000 * statistics.median(took),
    )


def candidates(market: Market, guessed: Matrix, weights: Vector) -> tuple[Pool, Rows]:
    """Return the pool of a visit and where its cars are among those for sale."""
    chance = weights @ guessed
    rows = best_first(chance)[:CANDIDATES]
    listings = market.cars[rows]
    by_need = (weights[:, None] * guessed[:, rows]).reshape(len(WEIGHTS), TARGETS, -1).sum(1)
    had = audience.Audience(*market.counts[listings].T)
    pool = Pool(market.stock[listings], chance[rows], had, by_need.argmax(axis=0), WEIGHTS)
    return pool, rows


def quality(
    true: Matrix, weights: Vector, pool: Pool, slate: Slate
) -> tuple[float, float, float, float]:
    """Return click, found, minor and models of a slate's first places."""
    found = 1 - np.prod(1 - true, axis=1)
    minor = found[TARGETS:] @ weights[TARGETS:] / weights[TARGETS:].sum()
    models = len(np.unique(pool.facts["model"][slate.rows[:FIRST]]))
    return float((weights @ true).mean()), float(weights @ found), float(minor), float(models)


def speed(candidates: int, places: int, calls: int = 300) -> dict[str, float]:
    """Return milliseconds a call, medians: of variety alone, and of all rules for two needs."""
    market, dice = Market(candidates, 0), np.random.default_rng(5)
    chance, need = dice.beta(1, 12, candidates), dice.integers(0, 2, candidates)
    had = audience.Audience(*dice.exponential(9.0, (3, candidates)))
    pool = Pool(market.stock[market.cars], chance, had, need, WEIGHTS)
    took: dict[str, list[float]] = {"variety": [], "all rules": []}
    for _ in range(calls):
        begun = time.perf_counter()
        variety.varied(chance, pool.facts, places, variety.Params())
        varied = time.perf_counter()
        lay(pool, places, Params(), dice)
        took["variety"].append(varied - begun)
        took["all rules"].append(time.perf_counter() - varied)
    return {name: 1_000 * statistics.median(times) for name, times in took.items()}


def table(result: Mapping[str, list[Figures]]) -> str:
    names = [field.name for field in fields(Figures)]
    columns = (
        "click %",
        "cost",
        "found %",
        "2nd need %",
        "models",
        "Gini",
        "new %",
        "vain %",
        "ms",
    )
    heads = " | ".join(columns)
    lines = [f"| policy | in the end | {heads} |", "|---|--:|" + "--:|" * len(columns)]
    plain = next(iter(result.values()))
    for policy, markets in result.items():
        gains = np.array(
            [one.click - other.click for one, other in zip(markets, plain, strict=True)]
        )
        half = T95[len(gains)] * float(gains.std(ddof=1)) / math.sqrt(len(gains))
        gained = "" if markets is plain else f"{gains.mean():+.2f} ± {half:.2f}"
        means = [statistics.fmean(getattr(one, name) for one in markets) for name in names]
        lines.append(
            f"| {policy} | {gained} | " + " | ".join(f"{mean:.2f}" for mean in means) + " |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--visits", type=int, default=3_000)
    parser.add_argument("--cars", type=int, default=1_500)
    parser.add_argument("--seeds", type=int, choices=sorted(T95), default=4)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    wish = parser.parse_args()
    result: dict[str, list[Figures]] = {}
    for policy, params in POLICIES.items():
        print(policy, file=sys.stderr, flush=True)
        result[policy] = [play(params, wish.visits, wish.cars, n) for n in range(wish.seeds)]
    if wish.json:
        print(json.dumps({p: [asdict(one) for one in m] for p, m in result.items()}, indent=2))
    else:
        print(table(result))
        for count, places in SIZES:
            ms = ", ".join(f"{name} {t:.2f} ms" for name, t in speed(count, places).items())
            print(f"\n{count} candidates, {places} places: {ms}")


if __name__ == "__main__":
    main()
