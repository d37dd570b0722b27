"""Why a car stands in a slate: the steps of the shopper that count, or what the market says.

Owns:    the reasons by key, their sentences, which of them is true of a car.
Imports: numpy, domain, serving.{blend_causes, causes, others, ranking}.

A reason names its cause (serving/causes.py). Where no step of the shopper is worth naming, the
market's own reason is given: of those that are true of the car the one its score would miss most.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np

from carousel.domain.facts import BODIES, FUELS, Facts
from carousel.domain.features import Matrix, Vector
from carousel.domain.listing import ListingId
from carousel.domain.matching import features as matching
from carousel.domain.matching.ablation import Flags
from carousel.domain.scoring import Scores
from carousel.domain.trail import KINDS, STRENGTHS, Steps, Trail
from carousel.serving.blend_causes import Taste, causes_of_blend
from carousel.serving.causes import Cause, Past, Step, Unit, causes_of
from carousel.serving.others import Others
from carousel.serving.ranking import Rated

Value: TypeAlias = str | int

SENTENCES: Mapping[str, str] = {
    "like_viewed": "{like} {car} you looked at",
    "like_saved": "{like} {car} you saved",
    "like_contacted": "{like} {car} you asked about",
    "like_cars": "Like {count} cars you showed interest in",
    "also_liked": "Shoppers interested in the {car} you {did} were also interested in this",
    "also_liked_kind": (
        "Shoppers interested in cars like the {car} you {did} "
        "were also interested in cars like this"
    ),
    "fits_search": "Fits your search{wish}",
    "fits_searches": "Fits {count} of your searches",
    "close_to_search": "Close to what you searched for",
    "near_search": "{km} km from where you searched",
    "unlike_dismissed": "Unlike the {car} you turned down",
    "unlike_cars": "Unlike {count} cars you turned down",
    "taste": "Close to what you looked at",
    "popular": "Popular with other shoppers",
    "new": "Just listed",
    "new_this_week": "New this week",
    "good_deal": "Priced below similar cars",
    "often_opened": "A kind of car that many open",
    "for_sale": "For sale now",
    "chance": "Something different, picked at random",
    "chance_known": "One you know already, picked at random",
}
"""What each reason is called in English; all but numbers is made from its values."""

LIKE: Mapping[str, str] = {
    "model": "Like the",
    "make": "Same make as the",
    "body": "Another {body}, like the",
    "price": "Priced like the",
}
"""What a car has in common with the one that is named, the most telling first."""

DID: Mapping[str, str] = {
    "viewed": "looked at",
    "saved": "saved",
    "contacted": "asked about",
}
"""What was done with a car of which other shoppers are told, by its value ``did``."""

ALSO: Mapping[str, str] = {
    "cars": "; like what you looked at",
    "fits": "; fits what you searched for",
    "searches": "; close to what you searched for",
    "dislikes": "; unlike what you turned down",
    "others": "; others were interested in both",
}
"""What is said of the other steps of a cause: their family, or that searches of it are fitted.

