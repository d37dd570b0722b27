"""A session keeps the limits that its URL states, and its caller's own win over them."""

from carousel.storage.engines.postgres_connection import connect


def shown(database_url: str, name: str, options: str = "") -> str:
    with connect(database_url, options) as connection:
        return connection.execute(f"show {name}").fetchone()[0]  # a name of ours


def limited(database_url: str) -> str:
    sign = "&" if "?" in database_url else "?"
    return f"{database_url}{sign}options=-c%20statement_timeout%3D1234"


def test_the_statement_timeout_of_a_url_holds(database_url):
    assert shown(limited(database_url), "statement_timeout") == "1234ms"
    assert shown(limited(database_url), "jit") == "off"


def test_the_options_of_the_caller_win(database_url):
    own = "-c statement_timeout=77"
    assert shown(limited(database_url), "statement_timeout", own) == "77ms"


def test_a_worker_says_who_it_is(database_url):
    assert shown(database_url, "application_name") == "carousel-worker"
