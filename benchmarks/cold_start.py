"""How good is a list while little is known: of the shopper, of the market, of the car?

Run:  .venv/bin/python -m benchmarks.cold_start [--shoppers 4000] [--tested 400]
          [--draw docs/pictures/cold-start.png] [--json]
      with the lab's packages (pip install 'carousel[lab]')

On a simulated market, shoppers who look for a car at the split are taken out of the past: no event
and no impression of theirs is left, nobody learns from them. They come back as accounts of which
only so much is known: nothing; a questionnaire; their first search; their first click; the latest
1, 2, 3, ... of their events. Every method is asked for a list at the split, and the truth says
which share of the best ten cars' openings the first ten have, with 95 % intervals by shopper. What
one of these accounts did moves nobody's popularity.

The questionnaire is filled in by the rule of ``answered``, with a third of the answers left out.

Of new cars is measured how often they stand among the first ten, by their hours on the market:
their share of the places over their share of all that is for sale, so that 1 is an even chance.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from carousel.domain.events import Event
from carousel.domain.filters import NO_FILTERS, Filters
from carousel.domain.listing import Body, Transmission, UserId
from carousel.domain.questionnaire import Answers, Budget, Home, Size, Use, searches_of
from carousel.evaluation.intervals import RESAMPLES, estimates, resamples, summed
from carousel.evaluation.method import Ask, Method
from carousel.evaluation.methods import METHODS, make
from carousel.evaluation.methods.carousel import Carousel
from carousel.evaluation.metrics.column import Column
from carousel.evaluation.played import TRUTH_PLACES, Options
from carousel.evaluation.replay import replay
from carousel.evaluation.report import plots
from carousel.evaluation.report.drawn import Line
from carousel.evaluation.results import Estimate
from carousel.evaluation.timeline import world_at
from carousel.evaluation.world import World
from carousel.recording.tables import EVENT_TYPES, NONE, Events, Floats, Ints, Recording
from carousel.simulation.living import Simulated, simulate
from carousel.simulation.needs import Need
from carousel.simulation.parameters import read_parameters
from carousel.simulation.searching import RADII_KM, round_price
from carousel.simulation.truth import in_mind

BEGINS = datetime(2026, 3, 2, tzinfo=UTC)
LIMIT = 20
LADDER = (1, 2, 3, 5, 10, 20, 40)
LEAST_KNOWN = 10
"""Events of a shopper who is tested; on the longer rungs only those are who have as many."""

LEFT_OUT, AT_MOST = 1 / 3, 2 / 3
CARES = 0.5  # about a gearbox: in units of liking one over the other
LIKED = 0.5  # a fuel that is answered: of the liking of the best
A_FAMILY = 4  # people
EVERY_DAY_KM, SHORT_WAYS_KM, SMALL_ENGINE_HP = 20_000, 12_000, 90
FIXED_USES = {
    Body.VAN: Use.WORK, Body.PICKUP: Use.OUTDOORS, Body.CONVERTIBLE: Use.FUN, Body.COUPE: Use.FUN,
}  # fmt: skip
HOUR, FOR_EVER = 3_600.0, 1e12
SEARCH, VIEW = EVENT_TYPES.index("search"), EVENT_TYPES.index("view")
COMPARED = ("popular", "prototype", "bumps-mean", "implicit-als", "carousel-unranked", "carousel")
NEW_MARKET = "carousel-new-market"
LABELS = {
    NEW_MARKET: "Carousel, new market",
    "random": "Random",
    **{name: METHODS[name].label for name in COMPARED},
}
AGES = ((0, 1), (1, 6), (6, 24), (24, 72), (72, 168), (168, 336), (336, np.inf))
"""Hours on the market: from, up to."""

LISTED = ("popular", "implicit-als", "carousel", "oracle")


class Quiet(Carousel):
    """The engine; what it is told after it has begun moves nobody's popularity."""

    _begun = False

    def begin(self, world: World) -> None:
        """Begin as the engine does."""
        super().begin(world)
        self._begun = True

    def _react(self, event: Event, user_id: UserId, at: datetime) -> None:
        if not self._begun or event.strength <= 0:
            super()._react(event, user_id, at)


