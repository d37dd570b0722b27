"""Errors of the page come in at our own address and go on scrubbed; nothing else gets through."""

import json
import time
from collections.abc import Iterator

import httpx2
import pytest

from carousel.api.envelopes import plain_message
from carousel.api.page_errors import MEDIA_TYPE, MOST_A_MINUTE, MOST_OF_ONE, Admission
from carousel.observability.reading import read_samples
from tests.api.conftest import EMAILS, filled
from tests.observability.api_process import ApiProcess, api_process
from tests.observability.kent_server import Kent, kent

ERRORS = "/api/v1/errors"
REQUEST = "0123456789abcdef" * 2
CHROME = "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.7339.16 Safari/537.36"
OWN = {
    "filename": "http://127.0.0.1/assets/index-1a2B.js?who=me",
    "function": "Ut.render",
    "lineno": 3,
    "colno": 4711,
    "abs_path": "http://127.0.0.1/search?brand=Skoda",
    "vars": {"password": "hunter2"},
    "context_line": "const token = 'hunter2'",
}
EXTENSION = {"filename": "chrome-extension://abcdef/spy.js", "function": "spy", "lineno": 1}
SECRETS = (
    "john0@example.com", "hunter2", "Skoda", "brand", "192.0.2.7", "session=", "abcdef/spy",
    "7339", "elsewhere.example", "127.0.0.1", "a-private-name",
)  # fmt: skip


def event(**changes) -> dict:
    cause = {
        "type": "TypeError",
        "value": "x.price is undefined for john0@example.com at /search?brand=Skoda",
        "stacktrace": {"frames": [EXTENSION, OWN]},
        "mechanism": {"type": "generic", "data": {"brand": "Skoda"}},
    }
    return {
        "event_id": "ab" * 16,
        "release": "carousel@9.9.9",
        "transaction": "/cars/:id",
        "exception": {"values": [{**cause, **changes.pop("cause", {})}]},
        "tags": {"request_id": REQUEST, "name": "a-private-name"},
        "user": {"email": "john0@example.com", "ip_address": "192.0.2.7"},
        "request": {"url": "http://127.0.0.1/search?brand=Skoda", "cookies": "session=hunter2"},
        "breadcrumbs": [{"message": "Skoda"}],
        "contexts": {"place": {"brand": "Skoda"}},
        "extra": {"brand": "Skoda"},
        "server_name": "a-private-name",
        "environment": "a-private-name",
        **changes,
    }


def envelope(*items: dict, kind: str = "event") -> bytes:
    lines: list[dict] = [{"dsn": "https://stolen@elsewhere.example/7", "event_id": "ab" * 16}]
    for item in items:
        lines += [{"type": kind}, item]
    return "\n".join(json.dumps(line) for line in lines).encode()


@pytest.fixture(scope="module")
def sentry(tmp_path_factory) -> Iterator[Kent]:
    with kent(tmp_path_factory.mktemp("kent")) as running:
        yield running


@pytest.fixture(scope="module")
def reporting_api(servers, new_database, tmp_path_factory, sentry) -> Iterator[ApiProcess]:
    """Return an API process that reports to kent; reports count for the address they come from."""
    directory, database_url = tmp_path_factory.mktemp("api"), new_database()
    filled(database_url)
    with api_process(directory, servers, database_url, SENTRY_DSN=sentry.dsn) as running:
        yield running


def sent(api: ApiProcess, body: bytes, address: str, **headers: str) -> httpx2.Response:
    """Send a body as from an address: who stands on this machine before the API may name one."""
    said = {
        "Content-Type": MEDIA_TYPE, "X-Forwarded-For": address, "User-Agent": CHROME, **headers
    }  # fmt: skip
    return httpx2.post(f"{api.url}{ERRORS}", content=body, headers=said, timeout=60)


