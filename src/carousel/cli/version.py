"""``carousel version``: what runs here.

Owns:    the command.
Imports: cli.observing, the standard library.
"""

import platform

from carousel.cli.observing import own_version
from carousel.cli.screen import Screen


def run() -> None:
    """Print the version of Carousel and of Python."""
    Screen().say(f"carousel {own_version()}, Python {platform.python_version()}")
