"""Cars to try preferences on, drawn without the market's arrivals, sellers and prices over time."""

import numpy as np

from carousel.simulation.cars import draw_cars
from carousel.simulation.catalogue import generations
from carousel.simulation.parameters import read_parameters
from carousel.simulation.prices import retained
from carousel.simulation.regions import cities
from carousel.simulation.stock import Stock

BEGINS = 1_767_225_600.0  # 2026-01-01
ENDS = BEGINS + 60 * 86_400.0
PARAMETERS = read_parameters()


def small_stock(count, seed=1, dimensions=8):
    dice = np.random.default_rng(seed)
    cars = draw_cars(count, 2026.0, dice)
    table, towns = generations(), cities()
    makes = tuple(dict.fromkeys(g.make for g in table))
    depreciation = np.array([g.depreciation for g in table])[cars.generation]
    new = np.array([g.list_price for g in table], dtype=np.float64)[cars.generation]
    worth = new * retained(cars.age, cars.mileage_km.astype(np.float64), depreciation) + 350
    quality = dice.standard_normal(count)
    looks = dice.standard_normal((len(table), dimensions))[cars.generation]
    looks = looks + 0.5 * dice.standard_normal((count, dimensions))
    nobody = np.zeros(0)
    return Stock(
        facts=(),
        makes=makes,
        generation=cars.generation,
        make=np.array([makes.index(g.make) for g in table])[cars.generation],
        body=cars.body,
        fuel=cars.fuel,
        automatic=cars.automatic,
        year=cars.year,
        mileage_km=cars.mileage_km.astype(np.float64),
        power_hp=cars.power_hp.astype(np.float64),
        latitude=np.array([c.latitude for c in towns])[cars.city],
        longitude=np.array([c.longitude for c in towns])[cars.city],
        seller=np.arange(count),
        dealer=np.zeros(count, dtype=bool),
        listed_at=np.full(count, BEGINS),
        patience=np.full(count, 30 * 86_400.0),
        price=np.rint(worth * np.exp(0.12 * dice.standard_normal(count))),
        worth=worth,
        quality=quality,
        looks=looks / np.linalg.norm(looks, axis=1, keepdims=True),
        drop_at=nobody,
        drop_car=nobody.astype(np.int64),
        drop_price=nobody,
    )