def test_an_error_of_the_page_arrives_with_its_place_and_nobody(reporting_api, sentry):
    before = len(sentry.reports())
    answer = sent(reporting_api, envelope(event()), "192.0.2.7", Cookie="session=hunter2")
    assert (answer.status_code, answer.content) == (204, b"")
    report = sentry.wait_for(before + 1)[-1]
    assert report["exception"]["values"] == [
        {
            "type": "TypeError",
            "value": "x.price is undefined for (e-mail) at (address)",
            "stacktrace": {
                "frames": [
                    {"filename": "(elsewhere)", "in_app": False},
                    {
                        "filename": "/assets/index-1a2B.js",
                        "function": "Ut.render",
                        "lineno": 3,
                        "colno": 4711,
                        "in_app": True,
                    },
                ]
            },
        }
    ]
    assert report["tags"] == {
        "kind": "page", "process": "api-1", "request_id": REQUEST, "browser": "Chrome 140",
    }  # fmt: skip
    assert report["release"] == "carousel@9.9.9"
    assert report["transaction"] == "/cars/:id"
    assert (report["platform"], report["level"]) == ("javascript", "error")
    assert not {"user", "request", "breadcrumbs", "extra", "modules"} & report.keys()
    for secret in SECRETS:
        assert secret not in json.dumps(report), secret
    log = reporting_api.lines.read_text()
    for secret in ("john0@example.com", "hunter2", "Skoda", "elsewhere.example"):
        assert secret not in log


def told_of(api: ApiProcess, outcome: str) -> float:
    """Return how many errors of pages the process has counted."""
    return sum(
        value
        for name, labels, value in read_samples(httpx2.get(api.metrics).text)
        if name == "carousel_page_errors_total" and labels["outcome"] == outcome
    )


def test_the_same_error_goes_on_once(reporting_api, sentry):
    before = len(sentry.reports())
    counts = {outcome: told_of(reporting_api, outcome) for outcome in ("reported", "repeated")}
    for number in range(5):
        again = event(cause={"value": f"the list has {number} cars"})
        assert sent(reporting_api, envelope(again), "192.0.2.8").status_code == 204
    other = event(cause={"value": "another error"})
    assert sent(reporting_api, envelope(other), "192.0.2.8").status_code == 204
    after = sentry.wait_for(before + 2)[before:]
    assert [one["exception"]["values"][0]["value"] for one in after] == [
        "the list has 0 cars", "another error",
    ]  # fmt: skip
    assert told_of(reporting_api, "reported") == counts["reported"] + 2
    assert told_of(reporting_api, "repeated") == counts["repeated"] + 4


def test_what_is_not_ours_goes_nowhere(reporting_api, sentry):
    before, foreign = len(sentry.reports()), told_of(reporting_api, "foreign")
    spying = event(cause={"value": "spied", "stacktrace": {"frames": [EXTENSION]}})
    assert sent(reporting_api, envelope(spying), "192.0.2.9").status_code == 204
    ours = event(cause={"value": "after the spying"})
    assert sent(reporting_api, envelope(ours), "192.0.2.9").status_code == 204
    (report,) = sentry.wait_for(before + 1)[before:]
    assert report["exception"]["values"][0]["value"] == "after the spying"
    assert told_of(reporting_api, "foreign") == foreign + 1


GOOD = envelope(event())
REFUSED = {
    "nothing": (b"", 400, "not_an_envelope"),
    "not JSON": (b"a\nb\nc", 400, "not_an_envelope"),
    "a list": (b"[]\n[]\n[]", 400, "not_an_envelope"),
    "too few lines": (b'{}\n{"type":"event"}', 400, "not_an_envelope"),
    "not UTF-8": (b'{}\n{"type":"event"}\n{"exception":"\xff\xfe"}', 400, "not_an_envelope"),
    "deep": (b'{}\n{"type":"event"}\n' + b'{"a":' * 9_000, 400, "not_an_envelope"),
    "NaN": (b'{}\n{"type":"event"}\n{"exception":NaN}', 400, "not_an_envelope"),
    "a length that lies": (
        b'{}\n{"type":"event","length":5}\n{"exception":{}}', 422, "not_one_event",
    ),
    "two events": (envelope(event(), event()), 422, "not_one_event"),
    "an attachment": (envelope({"a": 1}, kind="attachment"), 422, "not_one_event"),
    "a session": (envelope({"sid": "1"}, kind="session"), 422, "not_one_event"),
    "no exception": (envelope({"message": "hello"}), 422, "invalid_report"),
    "no causes": (envelope(event(exception={"values": []})), 422, "invalid_report"),
    "many causes": (envelope(event(exception={"values": [{}] * 6})), 422, "invalid_report"),
    "many frames": (
        envelope(event(cause={"stacktrace": {"frames": [{}] * 51}})), 422, "invalid_report",
    ),
    "a line below the first": (
        envelope(event(cause={"stacktrace": {"frames": [{**OWN, "lineno": -1}]}})),
        422, "invalid_report",
    ),
    "a message that is none": (envelope(event(cause={"value": ["x"]})), 422, "invalid_report"),
    "another release": (envelope(event(release="yours@1")), 422, "invalid_report"),
    "an address": (envelope(event(transaction="/search?brand=Skoda")), 422, "invalid_report"),
    "an address with an id": (envelope(event(transaction="/cars/17")), 422, "invalid_report"),
    "an id that is none": (
        envelope(event(tags={"request_id": "john@example.com"})), 422, "invalid_report",
    ),
    "tags that are none": (envelope(event(tags=[])), 422, "invalid_report"),
    "too large": (GOOD + b" " * 65_536, 413, "body_too_large"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "status", "code"), REFUSED.values(), ids=REFUSED)
