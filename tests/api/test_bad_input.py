"""Nothing a client can send is answered by a 5xx, a stack trace or anything but a problem."""

import json
import re
import string
import time

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from tests.api.conftest import EMAILS, SECRET

EVENTS, LISTINGS, LOGIN = "/api/v1/events", "/api/v1/listings", "/api/v1/token/fake-token"
SEARCH, DETAIL, SLATE = "/api/v1/cars/search", "/api/v1/cars/detail", "/api/v1/cars/recommendations"
POPULAR, ME, ONE = "/api/v1/cars/popular", "/api/v1/users/me", "/api/v1/listings/1"
LIKE, TRADE_OFFS, SHOPPERS = "/api/v1/cars/like", "/api/v1/cars/1/trade-offs", f"{ONE}/shoppers"
JSON = {"Content-Type": "application/json"}
INJECTION = "Robert'); DROP TABLE listing; --"
HTML = "<script>alert(1)</script>"
LISTING = {"ref": "x", "brand": "Audi", "name": "A4", "year": 2015, "selling_price": 9000}
DEEP = b"[" * 100_000 + b"]" * 100_000


def forged(algorithm="HS256", secret=SECRET, header=None, **claims):
    now = int(time.time())
    said = {
        "sub": "1", "iat": now, "exp": now + 60, "iss": "carousel", "aud": "carousel-api", **claims,
    }  # fmt: skip
    said = {name: value for name, value in said.items() if value is not None}
    key = OctKey.import_key(secret.encode())
    return jwt.encode({"alg": algorithm, **(header or {})}, said, key, [algorithm])


NONE_TOKEN = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiIxIiwiZXhwIjo5OTk5OTk5OTk5fQ."  # noqa: S105  # refused

GETS = {
    # path -> status
    f"{DETAIL}/0": 422,
    f"{DETAIL}/-1": 422,
    f"{DETAIL}/abc": 422,
    f"{DETAIL}/1e3": 422,
    f"{DETAIL}/NaN": 422,
    f"{DETAIL}/%00": 422,
    f"{DETAIL}/1%27%3B--": 422,
    f"{DETAIL}/{2**31}": 404,
    f"{DETAIL}/{2**63 - 1}": 404,
    f"{DETAIL}/{2**63}": 422,
    f"{DETAIL}/{'9' * 5000}": 422,
    f"{DETAIL}/%D9%A3": 422,
    f"{DETAIL}/": 404,
    f"{DETAIL}/1?record=perhaps": 422,
    f"/api/v1/cars/{2**62}/similar": 404,
    "/api/v1/cars/x/similar": 422,
    "/api/v1/cars/1/similar?limit=0": 422,
    "/api/v1/cars/1/similar?limit=1e9": 422,
    f"{SEARCH}?limit=0": 422,
    f"{SEARCH}?limit=201": 422,
    f"{SEARCH}?limit=ten": 422,
    f"{SEARCH}?limit=NaN": 422,
    f"{SEARCH}?offset=-1": 422,
    f"{SEARCH}?offset=10001": 422,
    f"{SEARCH}?offset={'9' * 400}": 422,
    f"{SEARCH}?min_price=cheap": 422,
    f"{SEARCH}?min_price=1e400": 422,
    f"{SEARCH}?min_price=NaN": 422,
    f"{SEARCH}?min_price=Infinity": 422,
    f"{SEARCH}?max_price=-1": 422,
    f"{SEARCH}?min_year=99999999999999999999": 422,
    f"{SEARCH}?max_owners=many": 422,
    f"{SEARCH}?fuel=steam": 422,
    f"{SEARCH}?transmission=1": 422,
    f"{SEARCH}?body={HTML}": 422,
    f"{SEARCH}?sort=best": 422,
    f"{SEARCH}?sort=distance": 422,
    f"{SEARCH}?sort=price;drop": 422,
    f"{SEARCH}?near_latitude=49": 422,
    f"{SEARCH}?near_latitude=91&near_longitude=0&radius_km=1": 422,
    f"{SEARCH}?near_latitude=NaN&near_longitude=0&radius_km=1": 422,
    f"{SEARCH}?near_latitude=1&near_longitude=inf&radius_km=1": 422,
    f"{SEARCH}?near_latitude=1&near_longitude=1&radius_km=0": 422,
    f"{SEARCH}?brand=a%00b": 422,
    f"{SEARCH}?brand%00=a": 200,
    f"{SEARCH}?brand={'x' * 201}": 422,
    f"{SEARCH}?{'&'.join(['brand=x'] * 21)}": 422,
    f"{SEARCH}?{'&'.join(['a=b'] * 500)}": 422,
    f"{SEARCH}?brand={INJECTION}": 200,
    f"{SEARCH}?brand={HTML}": 200,
    f"{SEARCH}?brand=%ff%fe": 200,
    f"{SEARCH}?brand=%ed%a0%80": 200,
    f"{SEARCH}?brand=🚗": 200,
    f"{SEARCH}?region=%25%25&colour=_": 200,
    f"{SEARCH}?&&&=&=1&limit": 200,
    f"{SEARCH}?min_year=-5&max_price=99999999999": 200,
    f"{SEARCH}?min_price=5000&max_price=10": 200,
    f"{SLATE}?limit=101": 422,
    f"{SLATE}?fuel=water": 422,
    f"{POPULAR}?limit=-3": 422,
    f"{POPULAR}?max_price=x": 422,
    "/api": 404,
    "/api/v1": 404,
    "/api/v1/cars": 200,
    "/api/v1/cars?id=": 200,
    "/api/v1/cars?id=x": 422,
    "/api/v1/cars?id=0": 422,
    f"/api/v1/cars?id={2**63}": 422,
    "/api/v1/cars?id=999999999": 200,
    f"/api/v1/cars?{'&'.join(['id=1'] * 101)}": 422,
    "/api/v1/../../etc/passwd": 404,
    "/api/%2e%2e/%2e%2e/etc/passwd": 404,
    "/..%2f..%2fetc%2fpasswd": 404,
    "/api/v1/users/2": 404,
    EVENTS: 405,
    LISTINGS: 405,
    LIKE: 405,
    SHOPPERS: 403,
    f"/api/v1/cars/{2**62}/trade-offs": 404,
    "/api/v1/cars/x/trade-offs": 422,
    f"{TRADE_OFFS}?toward=": 200,
    f"{TRADE_OFFS}?toward=x": 422,
    f"{TRADE_OFFS}?toward=newer&min_year=99999999999": 422,
    f"{TRADE_OFFS}?near_latitude=91&near_longitude=0": 422,
    f"{TRADE_OFFS}?near_latitude=NaN&near_longitude=0": 422,
    f"{TRADE_OFFS}?near_latitude=1&near_longitude=%00": 422,
}

