"""``carousel reindex``: fit the feature space to today's cars and move everything to it.

Owns:    the command.
Imports: storage, cli.servers.
"""

import json
import sys
import time
from typing import Annotated

import typer

from carousel.cli.screen import Screen
from carousel.cli.servers import plain, reachable_servers
from carousel.domain.errors import ConfigurationError
from carousel.domain.listing import Status
from carousel.settings import read_settings
from carousel.storage import migrate, open_catalogue


def run(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False
) -> None:
    """Fit the feature space to today's cars; vectors and profiles follow, nothing stands still.

    Worth doing when many makes or models are new, say after a first large import.
    """
    begun = time.monotonic()
    screen = Screen()
    with reachable_servers(read_settings()) as settings:
        database_url = plain(settings.database_url)
        migrate(database_url)
        with open_catalogue(database_url) as catalogue:
            cars = catalogue.count(Status.ACTIVE)
            if cars == 0:
                raise ConfigurationError(
                    "There are no active cars to fit a feature space to; import some first: "
                    "carousel import FILE"
                )
            if as_json:
                version = catalogue.reindex().version
            else:
                with screen.step(f"Feature space over {cars:,} cars") as step:
                    version = catalogue.reindex().version
                    step.outcome = f"version {version}"
    if as_json:
        seconds = round(time.monotonic() - begun, 1)
        json.dump({"version": version, "cars": cars, "seconds": seconds}, sys.stdout)
        sys.stdout.write("\n")
