"""Relatives: what a shopper would want if their favourite model were not to be had.

Owns:    turning a preference away from its favourite model without leaving the make.
Imports: numpy, domain.features.

The nearest cars to a clear preference are often all of one model. Let d be the direction of that
model, made orthogonal to the direction of its make. With preference u, the relative preference is

    r = u - (u . d + push) d        scaled to unit norm

which keeps make, price, age, body and place, and asks for any model but that one.
"""

import numpy as np

from carousel.domain.features import FeatureSpace, Vector

PUSH = 0.3  # how far beyond indifference the favourite model is pushed


def relative(preference: Vector, space: FeatureSpace) -> Vector | None:
    """Return the relative preference, shape (dim,), unit norm.

    None where the preference favours no model, or the space knows none.
    """
    models, directions = space.axes("model")
    if not models:
        return None
    liking = directions @ preference
    favourite = int(np.argmax(liking))
    if liking[favourite] <= 0:
        return None
    away = directions[favourite]
    makes, make_directions = space.axes("make")
    make = models[favourite].partition("/")[0]
    if make in makes:
        along = make_directions[makes.index(make)]
        length = float(along @ along)
        away = away - (away @ along) / length * along if length > 0 else away
    norm = float(np.linalg.norm(away))
    if norm < 1e-6:  # noqa: PLR2004 (the make has only this model)
        return None
    away = away / norm
    turned: Vector = preference - (preference @ away + PUSH) * away
    return turned / np.linalg.norm(turned)