Where there are none: that other shoppers reacted to the very car that is named and to this one."""

NEW_DAYS, GOOD_DEAL, MANY = 3.0, 0.03, float(np.log(2.0))
JUST, WEEK = 1.0, 7.0  # days
CLOSE = 0.45  # inner product with the preference: of all cars, about the nearest fortieth part
SAME_PRICE = 0.2  # log units: a fifth dearer or cheaper is about the same money
_OF_THE_MARKET: Mapping[str, tuple[str, ...]] = {
    "taste": ("content", "latent"),
    "popular": ("popular",),
    "new": ("days",),
    "good_deal": ("deal",),
    "often_opened": ("segment", "model"),
}
_OF_BLEND = {
    "content": "taste",
    "popular": "popular",
    "fresh": "new",
    "searches": "close_to_search",
}
_STRONGEST = (("contact", "contacted"), ("favourite", "saved"), ("view", "viewed"))


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a car stands where it stands.

    key:    of SENTENCES. part: of the score, by name.
    values: what the sentence says: count, km, days, body, fuel, max_price, make, model; like: what
            the car has in common with the one that is named, of LIKE; did: what was done with that
            one, of DID, where other shoppers are told of; also: the family of other steps in the
            cause, "cars", "searches" or "dislikes"; "fits" for searches it fits; or "others".
    cause:  the steps without which it would stand lower, the weightiest first; none where the
            market speaks.
    named:  which unit of the cause the sentence is about.
    kin:    "make" or "model" where the car that is named shares it with the one that is shown, or
            was searched for by it: so its name is known. Empty otherwise.
    """

    key: str
    part: str
    values: Mapping[str, Value] = field(default_factory=dict)
    cause: tuple[Step, ...] = ()
    kin: str = ""
    named: int = 0

    @property
    def text(self) -> str:
        """Return the reason as one short sentence.

        >>> Reason("like_saved", "cars", {"make": "Skoda", "model": "Octavia"}).text
        'Like the Skoda Octavia you saved'
        >>> Reason("like_saved", "cars").text
        'Like the car you saved'
        >>> Reason("like_viewed", "cars", {"like": "body", "body": "suv", "make": "Kia"}).text
        'Another SUV, like the Kia you looked at'
        >>> Reason("fits_search", "searches", {"body": "estate", "max_price": 15000}).text
        'Fits your search: estate, up to 15,000'
        """
        said = self.values
        name = " ".join(str(said[part]) for part in ("make", "model") if part in said)
        kinds = [_spoken(said[part]) for part in ("body", "fuel") if part in said]
        wish = [*([name] if name else []), *kinds]
        if "max_price" in said:
            wish.append(f"up to {said['max_price']:,}")
        filled = {
            "car": name or "car",
            "wish": f": {', '.join(wish)}" if wish else "",
            "did": DID[str(said.get("did", "viewed"))],
            "like": LIKE[str(said.get("like", "model"))].format(body="".join(kinds[:1])),
        }
        sentence = SENTENCES[self.key].format(**{**said, **filled})
        return sentence + ALSO.get(str(said.get("also")), "")

    @property
    def about(self) -> ListingId | None:
        """Return the car that the sentence names, None where it names none."""
        if "{car}" not in SENTENCES[self.key]:
            return None
        return next((step.listing_id for step in self.cause if step.unit == self.named), None)


def _spoken(kind: Value) -> str:
    name = str(kind)
    return name.upper() if name in {"suv", "mpv"} else name.replace("_", " ")


def of_ranker(
    rated: Rated, places: Sequence[int], past: Past | None = None, others: Others | None = None
) -> list[Reason]:
    """Return why some candidates stand where they stand.

    Args:
        rated: n candidates.
        places: rows of those that are explained.
        past: what the shopper did, that they were rated for; without it the market speaks.
        others: where other shoppers went; without it nothing is said of them.
    """
    causes: list[Cause | None] = [None] * len(places)
    if past is not None:
        causes = causes_of(rated, places, past)
    told = [
        None
        if cause is None or past is None
        else _of_steps(cause, past.facts[place : place + 1], past.trail, others, place)
        for place, cause in zip(places, causes, strict=True)
    ]
    without = [place for place, reason in zip(places, told, strict=True) if reason is None]
    shared = iter(_of_the_market(rated, without))
    return [reason or next(shared) for reason in told]


def of_blend(
    scores: Scores,
    places: Sequence[int],
    taste: Taste | None = None,
    others: Others | None = None,
    *,
    days: Vector | None = None,
) -> list[Reason]:
    """Return why some candidates of the plain blend stand where they stand.

    Args:
        scores: of n candidates.
        places: rows of those that are explained.
        taste: what the personal part was reckoned from; without it its part alone is named.
        others: where other shoppers went; without it nothing is said of them.
        days: since each was listed, shape (n,); without them none is called new.
    """
    causes: list[Cause | None] = [None] * len(places)
    if taste is not None:
        causes = causes_of_blend(scores, places, taste)
    told = [
        None
        if cause is None or taste is None
        else _of_steps(cause, taste.facts[place : place + 1], taste.trail, others, place)
        for place, cause in zip(places, causes, strict=True)
    ]
    liked = taste is not None and _liked(taste.trail)
    return [
        reason or _of_the_blend(scores, place, None if days is None else days[place], liked=liked)
        for place, reason in zip(places, told, strict=True)
    ]


