"""Pages, static files, security headers, traversal, OpenAPI, health, figures, the trust page."""

from __future__ import annotations

import re

import pytest

from server.api.site import ENDPOINTS

POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)  # fmt: skip


async def text(site, path: str, **settings: object) -> tuple[int, str]:
    async with site.request("GET", path, **settings) as response:
        return response.status, await response.text()


TITLES = {
    "/": "home",
    "/teacher": "teacher",
    "/classroom": "classroom",
    "/classroom?screen=b": "classroom",
    "/teacher/": "teacher",
    "/replay": "replay",
    "/replay/01hzy0000000000000000000aa": "replay",
}


async def test_each_page_has_its_address(site_under_test) -> None:
    found = {path: await text(site_under_test, path) for path in TITLES}
    assert found == {path: (200, f"<!doctype html><title>{title}</title>") for path, title in TITLES.items()}


async def test_every_answer_carries_the_security_headers(site_under_test, subtests) -> None:
    for path in ("/", "/assets/main-1a2B3c4D.js", "/api/me", "/healthz", "/nothing", "/trust"):
        with subtests.test(path):
            async with site_under_test.request("GET", path) as response:
                assert response.headers["Content-Security-Policy"] == POLICY
                assert response.headers["X-Content-Type-Options"] == "nosniff"
                assert response.headers["Referrer-Policy"] == "no-referrer"
                assert "camera=(self), microphone=(self)" in response.headers["Permissions-Policy"]
                assert "geolocation=()" in response.headers["Permissions-Policy"]


async def test_only_the_replay_page_may_play_blobs(site_under_test) -> None:
    async with site_under_test.request("GET", "/replay/01hzy0000000000000000000aa") as response:
        assert response.headers["Content-Security-Policy"] == POLICY + "; media-src 'self' blob:"


async def test_no_policy_allows_anything_inline(site_under_test) -> None:
    for path in ("/", "/replay", "/trust"):
        async with site_under_test.request("GET", path) as response:
            assert "unsafe" not in response.headers["Content-Security-Policy"]
            assert not re.search(r"<script|style=|<style|onclick=|javascript:", await response.text())


async def test_hashed_assets_are_kept_for_ever_and_pages_asked_for_anew(site_under_test) -> None:
    async with site_under_test.request("GET", "/assets/main-1a2B3c4D.js") as response:
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert response.content_type in ("text/javascript", "application/javascript")
    for path in ("/teacher", "/icon.svg"):
        async with site_under_test.request("GET", path) as response:
            assert response.headers["Cache-Control"] == "no-cache"
            etag = response.headers["ETag"]
        async with site_under_test.request("GET", path, headers={"If-None-Match": etag}) as response:
            assert response.status == 304


async def test_a_compressed_twin_is_sent_to_browsers_that_take_it(site_under_test) -> None:
    import gzip

    asset = site_under_test.folder / "dist" / "assets" / "main-1a2B3c4D.js"
    asset.with_name(asset.name + ".gz").write_bytes(gzip.compress(asset.read_bytes()))
    async with site_under_test.request("GET", "/assets/main-1a2B3c4D.js") as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert await response.read() == asset.read_bytes()
    headers = {"Accept-Encoding": "identity"}
    async with site_under_test.request("GET", "/assets/main-1a2B3c4D.js", headers=headers) as response:
        assert "Content-Encoding" not in response.headers


TRAVERSALS = [
    "/../secret.txt",
    "/assets/../../secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "/%2e%2e%2fsecret.txt",
    "/assets/..%5c..%5csecret.txt",
    "/assets/%252e%252e/secret.txt",
    "/assets//../../secret.txt",
    "/%c0%ae%c0%ae/secret.txt",
    "/leak.txt",
    "/assets",
    "/assets/",
    "/index.html%00.js",
    "/teacher/index.html/..",
    "/.git/config",
    "/ASSETS/main-1a2B3c4D.js",
    "/assets/main-1a2B3c4D.js/",
    "/replay/..%2f..%2fsecret.txt",
    "/replay/a/b",
    "/etc/passwd",
    "/api/recordings/../../secret.txt",
    "/api/nothing",
]


async def test_no_address_leads_out_of_the_pages(site_under_test) -> None:
    missing = await text(site_under_test, "/no-such-page")
    assert missing[0] == 404
    found = {path: await text(site_under_test, path) for path in TRAVERSALS}
    assert found == dict.fromkeys(TRAVERSALS, missing)


async def test_a_rebuilt_page_is_found_without_a_restart(site_under_test) -> None:
    dist = site_under_test.folder / "dist"
    assert (await text(site_under_test, "/assets/new-9z8Y7x6W.js"))[0] == 404
    site_under_test.services.dist.joinpath("assets", "new-9z8Y7x6W.js").write_text("1")
    from server.api.static import RESCAN_AFTER_S, Assets

    assets = Assets(dist)
    assert assets.find("/assets/newer-9z8Y7x6W.js", 0.0) is None
    (dist / "assets" / "newer-9z8Y7x6W.js").write_text("2")
    assert assets.find("/assets/newer-9z8Y7x6W.js", RESCAN_AFTER_S / 2) is None
    assert assets.find("/assets/newer-9z8Y7x6W.js", RESCAN_AFTER_S) is not None


async def test_without_built_pages_the_start_page_says_what_to_do(site_under_test) -> None:
    import shutil

    shutil.rmtree(site_under_test.folder / "dist")
    async with site_under_test.request("GET", "/") as response:
        assert (response.status, (await response.json(content_type=None))["code"]) == (503, "pages_not_built")


