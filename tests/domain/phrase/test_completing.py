"""The last word is completed by what narrows down what was said before it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carousel.domain.phrase.completing import OR, proposals
from carousel.domain.phrase.reading import read
from carousel.domain.phrase.settling import LISTS
from carousel.domain.phrase.tokens import tokens_of
from tests.domain.phrase.names_for_sale import NOW, dictionary

KNOWN = dictionary()


def completed(text, limit=8):
    return [one.text for one in proposals(text, KNOWN, NOW, limit)]


def chips_of(text):
    return {(one.name, one.value) for one in read(text, KNOWN, NOW).chips}


@pytest.mark.parametrize(
    ("typed", "whole"),
    [
        ("octavia ko", ["Octavia kombi", "Octavia kompaktwagen"]),
        ("octavia combi td", ["Octavia combi tdi"]),
        ("octavia kombi naf", ["Octavia kombi nafta"]),
        ("octavia ben", ["Octavia benzin"]),
        ("octavia elek", ["Octavia elektro"]),
        ("golf lim", ["Golf limousine"]),
        ("golf kup", ["Golf kupé"]),
        ("passat schw", ["Passat schwarz"]),
        ("passat modr", ["Passat modrý"]),
        ("passat gre", ["Passat Green", "Passat Grey"]),
        ("fabia česk", ["Fabia České Budějovice"]),
        ("fabia near pra", ["Fabia near Prague"]),
        ("fabia blízko mni", ["Fabia blízko Munich"]),
        ("fabia unter 15", ["Fabia unter 15k"]),
        ("fabia do 1", ["Fabia do 10k", "Fabia do 15k"]),
        ("fabia od 201", ["Fabia od 2019", "Fabia od 2018"]),
        ("fabia first ow", ["Fabia first owner"]),
        ("fabia automatická př", ["Fabia automatická převodovka"]),
        ("fabia von pr", ["Fabia von privat"]),
        ("octavia sko", ["Octavia Škoda"]),
        ("scoda okta", ["Škoda Octavia"]),
        ("elektr", ["elektro"]),
    ],
)
def test_a_word_half_typed_is_completed_in_three_languages(typed, whole):
    found = completed(typed)
    assert [one for one in found if one in whole] == whole


@pytest.mark.parametrize(
    ("typed", "never"),
    [
        ("octavia ko", "Kodiaq"),  # no car is two models
        ("octavia c", "Opel"),  # nor of two makes
        ("octavia o", "Škoda"),
        ("skoda octavia f", "Fabia"),
        ("diesel aut", "autogas"),
        ("kombi lim", "limousine"),
        ("red bl", "black"),
        ("brno pra", "Prague"),
        ("td", "tdi"),  # nobody begins with an engine
    ],
)
def test_a_second_value_of_a_filter_is_not_suggested(typed, never):
    assert not [one for one in completed(typed, 20) if never in one]


@pytest.mark.parametrize(
    ("typed", "whole"),
    [
        ("diesel or pet", "diesel or petrol"),
        ("audi oder bm", "Audi oder BMW"),
        ("octavia nebo fab", "Octavia nebo Fabia"),
        ("rot und schw", "rot und schwarz"),
    ],
)
def test_after_or_an_alternative_is_suggested(typed, whole):
    assert whole in completed(typed)


WORDS = (
    "skoda octavia fabia bmw 3er golf audi combi kombi suv limousine diesel benzin nafta automatic "
    "schaltgetriebe black modrá rote brno prag under unter do 15k 100000 km od 2015 near dealer "
    "privat or with scoda"
)
said = st.lists(st.sampled_from(WORDS.split()), max_size=4)


@given(said, st.sampled_from(["kombi", "diesel", "Prague", "černá", "Octavia", "20", "near"]),
       st.integers(1, 7))  # fmt: skip
@settings(deadline=None, max_examples=150)
def test_every_suggestion_keeps_what_was_said_and_asks_for_more(words, last, letters):
    before = " ".join(words)
    text = f"{before} {last[:letters]}".strip()
    whole = chips_of(text)
    for one in proposals(text, KNOWN, NOW, 20):
        asked = {(chip.name, chip.value) for chip in one.reading.chips}
        if asked == whole or asked > whole:
            continue
        # Up to three words may be one name that is being typed.
        tokens = tokens_of(text)
        begins = [tokens[n].start for n in range(max(0, len(tokens) - 3), len(tokens))]
        kept = [chips_of(text[:begin]) for begin in begins]
        kept = [{chip for chip in some if chip[0] in LISTS} for some in kept]
        assert any(some <= asked for some in kept)
        if not OR & {token.key for token in tokens}:
            assert any(
                {name for name, _ in asked - some}.isdisjoint(name for name, _ in some)
                for some in kept
                if some <= asked
            )
