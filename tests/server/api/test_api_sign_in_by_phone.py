"""A classroom PC shows a QR code, a phone that is signed in approves it, the PC is signed in."""

from __future__ import annotations

from http.cookies import SimpleCookie

import pytest

from server.accounts.handover import LIVES_MS


async def call(site, method: str, path: str, body: object = None, **headers: str):
    sent = (site.origin if method == "POST" else {}) | headers
    settings = {} if body is None else {"json": body}
    async with site.request(method, path, headers=sent, **settings) as response:
        cookies = SimpleCookie()
        for line in response.headers.getall("Set-Cookie", []):
            cookies.load(line)
        return response.status, await response.json(content_type=None), cookies


@pytest.fixture
async def screen(site_under_test):
    """The PC: its request and the headers its browser sends."""
    status, shown, cookies = await call(site_under_test, "POST", "/api/sign-in/screen")
    assert status == 200
    return shown, {"Cookie": f"tongke_screen={cookies['tongke_screen'].value}"}


async def test_the_screen_is_signed_in_as_who_approved_it_and_once(site_under_test, screen) -> None:
    site, (shown, browser) = site_under_test, screen
    phone = await site.bearer(site.lead)
    ask = {"id": shown["id"]}
    assert (await call(site, "POST", "/api/sign-in/screen/collect", ask, **browser))[1]["state"] == "waiting"
    status, seen, _ = await call(site, "GET", f"/api/sign-in/screen/{shown['id']}", **phone)
    assert (status, seen["code"], seen["same_network"]) == (200, shown["code"], True)
    assert (await call(site, "POST", "/api/sign-in/screen/approve", ask, **phone))[0] == 200
    status, state, cookies = await call(site, "POST", "/api/sign-in/screen/collect", ask, **browser)
    assert (status, state) == (200, {"state": "open", "page": "/teacher"})
    signed_in = {"Cookie": f"tongke={cookies['tongke'].value}"}
    assert (await call(site, "GET", "/api/me", **signed_in))[1]["id"] == site.lead
    listed = (await call(site, "GET", "/api/account/sign-ins", **signed_in))[1]["sign_ins"]
    assert [(one["way"], one["here"]) for one in listed] == [("phone", True)]
    assert (await call(site, "POST", "/api/sign-in/screen/collect", ask, **browser))[1]["state"] == "over"


async def test_the_code_on_the_wall_opens_nothing_for_who_photographs_it(site_under_test, screen) -> None:
    site, (shown, _) = site_under_test, screen
    ask = {"id": shown["id"]}
    await call(site, "POST", "/api/sign-in/screen/approve", ask, **await site.bearer(site.lead))
    for headers in ({}, {"Cookie": "tongke_screen=guessed"}, await site.bearer(site.stranger)):
        _, state, cookies = await call(site, "POST", "/api/sign-in/screen/collect", ask, **headers)
        assert (state["state"], list(cookies)) == ("over", [])


async def test_a_request_is_over_after_two_minutes(site_under_test, screen) -> None:
    site, (shown, browser) = site_under_test, screen
    phone, ask = await site.bearer(site.lead), {"id": shown["id"]}
    site.clock.now_ms += LIVES_MS
    assert (await call(site, "GET", f"/api/sign-in/screen/{shown['id']}", **phone))[0] == 404
    assert (await call(site, "POST", "/api/sign-in/screen/approve", ask, **phone))[0] == 404
    assert (await call(site, "POST", "/api/sign-in/screen/collect", ask, **browser))[1]["state"] == "over"


async def test_only_a_person_approves(site_under_test, screen) -> None:
    site, (shown, _) = site_under_test, screen
    ask = {"id": shown["id"]}
    assert (await call(site, "POST", "/api/sign-in/screen/approve", ask))[0] == 401
    room = await site.bearer(site.rooms[0])
    assert (await call(site, "POST", "/api/sign-in/screen/approve", ask, **room))[0] == 403


async def test_the_secret_is_for_this_browser_and_these_addresses_only(site_under_test) -> None:
    _, shown, cookies = await call(site_under_test, "POST", "/api/sign-in/screen")
    morsel = cookies["tongke_screen"]
    assert (morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, "Strict", "/api/sign-in")
    assert morsel.value not in str(shown)
    assert shown["address"] == f"{site_under_test.base}/signin#approve={shown['id']}"


async def test_somebody_whose_account_was_closed_meanwhile_signs_nothing_in(site_under_test, screen) -> None:
    site, (shown, _) = site_under_test, screen
    phone = await site.bearer(site.lead)
    await site.store.credentials.revoke_subject(site.lead, site.clock())
    assert (await call(site, "POST", "/api/sign-in/screen/approve", {"id": shown["id"]}, **phone))[0] == 401
