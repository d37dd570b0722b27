"""How many cars are held at once: one numpy array a field, kinds as small numbers.

Owns:    the array types, the numbering of fuels and bodies.
Imports: domain.listing, numpy.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from carousel.domain.listing import Body, Fuel

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

FUELS, BODIES = tuple(Fuel), tuple(Body)
"""A fuel or a body is the index into these."""
