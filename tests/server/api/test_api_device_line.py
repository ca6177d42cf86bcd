"""The line of a device: what its reports on a socket are answered, and what ends it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import WSCloseCode, WSMsgType

from server.api.device_line import REPORT_BYTES, Patience
from server.store.credentials import RENEW_AFTER_MS
from tests.server.api.device_screens import HEALTH, paired, report

if TYPE_CHECKING:
    from tests.server.api.conftest import Site

PATH = "/api/devices/line"


def health(site: Site, **changed: Any) -> dict[str, Any]:
    return {**HEALTH, "clock_ms": site.clock(), **changed}


def line(site: Site, headers: dict[str, str]) -> Any:
    return site.session.ws_connect(site.base + PATH, headers=headers)


async def ended(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    """With which code the server ends it."""
    message = await socket.receive(timeout=5)
    assert message.type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.ERROR), message
    return socket.close_code


async def test_a_report_on_the_line_is_answered_and_kept_as_one_that_was_posted(site_under_test: Site) -> None:
    site = site_under_test
    device, key = await paired(site, site.rooms[0])
    _, posted = await report(site, key)
    async with line(site, key) as socket:
        for level in (4, 5):
            site.clock.now_ms += 14_000
            await socket.send_json(health(site, level=level))
            assert await socket.receive_json(timeout=5) == {**posted, "now_ms": site.clock()}
            known = await site.services.devices.find(device["id"])
            assert known is not None
            assert known.health is not None
            assert (known.heard_ms, known.health.level) == (site.clock(), level)


async def test_the_line_of_a_revoked_device_ends_with_its_next_report(site_under_test: Site) -> None:
    site = site_under_test
    device, key = await paired(site, site.rooms[0])
    async with line(site, key) as socket:
        await socket.send_json(health(site))
        await socket.receive_json(timeout=5)
        headers = await site.bearer(site.admin)
        async with site.request("POST", f"/api/devices/{device['id']}/revoke", headers=headers) as answer:
            assert answer.status == 200
        await socket.send_json(health(site))
        assert await ended(socket) == WSCloseCode.POLICY_VIOLATION
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await line(site, key)
    assert refused.value.status == 401


async def test_a_line_ends_when_its_key_is_due_so_that_a_request_carries_the_cookie_on(site_under_test: Site) -> None:
    site = site_under_test
    _, key = await paired(site, site.rooms[0])
    cookie = {"Cookie": "tongke=" + key["Authorization"].removeprefix("Bearer "), **site.origin}
    async with line(site, cookie) as socket:
        site.clock.now_ms += RENEW_AFTER_MS
        await socket.send_json(health(site))
        assert await ended(socket) == WSCloseCode.POLICY_VIOLATION
    async with site.request("POST", "/api/devices/health", json=health(site), headers=cookie) as answer:
        assert (answer.status, "tongke" in answer.cookies) == (200, True)
    async with line(site, cookie) as socket:
        await socket.send_json(health(site))
        assert (await socket.receive_json(timeout=5))["now_ms"] == site.clock()


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("{", WSCloseCode.INVALID_TEXT),
        ('{"kind": "page"}', WSCloseCode.INVALID_TEXT),
        (b"\x00", WSCloseCode.UNSUPPORTED_DATA),
        ("x" * (REPORT_BYTES + 1), WSCloseCode.MESSAGE_TOO_BIG),
    ],
)
async def test_what_is_no_report_ends_the_line(site_under_test: Site, sent: str | bytes, code: int) -> None:
    site = site_under_test
    _, key = await paired(site, site.rooms[0])
    async with line(site, key) as socket:
        await (socket.send_bytes(sent) if isinstance(sent, bytes) else socket.send_str(sent))
        assert await ended(socket) == code


async def test_a_page_of_another_origin_gets_no_line_and_a_request_is_told_what_is_wanted(
    site_under_test: Site,
) -> None:
    site = site_under_test
    _, key = await paired(site, site.rooms[0])
    cookie = "tongke=" + key["Authorization"].removeprefix("Bearer ")
    for headers in ({"Cookie": cookie, "Origin": "https://elsewhere.example"}, {"Cookie": cookie}):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await line(site, headers)
        assert refused.value.status == 403
    async with site.request("GET", PATH, headers=key) as answer:
        assert (answer.status, (await answer.json(content_type=None))["code"]) == (426, "socket_only")
        assert answer.headers["Upgrade"] == "websocket"


async def test_a_link_gets_no_line(site_under_test: Site) -> None:
    site = site_under_test
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await line(site, await site.bearer(site.rooms[0]))
    assert refused.value.status == 403


async def test_who_is_silent_for_long_is_let_go_and_nobody_before(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    now_s = loop.time()
    patience = Patience(3600.0, over.set)
    for moment, due in ((3500.0, False), (7000.0, False), (7101.0, True)):
        monkeypatch.setattr(loop, "time", lambda moment=moment: now_s + moment)
        await asyncio.sleep(0)  # whatever is due by then
        await asyncio.sleep(0)
        assert over.is_set() == due, moment
        if moment == 3500.0:
            patience.heard()
    patience.end()
