"""Coming in by a link, cookies, bearer tokens, the Origin matrix, and the limit on failed tries."""

from __future__ import annotations

from collections import defaultdict
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING

import aiohttp
import pytest

from server.api import csrf
from server.permissions import ROLES, rights_of
from server.start_pages import page_of
from server.store.credentials import DAY_MS
from server.store.rows import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MINUTE = 60_000


def cookie_of(response: aiohttp.ClientResponse) -> SimpleCookie:
    """The session's cookie, which is set before the token's."""
    return next(cookies_of(response), SimpleCookie())


def cookies_of(response: aiohttp.ClientResponse) -> Iterator[SimpleCookie]:
    return (SimpleCookie(line) for line in response.headers.getall("Set-Cookie", []))


async def enter(site, token: str, headers: Mapping[str, str] | None = None) -> aiohttp.ClientResponse:
    return await site.request("POST", "/api/enter", json={"token": token}, headers=headers or site.origin)


async def signed_in(site, subject: str) -> dict[str, str]:
    response = await enter(site, await site.link(subject))
    session = next(morsel["tongke"].value for morsel in cookies_of(response) if "tongke" in morsel)
    return {"Cookie": f"tongke={session}", csrf.HEADER: csrf.token_of(session)}


async def test_a_link_is_exchanged_for_a_cookie_that_scripts_and_other_sites_cannot_use(site_under_test) -> None:
    response = await enter(site_under_test, await site_under_test.link(site_under_test.lead))
    morsel = cookie_of(response)["tongke"]
    assert (response.status, await response.json()) == (200, {"page": "/teacher", "zone": "Asia/Shanghai"})
    assert (morsel["httponly"], morsel["samesite"], morsel["path"], morsel["secure"]) == (True, "Strict", "/", "")
    assert int(morsel["max-age"]) == 12 * 3600
    assert response.headers["Cache-Control"] == "no-store"


async def test_a_classroom_gets_a_device_key_for_thirty_days(site_under_test) -> None:
    response = await enter(site_under_test, await site_under_test.link(site_under_test.rooms[0]))
    assert await response.json() == {"page": "/classroom", "zone": "Asia/Shanghai"}
    assert int(cookie_of(response)["tongke"]["max-age"]) == 30 * 86_400


async def test_a_link_opens_a_second_screen_too(site_under_test) -> None:
    token = await site_under_test.link(site_under_test.rooms[0])
    first, second = await enter(site_under_test, token), await enter(site_under_test, token)
    assert cookie_of(first)["tongke"].value != cookie_of(second)["tongke"].value


async def test_the_cookie_says_who_i_am(site_under_test) -> None:
    headers = await signed_in(site_under_test, site_under_test.lead)
    lead = await site_under_test.store.people.subject(site_under_test.lead)
    assert lead is not None
    async with site_under_test.request("GET", "/api/me", headers=headers) as response:
        assert await response.json() == {
            "id": site_under_test.lead,
            "role": "lead",
            "name": "主讲教师",
            "school": "中心小学",
            "page": "/teacher",
            "rights": rights_of("lead"),
            "school_id": lead.school_id,
            "zone": "Asia/Shanghai",
        }


async def test_a_links_token_is_no_cookie(site_under_test) -> None:
    headers = {"Cookie": f"tongke={await site_under_test.link(site_under_test.lead)}"}
    async with site_under_test.request("GET", "/api/me", headers=headers) as response:
        assert response.status == 401


async def test_an_appliance_may_use_its_token_as_bearer(site_under_test) -> None:
    headers = await site_under_test.bearer(site_under_test.rooms[0])
    async with site_under_test.request("GET", "/api/me", headers=headers) as response:
        assert (response.status, (await response.json())["id"]) == (200, site_under_test.rooms[0])


