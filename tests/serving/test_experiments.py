"""Who is in which arm: for ever the same, fair, and never in two experiments at once."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.errors import ConfigurationError
from carousel.serving.configuration import read_toml
from carousel.serving.experiment_file import plan_of
from carousel.serving.experiments import NO_EXPERIMENTS, PARTS, Experiment, Plan, arm_of
from carousel.serving.knobs import Knobs

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SHOPPERS = range(1, 8_001)
HEAD = """
[configurations.standard]
[configurations.bolder]
slate.exploration.places = 2
[configurations.calm]
slate.exploration.places = 0
"""
TWO = f"""{HEAD}
[experiments.boldness]
share = 0.2
arms = {{standard = 0.7, bolder = 0.3}}
[experiments.duel]
share = 0.3
interleaved = ["standard", "calm"]
"""


def read(text: str) -> Plan:
    return plan_of(read_toml(text, "e.toml"), "e.toml")


def refusal(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(HEAD + text)
    sentence = str(caught.value)
    assert sentence.startswith("e.toml")
    return sentence


def arms(plan: Plan, now: datetime = NOON, users=SHOPPERS) -> list[str | None]:
    return [plan.assigned(user, now, Knobs()).arm for user in users]


def likely(count: int, of: int, share: float) -> bool:
    """Return whether a count is within four standard deviations of a binomial's mean."""
    return abs(count - of * share) <= 4 * (of * share * (1 - share)) ** 0.5


def test_the_shares_are_those_of_the_file_within_the_noise_of_chance():
    found, everybody = Counter(arms(read(TWO))), len(SHOPPERS)
    assert found.keys() == {None, "boldness/standard", "boldness/bolder", "duel/standard+calm"}
    assert likely(found[None], everybody, 0.5)
    assert likely(found["boldness/standard"], everybody, 0.2 * 0.7)
    assert likely(found["boldness/bolder"], everybody, 0.2 * 0.3)
    assert likely(found["duel/standard+calm"], everybody, 0.3)


@given(
    shares=st.lists(st.integers(1, 9), min_size=2, max_size=5),
    salt=st.text(min_size=1, max_size=5),
)
def test_any_shares_hold_under_any_salt(shares, salt):
    whole = sum(shares)
    one = Experiment(
        "x", 0, PARTS, {str(n): share / whole for n, share in enumerate(shares)},
        interleaved=False, salt=salt,
    )  # fmt: skip
    found = Counter(arm_of(one, user) for user in range(2000))
    for n, share in enumerate(shares):
        expected = 2000 * share / whole
        assert abs(found[str(n)] - expected) <= 5.5 * expected**0.5


def test_the_same_file_says_the_same_for_ever():
    assert arms(read(TWO)) == arms(read(TWO))
    # Written down, so that no change of the program moves shoppers unnoticed.
    assert arms(read(TWO), users=range(1, 13)) == WRITTEN_DOWN


def test_another_experiment_below_moves_nobody():
    more = read(f"{TWO}[experiments.third]\nshare = 0.5\narms = ['calm', 'bolder']\n")
    for before, after in zip(arms(read(TWO)), arms(more), strict=True):
        assert after == before or (before is None and after.startswith("third/"))


def test_changing_an_experiments_size_moves_nobody_from_arm_to_arm():
    small = arms(read(f"{HEAD}[experiments.x]\nshare = 0.1\narms = ['calm', 'bolder']\n"))
    large = arms(read(f"{HEAD}[experiments.x]\nshare = 0.9\narms = ['calm', 'bolder']\n"))
    assert all(one in {None, other} for one, other in zip(small, large, strict=True))


def test_the_arms_of_two_experiments_are_drawn_independently():
    both = [
        read(f"{HEAD}[experiments.{name}]\nshare = 1\narms = ['calm', 'bolder']\n")
        for name in ("one", "other")
    ]
    pairs = Counter(zip(*(arms(plan) for plan in both), strict=True))
    assert len(pairs) == 4
    assert all(likely(count, len(SHOPPERS), 0.25) for count in pairs.values())


