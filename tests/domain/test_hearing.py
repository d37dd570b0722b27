from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.audience import KINDS, Params, fold, heard
from carousel.domain.events import EVENT
from carousel.domain.hearing import CODES, tallied
from tests.domain.cars import NOON, moments

happenings = st.lists(st.tuples(st.integers(1, 3), st.sampled_from(KINDS), moments), max_size=20)


@given(happenings)
def test_many_at_once_are_what_folding_one_by_one_gives(happened):
    tallies = tallied(
        [listing_id for listing_id, _, _ in happened],
        [CODES[kind] for _, kind, _ in happened],
        [at.timestamp() for _, _, at in happened],
        Params(),
    )
    latest = max((at for _, _, at in happened), default=NOON)
    apart = defaultdict(lambda: [heard("view", latest, 0.0)])
    for listing_id, kind, at in happened:
        apart[listing_id].append(heard(kind, at))
    assert tallies.keys() == apart.keys()
    for listing_id, tally in tallies.items():
        expected = fold(apart[listing_id], Params())
        assert (tally.impressions, tally.views, tally.contacts) == pytest.approx(
            (expected.impressions, expected.views, expected.contacts)
        )
        assert abs((tally.as_of - expected.as_of).total_seconds()) < 1e-5


def test_what_counts_is_an_event_type():
    assert CODES.keys() <= EVENT.json_schema()["discriminator"]["mapping"].keys()
