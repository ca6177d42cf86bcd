"""Pairing: the code on a screen, who may give it a room, and its name, over HTTP."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from server.devices.codes import KEPT_MS, LIFETIME_MS
from server.store.errors import StoreAway
from tests.server.api.device_screens import ask, assistant_of, claim, get, pair, paired, report

if TYPE_CHECKING:
    from tests.server.api.conftest import Site


async def test_a_screen_shows_a_code_is_given_a_room_and_is_that_room_from_then_on(site_under_test: Site) -> None:
    site = site_under_test
    code = await ask(site)
    assert code["url"] == f"{site.base}/pair#code={code['code']}"
    assert code["qr"]["size"] > 20
    assert await claim(site, code) == ("waiting", None)

    status, device = await pair(site, site.admin, code=code["code"].lower(), classroom=site.rooms[0], name=" 讲台左边 ")
    assert status == 200
    assert (device["room"], device["name"], device["online"]) == (site.rooms[0], "讲台左边", False)

    state, key = await claim(site, code)
    assert state == "paired"
    assert await claim(site, code) == ("expired", None)
    async with site.request("GET", "/api/me", headers={"Authorization": f"Bearer {key}"}) as answer:
        assert (await answer.json())["id"] == site.rooms[0]


async def test_a_screen_on_the_servers_own_machine_shows_an_address_for_phones(site_under_test: Site) -> None:
    site = site_under_test
    object.__setattr__(site.services, "lan", lambda: "https://192.168.1.20:8443")
    code = await ask(site)
    assert code["url"] == f"https://192.168.1.20:8443/pair#code={code['code']}"


async def test_who_pairs_is_told_the_address_that_the_screen_reaches_the_server_by(site_under_test: Site) -> None:
    site = site_under_test
    assert (await get(site, "/api/devices", site.admin))[1]["classroom"] == f"{site.base}/classroom"
    object.__setattr__(site.services, "lan", lambda: "https://192.168.1.20:8443")
    assert (await get(site, "/api/devices", site.admin))[1]["classroom"] == "https://192.168.1.20:8443/classroom"


async def test_wrong_expired_and_used_codes_get_one_answer_and_the_guesser_is_stopped(site_under_test: Site) -> None:
    site, room = site_under_test, site_under_test.rooms[0]
    used, old = await ask(site), await ask(site)
    assert (await pair(site, site.admin, code=used["code"], classroom=room))[0] == 200
    site.clock.now_ms += LIFETIME_MS
    answers = [
        await pair(site, site.admin, code=code, classroom=room)
        for code in (used["code"], old["code"], "ABCDEFGH", "-", "甲乙丙丁戊己庚辛")
    ]
    assert {status for status, _ in answers} == {404}
    assert {tuple(body.items()) for _, body in answers} == {tuple(answers[0][1].items())}
    assert answers[0][1]["code"] == "pairing_code_refused"

    for _ in range(5):
        await pair(site, site.admin, code="ABCDEFGH", classroom=room)
    fresh = await ask(site)
    status, body = await pair(site, site.admin, code=fresh["code"], classroom=room)
    assert (status, body["code"]) == (429, "too_many_codes")
    assistant = await assistant_of(site.store, room, site.clock())
    assert (await pair(site, assistant, code=fresh["code"], classroom=room))[0] == 200


async def test_an_assistant_pairs_for_its_own_school_only_and_a_teacher_not_at_all(site_under_test: Site) -> None:
    site = site_under_test
    assistant = await assistant_of(site.store, site.rooms[0], site.clock())
    code = await ask(site)
    for room in (site.rooms[1], site.stranger, "room-nowhere"):
        status, body = await pair(site, assistant, code=code["code"], classroom=room)
        assert (status, body["code"]) == (404, "not_found")
    assert (await pair(site, site.lead, code=code["code"], classroom=site.rooms[0]))[0] == 403
    assert (await pair(site, assistant, code=code["code"], classroom=site.rooms[0]))[0] == 200
    rooms = (await get(site, "/api/devices", assistant))[1]["rooms"]
    assert [room["id"] for room in rooms] == [site.rooms[0]]


async def test_a_device_is_renamed(site_under_test: Site) -> None:
    site = site_under_test
    device, _ = await paired(site, site.rooms[0])
    headers = await site.bearer(site.admin)
    path = f"/api/devices/{device['id']}/rename"
    async with site.request("POST", path, json={"name": "后墙电视"}, headers=headers) as answer:
        assert (await answer.json())["name"] == "后墙电视"


async def test_a_code_typed_three_times_at_once_makes_one_device(site_under_test: Site) -> None:
    site = site_under_test
    code = await ask(site)
    tries = [pair(site, site.admin, code=code["code"], classroom=site.rooms[0]) for _ in range(3)]
    assert sorted(status for status, _ in await asyncio.gather(*tries)) == [200, 404, 404]
    assert len(await site.services.devices.everybody()) == 1
    given = await asyncio.gather(*(claim(site, code) for _ in range(3)))
    assert [key is not None for state, key in given if state == "paired"] == [True]


async def test_a_code_and_a_claim_outlast_a_store_that_fails(
    site_under_test: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, room = site_under_test, site_under_test.rooms[0]
    code = await ask(site)

    async def away(*_given: Any, **_more: Any) -> Any:
        raise StoreAway

    with monkeypatch.context() as patched:
        patched.setattr(site.store.devices, "add", away)
        assert (await pair(site, site.admin, code=code["code"], classroom=room))[0] == 503
    status, device = await pair(site, site.admin, code=code["code"], classroom=room)
    assert status == 200
    for missing, part in (("issue", site.store.credentials), ("hold", site.store.devices)):
        with monkeypatch.context() as patched:
            patched.setattr(part, missing, away)
            site.clock.now_ms += KEPT_MS - 1
            async with site.request("POST", "/api/devices/claim", json={"claim": code["claim"]}) as answer:
                assert answer.status == 503
    state, key = await claim(site, code)
    assert (state, await claim(site, code)) == ("paired", ("expired", None))
    assert (await report(site, {"Authorization": f"Bearer {key}"}))[1]["device"] == device["id"]
