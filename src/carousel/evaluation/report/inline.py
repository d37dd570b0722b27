"""An SVG drawing made fit to stand inside a page, several on one.

Owns:    what is taken out of and put into a drawing's text.
Imports: evaluation.report.palette.
"""

import re
from html import escape

from carousel.evaluation.report.palette import recoloured

_FONT = re.compile(r"font-family: [^;\"]*;? ?")
_SHORTHAND = re.compile(r"font: ((?:bold |italic |[0-9]{3} )*)([0-9.]+px)[^;\"]*")
_ID = re.compile(r"( id=\"|url\(#|xlink:href=\"#)([\w.-]+)")
_NUMBER = re.compile(r"(\d+\.\d{2})\d+")
_TAG = re.compile(r"<[^>]*>")
_SIZE = re.compile(r"<svg [^>]*viewBox=\"0 0 ([0-9.]+) ([0-9.]+)\"[^>]*>")
_LEFT_OUT = re.compile(
    r"<metadata>.*?</metadata>|<defs>\s*<style.*?</style>\s*</defs>", flags=re.DOTALL
)
_STILL = re.compile(r" transform=\"rotate\(-?0 [^)]*\)\"")


def embedded(drawing: str, key: str, title: str) -> str:
    """Return the ``<svg>`` element of a drawing.

    It scales down to its place but never up, takes the page's fonts and colours, and says
    ``title`` to those who hear the page. Its ids begin with ``key``.
    """
    body = drawing[drawing.index("<svg ") :]
    body = _LEFT_OUT.sub("", body)
    size = _SIZE.search(body)
    if size is None:
        raise ValueError("a drawing without a viewBox")
    words = escape(title, quote=True)
    head = (
        f'<svg viewBox="0 0 {size[1]} {size[2]}" style="max-width:{float(size[1]):.0f}px" '
        f'role="img" aria-label="{words}"><title>{words}</title>'
    )
    body = head + body[size.end() :]
    body = _SHORTHAND.sub(lambda found: _weight(found[1]) + f"font-size: {found[2]}", body)
    body = _FONT.sub("", body)
    body = _STILL.sub("", body)
    body = _ID.sub(rf"\g<1>{key}-\g<2>", body)
    body = body.replace("xlink:href", "href")
    body = _TAG.sub(lambda tag: _NUMBER.sub(r"\1", tag[0]), body)
    return recoloured(re.sub(r"\s*\n\s*", " ", body)).strip()


def _weight(words: str) -> str:
    return "font-weight: bold; " if "bold" in words or "700" in words else ""
