"""The latent space: cars and shoppers by who reacted to what, foretold where nobody has yet.

Owns:    a car's factors from what it states, how they move, a shopper's taste; both as a model.
Imports: numpy, domain.{attributes, features, model, preference}. No I/O, no clock, no randomness.

Most cars are seen by few and are gone within weeks, so no car has factors of its own to rely on.
They are foretold from all attributes x it states, and move as shoppers react: of reactors j with
unit tastes u_j, confidence c_j and feedback strengths w_j

    f = B^T (x - mean x)       s = sum_j w_j c_j u_j       m = sum_j |w_j| c_j
    g = f + reach * s / (patience + m)
    v = g / |g| ** norm        p = f / |f| ** norm

A shopper is the decayed sum of ``domain.preference`` over the foretold factors p of the cars they
reacted to, read through the matrix (A + ridge I)^-1, with A the second moment of the inventory's
factors times alpha.

What does not depend on the order of events: a shopper's sum. It is made of foretold factors, which
no event moves, so late, reordered, undone and merged events give the same. A listing's sum is the
same however its parts are grouped; but each part is its reactor's taste as it was when the event
was folded in, so events that overtake each other change it as far as they change that taste.

Source:  attributes to factors: Gantner et al., ICDM 2010. Both sums are the normal equations of
         Hu, Koren & Volinsky, ICDM 2008, with the row's own term left out, or bounded; a prior mean
         as in Agarwal & Chen, KDD 2009.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from carousel.domain import model as models
from carousel.domain.attributes import Attributes, Axis
from carousel.domain.features import Description, Matrix, Vector
from carousel.domain.model import Model
from carousel.domain.preference import Evidence, Params

KIND = "factors"
LEAST = 1e-9
"""Shorter than this is what rounding left of nothing."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an experiment may change without training the factors anew.

    alpha:      weight of the inventory's second moment in reading a shopper, >= 0.
    ridge:      of the same, > 0.
    reach:      how far reactors can move a listing at most, >= 0; 1 is the usual length of what
                was foretold.
    patience:   mass of reactors that moves it half as far, > 0.
    norm:       in [0, 1]: 0 keeps the length of a listing's factors, where attributes tell how
                well liked a car will be; 1 drops it, where they do not.
    half_life:  of a shopper's feedback.
    prior_mass: how much feedback makes half a confidence, in strength units, > 0.
    """

    alpha: float = 0.3
    ridge: float = 0.1
    reach: float = 0.5
    patience: float = 3.0
    norm: float = 1.0
    half_life: timedelta = timedelta(days=14)
    prior_mass: float = 1.0


@dataclass(frozen=True, slots=True)
class Pull:
    """What a listing's reactors add up to; a sum, so in any order and grouping.

    direction: s, shape (k,). mass: sum of |w_j| c_j.
    """

    direction: Vector
    mass: float

    def __add__(self, other: "Pull") -> "Pull":
        """Return both together."""
        return Pull(self.direction + other.direction, self.mass + other.mass)


@dataclass(frozen=True, slots=True)
class Moved:
    """A listing's state.

    foretold: f, shape (k,), from what it states. pull: what its reactors add up to.
    """

    foretold: Vector
    pull: Pull


@dataclass(frozen=True, eq=False)
class Latent:
    """A latent space; immutable once made, safe to share between threads.

    attributes: what is looked at.
    weights:    B, shape (coordinates, k). mean: of the inventory's coordinates.
    moment:     second moment of the inventory's foretold factors, shape (k, k).
    version:    of the model it was read from; empty for one that was just trained.
    """

    attributes: Attributes
    weights: Matrix
    mean: Vector
    moment: Matrix
    settings: Settings
    version: str = ""

    @cached_property
    def params(self) -> Params:
        """Return what the evidence of its shoppers is folded with."""
        chosen = self.settings
        return Params(chosen.half_life, chosen.alpha, chosen.ridge, chosen.prior_mass)

    @cached_property
    def _offset(self) -> Vector:
        offset: Vector = self.mean @ self.weights
        return offset

    @cached_property
    def _reader(self) -> Matrix:
        gram = self.settings.alpha * self.moment + self.settings.ridge * np.eye(self.dim)
        return np.asarray(np.linalg.inv(gram), np.float64)

    @property
    def dim(self) -> int:
        """Return k, the number of factors."""
        return int(self.weights.shape[1])

    def foretold(self, things: Sequence[Description]) -> Matrix:
        """Return f of things that state at most one sample a block, shape (things, k)."""
        return self.attributes.encode(things).times(self.weights) - self._offset

    def known(self, foretold: Matrix) -> Matrix:
        """Return p, the factors of listings nobody has reacted to, shape (n, k)."""
        return shortened(foretold, self.settings.norm)

    def moved(self, foretold: Matrix, directions: Matrix, masses: Vector) -> Matrix:
        """Return v, the factors of listings as their reactors moved them, shape (n, k).

        Args:
            foretold: f of each, shape (n, k).
            directions: s of each, shape (n, k).
            masses: m of each, >= 0, shape (n,).
        """
        share = self.settings.reach / (self.settings.patience + np.maximum(masses, 0.0))
        return shortened(foretold + share[:, None] * directions, self.settings.norm)

    def factors_of(self, states: Sequence[Moved]) -> Matrix:
        """Return v of listings in these states, at least one, shape (n, k)."""
        return self.moved(
            np.stack([one.foretold for one in states]),
            np.stack([one.pull.direction for one in states]),
            np.array([one.pull.mass for one in states]),
        )

    def listing_factors(self, thing: Description) -> Vector:
        """Return p of one listing, shape (k,), from its description alone."""
        factors: Vector = self.known(self.foretold([thing]))[0]
        return factors

    def direction(self, thing: Description) -> Vector:
        """Return the not normalised factors of a partial description, shape (k,).

        Blocks that are not stated say nothing: so a search or a reason speaks only of what it
        names. It may state several samples a block.
        """
        found, start = np.zeros(self.dim), 0
        for axis in self.attributes.axes:
            end = start + len(axis.coordinates)
            if samples := thing.get(axis.name):
                found += (axis.mean(samples) - self.mean[start:end]) @ self.weights[start:end]
            start = end
        return found

    def taste(self, evidence: Evidence) -> Vector | None:
        """Return a shopper's unit factors, shape (k,); None when the evidence says nothing.

        Its inner product with a listing's factors orders listings for the shopper.
        """
        taste: Vector = self.tastes(evidence.direction[None], np.array([evidence.mass]))[0]
        return taste if taste.any() else None

    def tastes(self, directions: Matrix, masses: Vector) -> Matrix:
        """Return the same of many at once, shape (n, k); zeros where the evidence says nothing."""
        read = directions @ self._reader
        read[np.linalg.norm(read, axis=1) < LEAST * np.maximum(masses, 1e-300)] = 0.0
        return unit_rows(read)

    def confidence(self, evidence: Evidence, at: datetime) -> float:
        """Return how sure the taste is at a moment, in [0, 1)."""
        age = max(at - evidence.as_of, timedelta())
        mass = max(0.0, evidence.mass) * self.params.remaining(age)
        return mass / (mass + self.params.prior_mass)

    def pulled(self, evidence: Evidence, strength: float, at: datetime) -> Pull | None:
        """Return what a reactor with this evidence adds to the listing; None if it says nothing.

        Args:
            evidence: the shopper's, without the event itself, which would pull a listing to where
                it is.
            strength: of the event; a dismissal pushes.
            at: when.
        """
        taste = self.taste(evidence)
        if taste is None:
            return None
        weight = strength * self.confidence(evidence, at)
        return Pull(weight * taste, abs(weight))


def unit_rows(rows: Matrix) -> Matrix:
    """Return rows of unit norm; rows of nothing stay as they are."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    found: Matrix = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    return found


