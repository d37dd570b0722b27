"""Every knob has a name, a type, a range and a meaning, and a document of knobs is held to them."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.errors import ConfigurationError
from carousel.serving.channels import CHANNELS
from carousel.serving.configuration import differences, knobs_of, read_toml, to_toml
from carousel.serving.knob_descriptions import all_knobs, knobs_table
from carousel.serving.knobs import Knobs

DOCUMENT = Path(__file__).parents[2] / "docs" / "knobs.md"
ANY_NUMBER = {"score.level"}


def read(text: str) -> Knobs:
    return knobs_of(read_toml(text, "knobs.toml"), "knobs.toml")


def refusal(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(text)
    sentence = str(caught.value)
    assert sentence.startswith("knobs.toml")
    assert sentence[-1] in ".?"
    return sentence


def test_the_document_holds_the_table_of_the_classes():
    table = knobs_table()
    assert table in DOCUMENT.read_text(), (
        "paste carousel.serving.knob_descriptions.knobs_table() into docs/knobs.md"
    )


def test_every_number_says_its_range_and_every_default_is_in_it():
    for name, knob in all_knobs().items():
        default = knob.default
        number = default.total_seconds() if isinstance(default, timedelta) else default
        if isinstance(number, bool | tuple):
            continue
        assert (knob.bounds != ()) != (name in ANY_NUMBER), name
        assert all(bound.holds(number) for bound in knob.bounds), name


def test_no_knob_is_left_out():
    def leaves(holder):
        for name in holder.__dataclass_fields__:
            value = getattr(holder, name)
            yield from leaves(value) if hasattr(value, "__dataclass_fields__") else [value]

    assert [knob.default for knob in all_knobs().values()] == list(leaves(Knobs()))


def test_an_empty_document_is_the_defaults_and_the_defaults_are_an_empty_document():
    assert read("") == Knobs()
    assert to_toml(Knobs()) == ""


def test_dots_and_tables_say_the_same():
    assert read("slate.caps.model = 2\n") == read("[slate.caps]\nmodel = 2\n")


def test_a_channel_is_switched_off_by_naming_the_others():
    knobs = read('channels = ["popular", "fresh"]')
    assert knobs.channels == ("popular", "fresh")
    assert all_knobs()["channels"].choices == tuple(CHANNELS)


def values(knob):
    if isinstance(knob.default, bool):
        return st.booleans()
    if isinstance(knob.default, tuple):
        return st.lists(st.sampled_from(knob.choices), min_size=1, unique=True).map(tuple)
    if isinstance(knob.default, timedelta):
        return st.integers(1, 10**7).map(lambda seconds: timedelta(seconds=seconds))
    numbers = (
        st.integers(-5, 60) if isinstance(knob.default, int) else st.floats(-5, 60, allow_nan=False)
    )
    return numbers.filter(lambda number: all(bound.holds(number) for bound in knob.bounds))


@given(st.data())
def test_what_was_written_is_read_back_as_it_was(data):
    known = all_knobs()
    names = data.draw(st.lists(st.sampled_from(list(known)), unique=True, max_size=6))
    turned = {name: data.draw(values(known[name]), label=name) for name in names}
    document = {}
    for name, value in turned.items():
        *groups, last = name.split(".")
        here = document
        for group in groups:
            here = here.setdefault(group, {})
        here[last] = (
            f"{value.total_seconds():.0f}s"
            if isinstance(value, timedelta)
            else list(value)
            if isinstance(value, tuple)
            else value
        )
    knobs = knobs_of(document, "here")
    assert differences(knobs) == {n: v for n, v in turned.items() if v != known[n].default}
    assert read(to_toml(knobs)) == knobs


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pol = 60", "there is no knob pol; did you mean pool?"),
        ("slate.explor.places = 2", "no knob slate.explor.places; did you mean slate.explor"),
        ("places = 2", "did you mean slate.exploration.places?"),
        ("qqqq = 2", "there is no knob qqqq; carousel knobs lists them."),
        ("slate = 3", "slate is a group of knobs, not one; name one of it, e.g. slate.exposure."),
        ("slate.caps.model.most = 3", "slate.caps.model = {'most': 3} is not a whole number"),
        ('pool = "many"', 'pool = "many" is not a whole number; its default is 120.'),
        ("pool = 1.5", "pool = 1.5 is not a whole number"),
        ("pool = true", "pool = true is not a whole number"),
        ("ranked = 1", "ranked = 1 is not true or false; its default is true."),
        ("deadline = nan", "deadline = nan is not a number"),
        ("deadline = 0", "deadline = 0 is out of range; it must be > 0."),
        ("slate.variety.trade = 1.01", "it must be >= 0 and <= 1."),
        ("slate.exploration.places = 50", "it must be >= 0 and <= 20."),
        ("retrieval.shares.fresh = 0", "it must be > 0 and <= 1."),
        ("retrieval.trending.doubt = 0", "it must be >= 0.1 and <= 1000."),
        ("retrieval.most_starts = 41", "it must be >= 1 and <= 40."),
        ("retrieval.graph.most_kinds = 0", "it must be >= 1 and <= 20."),
        ("retrieval.graph.half_life = 0", "out of range; it must be > 0."),
        ("slate.exposure.buyer = 1", "it must be >= 0 and < 1."),
        ("taste.half_life = 14", 'taste.half_life = 14 is not a time such as "14d", in d, h, m, s'),
        ('taste.half_life = "0d"', "out of range; it must be > 0."),
        ('channels = ["content", "magic"]', "is not a list of some of content, relatives,"),
        ('channels = ["content", "content"]', "each once"),
        ("channels = []", "is not a list of some"),
        ("channels = [1]", "is not a list of some"),
        ("pool = ", "knobs.toml is not TOML: "),
    ],
)  # fmt: skip
def test_a_wrong_document_is_refused_in_one_sentence_that_helps(text, words):
    assert words in refusal(text)


def test_a_bound_of_one_of_two_names_does_not_bind_the_other():
    assert read("score.level = -3").score.level == -3.0
    assert "must be > 0" in refusal("score.slope = -3")


def test_a_whole_number_does_for_a_number_and_becomes_one():
    places = read("slate.exploration.places = 2").slate.exploration.places
    assert isinstance(places, float)


def test_times_are_read_in_their_units():
    for text, days in (("28d", 28), ("12h", 0.5), ("36 h", 1.5), ("1440m", 1), ("86400s", 1)):
        assert read(f'taste.half_life = "{text}"').taste.half_life == timedelta(days=days)


def test_only_what_differs_is_written():
    knobs = replace(Knobs(), pool=60, taste=replace(Knobs().taste, half_life=timedelta(hours=36)))
    assert to_toml(knobs) == 'pool = 60\ntaste.half_life = "36h"\n'
