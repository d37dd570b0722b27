"""The truth of a simulated market as files, so that nobody has to simulate it again to ask.

Owns:    the layout of DIRECTORY/truth, writing, reading, the check that it is whole.
Imports: pydantic, domain.errors, recording.columns, simulation.{catalogue, columns, needs,
         needs_table, parameters, stock, truth}.

Beside the tables lies truth.json: the preference model, the parameters in force, and the sum of
every file. It is written last, so that a directory in which writing was interrupted holds no truth.
"""

import hashlib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from carousel.domain.errors import ConfigurationError, RecordingError
from carousel.recording.columns import Coded, Kind, read_table, write_table
from carousel.recording.files import first_mistake
from carousel.simulation.catalogue import generations
from carousel.simulation.columns import BODIES, FUELS
from carousel.simulation.needs_table import read_shoppers, write_shoppers
from carousel.simulation.parameters import Parameters
from carousel.simulation.stock import Stock
from carousel.simulation.truth import KnownTruth

FOLDER, MANIFEST = "truth", "truth.json"
TABLES = ("cars", "reductions", "shoppers", "needs")

_CARS: dict[str, Kind] = {
    "generation": "int",
    "body": BODIES,
    "fuel": FUELS,
    "automatic": "flag",
    "year": "int",
    "mileage_km": "float",
    "power_hp": "float",
    "latitude": "float",
    "longitude": "float",
    "seller": "int",
    "dealer": "flag",
    "listed_at": "moment",
    "patience": "float",
    "price": "float",
    "worth": "float",
    "quality": "float",
    "looks": "matrix",
}
_REDUCTIONS: dict[str, Kind] = {"drop_at": "moment", "drop_car": "int", "drop_price": "float"}


class Manifest(BaseModel):
    """What ``truth.json`` says.

    catalogue:  SHA-256 of the table of models that the cars are numbered by.
    makes:      those that shoppers can love, in the order in which cars are numbered by them.
    parameters: all tables in force.
    sha256:     of each table's file, hexadecimal.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: Literal["carousel-truth"]
    version: Literal[1]
    preferences: str
    hidden: Annotated[float, Field(ge=0)]
    catalogue: str
    makes: tuple[str, ...]
    parameters: dict[str, dict[str, Any]]
    sha256: dict[str, str]


def write(truth: KnownTruth, directory: Path) -> None:
    """Write a truth to DIRECTORY/truth, in place of any that is there."""
    folder = directory / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    stock = truth.stock
    write_table(
        _file(folder, "cars"),
        {
            **{name: getattr(stock, name) for name in _CARS},
            "make": Coded(stock.make, stock.makes),
            "body": Coded(stock.body, BODIES),
            "fuel": Coded(stock.fuel, FUELS),
        },
    )
    write_table(_file(folder, "reductions"), {n: getattr(stock, n) for n in _REDUCTIONS})
    write_shoppers(truth.shoppers, _file(folder, "shoppers"), _file(folder, "needs"))
    manifest = Manifest(
        format="carousel-truth",
        version=1,
        preferences=truth.preferences,
        hidden=truth.hidden,
        catalogue=_catalogue(),
        makes=stock.makes,
        parameters={name: dict(table) for name, table in truth.parameters.tables.items()},
        sha256={name: _sha256(_file(folder, name)) for name in TABLES},
    )
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", "utf-8")


def read(directory: Path) -> KnownTruth:
    """Read the truth that lies in DIRECTORY/truth.

    The adverts are the recording's: ``facts`` of the stock is empty.

    Raises:
        RecordingError: there is none; a file is missing, foreign, cut short or not the one that
            truth.json speaks of; or it was written with another table of models.
    """
    folder = directory / FOLDER
    manifest = _manifest(folder / MANIFEST)
    for name in TABLES:
        file = _file(folder, name)
        if not file.is_file():
            raise RecordingError(f"{file} is missing; a truth needs it: simulate the market again.")
        if _sha256(file) != manifest.sha256.get(name):
            raise RecordingError(
                f"{file} is not the file that {MANIFEST} speaks of (its SHA-256 differs); "
                f"copy it again or simulate the market again."
            )
    if manifest.catalogue != _catalogue():
        raise RecordingError(
            f"{folder} was written with another table of models than this version has; "
            f"simulate the market again."
        )
    cars = read_table(_file(folder, "cars"), {**_CARS, "make": manifest.makes})
    reductions = read_table(_file(folder, "reductions"), _REDUCTIONS)
    stock = Stock(facts=(), makes=manifest.makes, **cars, **reductions)
    shoppers = read_shoppers(_file(folder, "shoppers"), _file(folder, "needs"))
    parameters = Parameters(manifest.parameters, str(folder / MANIFEST))
    try:
        return KnownTruth(
            stock,
            shoppers,
            parameters,
            preferences=manifest.preferences,
            hidden=manifest.hidden,
        )
    except (ConfigurationError, KeyError) as error:
        raise RecordingError(
            f"{folder / MANIFEST} speaks of a preference model that this version has not: {error}"
        ) from error


def _file(folder: Path, table: str) -> Path:
    return folder / f"{table}.parquet"


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _catalogue() -> str:
    rows = (f"{g.make}\t{g.model}\t{g.first_year}\t{g.segment}\n" for g in generations())
    return hashlib.sha256("".join(rows).encode()).hexdigest()


def _manifest(path: Path) -> Manifest:
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise RecordingError(
            f"{path.parent} holds no truth: {MANIFEST} cannot be read ({error.strerror}); only a "
            f"simulated market has one."
        ) from error
    except ValidationError as error:
        raise RecordingError(
            f"{path} does not describe a truth: {first_mistake(error)}; simulate the market again."
        ) from error
