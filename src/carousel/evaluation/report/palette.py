"""Colours and marks of methods: ours stands out, the prototype is distinct, the rest is grey.

Owns:    every colour of the pictures and the page, in daylight and in the dark.
Imports: evaluation.report.standing.

Green and orange were chosen to stay apart for readers with any of the common colour deficiencies;
the shape of the mark says the same once more.
"""

from dataclasses import dataclass

from carousel.evaluation.report import standing


@dataclass(frozen=True, slots=True)
class Colour:
    """One colour by its role: the name of its CSS variable, its value by day and by night."""

    variable: str
    day: str
    night: str


INK = Colour("ink", "#18201d", "#e8eeeb")
MUTED = Colour("muted", "#53605b", "#a5b1ac")
OTHER = Colour("other", "#75817c", "#8c9994")
LINE = Colour("line", "#d8deda", "#323b38")
GROUND = Colour("ground", "#f5f6f4", "#121615")
SURFACE = Colour("surface", "#fffffe", "#1b2120")
OURS = Colour("ours", "#0a6c58", "#74d4ba")
PROTOTYPES = Colour("prototypes", "#b9500a", "#ffae6b")

COLOURS = (INK, MUTED, OTHER, LINE, GROUND, SURFACE, OURS, PROTOTYPES)
"""No two share a value by day: a drawing made with those is recoloured by replacing them."""


def colour(name: str) -> Colour:
    """Return the colour of a method.

    >>> colour("carousel").variable, colour("prototype").variable, colour("als").variable
    ('ours', 'prototypes', 'other')
    """
    if standing.is_ours(name):
        return OURS
    return PROTOTYPES if standing.is_prototypes(name) else OTHER


def leads(name: str) -> bool:
    """Return whether a method is drawn stronger than its own variations: ours, the prototype's."""
    return name in (standing.OURS, standing.PROTOTYPE)


def mark(name: str) -> str:
    """Return the shape of a method's mark, as matplotlib calls it: circle, diamond, bar or dot."""
    if standing.is_bound(name):
        return "|"
    return "D" if standing.is_prototypes(name) else "o"


def recoloured(drawing: str) -> str:
    """Return an SVG drawing whose colours follow the page's.

    >>> recoloured('<path style="stroke: #0a6c58"/>')
    '<path style="stroke: var(--ours)"/>'
    """
    for one in COLOURS:
        drawing = drawing.replace(one.day, f"var(--{one.variable})")
    return drawing


def style_sheet() -> str:
    """Return the CSS that gives the variables their values by day and by night."""
    day = "".join(f"--{one.variable}:{one.day};" for one in COLOURS)
    night = "".join(f"--{one.variable}:{one.night};" for one in COLOURS)
    return (
        f":root{{color-scheme:light dark;{day}}}"
        f"@media (prefers-color-scheme:dark){{:root{{{night}}}}}"
        f"@media print{{:root{{color-scheme:light;{day}}}}}"
    )