EVENT_BODIES = {
    # body -> status
    b"": 400,
    b"{": 400,
    b"null": 422,
    b"1": 422,
    b'"view"': 422,
    b"\xff\xfe": 400,
    b"[" * 500: 400,
    DEEP: 400,
    b"1" * 5000: 400,
    b"NaN": 400,
    b"{}": 422,
    b"[{}]": 422,
    b"[null]": 422,
    b"[[]]": 422,
    b'{"type":"view"}': 422,
    b'{"type":"buy","listing_id":1}': 422,
    b'{"type":1,"listing_id":1}': 422,
    b'{"type":null,"listing_id":1}': 422,
    b'{"type":"view","listing_id":0}': 422,
    b'{"type":"view","listing_id":-1}': 422,
    b'{"type":"view","listing_id":true}': 422,
    b'{"type":"view","listing_id":1.5}': 422,
    b'{"type":"view","listing_id":1e400}': 422,
    b'{"type":"view","listing_id":NaN}': 400,
    b'{"type":"view","listing_id":Infinity}': 400,
    b'{"type":"view","listing_id":"one"}': 422,
    b'{"type":"view","listing_id":[1]}': 422,
    b'{"type":"view","listing_id":9223372036854775808}': 422,
    b'{"type":"view","listing_id":9223372036854775807}': 422,
    b'{"type":"view","listing_id":' + b"9" * 400 + b"}": 422,
    b'{"type":"view","listing_id":1,"surprise":1}': 422,
    b'{"type":"view","listing_id":1,"id":""}': 422,
    b'{"type":"view","listing_id":1,"id":"a b"}': 422,
    b'{"type":"view","listing_id":1,"id":"\\u0000"}': 422,
    b'{"type":"view","listing_id":1,"id":"\\ud800"}': 400,
    b'{"type":"view","listing_id":1,"id":"' + b"x" * 65 + b'"}': 422,
    b'{"type":"view","listing_id":1,"occurred_at":"yesterday"}': 422,
    b'{"type":"view","listing_id":1,"occurred_at":"2020-01-01T00:00:00"}': 422,
    b'{"type":"view","listing_id":1,"occurred_at":"9999-12-31T23:59:59-23:59"}': 422,
    b'{"type":"view","listing_id":1,"occurred_at":"0001-01-01T00:00:00+23:59"}': 422,
    b'{"type":"view","listing_id":1,"occurred_at":1e300}': 422,
    b'{"type":"view","listing_id":1,"occurred_at":-1e18}': 422,
    b'{"type":"impression","listing_id":1}': 422,
    b'{"type":"impression","listing_id":1,"position":0}': 422,
    b'{"type":"impression","listing_id":1,"position":1,"propensity":0}': 422,
    b'{"type":"impression","listing_id":1,"position":1,"propensity":1e999}': 422,
    b'{"type":"impression","listing_id":1,"position":1,"slate":"\\u0000"}': 422,
    b'{"type":"dismiss","listing_id":1,"reason":"ugly"}': 422,
    b'{"type":"search"}': 422,
    b'{"type":"search","filters":1}': 422,
    b'{"type":"search","filters":{"wheels":4}}': 422,
    b'{"type":"search","filters":{"brand":["\\u0000"]}}': 422,
    b'{"type":"search","filters":{"brand":{"a":1}}}': 422,
    b'{"type":"search","filters":{"brand":[[1]]}}': 422,
    b'{"type":"search","filters":{"min_price":"x"}}': 422,
    b'{"type":"search","filters":{"min_price":1e400}}': 422,
    b'{"type":"search","filters":{"max_price":[]}}': 422,
    b'{"type":"search","filters":{"near_latitude":1}}': 422,
    b'{"type":"search","filters":{"brand":["' + b"x" * 300 + b'"]}}': 422,
    json.dumps([{"type": "view", "listing_id": 1}] * 1001).encode(): 422,
    b" " * 1_048_577: 413,
    b"[]": 202,
    json.dumps({"type": "search", "filters": {"brand": [INJECTION, HTML]}}).encode(): 202,
}

