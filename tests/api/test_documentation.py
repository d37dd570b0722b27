"""The documentation is complete, true, and needs nothing from elsewhere."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from carousel.api.docs_page import SWAGGER
from carousel.domain.events import EVENT
from carousel.domain.filters import Filters
from tests.api.conftest import running

OPERATIONS = {
    "get_livez", "get_readyz", "get_recommendations", "search_cars", "get_car", "get_similar_cars",
    "get_popular_cars", "get_facets", "get_refinements",
    "post_events", "issue_fake_token", "get_me", "get_reactions",
    "stream_updates", "put_listings", "change_listing", "withdraw_listing", "put_users",
    "admit_visitor", "merge_visitor",
    "get_cars_like", "get_trade_offs", "get_shoppers", "get_shadow",
    "get_price", "get_verdicts",
    "get_cars", "read_phrase", "get_suggestions",
    "get_questionnaire", "post_questionnaire",
    "get_saved_searches", "save_search", "delete_saved_search", "see_saved_search",
    "get_views", "get_events", "count_events", "forget_event", "forget_events",
    "get_profile", "export_mine",
    "get_notices", "see_notices", "report_error",
}  # fmt: skip
BUILT = Path(__file__).parents[2] / "web" / "dist"


@pytest.fixture(scope="module")
def document(api):
    with api.client() as client:
        return client.get("/api/openapi.json").json()


def operations(document):
    return [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_operation_ids_are_stable(document):
    assert {operation["operationId"] for _, _, operation in operations(document)} == OPERATIONS


def test_every_operation_has_a_summary_an_example_and_its_problems(document):
    for method, path, operation in operations(document):
        assert operation["summary"], path
        ((status, good),) = [r for r in operation["responses"].items() if r[0][0] == "2"]
        assert ("content" in good) == (status != "204"), path
        assert all("example" in content for content in good.get("content", {}).values()), path
        if "requestBody" in operation:
            (content,) = operation["requestBody"]["content"].values()
            assert content["examples"], path
        if method != "get" and ("requestBody" in operation or "parameters" in operation):
            assert "422" in operation["responses"], path
        for status, answer in operation["responses"].items():
            if status[0] != "2":
                assert list(answer["content"]) == ["application/problem+json"], path


def test_every_reference_leads_somewhere(document):
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert named <= set(document["components"]["schemas"])
    assert len(named) > 20


def test_all_event_types_and_filters_are_documented(document):
    schemas = document["components"]["schemas"]
    types = EVENT.json_schema()["discriminator"]["mapping"]
    assert set(schemas["Event"]["discriminator"]["mapping"]) == set(types)
    search = document["paths"]["/api/v1/cars/search"]["get"]["parameters"]
    assert {p["name"] for p in search} == {
        *(info.alias or name for name, info in Filters.model_fields.items()),
        "sort", "limit", "offset", "record",
    }  # fmt: skip


def test_what_needs_a_token_says_so(document):
    secured = {
        o["operationId"]
        for _, _, o in operations(document)
        if o.get("security") == [{"bearer": []}]
    }
    assert secured == {
        "get_recommendations", "post_events", "get_me", "get_reactions", "stream_updates",
        "put_listings", "change_listing", "withdraw_listing", "put_users",
        "merge_visitor",
        "get_shoppers", "get_shadow", "post_questionnaire",
        "get_saved_searches", "save_search", "delete_saved_search", "see_saved_search",
        "get_views", "get_events", "count_events", "forget_event", "forget_events",
    "get_profile", "export_mine",
        "get_notices", "see_notices",
    }  # fmt: skip


def test_the_example_of_a_listing_is_accepted(operator, document):
    post = document["paths"]["/api/v1/listings"]["post"]["requestBody"]
    example = post["content"]["application/json"]["examples"]["one"]["value"]
    assert operator.post("/api/v1/listings", json=example).status_code == 200


def test_the_examples_of_events_are_accepted_once_their_car_exists(api, shopper, document):
    examples = document["paths"]["/api/v1/events"]["post"]["requestBody"]["content"]
    for example in examples["application/json"]["examples"].values():
        body = json.dumps(example["value"]).replace("4711", str(api.ids[0]))
        headers = {"Content-Type": "application/json"}
        assert shopper.post("/api/v1/events", content=body, headers=headers).status_code == 202


def test_the_plain_page_lists_every_operation_and_loads_nothing(client, document):
    page = client.get("/api/docs").text
    for method, path, _ in operations(document):
        assert f"{method.upper()} {path}" in page
    assert not re.search(r"https?://", page)


def test_swagger_ui_is_used_where_the_page_brings_it(params, tmp_path):
    (tmp_path / "swagger-ui").mkdir()
    for name in ("swagger-ui-bundle.js", "swagger-ui.css"):
        (tmp_path / "swagger-ui" / name).write_text("here")
    with running(replace(params, page_directory=tmp_path)) as site, site.client() as browser:
        page = browser.get("/api/docs").text
        loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert len(loaded) == 3
        for path in loaded:
            assert browser.get(path).status_code == 200
        assert not re.search(r"https?://|<script>|onload", page)
        assert "/api/openapi.json" in browser.get(loaded[-1]).text


@pytest.mark.skipif(not BUILT.exists(), reason="the page is not built: ./carousel build-page")
def test_the_built_page_brings_swagger_ui():
    assert "SwaggerUIBundle" in (BUILT / SWAGGER.removeprefix("/")).read_text()
    assert (BUILT / "swagger-ui" / "swagger-ui.css").stat().st_size > 0
