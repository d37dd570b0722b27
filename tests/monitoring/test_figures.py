"""The figures: known counts give known figures, and what nobody told stays unknown."""

import asyncio
import json

import httpx2
import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server

from carousel.monitoring.figures import Past, figures, goals
from carousel.monitoring.growth import START, Growth, Heard, Window
from carousel.monitoring.scraping import GROWING, KEPT, Scraping

LISTS = (("route", "/api/v1/cars/recommendations"),)

LOOKUPS = "carousel_cache_lookups_total"


def buckets(name, counts, labels=()):
    return {
        (f"{name}_bucket", tuple(sorted((*labels, ("le", str(end)))))): float(count)
        for end, count in counts.items()
    }


def request(status, count, route="/api/v1/cars"):
    labels = (("method", "GET"), ("route", route), ("status", status))
    return {("carousel_http_requests_total", labels): float(count)}


def every_value(document):
    if isinstance(document, dict):
        return [one for value in document.values() for one in every_value(value)]
    if isinstance(document, list):
        return [one for value in document for one in every_value(value)]
    return [document]


def test_before_anything_was_seen_no_figure_pretends_to_be_known():
    document = figures(Growth(GROWING, KEPT), Past(), 1_000.0)
    assert [goal["value"] for goal in document["goals"]] == [None] * 4
    assert [goal["met"] for goal in document["goals"]] == [None] * 4
    assert set(every_value(document["requests"])) == {None}
    assert set(document["events"]["types"]) == set()
    assert set(every_value(document["series"])) == {None, 10.0}
    assert document["pipelines"] == document["processes"] == document["models"] == []
    assert (document["streams"], document["dead_letters"]) == (None, None)


def test_the_promises_are_measured_as_their_alerts_measure_them():
    grew = {
        **request("2xx", 997),
        **request("5xx", 2),
        **request("4xx", 1),
        **request("5xx", 50, route="/readyz"),  # no shopper asks
        **request("5xx", 50, route="/api/v1/users/me/updates"),  # a stream
        **buckets("carousel_http_request_seconds", {0.2: 95, 0.5: 100, "+Inf": 100}, LISTS),
        **buckets("carousel_event_effect_seconds", {2.0: 18, 5.0: 20, "+Inf": 20}),
    }
    found = {one["name"]: (one["value"], one["met"]) for one in goals(Window(grew, 900.0))}
    assert found == {
        "availability": (0.998, False),
        "lists": (0.95, False),
        "effect-2s": (0.9, False),
        "effect-5s": (1.0, True),
    }


def test_a_minute_of_known_counts_gives_known_figures():
    def told(factor):
        return {
            **request("2xx", 90 * factor),
            **request("5xx", 10 * factor),
            **buckets("carousel_http_request_seconds", {0.1: 10 * factor, 0.2: 20 * factor,
                                                        "+Inf": 20 * factor}, LISTS),
            (LOOKUPS, (("cache", "slate"), ("outcome", "hit"))): 3.0 * factor,
            (LOOKUPS, (("cache", "slate"), ("outcome", "miss"))): 1.0 * factor,
            ("carousel_model_loaded_info", (("kind", "ranker"), ("version", "v1"))): 1.0,
            ("carousel_model_loaded_info", (("kind", "ranker"), ("version", "v0"))): 0.0,
            ("carousel_update_streams", ()): 4.0,
            ("process_resident_memory_bytes", ()): 5e6,
            ("process_cpu_seconds_total", ()): 2.0 * factor,
            (START, ()): 900.0,
        }  # fmt: skip

    growth, past = Growth(GROWING, KEPT), Past()
    for at, factor in ((1_000.0, 0), (1_020.0, 1), (1_040.0, 2)):
        growth.take(at, [Heard("api-1", "api", told(factor)), Heard("away", "api", None)])
        past.take(at, growth.now)
    document = figures(growth, past, 1_040.0)
    assert document["requests"]["rate"] == 5
    assert document["requests"]["fault_share"] == 0.1
    assert document["lists"]["p50"] == pytest.approx(0.1)
    assert document["lists"]["p95"] == pytest.approx(0.19)
    assert document["cache"]["slate"] == {"rate": 0.2, "hit_share": 0.75}
    assert document["models"] == [{"kind": "ranker", "version": "v1", "processes": 1}]
    assert document["streams"] == 4
    up, away = document["processes"]
    assert up == {
        "name": "api-1", "kind": "api", "up": True, "memory_bytes": 5e6,
        "busy_share": 0.1, "up_seconds": 140.0,
    }  # fmt: skip
    assert (away["up"], away["memory_bytes"], away["busy_share"]) == (False, None, None)
    requests = document["series"]["requests"]
    assert len(requests) == 90
    assert requests[-1] == 5
    assert requests[-6:-4] == [None, None]


