"""Whatever is typed: no error, chips inside the text, filters that a search takes."""

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carousel.domain.phrase import completing
from carousel.domain.phrase.completing import proposals
from carousel.domain.phrase.dictionary import dictionary_of
from carousel.domain.phrase.names import Model, Names, Region
from carousel.domain.phrase.nearest import errors
from carousel.domain.phrase.reading import LONGEST, read
from carousel.domain.phrase.settling import filters_of
from carousel.domain.phrase.tokens import tokens_of
from carousel.domain.phrase.words import Kind, afterwords, words
from tests.domain.phrase.names_for_sale import NOW, dictionary
from tests.domain.phrase.test_reading import PHRASES

KNOWN = dictionary()
ENGLISH = sorted(words())
HOSTILE = (
    "\x00\x01\x02\x1b[31m skoda",
    "\u0633\u0643\u0648\u062f\u0627 \u202eoctavia\u202c",  # right to left
    "🚗🚙 👨‍👩‍👧‍👦 \U0001f1e8\U0001f1ff",
    "<img src=x onerror=alert(1)> skoda",
    "Robert'); DROP TABLE listing; --",
    "½ ㎞ ﷺ ⅷ ²³ ﬁat ① \uff11\uff15\uff10\uff10\uff10 €",
    "s̷̢̛k̵o̴d̶a",
    "é́́́́́́́́́́́́" * 20,
    "9" * 300,
    "1 000 " * 50,
    "1.000," * 50,
    "min max " * 37,
    "not " * 75,
    "near " * 60,
    "-" * 300,
    "a" * 300,
    "a b " * 75,
    "2015 - " * 42,
    "\ud800",
    "%00%0a../../etc/passwd",
)
fragments = st.one_of(
    st.sampled_from(ENGLISH),
    st.sampled_from(sorted(afterwords())),
    st.sampled_from(sorted(KNOWN.meanings)),
    st.sampled_from([*PHRASES]),
    st.integers(0, 10**7).map(str),
    st.text(max_size=8),
)
phrases = st.lists(fragments, max_size=12).map(" ".join)


def check(text):
    found = read(text, KNOWN, NOW)
    spans = sorted({(one.start, one.end) for one in found.chips})
    for one in found.chips:
        assert 0 <= one.start < one.end <= min(len(text), LONGEST)
        assert text[one.start : one.end] == one.text
    for (_, end), (start, _) in pairwise(spans):
        assert end <= start
    assert [one.start for one in found.chips] == sorted(one.start for one in found.chips)
    filters_of(found.chips)
    for said in found.ignored:
        assert said in text
    assert read(text, KNOWN, NOW) == found


@given(st.text(max_size=300))
@settings(deadline=None, max_examples=150)
def test_any_text_is_read_without_error(text):
    check(text)


@given(phrases)
@settings(deadline=None, max_examples=300)
def test_any_words_in_any_order_make_filters_that_a_search_takes(text):
    check(text)


@given(phrases, st.integers(1, 20))
@settings(deadline=None, max_examples=60)
def test_what_is_suggested_asks_for_something_and_comes_once(text, limit):
    found = proposals(text, KNOWN, NOW, limit)
    assert len(found) <= limit
    assert len({one.text for one in found}) == len(found)
    for one in found:
        assert one.reading.chips
        assert one.reading == read(one.text, KNOWN, NOW)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_only_text(text):
    check(text)
    proposals(text, KNOWN, NOW, 8)


def test_ten_thousand_characters_are_read_up_to_a_limit():
    check("skoda " * 2_000)
    check("x" * 10_000)


def test_the_worst_phrase_takes_a_fraction_of_a_second():
    started = time.perf_counter()
    read(" ".join("qxzvwkj"[n % 7 :] + "aeiou"[n % 5] * 3 for n in range(60)), KNOWN, NOW)
    assert time.perf_counter() - started < 1.0


@pytest.mark.parametrize("said", ["50 km from zzzzzz ", "a b c d e f "])
def test_suggestions_for_a_long_text_cost_little_more_than_for_a_short_one(said, monkeypatch):
    words_read = 0

    def counting(text, *more):
        nonlocal words_read
        words_read += len(tokens_of(text))
        return read(text, *more)

    monkeypatch.setattr(completing, "read", counting)
    text = (said * 300)[:LONGEST].rstrip()
    proposals(f"{text[:-2]} k", KNOWN, NOW, 20)
    assert words_read <= completing.MOST_READ + 5 * len(tokens_of(text))


sellers_words = st.one_of(
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20),
    st.text("-/. '1aé", max_size=5),
    st.sampled_from(["-", "--", "a/", "().*[", "3 Series", "C-Class"]),
).map(str.strip).filter(bool)  # fmt: skip


@given(sellers_words, sellers_words, sellers_words, sellers_words)
@settings(deadline=None)
def test_whatever_sellers_call_their_cars_the_search_box_goes_on(make, model, colour, region):
    named = Names(
        ((make, 2), ("Audi", 1)),
        (Model(make, model, 2), Model("Audi", model, 1)),
        ((colour, 2),),
        (Region(region, 2, 49.2, 16.6),),
    )
    known = dictionary_of(named)
    assert [one.value for one in read("audi", known, NOW).chips if one.name == "brand"]
    for text in ("", make, f"{make} {model}", f"audi {colour} near {region}"):
        filters_of(read(text, known, NOW).chips)
        proposals(text, known, NOW, 5)


@given(st.text(max_size=40))
@settings(deadline=None)
def test_tokens_stand_in_the_text_in_order_and_never_overlap(text):
    tokens = tokens_of(text)
    ends = [0]
    for one in tokens:
        assert ends[-1] <= one.start < one.end <= len(text)
        ends.append(one.end)


@given(st.sampled_from(["skoda", "volkswagen", "octavia", "bmw"]), st.data())
def test_one_typing_error_is_one_error(name, data):
    place = data.draw(st.integers(1, len(name) - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
    changed = name[:place] + letter + name[place + 1 :]
    added = name[:place] + letter + name[place:]
    assert errors(changed, name) in (0.0, 1.0)
    assert errors(added, name) in (0.0, 1.0)


def test_every_word_of_the_table_is_read_as_what_the_table_says():
    for key, word in words().items():
        found = read(key, KNOWN, NOW)
        if word.kind in (Kind.FILTER, Kind.ENGINE) and word.name != "colour":
            told = [(one.name, one.value) for one in found.chips]
            named = key.replace(" ", "") in KNOWN.meanings
            assert told == [(word.name, word.value)] or named, key
