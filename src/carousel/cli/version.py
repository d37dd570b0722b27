"""``carousel version``: what runs here.

Owns:    the command.
Imports: settings, the standard library.
"""

import platform
import tomllib
from importlib.metadata import PackageNotFoundError, version

from carousel.cli.screen import Screen
from carousel.settings import CHECKOUT


def run() -> None:
    """Print the version of Carousel and of Python."""
    Screen().say(f"carousel {_own_version()}, Python {platform.python_version()}")


def _own_version() -> str:
    """Return our version; a checkout is run without being installed, so it has no metadata."""
    try:
        return version("carousel")
    except PackageNotFoundError:
        project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
        return str(project["version"])