LISTING_BODIES = {
    b"{}": 422,
    b"[1]": 422,
    b"[{}]": 422,
    json.dumps([LISTING] * 1001).encode(): 422,
    json.dumps([{**LISTING, "ref": "\u0000"}]).encode(): 422,
    json.dumps([{**LISTING, "ref": 5}]).encode(): 422,
    json.dumps([{**LISTING, "brand": " "}]).encode(): 422,
    json.dumps([{**LISTING, "make": "Audi"}]).encode(): 422,
    json.dumps([{**LISTING, "id": 5}]).encode(): 422,
    json.dumps([{**LISTING, "year": 1850}]).encode(): 422,
    json.dumps([{**LISTING, "selling_price": 0}]).encode(): 422,
    json.dumps([{**LISTING, "selling_price": 10**30}]).encode(): 422,
    json.dumps([{**LISTING, "fuel": "steam"}]).encode(): 422,
    json.dumps([{**LISTING, "status": "stolen"}]).encode(): 422,
    json.dumps([{**LISTING, "region": "Brno"}]).encode(): 422,
    json.dumps([{**LISTING, "latitude": 400, "longitude": 0, "region": "x"}]).encode(): 422,
    json.dumps([{**LISTING, "listed_at": "soon"}]).encode(): 422,
    b'[{"ref":"x","selling_price":1e400}]': 422,
    json.dumps([{**LISTING, "name": INJECTION, "colour": HTML}]).encode(): 200,
    b"[]": 200,
}

TOKENS = {
    "no token at all": "x",
    "two dots": "..",
    "algorithm none": NONE_TOKEN,
    "another secret": forged(secret=SECRET[::-1]),
    "another family": forged("HS512"),
    "expired": forged(exp=int(time.time()) - 1),
    "no expiry": forged(exp=None),
    "expiry is text": forged(exp="tomorrow"),
    "from the future": forged(iat=int(time.time()) + 9999),
    "another issuer": forged(iss="elsewhere"),
    "another audience": forged(aud="elsewhere"),
    "no subject": forged(sub=None),
    "subject is a number": forged(sub=1),
    "subject is no number": forged(sub="1; drop table account"),
    "subject is out of range": forged(sub="9" * 30),
    "subject is unknown": forged(sub="123456789"),
    "another type": forged(header={"typ": "id+jwt"}),
    "too long": "x" * 10_000,
    "bytes": "\x80\xff",
}