async def test_health_and_readiness_answer_anybody(site_under_test) -> None:
    for path in ("/healthz", "/readyz"):
        async with site_under_test.request("GET", path) as response:
            assert (response.status, await response.json()) == (200, {"status": "ok"})


async def test_figures_are_in_prometheus_format_with_the_process_and_our_own(site_under_test) -> None:
    from server.metrics import Figure

    site_under_test.services.metrics.add_source(lambda: [Figure("tongke_rooms", "Rooms open", "gauge", 3)])
    status, body = await text(site_under_test, "/metrics")
    assert status == 200
    for line in ("tongke_rooms 3.0", "# TYPE tongke_event_loop_lag_seconds histogram"):
        assert line in body.splitlines()
    assert re.search(r"^process_resident_memory_bytes [\d.e+]+$", body, re.M)
    assert re.search(r"^process_cpu_seconds_total [\d.e+]+$", body, re.M)


async def test_figures_are_not_for_strangers_behind_a_proxy(site_under_test) -> None:
    stranger = {"X-Forwarded-For": "203.0.113.9"}
    assert (await text(site_under_test, "/metrics", headers=stranger))[0] == 404
    admin = await site_under_test.bearer(site_under_test.admin)
    assert (await text(site_under_test, "/metrics", headers=stranger | admin))[0] == 200
    lead = await site_under_test.bearer(site_under_test.lead)
    assert (await text(site_under_test, "/metrics", headers=stranger | lead))[0] == 404


async def test_the_trust_page_begins_with_the_language_of_the_device(site_under_test) -> None:
    for language, first in (("en-GB,en;q=0.9", "en"), ("zh-CN", "zh-CN"), ("fr", "zh-CN")):
        _status, page = await text(site_under_test, "/trust", headers={"Accept-Language": language})
        assert re.findall(r'<section lang="([^"]+)"', page)[0] == first


async def test_the_trust_page_tells_both_languages_the_fingerprint(site_under_test) -> None:
    status, page = await text(site_under_test, "/trust")
    assert status == 200
    for part in ("让这台设备信任同课服务器", "Let this device trust", "<code>AA:BB</code>", 'href="/ca.crt"'):
        assert part in page
    async with site_under_test.request("GET", "/ca.crt") as response:
        assert response.content_type == "application/x-x509-ca-cert"
        assert (await response.text()).startswith("-----BEGIN CERTIFICATE-----")


async def test_the_document_describes_every_endpoint(site_under_test) -> None:
    async with site_under_test.request("GET", "/api/openapi.json") as response:
        document = await response.json()
    assert document["openapi"] == "3.1.0"
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    served = {(endpoint.method, re.sub(r"\{(\w+):[^}]*\}", r"{\1}", endpoint.path)) for endpoint in ENDPOINTS}
    assert described == served
    for methods in document["paths"].values():
        for operation in methods.values():
            assert {"200", "303"} & set(operation["responses"]), "says what comes when all is well"
            inside = {entry["name"] for entry in operation["parameters"] if entry["in"] == "path"}
            assert all(entry["required"] for entry in operation["parameters"] if entry["name"] in inside)


async def test_every_reference_in_the_document_is_resolved(site_under_test) -> None:
    async with site_under_test.request("GET", "/api/openapi.json") as response:
        document = await response.json()

    def references(node: object) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if "$ref" in node else []
            return own + [found for value in node.values() for found in references(value)]
        return [found for value in node for found in references(value)] if isinstance(node, list) else []

    for reference in references(document):
        assert reference.removeprefix("#/components/schemas/") in document["components"]["schemas"]


async def test_every_endpoint_that_is_not_public_asks_who_is_there(site_under_test, subtests) -> None:
    assert len(ENDPOINTS) > 100
    for endpoint in ENDPOINTS:
        with subtests.test(f"{endpoint.method} {endpoint.path}"):
            path = re.sub(r"\{\w+\}", "x", endpoint.path.replace("{name:.+}", "y"))
            async with site_under_test.request(endpoint.method, path, headers=site_under_test.origin) as response:
                if endpoint.public:
                    assert response.status in (200, 400, 404, 415)
                else:
                    assert (response.status, (await response.json(content_type=None))["code"]) == (401, "sign_in")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [("POST", "/api/me", "GET,HEAD"), ("GET", "/api/enter", "POST"), ("DELETE", "/api/lessons", "GET,HEAD")],
)
async def test_a_wrong_method_is_told_the_right_ones(site_under_test, method: str, path: str, allow: str) -> None:
    async with site_under_test.request(method, path, headers=site_under_test.origin) as response:
        assert (response.status, (await response.json(content_type=None))["code"]) == (405, "wrong_method")
        assert response.headers["Allow"] == allow


async def test_a_fault_of_ours_is_one_plain_sentence_and_no_traceback(site_under_test, monkeypatch) -> None:
    async def broken(*_arguments: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(site_under_test.shelf, "search", broken)
    headers = await site_under_test.bearer(site_under_test.lead)
    status, body = await text(site_under_test, "/api/recordings", headers=headers)
    assert (status, "secret detail" in body, "Traceback" in body) == (500, False, False)


async def test_a_person_at_a_wrong_address_gets_the_first_page_and_a_program_the_problem(site_under_test) -> None:
    seen = {}
    for accepts in ("text/html,application/xhtml+xml,*/*;q=0.8", "*/*", "application/json"):
        async with site_under_test.request("GET", "/teacherr", headers={"Accept": accepts}) as response:
            seen[accepts] = (response.status, response.content_type, response.headers["Cache-Control"])
    html, *others = seen.values()
    assert html == (404, "text/html", "no-store")
    assert others == [(404, "application/problem+json", "no-store")] * 2
