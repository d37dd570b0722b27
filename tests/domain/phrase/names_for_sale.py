"""A market to read phrases against: makes and models as several marketplaces name them."""

from carousel.domain.phrase.amounts import Terms
from carousel.domain.phrase.dictionary import Dictionary, dictionary_of
from carousel.domain.phrase.names import Names, Region, names_of

NOW = Terms(year=2026, currency="EUR")

_MODELS = {
    "Škoda": "Octavia Fabia Superb Kodiaq Citigo",
    "Volkswagen": "Golf Passat Polo Tiguan up! T-Roc ID.3 Golf_Plus",
    "BMW": "3_Series 5_Series X3 i3",
    "Audi": "A3 A4 A6 Q5 TT 80",
    "Mercedes-Benz": "C-Class E-Class A-Class GLC",
    "Peugeot": "208 308 2008 3008",
    "Mazda": "2 3 6 CX-5",
    "Fiat": "500 Panda Punto",
    "Ford": "Focus Ka Kuga Mondeo",
    "Tesla": "Model_3 Model_S",
    "Land Rover": "Discovery Range_Rover Range_Rover_Sport",
    "Alfa Romeo": "Giulia Giulietta",
    "SEAT": "Leon Ibiza",
    "Kia": "Sportage Ceed",
    "Hyundai": "i30 Tucson",
    "Honda": "Civic Jazz",
    "Toyota": "Yaris Corolla",
    "Citroën": "C3 Berlingo",
    "MINI": "Cooper Countryman",
    "Porsche": "911 Cayenne",
    "Opel": "Astra Corsa",
    "Volvo": "V60 XC60",
    "Renault": "Clio Megane",
}


def names() -> Names:
    """Return the names of the market."""
    cars = [
        (make, model.replace("_", " "), 100 - place)
        for make, models in _MODELS.items()
        for place, model in enumerate(models.split())
    ]
    colours = [(name, 10) for name in ("Black", "Blue", "Red", "Grey", "White", "Green", "Silver")]
    regions = [
        Region("Brno", 40, 49.195, 16.607),
        Region("Prague", 70, 50.088, 14.421),
        Region("Munich", 60, 48.137, 11.575),
        Region("Berlin", 90, 52.52, 13.405),
        Region("České Budějovice", 9, 48.975, 14.474),
    ]
    return names_of(cars, colours, regions)


def dictionary() -> Dictionary:
    """Return what the market's names mean."""
    return dictionary_of(names())
