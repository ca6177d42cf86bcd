"""A screen's way through pairing and its reports, and who looks at them, as tests of the interface go it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.store.store import Store

if TYPE_CHECKING:
    from tests.server.api.conftest import Site

HEALTH: dict[str, Any] = {
    "kind": "page",
    "version": "abc",
    "camera": "ok",
    "microphone": "ok",
    "sound": "ok",
    "width": 1920,
    "height": 1080,
    "level": 3,
}


async def ask(site: Site, kind: str = "page") -> dict[str, Any]:
    async with site.request("POST", "/api/devices/code", json={"kind": kind}) as answer:
        assert answer.status == 200
        body: dict[str, Any] = await answer.json()
        return body


async def claim(site: Site, code: dict[str, Any]) -> tuple[str, str | None]:
    """The state, and the key where one came."""
    async with site.request("POST", "/api/devices/claim", json={"claim": code["claim"]}) as answer:
        assert answer.status == 200
        cookie = answer.cookies.get("tongke")
        return (await answer.json())["state"], cookie.value if cookie else None


async def pair(site: Site, by: str, **body: Any) -> tuple[int, dict[str, Any]]:
    headers = await site.bearer(by)
    async with site.request("POST", "/api/devices/pair", json=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def paired(site: Site, room: str, **more: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """A device of `room`, and the headers its requests carry."""
    code = await ask(site)
    status, device = await pair(site, site.admin, code=code["code"], classroom=room, **more)
    assert status == 200, device
    state, key = await claim(site, code)
    assert state == "paired"
    return device, {"Authorization": f"Bearer {key}"}


async def report(site: Site, key: dict[str, str], **changed: Any) -> tuple[int, dict[str, Any]]:
    body = {**HEALTH, "clock_ms": site.clock(), **changed}
    async with site.request("POST", "/api/devices/health", json=body, headers=key) as answer:
        return answer.status, await answer.json()


async def get(site: Site, path: str, who: str) -> tuple[int, Any]:
    async with site.request("GET", path, headers=await site.bearer(who)) as answer:
        return answer.status, await answer.json()


async def assistant_of(store: Store, room: str, now_ms: int) -> str:
    """An assistant teacher of the school that `room` is in."""
    subject = await store.people.subject(room)
    assert subject is not None
    person = await store.people.add_staff(subject.county_id, subject.school_id, "assistant", "助教", now_ms)
    return person.id


async def enters(site: Site, token: str) -> tuple[int, dict[str, str]]:
    """The status, and what the requests of the screen that came in carry."""
    async with site.request("POST", "/api/enter", json={"token": token}) as answer:
        cookie = answer.cookies.get("tongke")
        return answer.status, {"Authorization": f"Bearer {cookie.value if cookie else ''}"}
