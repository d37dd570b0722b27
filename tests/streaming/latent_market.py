"""A latent space for the tests' market, and what a sequential fold makes of its events in it.

Owns:    publishing the model, the expected tastes and listings.
"""

import json
import sys

import numpy as np
import psycopg

from carousel.domain import attributes as axes
from carousel.domain.car_features import BLOCKS, describe
from carousel.domain.events import Dismiss, Reason, listing_of
from carousel.domain.interpretation import interpret
from carousel.domain.latent import Latent, Pull, Settings, from_model, to_model
from carousel.domain.preference import no_evidence, observe
from carousel.storage import open_latent, open_learning, open_models
from tests.domain.cars import INVENTORY

K = 8
PROGRAM = """
import sys
from carousel.streaming import Share, run_collaborative
runner, database_url = sys.argv[1:]
run_collaborative(Share(runner, database_url, 8))
"""


def collaborative_command(runner, database_url):
    return [sys.executable, "-c", PROGRAM, runner, database_url]


def some_model(seed=0):
    things = [describe(car) for car in INVENTORY]
    attributes = axes.fit(BLOCKS, things, rarest=2)
    encoded, count = attributes.encode(things), len(attributes.coordinates)
    weights = np.random.default_rng(seed).normal(size=(count, K))
    mean = encoded.transposed_times(np.full((len(things), 1), 1 / len(things)), count)[:, 0]
    return to_model(Latent(attributes, weights, mean, np.eye(K) / K, Settings()), {})


def publish(database_url, model):
    with open_models(database_url) as models:
        models.publish(model, activate=True)
    return model.version


def sequential_fold(market, model, entries):
    """Return each user's evidence and each listing's pull, every id once, in this order."""
    latent = from_model(model)
    with open_learning(market.database_url) as store, store.transaction() as transaction:
        listings = transaction.listings(market.listings)
    vectors = {i: latent.listing_factors(describe(listing)) for i, listing in listings.items()}
    states, pulls, once = {}, {}, set()
    for entry in entries:
        if (entry.user_id, entry.id) in once:
            continue
        once.add((entry.user_id, entry.id))
        about = listing_of(entry.event)
        said = interpret(entry.event, entry.at, listings.get(about), vectors.get(about), latent)
        if said is None:
            continue
        before = states.get(entry.user_id) or no_evidence(K, entry.at)
        reasoned = isinstance(entry.event, Dismiss) and entry.event.reason is not Reason.OTHER
        if about is not None and not reasoned:
            pull = latent.pulled(before, said.strength, said.at)
            if pull is not None:
                pulls[about] = pulls.get(about, Pull(np.zeros(K), 0.0)) + pull
        states[entry.user_id] = observe(before, said.item, said.strength, said.at, latent.params)
    return states, pulls


def kept_states(market, version):
    """Return each user's evidence and each listing's state in a version."""
    with open_latent(market.database_url, version) as store, store.transaction() as transaction:
        return transaction.tastes(market.users), transaction.moved(market.listings)


def assert_same_evidence(found, expected, tolerance=1e-6):
    assert found.keys() == expected.keys()
    for user_id, evidence in expected.items():
        assert found[user_id].as_of == evidence.as_of
        np.testing.assert_allclose(found[user_id].direction, evidence.direction, atol=tolerance)
        assert abs(found[user_id].mass - evidence.mass) < tolerance


def serving(market):
    rows = market.query("select version from latent_space where serves")
    return rows[0][0] if rows else None


def behind(market, version):
    """Return how many archived events a version has not folded in yet."""
    return market.query(
        "select count(*) from event e left join pipeline_cursor c "
        "on c.pipeline = 'collaborative/' || %s and c.shard = e.shard "
        "where e.type <> 'impression' "
        "and e.seq > coalesce(split_part(c.position, '-', 1), '0')::bigint",
        version,
    )[0][0]


def spoil(market, version):
    with psycopg.connect(market.database_url) as connection:
        connection.execute("update model set arrays = 'spoilt' where version = %s", [version])


def factors(market, version, listing_id):
    """Return the factors of a listing as readers see them."""
    rows = market.query(
        "select factors::text from listing_latent where version = %s and listing_id = %s",
        version,
        listing_id,
    )
    return np.array(json.loads(rows[0][0]))
