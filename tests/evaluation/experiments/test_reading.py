"""From the archive of a real database to the columns of an experiment."""

from dataclasses import replace
from datetime import timedelta

import pytest

from carousel.domain.errors import ConfigurationError
from carousel.domain.events import Contact, Impression, LogEntry, View
from carousel.evaluation.experiments.reading import STEPS, read_experiment
from carousel.serving.experiments import PARTS, Experiment
from carousel.storage import open_archive
from tests.streaming.market import NOON, make_market
from tests.training.replaying import append, follow

FOREVER = 4e9
ARMS = Experiment("x", 0, PARTS, {"a": 0.5, "b": 0.5}, interleaved=False, salt="x")


def later(**after):
    return NOON + timedelta(**after)


def shown(car, position, arm, slate="s"):
    return Impression(listing_id=car, position=position, slate=slate, arm=arm)


@pytest.fixture
def market(database_url):
    return make_market(database_url)


@pytest.fixture
def heard(market, log_url):
    """Return a function that tells the pipeline of some events and reads an experiment."""

    def read(entries, experiment=ARMS):
        append(log_url, [LogEntry(f"t{n}", *entry) for n, entry in enumerate(entries)])
        follow(market.database_url, log_url)
        with open_archive(market.database_url) as archive:
            return read_experiment(archive, experiment, FOREVER)

    return read


def test_what_follows_a_list_of_an_arm_is_its_own(market, heard):
    one, two, three = market.listings[:3]
    ann, bob, cem = market.users[:3]
    seen = heard(
        [
            (ann, later(minutes=-9), Contact(listing_id=two)),
            (ann, NOON, shown(one, 1, "x/a")),
            (ann, NOON, shown(two, 2, "x/a")),
            (bob, NOON, shown(one, 1, "x/b")),
            (cem, NOON, shown(one, 1, "y/b")),
            (ann, later(minutes=1), View(listing_id=two)),
            (ann, later(minutes=2), Contact(listing_id=two)),
            (ann, later(minutes=3), Contact(listing_id=three)),
            (bob, later(minutes=4), shown(one, 3, None, "search")),
            (bob, later(minutes=5), View(listing_id=one)),
            (cem, later(minutes=6), View(listing_id=one)),
        ]
    )
    assert seen.shoppers.tolist() == sorted([ann, bob])
    rows = {
        (int(seen.shoppers[s]), int(place)): [
            step for step, hit in zip(STEPS, hits, strict=True) if hit
        ]
        for s, place, hits in zip(seen.shopper, seen.place, seen.followed, strict=True)
    }
    assert rows == {(ann, 1): [], (ann, 2): ["view", "contact"], (bob, 1): []}
    contacts = dict(zip(seen.shoppers.tolist(), seen.contacts.tolist(), strict=True))
    assert contacts == {ann: 2, bob: 0}
    assert seen.counts["lists"] == 2


def test_who_saw_two_arms_tells_nothing_of_either_unless_lists_are_interleaved(market, heard):
    one, two = market.listings[:2]
    ann, bob = market.users[:2]
    entries = [
        (ann, NOON, shown(one, 1, "x/a")),
        (ann, NOON, shown(two, 2, "x/b")),
        (bob, NOON, shown(one, 1, "x/b")),
    ]
    seen = heard(entries)
    assert seen.shoppers.tolist() == [bob]
    assert seen.counts["left out: shoppers who saw several arms"] == 1
    assert heard([], replace(ARMS, interleaved=True)).shoppers.tolist() == sorted([ann, bob])


def test_only_what_was_shown_while_it_ran_counts(market, heard):
    (one,), (ann, bob) = market.listings[:1], market.users[:2]
    timed = replace(ARMS, since=NOON, until=later(hours=1))
    seen = heard(
        [
            (ann, later(minutes=-1), shown(one, 1, "x/a", "before")),
            (ann, NOON, shown(one, 1, "x/a")),
            (bob, later(hours=1), shown(one, 1, "x/a", "after")),
            (ann, later(minutes=10), Contact(listing_id=one)),
            (ann, later(hours=2), Contact(listing_id=one)),
        ],
        timed,
    )
    assert seen.shoppers.tolist() == [ann]
    assert seen.contacts.tolist() == [1]
    assert seen.counts["left out: impressions after or before the experiment"] == 2


def test_an_archive_without_impressions_of_it_is_refused_with_what_to_do(market, heard):
    with pytest.raises(ConfigurationError, match="send each card's arm back"):
        heard([(market.users[0], NOON, View(listing_id=market.listings[0]))])
