"""The word "auto": a gearbox in English, a car in German and Czech.

Owns:    which of the two is meant.
Imports: domain.phrase.tokens.
"""

from collections.abc import Sequence

from carousel.domain.phrase.tokens import Token

_ENGLISH = frozenset(
    """petrol gasoline seater seats door doors hatch estate wagon est manual under over with and or
    less than more miles mileage reg car cheap owner near below up newer older years grey black
    white red blue silver green small box only conv truck around within the cheapest""".split()  # noqa: SIM905
)
_NOT_ENGLISH = frozenset(
    """ab bis und oder mit ein eine einen fur unter uber von aus nicht kein keine suche gunstig
    gunstiges gunstige billig billiges guter gutes kleines grosses rotes rot schwarz weiss blau grau
    benziner gebraucht gebrauchtes jahre schalter automatik familie kombi benzin nafta mein das dem
    do od pro na s se v ve z ze k u bez nebo hledam chci koupim levne levny mesta rodinu rodinne
    male velke nove ojete cervene cerne bile modre roku let najeto tisic tis automat cena cenu
    euro eur tausend tsd bj ez km kaufen verkaufen elektro""".split()  # noqa: SIM905
)
_SALE = frozenset(("sale", "trader", "dealer", "parts", "insurance", "market", "show"))


def is_gearbox(tokens: Sequence[Token], at: int, *, after_a_model: bool) -> bool:
    """Return whether "auto" at a token asks for an automatic gearbox and is no car.

    It does where a model was said before or English is spoken; in no other language it does.

    >>> from carousel.domain.phrase.tokens import tokens_of
    >>> is_gearbox(tokens_of("petrol auto"), 1, after_a_model=False)
    True
    >>> is_gearbox(tokens_of("octavia auto do města"), 1, after_a_model=True)
    False
    """
    said = {one.key for one in tokens}
    if tokens[at].key != "auto" or said & _NOT_ENGLISH:
        return False
    following = tokens[at + 1].key if at + 1 < len(tokens) else ""
    return following not in _SALE and (after_a_model or bool(said & _ENGLISH))