def by_chance(listing_id: ListingId, trail: Trail) -> Reason:
    """Return the reason of a car that chance alone put where it is, for whose trail this is.

    Chance draws evenly from all candidates, so that what is learned from its places holds for all;
    a car that the shopper reacted to may be among them, and is nothing different to them.
    """
    known = listing_id in trail.reactions["listing"].tolist()
    return Reason("chance_known" if known else "chance", "none")


def of_age(days: float) -> Reason:
    """Return what can be said of a car that was listed so many days ago, >= 0.

    >>> of_age(0.9).text, of_age(1.1).text, of_age(9.0).text
    ('Just listed', 'New this week', 'For sale now')
    """
    if days < JUST:
        return Reason("new", "market")
    if days < WEEK:
        return Reason("new_this_week", "market", {"days": int(days)})
    return Reason("for_sale", "market")


def _liked(trail: Trail) -> bool:
    return bool((STRENGTHS[trail.reactions["kind"]] > 0).any())


def _of_the_blend(scores: Scores, place: int, days: float | None, *, liked: bool) -> Reason:
    """Return the reason of the largest part; whoever liked no car told their taste by searches."""
    main = scores.main_part(place)
    if scores.parts[main][place] <= 0:
        return Reason("for_sale", "none")
    key = _OF_BLEND[main]
    if key == "new":
        return replace(of_age(np.inf if days is None else float(days)), part=main)
    return Reason("close_to_search" if key == "taste" and not liked else key, main)


def _of_steps(
    cause: Cause, car: Facts, trail: Trail, others: Others | None = None, place: int = 0
) -> Reason | None:
    """Return the reason of the weightiest family of steps, with a word on the others.

    A car liked that has nothing in common with this one but, say, its mileage may well count; but
    nobody would call the two alike, so it is named only if other shoppers went from one to the
    other, which says more than a price. None where nothing else is left to name.
    """
    shared = {unit: _common(unit, car, trail) for unit in cause.units if unit.family == "cars"}
    went = {
        unit: others.key(trail.reactions[unit.places[-1]], place)
        for unit, like in shared.items()
        if others is not None and like in {"", "price"}
    }
    units = [
        unit for unit in cause.units if unit.family != "cars" or shared[unit] or went.get(unit)
    ]
    if not units:
        return None
    family = units[0].family
    if family == "searches":
        reason = _of_searches(cause, car, trail.searches)
    elif key := went.get(units[0]):
        reason = Reason(key, family, {"did": _did(units[0], trail)})
    else:
        alike = [unit for unit in units if unit.family == family and not went.get(unit)]
        reason = _of_cars(alike, car, trail)
    also = next((unit.family for unit in units if unit.family != family), None)
    also = "fits" if also == "searches" and cause.fits else also
    if also is None and "like" in reason.values and others is not None:
        both = others.of_both(trail.reactions[units[0].places[-1]], place)
        also = "others" if both else None
    values = reason.values if also is None else {**reason.values, "also": also}
    named = cause.units.index(units[0])
    return replace(reason, values=values, cause=cause.steps(trail), named=named)


def _did(unit: Unit, trail: Trail) -> str:
    """Return the strongest that was done with the car of a unit, of DID; empty for a dislike."""
    kinds = {KINDS[kind] for kind in trail.reactions[list(unit.places)]["kind"]}
    return next((did for kind, did in _STRONGEST if kind in kinds), "")


