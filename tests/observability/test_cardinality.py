"""Whatever is sent to an API, it tells no more than 2,000 series, and soon none that is new."""

import http.client
import json
import random
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from carousel.observability.declaring import Process
from tests.api.conftest import EMAILS, filled
from tests.observability.api_process import ApiProcess, api_process
from tests.observability.scraping import compare, scrape, series

MOST_SERIES = 2_000
OPENAPI = Path(__file__).parents[2] / "web" / "openapi.json"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "QUERY")
# Line ends, and header names of more than letters, are refused before there is a request.
NASTY = "'\"<>&;{}[]%$\\`\u202e\u0000\u001b[31m\u00fce\u0300\U0001f697../../"


@pytest.fixture(scope="module")
def api(servers, new_database, tmp_path_factory) -> Iterator[ApiProcess]:
    database_url = new_database()
    filled(database_url)
    directory = tmp_path_factory.mktemp("hostile")
    with api_process(directory, servers, database_url) as api:
        yield api


class Attacker:
    """Sends what no client of ours would; the same shapes whatever the seed, other words."""

    def __init__(self, api: ApiProcess, seed: int) -> None:
        self._dice = random.Random(seed)  # noqa: S311  # a test repeats itself
        address = urlsplit(api.url)
        self._connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        self._token = api.token(EMAILS[0])
        paths = json.loads(OPENAPI.read_text())["paths"]
        self._templates = sorted(path for path in paths if not path.endswith("/updates"))
        self.statuses: dict[int, int] = {}

    def attack(self, times: int) -> None:
        shapes = [*self._shapes()]
        for number in range(times):
            method, path, headers, body = shapes[number % len(shapes)]()
            self._connection.request(method, quote(path, safe="/?&=%"), body, headers)
            answer = self._connection.getresponse()
            answer.read()
            self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
        self._connection.close()

    def word(self) -> str:
        letters = string.ascii_letters + string.digits + NASTY
        return "".join(self._dice.choices(letters, k=self._dice.randint(1, 60)))

    def _shapes(self) -> Iterator[Callable[[], tuple[str, str, dict[str, str], bytes | None]]]:
        for template in self._templates:
            for method in METHODS:
                yield lambda method=method, template=template: (
                    method, self._filled(template), self._headers(), None,
                )  # fmt: skip
        shapes = [
            lambda: ("GET", f"/{self.word()}", self._headers(), None),
            lambda: ("GET", f"/api/v1/{self.word()}", self._headers(), None),
            lambda: (self._method(), f"/api/{self.word()}", self._headers(), None),
            lambda: (self._method(), f"/{self.word()}", self._headers(), None),
            lambda: (self._method(), "/api/v1/cars/recommendations", self._headers(), None),
            lambda: ("POST", "/api/v1/events", self._json(), self._event()),
            lambda: ("POST", "/api/v1/events", self._json(), self.word().encode()),
            lambda: ("POST", "/api/v1/token/fake-token", self._json(), self._login()),
            lambda: ("GET", f"/api/v1/cars/search?q={quote(self.word())}", self._headers(), None),
            lambda: (
                "GET", f"/api/v1/cars/search?{quote(self.word())}={quote(self.word())}",
                self._headers(), None,
            ),
            lambda: (
                "GET", f"/api/v1/cars/recommendations?limit={self._dice.randint(1, 99)}",
                self._json(), None,
            ),
            lambda: ("GET", f"/api/v1/cars/detail/{self._dice.randint(1, 2**62)}", {}, None),
            lambda: ("GET", "/api/v1/users/me", {"Authorization": f"Bearer {self._id()}"}, None),
        ]  # fmt: skip
        for _ in range(30):
            yield from shapes

    def _filled(self, template: str) -> str:
        return "/".join(
            quote(f"x{self.word()}".replace("/", ""), safe="") if part.startswith("{") else part
            for part in template.split("/")
        )

    def _method(self) -> str:
        return "".join(self._dice.choices(string.ascii_uppercase, k=self._dice.randint(3, 20)))

    def _headers(self) -> dict[str, str]:
        return {
            f"X-{self._dice.getrandbits(60):x}": self._id(),
            "X-Request-Id": self._id(),
            "User-Agent": self._id(),
            "traceparent": f"00-{self._dice.getrandbits(128):032x}-{self._id()}-01",
        }

    def _json(self) -> dict[str, str]:
        return {
            **self._headers(),
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self._token}",
        }

    def _id(self) -> str:
        return "".join(self._dice.choices(string.ascii_letters + "'\"{}=,", k=30))

    def _event(self) -> bytes:
        kinds = ["view", self._id()]
        event = {"type": self._dice.choice(kinds), "listing_id": self._dice.randint(1, 60)}
        return json.dumps({**event, self._id(): self._id(), "id": self._id()}).encode()

    def _login(self) -> bytes:
        return json.dumps({"email": f"{self._dice.getrandbits(60)}@example.com"}).encode()


def test_hostile_requests_make_no_series_of_their_own(api):
    before = series(scrape(api.metrics))
    assert before <= MOST_SERIES
    attacks = [Attacker(api, seed) for seed in (1, 2)]
    attacks[0].attack(1_000)
    first = scrape(api.metrics)
    assert before < series(first) <= MOST_SERIES
    attacks[1].attack(1_000)
    second = scrape(api.metrics)
    assert series(second) == series(first), new_labels(first, second)
    assert compare(second, Process.API) == []
    assert max(status for attack in attacks for status in attack.statuses) < 500
    assert {200, 401, 404, 405, 422} <= set(attacks[1].statuses)


def new_labels(first, second) -> list[str]:
    """Return what the second scrape has and the first has not."""
    before = {
        (sample.name, *sorted(sample.labels.items()))
        for family in first.values()
        for sample in family.samples
    }
    return [
        str(sample)
        for family in second.values()
        for sample in family.samples
        if (sample.name, *sorted(sample.labels.items())) not in before
    ]
