"""Who comes to the market: households with one or several needs, and accounts that are no buyers.

Owns:    drawing shoppers; the meaning of [households].
Imports: domain.errors, simulation.{catalogue, columns, needs, parameters, regions, tastes}, numpy.

A need is a stage of life made particular: budget, bodies, fuels, power and age of its own. Its
hidden taste is a unit vector, partly that of all who are in the same stage, partly the household's,
partly its own; what is common to many is what collaborative filtering can find.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from carousel.domain.errors import ConfigurationError
from carousel.simulation.catalogue import Generation, generations
from carousel.simulation.columns import BODIES, FUELS, Floats, Ints
from carousel.simulation.needs import ASPECTS, Kind, Need, Shopper
from carousel.simulation.parameters import Parameters, section
from carousel.simulation.regions import City, cities
from carousel.simulation.tastes import STAGES, Stage

DAY, WEEK, YEAR = 86_400.0, 7 * 86_400.0, 365.2425 * 86_400.0
STREAM = 0x5EEC
"""Joins the seed, so that shoppers and cars drawn from one seed share no dice."""

T = TypeVar("T")

NEVER = -30.0
"""Logarithm of a share that is none."""


@dataclass(frozen=True, slots=True)
class Households:
    """Table [households]; parameters.toml says what each entry means."""

    two_needs: float
    three_needs: float
    second_car: float
    changed: float
    search_weeks: float
    search_spread: float
    apart_days: float
    budget_spread: float
    stretch: float
    variety: float
    considered: float
    power_spread: float
    age_spread: float
    annual_km_spread: float
    gearbox_spread: float
    distance_km: float
    distance_spread: float
    loved_makes: tuple[float, ...]
    taste_of_stage: float
    taste_of_household: float
    sessions_per_day: float
    sessions_spread: float
    patience: float
    patience_spread: float
    crawlers: float
    crawler_sessions: float
    crawler_patience: float
    dealers: float
    dealer_sessions: float
    dealer_patience: float
    stages: dict[str, list[float]]
    importance: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Needs as columns, one entry a need; ``household`` is the row of its shopper."""

    household: Ints
    stage: Ints
    begins: Floats
    ends: Floats
    weight: Floats


def draw_shoppers(
    parameters: Parameters, *, count: int, seed: int, begins: float, ends: float
) -> tuple[Shopper, ...]:
    """Draw the accounts of a market between two moments; the same arguments give the same.

    The first search of every household touches the time between the moments, though it may have
    begun before or end after; further searches may lie outside.

    Args:
        parameters: [households], and ``taste_dimensions`` of [supply].
        count: how many accounts, noise included.
        seed: at least 0.
        begins: epoch seconds.
        ends: epoch seconds, later than ``begins``.

    Raises:
        ConfigurationError: [households] does not name every stage or aspect, or names others.
    """
    settings = section(parameters, "households", Households)
    _check(settings, parameters.source)
    dimensions = int(parameters.tables["supply"]["taste_dimensions"])
    dice = np.random.default_rng((seed, STREAM))
    kinds = _kinds(count, settings, dice)
    households = np.flatnonzero(kinds == 0)
    drawn = _with_changes(_periods(households, settings, (begins, ends), dice), settings, dice)
    year = 1970 + (begins + ends) / 2 / YEAR
    tastes = _tastes(drawn, count, dimensions, settings, dice)
    particular = _needs(drawn, _homes(count, dice), tastes, year, settings=settings, dice=dice)
    needs: dict[int, list[Need]] = {int(row): [] for row in households}
    for row, need in zip(drawn.household.tolist(), particular, strict=True):
        needs[row].append(need)
    active = _heavy_tailed(settings.sessions_per_day, settings.sessions_spread, count, dice)
    patience = _heavy_tailed(settings.patience, settings.patience_spread, count, dice)
    noise = {
        1: Shopper(Kind.CRAWLER, (), settings.crawler_sessions, settings.crawler_patience),
        2: Shopper(Kind.DEALER, (), settings.dealer_sessions, settings.dealer_patience),
    }
    return tuple(
        noise[kind]
        if kind
        else Shopper(Kind.SHOPPER, tuple(needs[row]), float(active[row]), float(patience[row]))
        for row, kind in enumerate(kinds.tolist())
    )


def _check(settings: Households, source: str) -> None:
    for entry, given, known in (
        ("stages", settings.stages, tuple(STAGES)),
        ("importance", settings.importance, ASPECTS),
    ):
        if set(given) != set(known):
            odd = ", ".join(sorted(set(given) ^ set(known)))
            raise ConfigurationError(
                f"{source}: [households.{entry}] must have one line each for {', '.join(known)}; "
                f"missing or unknown: {odd}."
            )


