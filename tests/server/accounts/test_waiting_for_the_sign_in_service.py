"""A sign-in service that is slow or away keeps a bounded number waiting, and is not asked again and again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from server.accounts.oidc import AWAY_FOR_MS, WAITING, OidcError, OidcProvider


@dataclass
class Slow:
    """A service that tells what it is when `told` is set, and counts who asked; `status` of its answer."""

    base: str = ""
    asked: int = 0
    status: int = 200
    now_ms: int = 1_800_000_000_000
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    told: asyncio.Event = field(default_factory=asyncio.Event)

    async def discovery(self, _request: web.Request) -> web.Response:
        self.asked += 1
        self.arrived.set()
        await self.told.wait()
        ends = {name: f"{self.base}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
        return web.json_response({"issuer": self.base} | ends, status=self.status)


@pytest.fixture
async def slow() -> AsyncIterator[Slow]:
    slow, app = Slow(), web.Application()
    app.router.add_get("/.well-known/openid-configuration", slow.discovery)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slow.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield slow
    await runner.cleanup()


def provider(slow: Slow) -> OidcProvider:
    return OidcProvider(slow.base, "tongke", "", lambda: slow.now_ms)


async def begin(sso: OidcProvider, number: int = 0) -> str:
    """`begun`, or why not."""
    try:
        await sso.begin("https://x/return", None, f"10.0.{number}.0/24")
    except OidcError as error:
        return error.code
    return "begun"


async def test_a_bounded_number_waits_for_one_answer_and_the_others_are_told_at_once(slow: Slow) -> None:
    sso = provider(slow)
    waiting = [asyncio.create_task(begin(sso, number)) for number in range(WAITING)]
    await slow.arrived.wait()
    assert await begin(sso) == "sso_unreachable", "before the service said anything"
    slow.told.set()
    assert await asyncio.gather(*waiting) == ["begun"] * WAITING
    assert (await begin(sso), slow.asked) == ("begun", 1)


async def test_after_a_failure_nobody_waits_behind_others_tries_and_it_is_tried_again_soon(slow: Slow) -> None:
    sso, slow.status = provider(slow), 500
    slow.told.set()
    assert await asyncio.gather(*(begin(sso, number) for number in range(8))) == ["sso_unreachable"] * 8
    assert slow.asked == 1
    slow.status, slow.now_ms = 200, slow.now_ms + AWAY_FOR_MS
    assert (await begin(sso), slow.asked) == ("begun", 2)