NOTIONS = re.compile(
    r"instance of|valid tuple|valid dictionary|after validation|discriminator|match pattern"
    r"|Input should|Value error|unable to parse|timezone info"
)
"""What pydantic says and a stranger does not understand."""


def assert_good_manners(answer: httpx2.Response) -> None:
    assert answer.status_code < 500, answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["x-request-id"]
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        said = answer.json()
        assert set(said) <= {"type", "title", "status", "detail", "code", "errors"}
        assert said["status"] == answer.status_code
        assert said["type"].endswith(said["code"])
        assert said["detail"].endswith(".")
        assert "\n" not in said["detail"]
        assert not NOTIONS.search(answer.text)


@pytest.fixture(scope="module")
def everyone(api):
    """Return one client of each kind, for generated requests."""
    clients = {
        kind: api.client(email) for kind, email in zip("sao", (None, *EMAILS[1:]), strict=True)
    }
    yield clients
    for client in clients.values():
        client.close()


@pytest.mark.parametrize(("path", "status"), GETS.items(), ids=lambda v: str(v)[:60])
def test_a_nasty_address(shopper, path, status):
    answer = shopper.get(path)
    assert_good_manners(answer)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(("body", "status"), EVENT_BODIES.items(), ids=lambda v: str(v)[:60])
def test_nasty_events_are_refused_whole(api, shopper, body, status):
    before = len(api.logged())
    answer = shopper.post(EVENTS, content=body, headers=JSON)
    assert_good_manners(answer)
    assert answer.status_code == status, answer.text
    assert len(api.logged()) - before == (1 if status == 202 and body != b"[]" else 0)


@pytest.mark.parametrize(("body", "status"), LISTING_BODIES.items(), ids=lambda v: str(v)[:60])
def test_nasty_listings(operator, body, status):
    answer = operator.post(LISTINGS, content=body, headers=JSON)
    assert_good_manners(answer)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("body", [{}, [], 1, "x", {"email": 1}, {"email": ""}, {"email": "x" * 300},
                                  {"email": ["john1@example.com"]}], ids=repr)  # fmt: skip
def test_a_nasty_login(client, body):
    answer = client.post(LOGIN, json=body)
    assert_good_manners(answer)
    assert answer.status_code == 422


@pytest.mark.parametrize("email", [INJECTION, HTML, "' or 1=1 --", "%", "\u202e@x", "a@b🚗"])
def test_a_strange_email_belongs_to_nobody(client, email):
    answer = client.post(LOGIN, json={"email": email})
    assert_good_manners(answer)
    assert answer.json()["code"] == "unknown_user"


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
@pytest.mark.parametrize("path", [ME, f"{SEARCH}?limit=1"])
def test_a_token_that_is_not_good(client, token, path):
    answer = client.get(path, headers={"Authorization": b"Bearer " + token.encode("latin-1")})
    assert_good_manners(answer)
    assert answer.status_code == 401
    assert answer.json()["code"] in {"token_invalid", "token_expired", "account_gone"}


@pytest.mark.parametrize("header", ["Basic am9objpwdw==", "Bearer", "Token x", ""])
def test_another_scheme_is_refused(client, header):
    answer = client.get(ME, headers={"Authorization": header})
    assert_good_manners(answer)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "kind", [None, "text/plain", "application/x-www-form-urlencoded", "multipart"]
)
def test_a_body_that_is_not_declared_as_json_is_refused(shopper, kind):
    headers = {"Content-Type": kind} if kind else {}
    answer = shopper.post(EVENTS, content=b"[]", headers=headers)
    assert_good_manners(answer)
    assert answer.status_code == 415


def test_a_body_sent_in_pieces_has_the_same_limit(shopper):
    answer = shopper.post(EVENTS, content=(b" " * 65_536 for _ in range(20)), headers=JSON)
    assert_good_manners(answer)
    assert answer.status_code == 413


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", [EVENTS, ME, SEARCH])
def test_a_method_that_a_path_does_not_have(shopper, method, path):
    answer = shopper.request(method, path)
    assert_good_manners(answer)
    assert answer.status_code == 405
    assert answer.headers["allow"]