def shortened(rows: Matrix, norm: float) -> Matrix:
    """Return rows divided by their length to a power; rows of nothing become 0.

    >>> shortened(np.array([[3.0, 4.0], [0.0, 0.0]]), 1.0).tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    found: Matrix = np.divide(rows, lengths**norm, out=np.zeros_like(rows), where=lengths > LEAST)
    return found


def to_model(latent: Latent, figures: dict[str, float]) -> Model:
    """Return a latent space as it is published."""
    chosen = latent.settings
    arrays: dict[str, npt.NDArray[Any]] = {
        "weights": latent.weights.astype(np.float32),
        "mean": latent.mean,
        "gram": chosen.alpha * latent.moment,
    }
    blocks: list[dict[str, Any]] = []
    for axis in latent.attributes.axes:
        blocks.append({"name": axis.name, "values": list(axis.values)})
        if len(axis.centres):
            arrays[f"centres of {axis.name}"] = axis.centres
            arrays[f"width of {axis.name}"] = axis.width
    document = {
        "blocks": blocks,
        "ridge": chosen.ridge,
        "norm": chosen.norm,
        "reach": chosen.reach,
        "patience": chosen.patience,
        "half_life_days": chosen.half_life / timedelta(days=1),
        "prior_mass": chosen.prior_mass,
    }
    return Model(KIND, document, arrays, figures)


def from_model(model: Model) -> Latent:
    """Return the latent space that a model holds.

    Raises:
        ValueError: it holds none; ``faults`` says why.
    """
    if found := faults(model):
        raise ValueError(found[0])
    axes = tuple(
        Axis(
            block["name"],
            np.asarray(model.arrays.get(f"centres of {block['name']}", np.empty((0, 0)))),
            np.asarray(model.arrays.get(f"width of {block['name']}", np.empty(0))),
            tuple(block["values"]),
        )
        for block in model.document["blocks"]
    )
    return Latent(
        Attributes(axes),
        np.asarray(model.arrays["weights"], np.float64),
        np.asarray(model.arrays["mean"], np.float64),
        np.asarray(model.arrays["gram"], np.float64),
        Settings(
            alpha=1.0,  # "gram" has it in it
            ridge=float(model.document["ridge"]),
            reach=float(model.document["reach"]),
            patience=float(model.document["patience"]),
            norm=float(model.document["norm"]),
            half_life=timedelta(days=float(model.document["half_life_days"])),
            prior_mass=float(model.document["prior_mass"]),
        ),
        model.version,
    )


def faults(model: Model) -> list[str]:
    """Return what keeps a model from being a latent space, in sentences.

    >>> faults(Model("factors", {}, {"gram": np.eye(2)}, {}))[0]
    "The document has no 'blocks'."
    """
    found = list(models.faults(model))
    document, arrays = model.document, model.arrays
    numbers = ("ridge", "patience", "half_life_days", "prior_mass")
    needed = ("blocks", "norm", "reach", *numbers)
    found += [f"The document has no {name!r}." for name in needed if name not in document]
    found += [
        f"{name!r} must be a number above 0."
        for name in numbers
        if name in document and not (isinstance(document[name], int | float) and document[name] > 0)
    ]
    found += [f"There is no array {n!r}." for n in ("weights", "mean", "gram") if n not in arrays]
    return found or [*_axis_faults(model), *_size_faults(model)]


def _axis_faults(model: Model) -> list[str]:
    found: list[str] = []
    for block in model.document["blocks"]:
        name, values = block["name"], block["values"]
        centres, width = (model.arrays.get(f"{part} of {name}") for part in ("centres", "width"))
        if (centres is None) != (width is None) or (centres is not None and values):
            found.append(f"The block {name!r} has neither names nor bumps, or both.")
        elif centres is not None and width is not None and not _fit(centres, width):
            found.append(f"The bumps of the block {name!r} do not fit together.")
    return found


def _fit(centres: npt.NDArray[Any], width: npt.NDArray[Any]) -> bool:
    shaped = centres.ndim == 2 and width.shape == centres.shape[1:]  # noqa: PLR2004 (rows and columns)
    return shaped and bool((width > 0).all())


def _size_faults(model: Model) -> list[str]:
    arrays = model.arrays
    coordinates = sum(
        len(arrays[key]) + 1
        if (key := f"centres of {block['name']}") in arrays
        else len(block["values"])
        for block in model.document["blocks"]
    )
    weights = arrays["weights"]
    if weights.ndim != 2 or len(weights) != coordinates:  # noqa: PLR2004 (rows and columns)
        return [f"The map has shape {weights.shape} for {coordinates} coordinates."]
    k = weights.shape[1]
    wanted = {"mean": (coordinates,), "gram": (k, k)}
    return [
        f"The array {name!r} has shape {arrays[name].shape}, not {shape}."
        for name, shape in wanted.items()
        if arrays[name].shape != shape
    ]
