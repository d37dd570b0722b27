"""What the request path asks of names and of listings that may be gone, of every engine."""

from carousel.domain.listing import Place, Status
from carousel.domain.phrase.names import Model, Names, Region
from tests.storage.postgres_world import car, market

BRNO = Place(region="Brno", latitude=49.195, longitude=16.607)
CARS = (
    car("1", make="Škoda", model="Fabia", colour="red"),
    car("2", make="Škoda", model="Fabia", colour="Red", place=BRNO),
    car("3", make="SKODA", model="fabia", colour="red", place=BRNO),
    car("4", make="Škoda", model=None, colour=None, place=None),
    car("5", make="Audi", model="A4", colour="modrá"),
    car("6", make="Citroën", model="C4", colour="lime", status=Status.SOLD),
)


def test_names_of_active_cars_come_in_their_usual_spelling_the_most_frequent_first(marketplace):
    assert marketplace.asked(lambda store: store.names()) == Names()
    marketplace.upsert(CARS)
    assert marketplace.asked(lambda store: store.names()) == Names(
        makes=(("Škoda", 4), ("Audi", 1)),
        models=(Model("Škoda", "Fabia", 3), Model("Audi", "A4", 1)),
        colours=(("red", 3), ("modrá", 1)),
        regions=(Region("Brno", 2, 49.195, 16.607), Region("Praha", 2, 50.08, 14.43)),
    )


def test_names_follow_what_is_for_sale(marketplace):
    ids = marketplace.upsert(CARS)
    marketplace.set_status([ids[4]], Status.SOLD)
    marketplace.set_status([ids[5]], Status.ACTIVE)
    names = marketplace.asked(lambda store: store.names())
    assert [name for name, _ in names.makes] == ["Škoda", "Citroën"]


def test_listings_of_any_status_come_in_the_order_asked(marketplace):
    ids = marketplace.upsert(market(5))
    for i, status in zip(ids, Status, strict=False):
        marketplace.set_status([i], status)
    asked = [ids[3], 10**9, ids[0], ids[4], 2**70, -1, 0, ids[1]]
    found = marketplace.asked(lambda store: store.listings(asked))
    assert [one.id for one in found] == [ids[3], ids[0], ids[4], ids[1]]
    assert found[0].status is Status.WITHDRAWN
    assert marketplace.asked(lambda store: store.listings([])) == []