@pytest.mark.parametrize(("method", "path"), [("POST", LISTINGS), ("PATCH", ONE), ("DELETE", ONE)])
def test_listings_are_the_operators(client, shopper, method, path):
    assert client.request(method, path, json={}).json()["code"] == "token_missing"
    assert shopper.request(method, path, json={}).json()["code"] == "operator_only"


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from([INJECTION, HTML, "\x00", "2020-01-01T00:00:00Z", 2**63, 10**30, "diesel"])
)  # fmt: skip
NAMES = st.sampled_from([
    "type", "listing_id", "id", "occurred_at", "reason", "position", "slate", "propensity",
    "filters", "brand", "fuel", "min_price", "ref", "name", "year", "selling_price", "region",
    "latitude", "longitude", "status", "listed_at", "email", "owners", "listings", "limit",
])  # fmt: skip
TYPES = st.sampled_from(["view", "search", "favourite", "contact", "dismiss", "impression", "x"])
TREES = st.recursive(
    SCALARS,
    lambda v: st.lists(v, max_size=3) | st.dictionaries(NAMES, v, max_size=5),
    max_leaves=12,
)
OBJECTS = st.dictionaries(NAMES, TREES, max_size=8) | st.builds(
    lambda kind, rest: {**rest, "type": kind}, TYPES, st.dictionaries(NAMES, TREES, max_size=5)
)
BODIES = st.one_of(TREES, OBJECTS, st.lists(OBJECTS, max_size=3)).map(
    lambda v: json.dumps(v).encode()
) | st.binary(max_size=60)

PARAMETERS = st.lists(
    st.tuples(
        st.sampled_from([
            "brand", "model", "min_year", "max_year", "min_price", "max_mileage", "fuel", "body",
            "near_latitude", "near_longitude", "radius_km", "sort", "limit", "offset", "record",
            "max_owners", "region", "colour", "seller_type", "transmission", "toward", "exclude",
            "",
        ]),
        st.text(max_size=12)
        | st.integers().map(str)
        | st.floats().map(str)
        | st.sampled_from([INJECTION, "diesel", "distance", "recommended", "closer"])
        | st.sampled_from(["49.1", "", "7"]),
    ),
    max_size=8,
)  # fmt: skip
ANY_TEXT = st.text(string.printable, max_size=20) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=20
)
GENERATED = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@GENERATED
@given(
    body=BODIES,
    route=st.sampled_from(
        [("POST", EVENTS), ("POST", LISTINGS), ("POST", LOGIN), ("PATCH", ONE), ("POST", LIKE)]
    ),
    who=st.sampled_from("sao"),
)
def test_any_body(everyone, body, route, who):
    assert_good_manners(everyone[who].request(*route, content=body, headers=JSON))


@GENERATED
@given(
    query=PARAMETERS,
    path=st.sampled_from(
        [SEARCH, SLATE, POPULAR, f"{DETAIL}/1", "/api/v1/cars/1/similar", TRADE_OFFS, SHOPPERS]
    ),
    who=st.sampled_from("sao"),
)
def test_any_query(everyone, query, path, who):
    assert_good_manners(everyone[who].get(path, params=query))


@GENERATED
@given(raw=st.binary(max_size=40))
def test_any_query_string(everyone, raw):
    percent = "".join(f"%{byte:02x}" if byte % 3 else chr(33 + byte % 90) for byte in raw)
    assert_good_manners(everyone["a"].get(f"{SEARCH}?{percent.replace('#', '')}"))


@GENERATED
@given(
    pieces=st.lists(ANY_TEXT, max_size=3),
    prefix=st.sampled_from(["/api/v1/cars/detail", "/api/v1/cars", "/api/v1", "/api"]),
)
def test_any_path(everyone, pieces, prefix):
    path = "/".join([prefix, *(httpx2.QueryParams({"": p})[""] for p in pieces)])
    try:
        answer = everyone["a"].get(path)
    except httpx2.InvalidURL:
        return
    assert_good_manners(answer)


@GENERATED
@given(token=st.text(string.ascii_letters + string.digits + "._-=", min_size=1, max_size=200))
def test_any_token(everyone, token):
    answer = everyone["s"].get(ME, headers={"Authorization": f"Bearer {token}"})
    assert_good_manners(answer)
    assert answer.status_code == 401
