"""A walk through rounded vectors is off by no more than it says."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from carousel.storage.engines.memory_retrieval import best
from carousel.storage.engines.memory_sketch import Sketch

LENGTHS = (1, 5, 64)
numbers = st.floats(-1e3, 1e3, width=32) | st.floats(-0.125, 0.125, width=32)


def sketch_of(vectors):
    sketch = Sketch(vectors.shape[1])
    sketch.grow(len(vectors))
    sketch.put(np.arange(len(vectors)), vectors)
    return sketch


@given(st.data())
@settings(deadline=None)  # the first walk is compiled
def test_no_product_is_off_by_more_than_it_says(data):
    rows, dim = data.draw(st.integers(0, 8)), data.draw(st.sampled_from(LENGTHS))
    vectors = data.draw(arrays(np.float32, (rows, dim), elements=numbers))
    vector = data.draw(arrays(np.float32, dim, elements=numbers)).astype(np.float64)
    rough = sketch_of(vectors).walk(vector, rows)
    assert (np.abs(rough.products - vectors.astype(np.float64) @ vector) <= rough.error).all()


def test_of_unit_vectors_it_is_off_by_little_so_few_need_a_second_look():
    dice = np.random.default_rng(1)
    vectors = dice.standard_normal((20_000, 64)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vector = vectors[:3].sum(axis=0).astype(np.float64)
    vector /= np.linalg.norm(vector)
    rough = sketch_of(vectors).walk(vector, len(vectors))
    assert 0 < rough.error < 0.02
    looked_at = best(rough.products, 100, 2 * rough.error)
    assert set(best(vectors @ vector, 100)) <= set(looked_at)
    assert len(looked_at) < 300


def test_a_row_that_is_replaced_or_takes_a_place_is_what_it_became():
    first, second = np.eye(5, dtype=np.float32)[:2]
    sketch = sketch_of(np.stack([first, second]))
    sketch.put(np.array([0]), -first[None])
    assert np.round(sketch.walk(np.ones(5), 2).products, 3).tolist() == [-1.0, 1.0]
    sketch.grow(4)
    sketch.move(1, 0)
    assert np.round(sketch.walk(np.ones(5), 1).products, 3).tolist() == [1.0]
    assert sketch.walk(np.zeros(5), 2).products.tolist() == [0.0, 0.0]


def test_long_vectors_do_not_run_over():
    vectors = np.ones((1, 2_000), dtype=np.float32)
    rough = sketch_of(vectors).walk(np.ones(2_000), 1)
    assert abs(rough.products[0] - 2_000) <= rough.error < 1
