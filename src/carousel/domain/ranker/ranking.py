"""A ranker as a model: the linear floor, trees, what tells of strangers and contacts, the market.

Owns:    the parts of a model of kind "ranker", its probability, what each part of it is worth.
Imports: numpy, domain.{features, matching, market, model}, domain.ranker.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from carousel.domain.features import Matrix, Vector
from carousel.domain.market import Market
from carousel.domain.matching.features import COLUMN, FEATURES, PARTS
from carousel.domain.model import Model
from carousel.domain.ranker import damage
from carousel.domain.ranker.damage import faults
from carousel.domain.ranker.linear import Linear, logistic
from carousel.domain.ranker.trees import Trees

__all__ = ["KIND", "SPOKEN", "Ranker", "as_strangers", "faults", "from_model", "to_model"]

KIND = "ranker"
SPOKEN = ("searches", "cars", "home", "dislikes", "taste", "market")
"""Parts of a score that can be a reason; the others describe the car or the shopper alone."""

_UNTOLD = [COLUMN[name] for part in ("market", "car") for name in PARTS[part]]


@dataclass(frozen=True, slots=True)
class Ranker:
    """What scores candidates.

    linear:    the floor. trees: None where the floor alone was worth publishing.
    strangers: for whoever nothing is known of; None to ask the others about them too.
    contacts:  log-odds that the seller of an opened car is contacted; None if nobody ever was.
    """

    linear: Linear
    trees: Trees | None
    market: Market
    strangers: Linear | None = None
    contacts: Linear | None = None

    def log_odds(self, rows: Matrix) -> Vector:
        """Return the log-odds of being opened at the top of a page, shape (n, f) -> (n,)."""
        odds = self.linear.log_odds(rows) if self.trees is None else self.trees.log_odds(rows)
        unknown = (rows[:, COLUMN["steps"]] == 0) & np.isnan(rows[:, COLUMN["content"]])
        if self.strangers is not None and unknown.any():
            odds[unknown] = self.strangers.log_odds(as_strangers(rows[unknown]))
        return odds

    def chance(self, rows: Matrix) -> Vector:
        """Return the probabilities of being opened, shape (n,)."""
        return logistic(self.log_odds(rows))

    def contact(self, rows: Matrix) -> Vector:
        """Return the probabilities of being opened and the seller contacted, shape (n,).

        NaN where the ranker has never heard of a contact.
        """
        return self.chance(rows) * self.called(rows)

    def called(self, rows: Matrix) -> Vector:
        """Return the probabilities that the seller of an opened car is contacted; see there."""
        if self.contacts is None:
            return np.full(len(rows), np.nan)
        return logistic(self.contacts.log_odds(rows))

    def parts(self, rows: Matrix) -> Mapping[str, Vector]:
        """Return what each of SPOKEN is worth to each row: log-odds with it, less without it.

        Without a part means as if nothing of it were known.
        """
        whole = self.log_odds(rows)
        found: dict[str, Vector] = {}
        for part in SPOKEN:
            less = rows.copy()
            less[:, [COLUMN[name] for name in PARTS[part]]] = np.nan
            found[part] = whole - self.log_odds(less)
        return found


def as_strangers(rows: Matrix) -> Matrix:
    """Return rows with nothing left in them but the market and the car, shape (n, f)."""
    left = np.full_like(rows, np.nan)
    left[:, _UNTOLD] = rows[:, _UNTOLD]
    return left


def to_model(ranker: Ranker, figures: Mapping[str, float]) -> Model:
    """Return a ranker as it is published."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    for part in damage.PARTS:
        if (found := getattr(ranker, part)) is not None:
            arrays |= {f"{part}_{name}": getattr(found, name) for name in _names(part)}
    return Model(KIND, {"features": list(FEATURES)}, arrays, figures)


def from_model(model: Model) -> Ranker:
    """Return the ranker that ``to_model`` wrote."""

    def taken(part: str) -> dict[str, npt.NDArray[Any]]:
        return {name: model.arrays[f"{part}_{name}"] for name in _names(part)}

    def linear(part: str) -> Linear | None:
        return Linear(**taken(part)) if f"{part}_coefficients" in model.arrays else None

    return Ranker(
        Linear(**taken("linear")),
        Trees(**taken("trees")) if "trees_leaves" in model.arrays else None,
        Market(**taken("market")),
        linear("strangers"),
        linear("contacts"),
    )


def _names(part: str) -> Iterable[str]:
    return {"trees": damage.TREES, "market": damage.MARKET}.get(part, damage.LINEAR)
