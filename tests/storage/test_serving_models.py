"""Which model serves, of every engine: what was published, its shadow, never a broken one."""

import time

import numpy as np
import pytest

from carousel.domain.errors import ModelError
from tests.storage.models import model


def in_use(place, kind="factors"):
    """Return what serves and its shadow, once whatever is remembered has grown old."""

    async def ask(store):
        known = getattr(store, "_models", None)
        if not isinstance(known, dict):
            known.clock = lambda: 1e9 + time.monotonic()
            known._asked_at = 0.0
            await store.model(kind), await store.shadow_model(kind)
            await known.close()
        return await store.model(kind), await store.shadow_model(kind)

    return place.asked(ask)


def test_before_the_first_is_published_there_is_none(marketplace):
    assert in_use(marketplace) == (None, None)


def test_what_is_published_serves_number_by_number(marketplace):
    one = model(1.5)
    marketplace.publish(one)
    serving, shadow = in_use(marketplace)
    assert shadow is None
    assert serving.version == one.version
    assert serving.document == one.document
    assert serving.figures == one.figures
    assert {name: array.dtype for name, array in serving.arrays.items()} == {
        name: array.dtype for name, array in one.arrays.items()
    }
    np.testing.assert_array_equal(serving.arrays["factors"], one.arrays["factors"])
    with pytest.raises(ValueError, match="read-only"):
        serving.arrays["factors"][0] = 7.0


def test_a_new_one_takes_over_and_its_shadow_stands_beside_it(marketplace):
    marketplace.publish(model(1.0))
    assert in_use(marketplace)[0].version == model(1.0).version
    marketplace.publish(model(2.0))
    marketplace.shadow("factors", model(3.0))
    serving, shadow = in_use(marketplace)
    assert (serving.version, shadow.version) == (model(2.0).version, model(3.0).version)
    marketplace.shadow("factors", None)
    assert in_use(marketplace)[1] is None
    assert in_use(marketplace, "graph") == (None, None)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (model(np.nan), "not finite"),
        (model(kind="horoscope"), "no kind of model"),
        (model(arrays={}), "no arrays"),
        (model(arrays={"names": np.array(["Fabia"])}), "no numbers"),
        (model(figures={"value": np.inf}), "is inf"),
        (model(document={"half": object()}), "JSON"),
    ],
)
def test_what_is_no_model_is_refused_and_the_last_one_stays(marketplace, wrong, sentence):
    if wrong.kind == "factors":
        marketplace.publish(model(1.0))
    with pytest.raises(ModelError, match=sentence):
        marketplace.publish(wrong)
    with pytest.raises(ModelError, match=sentence):
        marketplace.shadow(wrong.kind, wrong)
    if wrong.kind == "factors":
        assert in_use(marketplace)[0].version == model(1.0).version