def test_a_new_salt_draws_the_arms_anew_among_the_same_shoppers():
    text = f"{HEAD}[experiments.x]\nshare = 0.5\narms = ['calm', 'bolder']\n"
    before, after = arms(read(text)), arms(read(f"{text}salt = 'again'\n"))
    inside = [(b, a) for b, a in zip(before, after, strict=True) if b]
    assert [b is None for b in before] == [a is None for a in after]
    assert likely(sum(b == a for b, a in inside), len(inside), 0.5)


def test_an_experiment_runs_from_since_until_just_before_until():
    timed = read(
        f"{HEAD}[experiments.x]\nshare = 1\narms = ['calm', 'bolder']\n"
        "since = 2026-05-01T12:00:00Z\nuntil = 2026-05-02T14:00:00+02:00\n"
    )
    assert set(arms(timed, NOON - timedelta(seconds=1))) == {None}
    assert None not in arms(timed, NOON)
    assert None not in arms(timed, NOON + DAY - timedelta(seconds=1))
    assert set(arms(timed, NOON + DAY)) == {None}


def test_what_never_runs_at_the_same_time_may_have_the_same_shoppers():
    plan = read(
        f"{HEAD}[experiments.may]\nshare = 1\narms = ['calm', 'bolder']\n"
        "until = 2026-05-02T00:00:00Z\n"
        "[experiments.june]\nshare = 1\narms = ['calm', 'bolder']\nsince = 2026-05-02T00:00:00Z\n"
    )
    assert {arm.split("/")[0] for arm in arms(plan)} == {"may"}
    assert {arm.split("/")[0] for arm in arms(plan, NOON + DAY)} == {"june"}


@given(
    st.lists(
        st.tuples(
            st.floats(0.01, 0.6),
            st.none() | st.floats(0, 1),
            st.none() | st.integers(0, 5),
            st.none() | st.integers(0, 5),
        ),
        max_size=6,
    )
)
def test_whatever_is_accepted_nobody_is_in_two_experiments(wishes):
    stated: dict[str, dict[str, object]] = {}
    for number, (share, begin, since, until) in enumerate(wishes):
        one = {"share": share, "arms": ["standard", "calm"]}
        one |= {} if begin is None else {"from": begin}
        one |= {} if since is None else {"since": NOON + since * DAY}
        one |= {} if until is None else {"until": NOON + until * DAY}
        configurations = {"standard": {}, "calm": {"pool": 60}}
        wider = {"configurations": configurations, "experiments": {**stated, f"x{number}": one}}
        try:
            plan_of(wider, "e.toml")
        except ConfigurationError:
            continue
        stated[f"x{number}"] = one
    plan = plan_of({"configurations": configurations, "experiments": stated}, "e") if stated else (
        NO_EXPERIMENTS
    )  # fmt: skip
    for day in range(-1, 7):
        running = sorted(
            (one.begin, one.end) for one in plan.experiments if one.runs(NOON + day * DAY)
        )
        assert all(one[1] <= other[0] for one, other in pairwise(running))
        assert all(0 <= begin < end <= PARTS for begin, end in running)


def test_who_is_in_no_experiment_is_served_by_what_the_file_names_or_by_the_process():
    own = Knobs(pool=77)
    assert NO_EXPERIMENTS.assigned(1, NOON, own).knobs == (own,)
    assert NO_EXPERIMENTS.assigned(1, NOON, own).remembered == ""
    assigned = read(f"serving = 'calm'\n{HEAD}").assigned(1, NOON, own)
    assert assigned.knobs[0].slate.exploration.places == 0.0
    assert assigned.arm is None
    assert assigned.remembered != ""


