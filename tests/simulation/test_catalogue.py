"""The tables of models, makes and cities: complete, consistent, worded in every combination."""

import tomllib
from importlib import resources

import pytest

from carousel.domain.filters import distance_km
from carousel.domain.listing import Body, Fuel
from carousel.simulation.cars import KM_BY_SEGMENT
from carousel.simulation.catalogue import generations
from carousel.simulation.regions import cities
from carousel.simulation.titles import title


def test_the_table_is_as_wide_as_the_market():
    assert len({g.make for g in generations()}) >= 40
    assert len(generations()) >= 300


def test_every_generation_is_consistent():
    for g in generations():
        assert g.first_year <= g.last_year, g
        assert 0 < g.hp_low <= g.hp_high, g
        assert 5_000 <= g.list_price <= 300_000, g
        assert 0 < g.depreciation < 0.2, g
        assert 0 <= g.automatic <= 1, g
        assert g.popularity > 0, g
        assert sum(g.bodies.values()) == pytest.approx(1), g
        assert sum(g.fuels.values()) == pytest.approx(1), g
        assert g.segment in KM_BY_SEGMENT, g


def test_no_generation_is_listed_twice():
    keys = [(g.make, g.model, g.first_year) for g in generations()]
    assert len(set(keys)) == len(keys)


def test_every_make_that_words_its_adverts_sells_cars():
    text = resources.files("carousel.simulation").joinpath("makes.toml").read_text("utf-8")
    assert set(tomllib.loads(text)) - {"default"} <= {g.make for g in generations()}


def test_every_version_of_every_model_has_a_headline_that_starts_like_its_name():
    for g in generations():
        for fuel in g.fuels:
            for body in g.bodies:
                for power in (g.hp_low, g.hp_high):
                    for year in (2003, 2010, 2026):
                        headline = title(
                            g, year=year, body=body, fuel=fuel, power_hp=power, trim=3,
                            automatic=True, four_wheel_drive=True,
                        )  # fmt: skip
                        assert headline.startswith(g.model[0]), headline
                        assert headline == " ".join(headline.split()), headline
                        assert len(headline) <= 80, headline


@pytest.mark.parametrize(
    ("make", "model", "body", "fuel", "power", "headline"),
    [
        ("Skoda", "Octavia", Body.ESTATE, Fuel.DIESEL, 150, "Octavia Combi 2.0 TDI Style"),
        ("Volkswagen", "Golf", Body.HATCHBACK, Fuel.PETROL, 150, "Golf 1.5 TSI Highline"),
        ("BMW", "3 Series", Body.ESTATE, Fuel.DIESEL, 190, "320d Touring Luxury Line"),
        ("BMW", "X3", Body.SUV, Fuel.PETROL, 184, "X3 20i Luxury Line"),
        ("Mercedes-Benz", "C-Class", Body.SALOON, Fuel.DIESEL, 170, "C 220 d Exclusive"),
        ("Volvo", "V60", Body.ESTATE, Fuel.DIESEL, 190, "V60 D4 Inscription"),
        ("Tesla", "Model 3", Body.SALOON, Fuel.ELECTRIC, 440, "Model 3 Long Range AWD"),
        ("Porsche", "911", Body.CONVERTIBLE, Fuel.PETROL, 450, "911 Cabrio GTS"),
        ("Renault", "Zoe", Body.HATCHBACK, Fuel.ELECTRIC, 136, "Zoe 50 kWh Intens"),
    ],
)
def test_adverts_speak_the_language_of_their_make(make, model, body, fuel, power, headline):  # noqa: PLR0913, PLR0917 (the columns of the table above)
    generation = [g for g in generations() if (g.make, g.model) == (make, model)][-1]
    words = title(
        generation, year=2020, body=body, fuel=fuel, power_hp=power, trim=2,
        automatic=False, four_wheel_drive=False,
    )  # fmt: skip
    assert words == headline


def test_cities_stand_where_they_are():
    at = {c.name: c for c in cities()}
    prague, brno, berlin = at["Prague"], at["Brno"], at["Berlin"]
    assert 40 <= len(at) <= 60
    assert len(at) == len(cities())
    assert distance_km(
        prague.latitude, prague.longitude, brno.latitude, brno.longitude
    ) == pytest.approx(185, abs=8)
    assert distance_km(
        prague.latitude, prague.longitude, berlin.latitude, berlin.longitude
    ) == pytest.approx(280, abs=8)
    assert {m for c in at.values() for m in c.country.favours} <= {g.make for g in generations()}