async def test_staff_are_signed_out_after_twelve_hours(site_under_test) -> None:
    headers = await signed_in(site_under_test, site_under_test.lead)
    for elapsed_ms, status in ((0, 200), (DAY_MS // 2 - 1, 200), (DAY_MS // 2, 401)):
        site_under_test.clock.now_ms = 1_800_000_000_000 + elapsed_ms
        async with site_under_test.request("GET", "/api/me", headers=headers) as response:
            assert response.status == status


async def test_a_used_device_key_is_prolonged_and_its_cookie_too(site_under_test) -> None:
    headers = await signed_in(site_under_test, site_under_test.rooms[0])
    async with site_under_test.request("GET", "/api/me", headers=headers) as response:
        assert "tongke" not in response.cookies
    for _ in range(3):
        site_under_test.clock.now_ms += 20 * DAY_MS
        async with site_under_test.request("GET", "/api/me", headers=headers) as response:
            assert response.status == 200
            assert f"tongke={response.cookies['tongke'].value}" == headers["Cookie"]
            assert response.cookies["tongke_csrf"].value == headers[csrf.HEADER]


async def test_leaving_ends_the_credential_for_good(site_under_test) -> None:
    headers = await signed_in(site_under_test, site_under_test.lead)
    async with site_under_test.request("POST", "/api/leave", headers=headers | site_under_test.origin) as response:
        assert response.status == 200
        assert cookie_of(response)["tongke"]["max-age"] == "0"
    async with site_under_test.request("GET", "/api/me", headers=headers) as response:
        assert response.status == 401


@pytest.mark.parametrize("token", ["x", "a" * 43, "../../etc/passwd", "' OR 1=1 --", "é" * 20])
async def test_a_wrong_token_is_refused_in_words(site_under_test, token: str) -> None:
    response = await enter(site_under_test, token)
    problem = await response.json(content_type="application/problem+json")
    assert (response.status, problem["code"]) == (401, "token_refused")
    assert problem["title"] == "链接已失效"
    assert "Set-Cookie" not in response.headers


async def test_an_expired_link_is_refused_like_a_wrong_one(site_under_test) -> None:
    token = await site_under_test.link(site_under_test.lead)
    site_under_test.clock.now_ms += 7 * DAY_MS
    assert (await enter(site_under_test, token)).status == 401


async def test_words_come_in_english_where_the_browser_prefers_it(site_under_test) -> None:
    response = await enter(site_under_test, "x", site_under_test.origin | {"Accept-Language": "en-GB,zh;q=0.5"})
    assert (await response.json(content_type=None))["title"] == "This link does not work any more"
    assert response.headers["Content-Language"] == "en"


async def test_ten_failures_in_ten_minutes_shut_the_door_to_wrong_tokens_only(site_under_test) -> None:
    for _ in range(10):
        assert (await enter(site_under_test, "wrong-token-wrong-token")).status == 401
    refused = await enter(site_under_test, "wrong-token-wrong-token")
    assert (refused.status, (await refused.json(content_type=None))["code"]) == (429, "too_many_failures")
    assert 0 < int(refused.headers["Retry-After"]) <= 601
    assert (await enter(site_under_test, await site_under_test.link(site_under_test.lead))).status == 200
    site_under_test.clock.now_ms += 10 * MINUTE
    assert (await enter(site_under_test, "wrong-token-wrong-token")).status == 401


async def test_wrong_bearer_tokens_count_as_failures(site_under_test) -> None:
    headers = {"Authorization": "Bearer wrong-token-wrong-token"}
    statuses = []
    for _ in range(11):
        async with site_under_test.request("GET", "/api/me", headers=headers) as response:
            statuses.append(response.status)
    assert statuses == [401] * 10 + [429]


ORIGINS = [
    ("http://127.0.0.1:{port}", True),
    ("http://localhost:{port}", True),
    ("null", False),
    ("", False),
    ("https://127.0.0.1:{port}", False),
    ("http://127.0.0.1", False),
    ("http://127.0.0.1:{other}", False),
    ("http://127.0.0.1:{port}.evil.example", False),
    ("http://evil.example:{port}", False),
    ("http://127.0.0.1:{port}/", False),
    ("http://user@127.0.0.1:{port}", False),
    ("http://127.0.0.1.nip.io:{port}", False),
    ("http://xn--lclhost-9ya2i.example:{port}", False),
    ("http://lоcalhost:{port}", False),
    ("http://LOCALHOST:{port}", False),
    ("http://127.1:{port}", False),
    ("http://[::1]:{port}", False),
    ("file://", False),
    ("ws://127.0.0.1:{port}", False),
]


def origin_header(site, pattern: str) -> str:
    return pattern.format(port=site.port, other=site.port + 1)


@pytest.mark.parametrize(("pattern", "welcome"), ORIGINS)
async def test_a_post_is_taken_only_from_our_own_pages(site_under_test, pattern: str, welcome: bool) -> None:
    header = {"Origin": origin_header(site_under_test, pattern)}
    cookie = await signed_in(site_under_test, site_under_test.lead)
    token = await site_under_test.link(site_under_test.lead)
    seen = []
    for path, body in (("/api/enter", {"token": token}), ("/api/leave", {})):
        async with site_under_test.request("POST", path, json=body, headers=header | cookie) as response:
            code = None if response.status == 200 else (await response.json(content_type=None))["code"]
            seen.append((response.status, code))
    assert seen == [(200, None)] * 2 if welcome else [(403, "origin_refused")] * 2


@pytest.mark.parametrize(("pattern", "welcome"), ORIGINS)
async def test_a_socket_is_opened_only_from_our_own_pages(site_under_test, pattern: str, welcome: bool) -> None:
    headers = {"Origin": origin_header(site_under_test, pattern)}
    headers |= await signed_in(site_under_test, site_under_test.lead)
    url = f"{site_under_test.base}/ws"
    if welcome:
        async with site_under_test.session.ws_connect(url, headers=headers) as socket:
            assert await socket.receive_str() == "hello"
        return
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await site_under_test.session.ws_connect(url, headers=headers)
    assert refused.value.status == 403


async def test_without_an_origin_a_cookie_opens_nothing_and_a_token_does(site_under_test) -> None:
    cookie = await signed_in(site_under_test, site_under_test.lead)
    async with site_under_test.request("POST", "/api/leave", headers=cookie) as response:
        assert response.status == 403
    bearer = await site_under_test.bearer(site_under_test.rooms[0])
    async with site_under_test.session.ws_connect(f"{site_under_test.base}/ws", headers=bearer) as socket:
        assert await socket.receive_str() == "hello"
    token = await site_under_test.link(site_under_test.rooms[0])
    async with site_under_test.request("POST", "/api/enter", json={"token": token}) as response:
        assert response.status == 200


async def test_two_origins_are_as_bad_as_a_wrong_one(site_under_test) -> None:
    from multidict import CIMultiDict

    headers = CIMultiDict([("Origin", site_under_test.base), ("Origin", "http://evil.example")])
    async with site_under_test.request("POST", "/api/enter", json={"token": "x"}, headers=headers) as response:
        assert response.status == 403


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "", "localhost.evil.example"])
async def test_a_request_meant_for_another_host_is_misdirected(site_under_test, host: str) -> None:
    async with site_under_test.request("GET", "/healthz", headers={"Host": host}) as response:
        assert (response.status, (await response.json(content_type=None))["code"]) in {
            (421, "wrong_host"),
            (400, "bad_request"),
        }


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"{}", "application/json", 400, "bad_body"),
        (b"", "application/json", 400, "bad_body"),
        (b'{"token": 1}', "application/json", 400, "bad_body"),
        (b'{"token": "a", "more": 1}', "application/json", 400, "bad_body"),
        (b"[" * 30_000, "application/json", 400, "bad_body"),
        (b'{"token": "\xff"}', "application/json", 400, "bad_body"),
        (b'{"token": "a"}', "text/plain", 415, "not_json"),
        (b"token=a", "application/x-www-form-urlencoded", 415, "not_json"),
        (b'{"token": "' + b"a" * 70_000 + b'"}', "application/json", 413, "too_large"),
    ],
)
async def test_a_malformed_body_is_refused_by_code(site_under_test, body, content_type, status, code) -> None:
    headers = site_under_test.origin | {"Content-Type": content_type}
    async with site_under_test.request("POST", "/api/enter", data=body, headers=headers) as response:
        assert (response.status, (await response.json(content_type=None))["code"]) == (status, code)


async def test_a_body_without_a_length_is_limited_all_the_same(site_under_test) -> None:
    async def endless():
        for _ in range(64):
            yield b" " * 4096

    headers = site_under_test.origin | {"Content-Type": "application/json"}
    async with site_under_test.request("POST", "/api/enter", data=endless(), headers=headers) as response:
        assert response.status == 413


def test_everybody_is_sent_to_the_page_they_work_on() -> None:
    at = defaultdict(set)
    for role in ROLES:
        at[page_of(Subject("x", "staff", role, "county-1", None, "", ""))].add(role)
    assert at == {
        "/admin": {"county_admin", "school_admin", "inspector"},
        "/teacher": {"lead"},
        "/assistant": {"assistant"},
        "/replay": {"trainer"},
        "/classroom": {"classroom"},
    }