@dataclass(frozen=True, slots=True)
class Tested:
    """A shopper, by row, what they look for at the split, and the rows of their events since."""

    shopper: int
    need: Need
    events: Ints


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one account: rows of the recording's events, or searches instead of them.

    at: when each happened, epoch seconds.
    """

    events: Ints
    at: Floats
    searches: tuple[Filters, ...] = ()


def market(shoppers: int, seed: int) -> Simulated:
    return simulate(
        read_parameters(), shoppers=shoppers, listings=4 * shoppers, days=40, seed=seed,
        begins=BEGINS, preferences="additive", hidden=1.0, progress=lambda _done, _of: None,
    )  # fmt: skip


def tested(made: Simulated, split: float, most: int, dice: np.random.Generator) -> list[Tested]:
    """Return shoppers who look for a car at the split and have reacted and searched for it."""
    events, found = made.recording.events, []
    before = np.flatnonzero(events.at < split)
    rows = before[np.argsort(events.shopper[before], kind="stable")]
    owners, starts = np.unique(events.shopper[rows], return_index=True)
    for shopper, mine in zip(owners.tolist(), np.split(rows, starts[1:]), strict=True):
        needs = made.truth.shoppers[shopper].needs
        open_now = [need for need in needs if need.begins <= split < need.ends]
        if not open_now:
            continue
        need = max((share, -n, one) for n, (one, share) in enumerate(in_mind(open_now, split)))[2]
        since = mine[events.at[mine] >= need.begins]
        kinds = set(events.type[since].tolist())
        if len(since) >= LEAST_KNOWN and {SEARCH, VIEW} <= kinds:
            found.append(Tested(shopper, need, since))
    chosen = dice.permutation(len(found))[:most]
    return [found[n] for n in sorted(chosen.tolist())]


def answered(need: Need, dice: np.random.Generator) -> Answers:
    """Return what somebody with a need would answer, each question left out by chance.

    The use follows from the body liked best, the people to seat and the kilometres a year; who
    would use an SUV or a hatchback for nothing in particular names none. The size is that of this
    body. Fuels are those liked at least half as much as the best, the gearbox is named by who
    cares, the budget said as "at most" by two in three and as "about" by the others.
    """
    best = max(need.stage.bodies, key=need.stage.bodies.__getitem__)
    use, size = used_for(best, need), sized(best, need)
    cares = abs(need.gearbox) > CARES
    automatic = need.gearbox > 0
    round_figure = round_price(need.budget)
    at_most = dice.random() < AT_MOST
    answers = {
        "use": (use,) if use else (),
        "size": (size,) if size else (),
        "fuel": tuple(f for f, liked in need.stage.fuels.items() if liked >= LIKED),
        "transmission": (Transmission.AUTOMATIC if automatic else Transmission.MANUAL,)
        if cares
        else (),
        "place": Home(
            latitude=need.home.latitude,
            longitude=need.home.longitude,
            radius_km=float(next((r for r in RADII_KM if r >= need.distance_km), RADII_KM[-1])),
        ),
        "budget": Budget(up_to=round_figure) if at_most else Budget(about=round_figure),
    }
    kept = {name: one for name, one in answers.items() if dice.random() >= LEFT_OUT and one}
    return Answers.model_validate(kept or {"budget": answers["budget"]})


def used_for(best: Body, need: Need) -> Use | None:
    if best in FIXED_USES:
        return FIXED_USES[best]
    if best in {Body.MPV, Body.ESTATE, Body.SUV} and need.people >= A_FAMILY:
        return Use.FAMILY
    if need.annual_km >= EVERY_DAY_KM:
        return Use.LONG_DISTANCE
    if best is Body.HATCHBACK and need.annual_km <= SHORT_WAYS_KM:
        return Use.CITY
    return None


def sized(best: Body, need: Need) -> Size | None:
    if best in {Body.MPV, Body.VAN, Body.PICKUP}:
        return Size.LARGE
    if best is Body.HATCHBACK and need.stage.power_hp <= SMALL_ENGINE_HP:
        return Size.SMALL
    return Size.SMALL if best in {Body.CONVERTIBLE, Body.COUPE} else Size.MEDIUM


def rungs(one: Tested, events: Events, split: float, dice: np.random.Generator) -> dict[str, Known]:
    """Return all that may be known of a shopper, by name."""
    at = events.at[one.events]
    search = one.events[events.type[one.events] == SEARCH][:1]
    click = one.events[events.type[one.events] == VIEW][:1]
    just_now = np.array([split - HOUR])
    said = searches_of(answered(one.need, dice))
    asked = Known(click[:0], np.full(len(said), split - HOUR), said)
    known = {
        "nothing": Known(click[:0], just_now[:0]),
        "questionnaire": asked,
        "first search": Known(search, just_now),
        "one click": Known(click, just_now),
        "questionnaire and click": replace(asked, events=click, at=np.append(asked.at, just_now)),
    }
    for count in LADDER:
        if len(one.events) >= count:
            known[str(count)] = Known(one.events[-count:], at[-count:])
    return known


def without(recording: Recording, left_out: Ints, accounts: int, split: float) -> Recording:
    """Return a recording in which some shoppers never were, with so many new accounts."""
    events, shown = recording.events, recording.impressions
    kept = ~np.isin(events.shopper, left_out) & (events.at < split)
    seen = ~np.isin(shown.shopper, left_out) & (shown.at < split)
    return replace(
        recording,
        users=np.arange(1, len(recording.users) + accounts + 1),
        events=Events(*(getattr(events, name)[kept] for name in Events.__slots__)),
        impressions=type(shown)(*(getattr(shown, name)[seen] for name in type(shown).__slots__)),
    )


def joined(base: Recording, source: Events, accounts: Sequence[Known]) -> Recording:
    """Return a recording with the accounts' own events at its end, account by account."""
    searches = list(base.searches)
    columns: dict[str, list[float]] = {name: [] for name in Events.__slots__}
    first = len(base.users) - len(accounts)
    for number, one in enumerate(accounts):
        told = [
            *((SEARCH, NONE, NONE, len(searches) + n) for n in range(len(one.searches))),
            *(
                (source.type[row], source.listing[row], source.reason[row], source.search[row])
                for row in one.events.tolist()
            ),
        ]
        searches += one.searches
        for at, (kind, listing, reason, search) in zip(one.at.tolist(), told, strict=True):
            row = (at, first + number, kind, listing, reason, search, NONE)
            for name, value in zip(Events.__slots__, row, strict=True):
                columns[name].append(value)
    return replace(
        base,
        searches=tuple(searches),
        events=Events(*(
            np.concatenate([old := getattr(base.events, name), np.array(columns[name], old.dtype)])
            for name in Events.__slots__
        )),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """One account: whose it is, and what is known of it."""

    tested: Tested
    rung: str
    known: Known


def measure(
    made: Simulated, names: Sequence[str], most: int, seed: int
) -> dict[str, dict[str, Estimate]]:
    """Return the share of the best, by method and by what is known."""
    recording, dice = made.recording, np.random.default_rng(seed)
    split = recording.begins + 0.8 * (recording.ends - recording.begins)
    people = tested(made, split, most, dice)
    accounts = [
        Asked(one, rung, known)
        for one in people
        for rung, known in rungs(one, recording.events, split, dice).items()
    ]
    left_out = np.array([one.shopper for one in people])
    base = without(recording, left_out, len(accounts), split)
    played = joined(base, recording.events, [account.known for account in accounts])
    world = world_at(base, split)
    rows = world.rows()
    chances = {
        one.shopper: made.truth.chances(one.shopper, rows, split, world.price[rows]).open
        for one in people
    }
    best = {s: np.sort(open_)[-TRUTH_PLACES:].sum() for s, open_ in chances.items()}
    owner = played.events.shopper[world.past :] - len(recording.users)
    starts = np.searchsorted(owner, np.arange(len(accounts) + 1)) + world.past
    draws = resamples(len(people), RESAMPLES, np.random.default_rng(seed))
    found: dict[str, dict[str, Estimate]] = {}
    for name in names:
        print(f"{name}: {len(accounts)} accounts", file=sys.stderr)
        method = started(name, world)
        now = replace(world, recording=played)
        earned = np.zeros(len(accounts))
        for number, account in enumerate(accounts):
            if name != "popular":
                for event in range(int(starts[number]), int(starts[number + 1])):
                    method.observe(now, event)
            ask = Ask(len(recording.users) + number, split, NO_FILTERS, rows, LIMIT)
            chosen = method.rank(now, ask).rows[:TRUTH_PLACES]
            earned[number] = chances[account.tested.shopper][np.searchsorted(rows, chosen)].sum()
        found[name] = by_rung(accounts, earned, best, left_out, draws)
    return found


def started(name: str, world: World) -> Method:
    """Return a method that has learned from the past; in a new market there is none."""
    if name == NEW_MARKET:
        method: Method = Quiet("carousel-unranked")
        world = replace(world, past=0)
    else:
        method = Quiet(name) if name.startswith("carousel") else make(name)
    method.begin(world)
    return method


def by_rung(
    accounts: Sequence[Asked],
    earned: Floats,
    best: Mapping[int, float],
    shoppers: Ints,
    draws: Floats,
) -> dict[str, Estimate]:
    columns = []
    for rung in dict.fromkeys(account.rung for account in accounts):
        mine = [n for n, account in enumerate(accounts) if account.rung == rung]
        who = np.array([accounts[n].tested.shopper for n in mine])
        columns.append(Column(rung, who, earned[mine], np.array([best[s] for s in who.tolist()])))
    found = estimates(summed(columns, shoppers), draws)
    return {column.key: one for column, one in zip(columns, found, strict=True)}


def by_age(made: Simulated, names: Sequence[str], moments: int) -> dict[str, list[float]]:
    """Return how often cars of an age are among the first ten, 1 being an even chance."""
    recording = made.recording
    played = replay(
        recording,
        [make(name, made.truth) for name in names],
        split=recording.begins + 0.8 * (recording.ends - recording.begins),
        options=Options(moments=moments, slates=1),
        truth=made.truth,
    )
    lives, edges = recording.lives, [*(low * HOUR for low, _ in AGES), FOR_EVER]
    alive = np.zeros(len(AGES))
    shown = {run.name: np.zeros(len(AGES)) for run in played.runs}
    for n, at in enumerate(played.moments.at.tolist()):
        rows = np.flatnonzero((lives.listed_at <= at) & (lives.left_at > at))
        alive += np.histogram(at - lives.listed_at[rows], edges)[0]
        for run in played.runs:
            first = run.rows[n, :TRUTH_PLACES]
            first = first[first != NONE]
            shown[run.name] += np.histogram(at - lives.listed_at[first], edges)[0]
    return {
        name: ((counts / counts.sum()) / (alive / alive.sum())).tolist()
        for name, counts in shown.items()
    }


def table(found: Mapping[str, Mapping[str, Estimate]]) -> str:
    names = list(found)
    lines = [
        f"| known of the shopper | shoppers | {' | '.join(LABELS[name] for name in names)} |",
        "|---|---:|" + "---:|" * len(names),
    ]
    for rung, first in found[names[0]].items():
        told = f"the latest {rung} events" if rung.isdecimal() else rung
        cells = [
            f"{one.mean:.3f} ± {(one.high - one.low) / 2:.3f}"
            for one in (found[name][rung] for name in names)
        ]
        lines.append(f"| {told} | {first.count} | {' | '.join(cells)} |")
    return "\n".join(lines)


def age_table(found: Mapping[str, Sequence[float]]) -> str:
    heads = [f"{low} to {high} h" if np.isfinite(high) else f"> {low} h" for low, high in AGES]
    lines = [f"| on the market for | {' | '.join(heads)} |", "|---|" + "---:|" * len(heads)]
    for name, values in found.items():
        label = METHODS[name].label
        lines.append(f"| {label} | {' | '.join(f'{value:.2f}' for value in values)} |")
    return "\n".join(lines)


def draw(found: Mapping[str, Mapping[str, Estimate]], path: Path) -> None:
    """Draw the curves as the report draws its own."""
    first = ("questionnaire", "first search", "one click")
    ladder = ("nothing", *map(str, LADDER))
    ticks = ("asked", "\nsearch", "click", "", "0", *map(str, LADDER))
    lines = []
    for name, figures in found.items():
        gap = Estimate(np.nan, np.nan, np.nan, 0)
        points = [*(figures[r] for r in first), gap, *(figures.get(r, gap) for r in ladder)]
        lines.append(
            Line(
                name,
                LABELS[name],
                range(len(points)),
                [p.mean for p in points],
                [p.low for p in points],
                [p.high for p in points],
            )
        )
    figure = plots.curves(
        lines,
        ticks=ticks,
        along="a questionnaire, a search, a click; so many events",
        up="share of the best, opening",
    )
    figure.savefig(path, bbox_inches="tight", dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shoppers", type=int, default=4_000)
    parser.add_argument("--tested", type=int, default=400)
    parser.add_argument("--moments", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--methods", default=",".join([*COMPARED, NEW_MARKET]))
    parser.add_argument("--no-ages", action="store_true", help="do not measure new cars")
    parser.add_argument("--draw", type=Path, help="where to draw the curves")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    made = market(options.shoppers, options.seed)
    with threadpool_limits(1, "blas"):
        found = measure(made, options.methods.split(","), options.tested, options.seed)
        ages = {} if options.no_ages else by_age(made, LISTED, options.moments)
    if options.draw:
        draw(found, options.draw)
    if options.json:
        told = {
            name: {rung: [e.mean, e.low, e.high, e.count] for rung, e in figures.items()}
            for name, figures in found.items()
        }
        print(json.dumps({"shoppers": told, "listings": ages}, indent=2))
        return
    print(table(found))
    if ages:
        print()
        print(age_table(ages))


if __name__ == "__main__":
    main()
