import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.car_features import describe
from carousel.domain.features import OneHot, fit
from carousel.domain.relatives import relative
from tests.domain.cars import INVENTORY, SPACE, car

VECTORS = SPACE.vectors([describe(c) for c in INVENTORY])


@given(st.integers(1, 5_000))
def test_a_relative_preference_is_a_unit_vector(number):
    turned = relative(SPACE.vectors([describe(car(number))])[0], SPACE)
    assert turned is None or np.linalg.norm(turned) == pytest.approx(1.0)


def test_relatives_are_the_makes_other_models():
    octavias = [v for v, c in zip(VECTORS, INVENTORY, strict=True) if c.model == "Octavia"]
    likes_octavia = np.mean(octavias, axis=0)
    likes_octavia /= np.linalg.norm(likes_octavia)
    nearest = np.argsort(-(VECTORS @ likes_octavia))[:10]
    related = np.argsort(-(VECTORS @ relative(likes_octavia, SPACE)))[:10]
    assert sum(INVENTORY[i].model == "Octavia" for i in nearest) >= 8
    assert sum(INVENTORY[i].model == "Octavia" for i in related) == 0
    assert sum(INVENTORY[i].make == "Skoda" for i in related) >= 6


def test_a_make_with_one_model_has_no_relatives_of_its_own():
    blocks = [OneHot("make", 1.0), OneHot("model", 1.0)]
    cars = [{"make": ["a"], "model": ["a/x"]}, {"make": ["b"], "model": ["b/y"]}]
    space = fit(blocks, cars, dim=2)
    turned = relative(space.vectors(cars)[0], space)
    assert turned is None or np.isfinite(turned).all()