def _kinds(count: int, settings: Households, dice: np.random.Generator) -> Ints:
    """Return 0 for a household, 1 for a crawler, 2 for a dealer, in random rows."""
    kinds = np.zeros(count, dtype=np.int64)
    crawlers, dealers = round(count * settings.crawlers), round(count * settings.dealers)
    kinds[:crawlers] = 1
    kinds[crawlers : crawlers + dealers] = 2
    return dice.permutation(kinds)


def _heavy_tailed(median: float, spread: float, count: int, dice: np.random.Generator) -> Floats:
    return np.asarray(median * np.exp(spread * dice.standard_normal(count)))


def _periods(
    households: Ints,
    settings: Households,
    period: tuple[float, float],
    dice: np.random.Generator,
) -> _Drawn:
    """Draw how many needs each household has, of which stage, and when."""
    several = dice.random(len(households))
    extra = (several < settings.two_needs + settings.three_needs).astype(np.int64)
    extra += several < settings.three_needs
    shares = np.array([settings.stages[name][0] for name in STAGES])
    further = shares * np.where([name == "second car" for name in STAGES], settings.second_car, 1)
    weeks = _heavy_tailed(
        settings.search_weeks, settings.search_spread, len(households) + int(extra.sum()), dice
    )
    lasts = WEEK * np.clip(weeks, 1, 10)
    first, rest = lasts[: len(households)], lasts[len(households) :]
    begins = period[0] - first + dice.random(len(first)) * (period[1] - period[0] + first)
    owner = np.repeat(np.arange(len(households)), extra)
    slack = settings.apart_days * DAY
    room = first[owner] + rest + 2 * slack
    later = begins[owner] - slack - rest + dice.random(len(owner)) * room
    start = np.concatenate([begins, later])
    return _Drawn(
        household=households[np.concatenate([np.arange(len(households)), owner])],
        stage=np.concatenate([
            dice.choice(len(shares), len(first), p=shares / shares.sum()),
            dice.choice(len(shares), len(rest), p=further / further.sum()),
        ]),
        begins=start,
        ends=start + lasts,
        weight=np.concatenate([np.ones(len(first)), dice.uniform(0.3, 1.0, len(rest))]),
    )  # fmt: skip


def _with_changes(drawn: _Drawn, settings: Households, dice: np.random.Generator) -> _Drawn:
    """Let some needs end in the middle of the search, and a revised one of that stage begin."""
    changed = np.flatnonzero(dice.random(len(drawn.stage)) < settings.changed)
    at = drawn.begins + dice.uniform(0.3, 0.7, len(drawn.stage)) * (drawn.ends - drawn.begins)
    until = drawn.ends.copy()
    until[changed] = at[changed]
    return _Drawn(
        household=np.concatenate([drawn.household, drawn.household[changed]]),
        stage=np.concatenate([drawn.stage, drawn.stage[changed]]),
        begins=np.concatenate([drawn.begins, at[changed]]),
        ends=np.concatenate([until, drawn.ends[changed]]),
        weight=np.concatenate([drawn.weight, drawn.weight[changed]]),
    )


def _homes(count: int, dice: np.random.Generator) -> Ints:
    """Return where each household lives, as an index into ``cities()``."""
    weights = np.array([c.weight for c in cities()], dtype=np.float64)
    return np.asarray(dice.choice(len(weights), count, p=weights / weights.sum()))


def _tastes(
    drawn: _Drawn, count: int, dimensions: int, settings: Households, dice: np.random.Generator
) -> Floats:
    """Return the hidden taste of every need, shape (needs, dimensions), unit norm."""

    def directions(rows: int) -> Floats:
        return _unit(dice.standard_normal((rows, dimensions)))

    own = max(0.0, 1 - settings.taste_of_stage - settings.taste_of_household)
    return _unit(
        np.sqrt(settings.taste_of_stage) * directions(len(STAGES))[drawn.stage]
        + np.sqrt(settings.taste_of_household) * directions(count)[drawn.household]
        + np.sqrt(own) * directions(len(drawn.stage))
    )


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def _needs(  # noqa: PLR0913 (the draws of one need belong together)
    drawn: _Drawn,
    towns: Ints,
    tastes: Floats,
    year: float,
    *,
    settings: Households,
    dice: np.random.Generator,
) -> list[Need]:
    """Make every need particular, in the order of ``drawn``."""
    stages, rows = list(STAGES.values()), drawn.stage
    count = len(rows)
    facts = np.array([settings.stages[name] for name in STAGES])
    middle = np.array([stage.budget for stage in stages], dtype=np.float64)[rows]
    budget = _round_sum(_heavy_tailed(1.0, settings.budget_spread, count, dice) * middle)
    stretch = np.minimum(dice.exponential(settings.stretch, count), 0.3)
    lean = settings.variety * dice.standard_normal((count, len(BODIES) + len(FUELS)))
    power = _heavy_tailed(1.0, settings.power_spread, count, dice)
    older = settings.age_spread * dice.standard_normal(count)
    annual_km = facts[rows, 2] * _heavy_tailed(1.0, settings.annual_km_spread, count, dice)
    gearbox = settings.gearbox_spread * dice.standard_normal(count)
    reach = _heavy_tailed(settings.distance_km, settings.distance_spread, count, dice)
    places = [cities()[n] for n in towns[drawn.household]]
    makes = _loved(drawn.stage, places, year, settings, dice)
    importance = np.log([settings.importance[name] for name in ASPECTS])
    order = np.argsort(-(importance + dice.gumbel(size=(count, len(ASPECTS)))), axis=1).tolist()
    return [
        Need(
            stage=_particular(
                stages[rows[n]],
                lean[n],
                settings.considered,
                power_hp=round(stages[rows[n]].power_hp * float(power[n])),
                oldest=max(1, round(stages[rows[n]].oldest + float(older[n]))),
            ),
            budget=float(budget[n]),
            stretch=float(stretch[n]),
            makes=makes[n],
            home=places[n],
            distance_km=float(reach[n]),
            taste=tastes[n],
            begins=float(drawn.begins[n]),
            ends=float(drawn.ends[n]),
            weight=float(drawn.weight[n]),
            people=int(facts[rows[n], 1]),
            annual_km=float(annual_km[n]),
            gearbox=float(gearbox[n]),
            order=tuple(ASPECTS[aspect] for aspect in order[n]),
        )
        for n in range(count)
    ]


