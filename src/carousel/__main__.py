"""``python -m carousel``: the same as the command ``carousel``.

Owns:    nothing.
Imports: cli.
"""

from carousel.cli import main

if __name__ == "__main__":
    main()