def test_bad_input_gets_a_problem(reporting_api, body, status, code):
    place = list(REFUSED).index(next(name for name, one in REFUSED.items() if one[0] is body))
    answer = sent(reporting_api, body, f"198.51.100.{place}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].count(".") >= 1


@pytest.mark.parametrize(
    "declared", ["text/plain;charset=UTF-8", "application/json", "multipart/form-data", ""]
)
def test_what_any_page_may_send_here_is_not_read(reporting_api, declared):
    answer = sent(reporting_api, GOOD, "203.0.113.1", **{"Content-Type": declared})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    asked = httpx2.options(
        f"{reporting_api.url}{ERRORS}",
        headers={"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"},
    )
    assert "access-control-allow-origin" not in asked.headers


def test_one_address_sends_only_so_many(reporting_api):
    answers = [sent(reporting_api, GOOD, "203.0.113.2") for _ in range(MOST_OF_ONE + 1)]
    assert {one.status_code for one in answers[:-1]} == {204}
    last = answers[-1]
    assert (last.status_code, last.json()["code"]) == (429, "too_many_reports")
    assert 1 <= int(last.headers["Retry-After"]) <= 60
    assert sent(reporting_api, GOOD, "203.0.113.3").status_code == 204


def test_all_together_send_only_so_many_and_again_in_the_next_minute():
    admission, now = Admission(), time.monotonic()
    waits = [admission.wait(f"address {n}", now) for n in range(MOST_A_MINUTE + 1)]
    assert waits == [None] * MOST_A_MINUTE + [60]
    assert admission.wait("another", now + 59.7) == 1
    assert admission.wait("another", now + 60) is None
    assert len(admission._sent) == 1


def test_without_a_dsn_nothing_is_taken(client):
    answer = client.post(ERRORS, content=GOOD, headers={"Content-Type": MEDIA_TYPE})
    assert (answer.status_code, answer.json()["code"]) == (404, "errors_not_reported")
    assert answer.json()["detail"] == "Errors are not reported here."


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Cannot read properties of null (reading 'id')",) * 2,
        ("can't access property \"price\", x is undefined",) * 2,
        ("undefined is not an object (evaluating 'a.price')",) * 2,
        ("Unexpected token 'S', \"Skoda Oct\"... is not valid JSON",
         "Unexpected token …... is not valid JSON"),
        ("'family car' is not a selector", "… is not a selector"),
        ('it broke at "my sear', "it broke at …"),
        ("Failed to fetch dynamically imported module: http://h/assets/CarPage-abc.js",
         "Failed to fetch dynamically imported module: /assets/CarPage-abc.js"),
        (f"no {EMAILS[0]} in https://h/search?text=car", "no (e-mail) in (address)"),
        ("asked for ?text=car", "asked for ?…"),
    ],
)  # fmt: skip
def test_a_message_quotes_names_of_the_program_and_nothing_else(said, kept):
    assert plain_message(said) == kept


@pytest.mark.parametrize("part", ["?", "“", "'", '"', "' ", "/", "a://", "a'", "`“", "@a", "x=?"])
def test_no_message_takes_long_to_look_through(part):
    began = time.perf_counter()
    assert len(plain_message(part * (65_536 // len(part)))) <= 500
    assert time.perf_counter() - began < 1