def test_answers_of_other_arms_and_of_other_knobs_are_told_apart():
    before, after = read(TWO), read(TWO.replace("places = 2", "places = 3"))
    keys = [
        {p.assigned(user, NOON, Knobs()).remembered for user in range(200)} for p in (before, after)
    ]
    assert len(keys[0]) == len(keys[1]) == 4
    assert len(keys[0] & keys[1]) == 3


X, Y = "[experiments.x]\n", "[experiments.y]\n"
BOTH = "arms = ['calm', 'bolder']\n"
IN = f"{X}share = 0.1\n"
NO_SHARES = "are configurations with their shares"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[experiment.x]\nshare = 1", "nothing is called experiment; did you mean experiments?"),
        (f"{IN}arm = ['calm']", "experiments.x: nothing is called arm; did you mean arms?"),
        (IN, "experiments.x needs either arms or interleaved"),
        (f"{IN}arms = ['calm', 'bold']", "there is no configuration bold; did you mean bolder?"),
        (f"{IN}arms = ['calm']", "has a single arm"),
        (f"{IN}arms = ['calm', 'calm']", "names a configuration twice"),
        (f"{IN}arms = {{calm = 0.5, bolder = 0.4}}", "add up to 1, not to 0.9."),
        (f"{IN}arms = {{calm = 1.5, bolder = -0.5}}", "must be above 0"),
        (f"{IN}arms = {{calm = nan, bolder = 0.5}}", "add up to 1"),
        (f"{IN}arms = {{calm = true, bolder = 0.5}}", NO_SHARES),
        (f"{IN}arms = 'calm'", NO_SHARES),
        (f"{IN}arms = []", NO_SHARES),
        (f"{IN}interleaved = ['calm', 'bolder', 'standard']", "exactly two"),
        (f"{X}share = 1.1\n{BOTH}", "share is a share of all shoppers, from 0 to 1."),
        (f"{X}{BOTH}", "share is a share of all shoppers"),
        (f"{X}share = 0\n{BOTH}", "is nobody"),
        (f"{X}share = 0.5\nfrom = 0.6\n{BOTH}", "from + share is more than 1."),
        (f"{IN}salt = 4\n{BOTH}", "salt is a text"),
        (f"{IN}since = 2026-05-01\n{BOTH}", "since is a moment with its time zone"),
        (
            f"{IN}since = 2026-05-02T00:00:00Z\nuntil = 2026-05-01T00:00:00Z\n{BOTH}",
            "since is not before until.",
        ),
        (f"[experiments.Bold]\nshare = 0.1\n{BOTH}", '"Bold" is no name'),
        (f"[experiments.{'x' * 60}]\nshare = 0.1\n{BOTH}", "too long"),
        ("[experiments]\nx = 3", "experiments.x is not a table"),
        ("[configurations.loud]\nvolume = 11", "configurations.loud: there is no knob volume"),
        (
            "[configurations.slow]\ntaste.half_life = '28d'",
            "configurations.slow: taste.half_life cannot differ between shoppers",
        ),
        ("[configurations]\nfast = 3", "configurations.fast is not a table of knobs"),
        (
            f"{X}share = 0.6\n{BOTH}{Y}share = 0.5\n{BOTH}",
            "y: there is no room for share = 0.5; experiments of the same time already have 0.6",
        ),
        (
            f"{X}share = 0.6\n{BOTH}{Y}share = 0.1\nfrom = 0.5\n{BOTH}",
            "experiments.y would share shoppers with x, which has 0 to 0.6 of the line",
        ),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence_that_says_what_and_where(text, words):
    assert words in refusal(text)


def test_the_configuration_that_serves_must_be_there():
    with pytest.raises(ConfigurationError, match="serving: there is no configuration calmer"):
        read(f"serving = 'calmer'\n{HEAD}")


WRITTEN_DOWN = [
    None,
    None,
    None,
    None,
    "duel/standard+calm",
    None,
    None,
    None,
    None,
    None,
    None,
    None,
]
