"""The token that a page shows beside its cookie: asked of every change, and of nothing else."""

from __future__ import annotations

import re

import pytest
from multidict import CIMultiDict

from server.api import csrf
from server.api.registry import WITHOUT_TOKEN
from server.api.site import ENDPOINTS
from server.permissions import PUBLIC

CHANGES = sorted({e.path for e in ENDPOINTS if e.method == "POST" and e.action not in {PUBLIC, *WITHOUT_TOKEN}})


async def cookies_of(site, subject: str) -> dict[str, str]:
    """What a browser has after its sign-in, by name."""
    body = {"token": await site.link(subject)}
    async with site.request("POST", "/api/enter", json=body, headers=site.origin) as response:
        assert response.status == 200
        return {name: morsel.value for name, morsel in response.cookies.items()}


def browser(site, cookies: dict[str, str], **more: str) -> dict[str, str]:
    return site.origin | {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} | more


async def leave(site, headers) -> tuple[int, str]:
    async with site.request("POST", "/api/leave", headers=headers) as response:
        return response.status, (await response.json(content_type=None)).get("code", "")


async def test_a_change_by_cookie_shows_the_token_of_its_own_session(site_under_test) -> None:
    site = site_under_test
    cookies, others = await cookies_of(site, site.lead), await cookies_of(site, site.admin)
    assert cookies["tongke_csrf"] == csrf.token_of(cookies["tongke"])
    wrong = ("", "x", cookies["tongke_csrf"] + "x", others["tongke_csrf"], cookies["tongke"], "\udcff")
    for given in wrong:
        assert await leave(site, browser(site, cookies, **{csrf.HEADER: given})) == (403, "csrf_refused"), given
    assert await leave(site, browser(site, cookies)) == (403, "csrf_refused")
    token = (csrf.HEADER, cookies["tongke_csrf"])
    assert (await leave(site, CIMultiDict([*browser(site, cookies).items(), token, token])))[0] == 403
    # a cookie that another host of the same domain planted is not believed, only the session's own token
    planted = cookies | {"tongke_csrf": "planted"}
    assert (await leave(site, browser(site, planted, **{csrf.HEADER: "planted"})))[0] == 403
    assert await leave(site, browser(site, cookies, **dict([token]))) == (200, "")


async def test_a_program_with_a_bearer_token_shows_none(site_under_test) -> None:
    site = site_under_test
    assert await leave(site, await site.bearer(site.lead)) == (200, "")


@pytest.mark.parametrize("path", CHANGES)
async def test_every_change_asks_for_it(site_under_test, path: str) -> None:
    site = site_under_test
    headers = browser(site, await cookies_of(site, site.admin))
    address = re.sub(r"\{[^}]*\}", "x", path)
    async with site.request("POST", address, json={}, headers=headers) as response:
        assert (response.status, (await response.json(content_type=None))["code"]) == (403, "csrf_refused")


async def test_scripts_read_the_token_and_not_the_session_and_both_go_together(site_under_test) -> None:
    site = site_under_test
    body = {"token": await site.link(site.rooms[0])}
    async with site.request("POST", "/api/enter", json=body, headers=site.origin) as response:
        told = {name: (m["httponly"], m["samesite"], m["max-age"]) for name, m in response.cookies.items()}
        cookies = {name: morsel.value for name, morsel in response.cookies.items()}
    thirty_days = str(30 * 86_400)
    assert told == {"tongke": (True, "Strict", thirty_days), "tongke_csrf": ("", "Strict", thirty_days)}
    headers = browser(site, cookies, **{csrf.HEADER: cookies["tongke_csrf"]})
    async with site.request("POST", "/api/leave", headers=headers) as response:
        assert {name: morsel["max-age"] for name, morsel in response.cookies.items()} == {
            "tongke": "0",
            "tongke_csrf": "0",
        }


async def test_a_session_from_before_there_were_tokens_is_told_its_own_once(site_under_test) -> None:
    site = site_under_test
    cookies = await cookies_of(site, site.lead)
    for sent, told in (({"tongke": cookies["tongke"]}, {"tongke_csrf": cookies["tongke_csrf"]}), (cookies, {})):
        async with site.request("GET", "/api/me", headers=browser(site, sent)) as response:
            assert response.status == 200
            assert {name: morsel.value for name, morsel in response.cookies.items()} == told
