"""How long a device's key is good, and that there is no other way in when it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.server.api.device_screens import enters, get, paired, report

if TYPE_CHECKING:
    from tests.server.api.conftest import Site


async def test_the_screens_of_a_room_that_is_closed_are_out_at_once(site_under_test: Site) -> None:
    site = site_under_test
    _, key = await paired(site, site.rooms[0])
    assert (await report(site, key))[0] == 200
    headers = await site.bearer(site.admin)
    async with site.request("POST", f"/api/county/rooms/{site.rooms[0]}/close", headers=headers) as answer:
        assert answer.status == 200
    assert (await report(site, key))[0] == 401


async def test_several_devices_of_a_room_have_keys_of_their_own(site_under_test: Site) -> None:
    site = site_under_test
    first, first_key = await paired(site, site.rooms[0])
    second, second_key = await paired(site, site.rooms[0])
    assert first["id"] != second["id"]
    assert (await report(site, first_key))[1]["device"] == first["id"]
    assert (await report(site, second_key))[1]["device"] == second["id"]


async def test_a_device_paired_again_after_re_imaging_keeps_its_history_and_its_old_key_ends(
    site_under_test: Site,
) -> None:
    site = site_under_test
    device, old_key = await paired(site, site.rooms[0], name="电视")
    await report(site, old_key)
    again, new_key = await paired(site, site.rooms[0], device=device["id"])
    assert (again["id"], again["name"]) == (device["id"], "电视")
    assert (await report(site, old_key))[0] == 401
    assert (await report(site, new_key))[1]["device"] == device["id"]
    assert len((await get(site, f"/api/devices/{device['id']}", site.admin))[1]["changes"]) >= 1


async def test_a_revoked_device_is_nobody_at_once(site_under_test: Site) -> None:
    site = site_under_test
    device, key = await paired(site, site.rooms[0])
    assert (await report(site, key))[0] == 200
    path = f"/api/devices/{device['id']}"
    headers = {**await site.bearer(site.admin), "Content-Type": "application/json"}
    async with site.request("POST", f"{path}/revoke", headers=headers) as answer:
        assert answer.status == 200
    assert (await report(site, key))[0] == 401
    assert (await get(site, path, site.admin))[0] == 404
    assert (await get(site, "/api/devices", site.admin))[1]["rooms"][0]["devices"] == []


async def test_a_device_key_is_not_exchanged_for_a_second_one(site_under_test: Site) -> None:
    site = site_under_test
    _, key = await paired(site, site.rooms[0])
    assert (await enters(site, key["Authorization"].removeprefix("Bearer ")))[0] == 401
    cookie = await site.store.credentials.issue("cookie", site.lead, site.clock())
    assert (await enters(site, cookie))[0] == 401
    assert (await enters(site, await site.link(site.lead)))[0] == 200


@pytest.mark.parametrize("how", ["revoked", "replaced"])
async def test_a_device_that_is_gone_leaves_no_other_way_into_its_room(site_under_test: Site, how: str) -> None:
    site, room = site_under_test, site_under_test.rooms[0]
    other, elsewhere = await paired(site, room), await paired(site, site.rooms[1])
    link = await site.link(room)
    device, key = await paired(site, room)
    copied = {"Authorization": f"Bearer {await site.store.credentials.issue('device', room, site.clock())}"}
    _, unheard = await enters(site, link)

    if how == "revoked":
        path = f"/api/devices/{device['id']}/revoke"
        async with site.request("POST", path, headers=await site.bearer(site.admin)) as answer:
            assert answer.status == 200
    else:
        await paired(site, room, device=device["id"])
    assert [(await report(site, gone))[0] for gone in (key, copied, unheard)] == [401, 401, 401]
    assert (await enters(site, link))[0] == 401
    # what other devices hold is theirs, heard yet or not
    assert [(await report(site, kept))[0] for kept in (other[1], elsewhere[1])] == [200, 200]


async def test_a_key_that_is_given_to_a_screen_is_written_down(site_under_test: Site) -> None:
    site = site_under_test
    device, _ = await paired(site, site.rooms[0])
    rows = [row.entry for row in await site.store.audit.page()]
    assert [(row.who, row.role, row.what, row.outcome, row.about, row.code) for row in rows] == [
        (site.rooms[0], "classroom", "devices.pair", "changed", device["id"], "claim_key"),
        (site.admin, "county_admin", "devices.pair", "changed", device["id"], "pair"),
    ]