def _round_sum(budget: Floats) -> Floats:
    """People think of budgets in round sums: 500 EUR, above 10,000 full thousands."""
    step = np.where(budget < 10_000, 500.0, 1_000.0)  # noqa: PLR2004 (the sentence says it)
    return np.asarray(np.maximum(np.rint(budget / step) * step, 1_000.0))


def _particular(
    stage: Stage, lean: Floats, considered: float, *, power_hp: int, oldest: int
) -> Stage:
    return Stage(
        _leaned(
            stage.bodies, dict(zip(BODIES, lean[: len(BODIES)].tolist(), strict=True)), considered
        ),
        _leaned(
            stage.fuels, dict(zip(FUELS, lean[len(BODIES) :].tolist(), strict=True)), considered
        ),
        stage.budget,
        power_hp,
        oldest,
    )


def _leaned(shares: dict[T, float], lean: dict[T, float], considered: float) -> dict[T, float]:
    """Return shares times exp(lean), the largest 1, without those that fall behind."""
    leaned = {kind: share * float(np.exp(lean[kind])) for kind, share in shares.items()}
    top = max(leaned.values())
    return {kind: share / top for kind, share in leaned.items() if share >= considered * top}


def _loved(
    stage: Ints,
    places: list[City],
    year: float,
    settings: Households,
    dice: np.random.Generator,
) -> list[tuple[str, ...]]:
    """Draw each need's loved makes among those that build what it can want and pay, near home."""
    names = tuple(dict.fromkeys(g.make for g in generations()))
    pull = np.log(_pull(names, year) + np.exp(NEVER))
    countries = list({place.country.name: place.country for place in cities()}.values())
    favour = np.log([[c.favours.get(make, 1.0) for make in names] for c in countries])
    here = np.array([[c.name for c in countries].index(place.country.name) for place in places])
    luck = dice.gumbel(size=(len(stage), len(names)))
    order = np.argsort(-(pull[stage] + favour[here] + luck), axis=1)
    shares = np.array(settings.loved_makes) / sum(settings.loved_makes)
    wanted = dice.choice(len(shares), len(stage), p=shares)
    return [
        tuple(names[make] for make in row[:many])
        for row, many in zip(order.tolist(), wanted.tolist(), strict=True)
    ]


def _pull(names: tuple[str, ...], year: float) -> Floats:
    """Return how much of what a stage wants each make sells, shape (stages, makes)."""
    pull = np.zeros((len(STAGES), len(names)))
    for row, stage in enumerate(STAGES.values()):
        for generation in generations():
            pull[row, names.index(generation.make)] += _suits(generation, stage, year)
    return pull


def _suits(generation: Generation, stage: Stage, year: float) -> float:
    """Return how many cars of a generation a stage of life would look at, in relative numbers."""
    body = sum(generation.bodies.get(b, 0.0) * share for b, share in stage.bodies.items())
    fuel = sum(generation.fuels.get(f, 0.0) * share for f, share in stage.fuels.items())
    ages = np.arange(stage.oldest + 1)
    built = (generation.first_year <= year - ages) & (year - ages <= generation.last_year + 1)
    price = generation.list_price * np.exp(-0.22 - generation.depreciation * ages)
    affordable = np.exp(-0.5 * (np.log(price / stage.budget) / 0.3) ** 2)
    return float(generation.popularity * body * fuel * (built * affordable).sum())
