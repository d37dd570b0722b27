"""The page is served next to the API, with the headers that keep it safe and quick."""

import gzip
from dataclasses import replace

import httpx2
import pytest

from tests.api.conftest import running

SCRIPT = "console.log('carousel');" * 100


@pytest.fixture(scope="module")
def site(params, tmp_path_factory):
    directory = tmp_path_factory.mktemp("dist")
    (directory / "assets").mkdir()
    (directory / "index.html").write_text("<!doctype html><head><title>Carousel</title></head>")
    (directory / "favicon.svg").write_text("<svg/>")
    (directory / "assets" / "app-1a2b.js").write_text(SCRIPT)
    (directory.parent / "secret").write_text("nobody may read this")
    with running(replace(params, page_directory=directory)) as running_site:
        yield running_site


@pytest.fixture
def browser(site):
    with site.client() as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/search?brand=Skoda", "/cars/5", "/index.html"])
def test_every_address_of_the_page_is_the_page(browser, path):
    answer = browser.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<title>Carousel" in answer.text
    assert answer.headers["cache-control"] == "no-cache"


def test_assets_are_kept_for_ever_and_sent_zipped(browser):
    answer = browser.get("/assets/app-1a2b.js", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(gzip.compress(SCRIPT.encode(), mtime=0))
    assert answer.text == SCRIPT
    plain = browser.get("/assets/app-1a2b.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == SCRIPT


def test_what_has_not_changed_is_not_sent_again(browser):
    etag = browser.get("/").headers["etag"]
    again = browser.get("/", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    ["/assets/gone.js", "/assets/%2e%2e/%2e%2e/secret", "/assets/", "/api/secret", "/api"],
)
def test_what_is_not_there_is_a_problem(browser, path):
    answer = browser.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_path")


@pytest.mark.parametrize("path", ["/../secret", "/%2e%2e/secret", "/..%2fsecret", "//etc/passwd"])
def test_no_file_outside_the_page_can_be_read(browser, path):
    answer = browser.get(httpx2.URL(f"http://api{path}"))
    assert "nobody may read this" not in answer.text
    assert "root:" not in answer.text


def test_the_page_is_only_read(browser):
    answer = browser.post("/", json={})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_the_head_of_the_page_has_no_body(browser):
    answer = browser.head("/")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


@pytest.mark.parametrize("path", ["/", "/api/v1/users/me", "/livez", "/api/docs", "/nowhere"])
def test_every_answer_carries_the_security_headers(browser, path):
    headers = browser.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'self';")
    assert "unsafe-inline" not in headers["content-security-policy"].partition("style-src")[0]
    assert headers["x-content-type-options"] == "nosniff"
    assert len(headers["x-request-id"]) == 32
    assert "server" not in headers


def test_photos_load_from_the_origins_that_the_operator_allows(site, client, browser):
    assert '<meta name="photo-origins" content="" /></head>' in browser.get("/cars/5").text
    assert "img-src 'self' data:;" in client.get("/livez").headers["content-security-policy"]
    allowing = replace(site.params, photo_origins=("https://photos.example", "https://*.b.example"))
    with running(allowing) as elsewhere, elsewhere.client() as one:
        policy = one.get("/livez").headers["content-security-policy"]
        page = one.get("/").text
    assert "img-src 'self' data: https://photos.example https://*.b.example;" in policy
    assert 'name="photo-origins" content="https://photos.example https://*.b.example"' in page


def test_without_a_page_the_api_says_so(client):
    answer = client.get("/")
    assert (answer.status_code, answer.json()["code"]) == (404, "page_not_built")
