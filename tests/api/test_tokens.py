"""A token says who is calling, until it expires, and only if it is ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.api import tokens
from carousel.api.problems import ProblemError
from carousel.api.tokens import SECONDS, Tokens

SECRET = "a secret for tests, thirty-two bytes or more"  # noqa: S105  # it guards nothing


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def code_of(tokens: Tokens, token: str) -> str:
    with pytest.raises(ProblemError) as refused:
        tokens.user_of(token)
    assert refused.value.status == 401
    return refused.value.code


@given(st.integers(1, 10**18 - 1))
def test_a_token_names_the_user_it_was_issued_to(user_id):
    issuer = Tokens(SECRET)
    assert Tokens(SECRET).user_of(issuer.issue(user_id)) == user_id


@pytest.mark.parametrize("already_seen", [False, True])
def test_a_token_ends_with_its_last_second(already_seen):
    clock = Clock()
    issued = Tokens(SECRET, clock)
    token = issued.issue(7)
    clock.now += SECONDS - 1
    assert issued.user_of(token) == 7
    clock.now += 1
    assert code_of(issued if already_seen else Tokens(SECRET, clock), token) == "token_expired"


def test_a_token_of_another_secret_is_refused():
    foreign = Tokens(SECRET[::-1]).issue(7)
    assert code_of(Tokens(SECRET), foreign) == "token_invalid"


@given(st.data())
def test_a_token_with_any_character_changed_is_refused(data):
    # The last character of a signature carries unused bits, so it may change without meaning.
    token = Tokens(SECRET).issue(7)
    place = data.draw(st.integers(0, len(token) - 2))
    letter = data.draw(st.sampled_from("AZaz09_-").filter(lambda c: c != token[place]))
    changed = token[:place] + letter + token[place + 1 :]
    assert code_of(Tokens(SECRET), changed) == "token_invalid"


def test_the_memory_of_tokens_is_bounded(monkeypatch):
    monkeypatch.setattr(tokens, "REMEMBERED", 3)
    issuer = Tokens(SECRET)
    for user_id in range(1, 10):
        assert issuer.user_of(issuer.issue(user_id)) == user_id
    assert len(issuer._known) == 3
