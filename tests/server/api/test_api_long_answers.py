"""Long answers are sent compressed to who takes that, and say the same."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import msgspec

from server.api.registry import SQUEEZED_FROM
from server.store.alarm_rows import Alarm

if TYPE_CHECKING:
    from tests.server.api.conftest import Site


async def raw(site: Site, encoding: str, method: str = "GET") -> tuple[str | None, bytes]:
    """The encoding and the bytes of the answer with every alert, as they came."""
    headers = await site.bearer(site.admin) | {"Accept-Encoding": encoding}
    async with site.request(method, "/api/alerts", headers=headers) as response:
        assert response.status == 200
        return response.headers.get("Content-Encoding"), await response.read()


async def test_a_long_answer_is_compressed_for_who_takes_it_and_says_the_same(site_under_test: Site) -> None:
    site = site_under_test
    site.session._auto_decompress = False
    county_id = (await site.store.people.subject(site.admin)).county_id
    assert (await raw(site, "gzip"))[0] is None, "a short answer is on its way sooner as it is"
    many = [(Alarm("lesson.not_started", county_id, f"lesson-{n}", None, None, "课" * 40), n) for n in range(200)]
    await site.store.alarms.turn(many, [], 1)
    plain, content = await raw(site, "identity")
    assert plain is None
    assert len(content) >= SQUEEZED_FROM
    encoding, squeezed = await raw(site, "br, gzip")
    assert encoding == "gzip"
    assert msgspec.json.decode(gzip.decompress(squeezed)) == msgspec.json.decode(content)
    assert len(squeezed) * 5 < len(content)
