"""What is read of a shopper before anything else."""

from datetime import UTC, datetime

from carousel.domain.events import Reason
from carousel.domain.facts import facts_of
from carousel.domain.listing import ListingFacts
from carousel.domain.trail import NO_TRAIL, extended, reaction
from carousel.serving.hydrating import still_meant

CAR = facts_of([
    ListingFacts(
        ref="1", make="Skoda", model="Fabia", name="Fabia", year=2018, price=9_000,
        listed_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
])  # fmt: skip


def test_a_dismissal_that_was_undone_is_held_against_nothing():
    steps = [
        reaction(1.0, 7, "view", None, CAR),
        reaction(2.0, 7, "dismiss", Reason.TOO_OLD, CAR),
        reaction(3.0, 8, "dismiss", None, CAR),
    ]
    trail = extended(NO_TRAIL, steps)
    left = still_meant(trail, frozenset({8}))
    assert left.reactions["at"].tolist() == [1.0, 3.0]
    assert still_meant(trail, frozenset({7, 8})) is trail
    assert still_meant(NO_TRAIL, frozenset()) is NO_TRAIL


def test_a_car_that_was_brought_back_and_dismissed_again_was_turned_down_once():
    steps = [reaction(at, 7, "dismiss", None, CAR) for at in (1.0, 3.0)]
    trail = extended(NO_TRAIL, [*steps, reaction(2.0, 7, "view", None, CAR)])
    assert still_meant(trail, frozenset({7})).reactions["at"].tolist() == [2.0, 3.0]
    assert still_meant(trail, frozenset()).reactions["at"].tolist() == [2.0]