def _of_cars(units: Sequence[Unit], car: Facts, trail: Trail) -> Reason:
    family = units[0].family
    if len(units) > 1:
        key = "unlike_cars" if family == "dislikes" else "like_cars"
        return Reason(key, family, {"count": len(units)})
    did = _did(units[0], trail)
    key = f"like_{did}" if did else "unlike_dismissed"
    other = trail.reactions[units[0].places[-1]]["facts"]
    values: dict[str, Value] = {}
    if key != "unlike_dismissed":
        values["like"] = _common(units[0], car, trail)
    if values.get("like") == "body":
        values["body"] = str(BODIES[int(car["body"][0]) - 1])
    return Reason(key, family, values, kin=_kin(car[0], [other["make"]], [other["model"]]))


def _common(unit: Unit, car: Facts, trail: Trail) -> str:
    """Return the first of LIKE that a car shares with the one that a unit is about; else empty."""
    mine, other = car[0], trail.reactions[unit.places[-1]]["facts"]
    for name in ("model", "make", "body"):
        if mine[name] and mine[name] == other[name]:
            return name
    prices = max(float(mine["price"]), 1.0), max(float(other["price"]), 1.0)
    return "price" if abs(np.log(prices[0] / prices[1])) <= SAME_PRICE else ""


def _of_searches(cause: Cause, car: Facts, searches: Steps) -> Reason:
    if cause.km is not None:
        return Reason("near_search", "home", {"km": cause.km})
    if not cause.fits:
        return Reason("close_to_search", "searches")
    asked = searches[[unit.places[-1] for unit in cause.fits]]
    if len(asked) > 1:
        return Reason("fits_searches", "searches", {"count": len(asked)})
    values: dict[str, Value] = {}
    if asked["bodies"][0]:
        values["body"] = str(BODIES[int(car["body"][0]) - 1])
    if asked["fuels"][0]:
        values["fuel"] = str(FUELS[int(car["fuel"][0]) - 1])
    if np.isfinite(asked["max_price"][0]):
        values["max_price"] = round(float(asked["max_price"][0]))
    kin = _kin(car[0], asked["makes"][0].tolist(), asked["models"][0].tolist())
    return Reason("fits_search", "searches", values, kin=kin)


def _kin(car: np.void, makes: Sequence[int], models: Sequence[int]) -> str:
    if car["model"] and car["model"] in models:
        return "model"
    return "make" if car["make"] and car["make"] in makes else ""


def _of_the_market(rated: Rated, places: Sequence[int]) -> list[Reason]:
    """Return for each car the true one of these reasons that its score would miss most."""
    if not len(places):
        return []
    rows = rated.rows[list(places)]
    keys = list(_OF_THE_MARKET)
    less = np.repeat(rows[None], len(keys), axis=0)
    for n, names in enumerate(_OF_THE_MARKET.values()):
        less[n][:, [matching.COLUMN[name] for name in names]] = np.nan
    odds = rated.ranker.log_odds(less.reshape(-1, rows.shape[1])).reshape(len(keys), -1)
    odds[~np.stack([_is_true(key, rows) for key in keys])] = np.inf
    return [
        of_age(float(days))
        if key == "new"
        else Reason(key, "taste" if key == "taste" else "market")
        for key, days in zip(
            (keys[main] for main in np.argmin(odds, axis=0).tolist()),
            np.expm1(rows[:, matching.COLUMN["days"]]).tolist(),
            strict=True,
        )
    ]


def _is_true(key: str, rows: Matrix) -> Flags:
    read = ("content", "mass", "popular", "days", "deal")
    of = {name: rows[:, matching.COLUMN[name]] for name in read}
    if key == "often_opened":
        return np.ones(len(rows), dtype=np.bool_)
    found: Mapping[str, Flags] = {
        "taste": (of["content"] > CLOSE) & (of["mass"] > 0),
        "popular": of["popular"] > MANY,
        "new": of["days"] < np.log1p(NEW_DAYS),
        "good_deal": of["deal"] > GOOD_DEAL,
    }
    return found[key]
