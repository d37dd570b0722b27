"""Every recommended car says why it is there, as a sentence and as data."""

import asyncio
from dataclasses import replace

import pytest

from carousel.api.why import named, why
from carousel.domain.listing import Status
from carousel.serving.causes import Step
from carousel.serving.pipeline import Slate, SlateEntry
from carousel.serving.reasons import SENTENCES, Reason
from carousel.serving.relaxing import FullSlate
from carousel.storage import open_memory
from tests.domain.cars import car

SHOWN = car(1, make="Škoda", model="Octavia")
SAVED = car(2, make="Audi", model="A6")
SOLD = car(3, make="Fiat", model="Panda")
AT = 1_790_000_000.0


def liking(listing_id, kin=""):
    return Reason("like_saved", "cars", {}, (Step("favourite", listing_id, AT),), kin)


class Counting:
    """A store of three cars, one of them sold, that counts what it is asked."""

    def __init__(self):
        self.store, self.asked = open_memory(), 0
        self.store.put([SHOWN, SAVED, SOLD])
        self.store.set_status([SOLD.id], Status.SOLD)

    async def active(self, ids):
        self.asked += 1
        return await self.store.active(ids)


def told(*reasons):
    """Return the reasons of a slate as they are told, and how often the store was asked."""
    entries = tuple(SlateEntry(SHOWN, 0.5, reason, None, False, 0) for reason in reasons)  # noqa: FBT003 (not by chance)
    full = FullSlate(Slate("s", 1, "", personal=True, entries=entries), (), ((),) * len(entries))
    store = Counting()
    answer = asyncio.run(named(store, full))
    return [entry.reason for entry in answer.slate.entries], store.asked


def test_the_car_that_counts_is_called_by_its_name():
    (reason,), _ = told(liking(SAVED.id))
    assert reason.text == "Like the Audi A6 you saved"
    assert why(reason) == {
        "key": "like_saved",
        "part": "cars",
        "values": {"make": "Audi", "model": "A6"},
        "cause": [
            {"type": "favourite", "listing_id": SAVED.id, "at": "2026-09-21T14:13:20Z", "unit": 0},
        ],
    }


def test_a_car_of_the_same_model_is_named_without_asking():
    (reason,), asked = told(liking(99, kin="model"))
    assert (reason.text, asked) == ("Like the Škoda Octavia you saved", 0)


def test_a_sold_car_is_named_as_far_as_it_is_known():
    (sold, same_make), _ = told(liking(SOLD.id), liking(SOLD.id, kin="make"))
    assert sold.text == "Like the car you saved"
    assert same_make.text == "Like the Škoda you saved"


def test_for_all_names_of_a_slate_the_store_is_asked_once():
    _, asked = told(liking(SAVED.id), liking(SOLD.id), liking(SAVED.id), Reason("new", "market"))
    assert asked == 1
    assert told(Reason("new", "market"), Reason("popular", "market"))[1] == 0


def test_a_search_names_what_it_asked_in_the_words_of_the_api():
    said = Reason("fits_search", "searches", {"body": "suv", "fuel": "plugin_hybrid"}, kin="make")
    (reason,), asked = told(replace(said, cause=(Step("search", None, AT),)))
    assert reason.text == "Fits your search: Škoda, SUV, plugin hybrid"
    assert why(reason)["values"] == {"body": "SUV", "fuel": "Plugin Hybrid", "make": "Škoda"}
    assert why(reason)["cause"] == [{"type": "search", "at": "2026-09-21T14:13:20Z", "unit": 0}]
    assert asked == 0


@pytest.mark.parametrize("key", SENTENCES)
def test_every_reason_can_be_said_without_names(key):
    reason = Reason(key, "part", {"count": 3, "km": 12})
    assert reason.text
    assert not {"{", "}"} & set(reason.text)


def test_every_card_says_why(shopper):
    for shown in shopper.get("/api/v1/cars/recommendations").json()["recommended"]:
        assert shown["why"]["key"] in SENTENCES
        assert shown["reason"] == SENTENCES[shown["why"]["key"]]
        assert shown["why"]["cause"] == []


def test_popular_cars_say_whether_they_are_liked_or_new(client):
    for shown in client.get("/api/v1/cars/popular").json()["popular"]:
        assert shown["why"]["key"] in {"popular", "new", "new_this_week", "for_sale"}
        assert shown["reason"] == SENTENCES[shown["why"]["key"]]


def test_the_shoppers_own_order_of_a_search_says_why_too(client, shopper):
    path = "/api/v1/cars/search?record=false"
    for shown in shopper.get(f"{path}&sort=recommended").json()["listings"]:
        assert shown["why"]["key"] in SENTENCES
        assert shown["reason"]
    assert not any("why" in shown for shown in client.get(path).json()["listings"])
