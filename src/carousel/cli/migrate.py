"""``carousel migrate``: bring the database schema up to date.

Owns:    the command.
Imports: storage, cli.servers.
"""

from carousel.cli.screen import Screen
from carousel.cli.servers import plain, reachable_servers
from carousel.settings import read_settings
from carousel.storage import migrate


def run() -> None:
    """Bring the database schema up to date; safe to repeat."""
    screen = Screen()
    with reachable_servers(read_settings()) as settings, screen.step("Database schema"):
        migrate(plain(settings.database_url))