def test_lag_is_told_by_pipeline_and_shard_in_order():
    def lag(pipeline, shard, entries):
        labels = (("pipeline", pipeline), ("shard", str(shard)))
        return {
            ("carousel_pipeline_lag_entries", labels): float(entries),
            ("carousel_pipeline_lag_seconds", labels): entries / 10,
        }

    told = lag("content-based", 10, 4) | lag("content-based", 9, 6) | lag("collaborative", 0, 0)
    growth, past = Growth(GROWING, KEPT), Past()
    growth.take(1_000.0, [Heard("monitor", "monitor", told)])
    past.take(1_000.0, growth.now)
    collaborative, content = figures(growth, past, 1_000.0)["pipelines"]
    assert (collaborative["lag_entries"], content["lag_entries"]) == (0, 10)
    assert content["lag_seconds"] == 0.6
    assert [one["shard"] for one in content["shards"]] == ["9", "10"]
    assert content["rate"] is None  # seen once, no rate is known
    assert content["waiting"] is None


def test_a_document_stays_small_however_long_it_runs():
    growth, past = Growth(GROWING, KEPT), Past()
    routes = [f"/api/v1/route-{n}" for n in range(60)]
    for n in range(600):
        told = {(START, ()): 1.0}
        for route in routes:
            told |= request("2xx", 3.7 * n, route)
        growth.take(2.0 * n, [Heard(f"api-{k}", "api", told) for k in range(4)])
        past.take(2.0 * n, growth.now)
    assert len(json.dumps(figures(growth, past, 1_198.0))) <= 60_000


def test_real_processes_are_found_by_their_files_and_scraped(tmp_path):
    registry = CollectorRegistry()
    asked = Counter("carousel_http_requests_total", "x", ["method", "route", "status"],
                    registry=registry)  # fmt: skip
    took = Histogram("carousel_http_request_seconds", "x", ["route"], registry=registry,
                     buckets=(0.1, 0.2, 0.5))  # fmt: skip
    server, thread = start_http_server(0, "127.0.0.1", registry)
    places = {"api-1": server.server_port, "gone": 1}
    for name, port in places.items():
        said = [{"targets": [f"127.0.0.1:{port}"], "labels": {"kind": "api", "process": name}}]
        (tmp_path / f"{name}.json").write_text(json.dumps(said))
    (tmp_path / "broken.json").write_text("[{")
    ticks = []
    moments = iter((1_000.0, 1_002.0))
    growth = Growth(GROWING, KEPT)
    scraping = Scraping(tmp_path, lambda: next(moments), lambda: ticks.append(1), growth)

    async def look():
        async with httpx2.AsyncClient(timeout=2) as client:
            await scraping.look(client)
            asked.labels("GET", "/api/v1/cars", "2xx").inc(8)
            for _ in range(4):
                took.labels("/api/v1/cars").observe(0.15)
            await scraping.look(client)

    try:
        asyncio.run(look())
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    window = growth.window(60)
    assert window.rate("carousel_http_requests_total") == 4
    assert window.quantile(0.5, "carousel_http_request_seconds") == pytest.approx(0.15)
    assert len(ticks) == 2
    assert {name: one.samples is not None for name, one in growth.now.items()} == {
        "api-1": True, "gone": False,
    }  # fmt: skip
