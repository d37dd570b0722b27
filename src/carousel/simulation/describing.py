"""What a simulated market is like, in numbers that can be held against a real one.

Owns:    the figures of a simulated market.
Imports: recording, simulation.living, numpy.
"""

import numpy as np

from carousel.recording.tables import EVENT_TYPES, NONE, OUTCOMES
from carousel.simulation.columns import Flags, Floats, Ints
from carousel.simulation.living import Simulated

DAY = 86_400.0


def describe(simulated: Simulated) -> dict[str, float]:
    """Return the figures of a market, text to number, in the order to be printed."""
    recording = simulated.recording
    events, shown, lives = recording.events, recording.impressions, recording.lives
    kinds = np.bincount(events.type, minlength=len(EVENT_TYPES))
    count = {kind: float(kinds[n]) for n, kind in enumerate(EVENT_TYPES)}
    noise = np.isin(events.shopper, simulated.truth.noise())
    per_shopper = np.bincount(events.shopper[~noise])
    opened = shown.outcome >= OUTCOMES.index("view")
    mine = ~noise & (events.type == EVENT_TYPES.index("contact"))
    contacts = float(mine.sum())
    about = np.unique(events.listing[events.listing != NONE])
    slates = np.unique(shown.slate).size
    return {
        "accounts": float(len(recording.users)),
        "listings": float(len(recording.listings)),
        "days": (recording.ends - recording.begins) / DAY,
        "slates": float(slates),
        "impressions": float(len(shown.at)),
        "share of impressions examined": _share(simulated.examined),
        "share of impressions opened": _share(opened),
        "share of examined impressions opened": _share(opened[simulated.examined]),
        "share of impressions that are random": _share(shown.random),
        "share of random impressions opened": _share(opened[shown.random]),
        "median of eligible cars": _median(shown.eligible[shown.position == 1]),
        "events": float(len(events.at)),
        **{f"{kind} events": number for kind, number in count.items()},
        "events of crawlers and dealers": float(noise.sum()),
        "active shoppers": float((per_shopper > 0).sum()),
        "median events of an active shopper": _median(per_shopper[per_shopper > 0]),
        "favourites per view of shoppers": _ratio(
            count["favourite"], (~noise & _views(events.type)).sum()
        ),
        "contacts per view of shoppers": _ratio(contacts, (~noise & _views(events.type)).sum()),
        "sales through a contact": float(simulated.through.sum()),
        "sales per contact": _ratio(simulated.through.sum(), count["contact"]),
        "share of listings sold": _share(lives.sold),
        "median days a listing lived": _median(_lives(simulated)),
        "cars for sale, mean over days": float(np.mean(_alive(simulated))),
        "cars for sale, least": float(np.min(_alive(simulated))),
        "cars for sale, most": float(np.max(_alive(simulated))),
        "share of listings with no event": 1 - len(about) / max(1, len(recording.listings)),
        "price reductions": float(len(recording.prices.at)),
        "different searches": float(len(recording.searches)),
    }


def _views(types: Ints) -> Flags:
    return np.asarray(types == EVENT_TYPES.index("view"))


def _lives(simulated: Simulated) -> Floats:
    """Return the days each listing of the first half was for sale, inf for one that still is."""
    recording, lives = simulated.recording, simulated.recording.lives
    middle = (recording.begins + recording.ends) / 2
    whole = (lives.listed_at >= recording.begins) & (lives.listed_at < middle)
    return (lives.left_at[whole] - lives.listed_at[whole]) / DAY


def _alive(simulated: Simulated) -> Floats:
    """Return how many cars are for sale at the end of each day."""
    recording = simulated.recording
    noons = np.arange(recording.begins, recording.ends, DAY) + DAY / 2
    listed = np.searchsorted(np.sort(recording.lives.listed_at), noons, side="right")
    left = np.searchsorted(np.sort(recording.lives.left_at), noons, side="right")
    return np.asarray(listed - left, dtype=np.float64)


def _share(flags: Floats | Ints | Flags) -> float:
    return float(np.mean(flags)) if len(flags) else float("nan")


def _median(values: Floats | Ints | Flags) -> float:
    return float(np.median(values)) if len(values) else float("nan")


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")
