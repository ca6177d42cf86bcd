"""Pictures of the board over HTTP: who may send and fetch them, and what is refused in which words."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from PIL import Image

from server.api import site
from server.listeners import STOP_WITHIN_S
from server.pictures.kept import FOLDER, kept_in
from server.pictures.limits import UPLOAD_BYTES
from signaling.messages import Rung
from tests.server.api.conftest import Site


@dataclass
class Rooms:
    """Who is in which lesson now, on which rung; and which pictures the rooms were told of."""

    rungs: dict[tuple[str, str], Rung] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    def rung_in(self, lesson_id: str, who: str) -> Rung | None:
        return self.rungs.get((lesson_id, who))

    async def picture_kept(self, lesson_id: str, digest: str) -> bool:
        self.told.append(digest)
        return any(lesson == lesson_id for lesson, _ in self.rungs)


@pytest.fixture
async def rooms(site_under_test: Site) -> AsyncIterator[Rooms]:
    """The site again, on a port of its own, with rooms."""
    found, here = Rooms(), site_under_test
    services = dataclasses.replace(here.services, rung_in=found.rung_in, picture_kept=found.picture_kept)
    runner = web.AppRunner(site.build(services), auto_decompress=False, shutdown_timeout=STOP_WITHIN_S)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    here.port = int(runner.addresses[0][1])
    here.base = f"http://127.0.0.1:{here.port}"
    here.services.origins.replace([("http", here.port, ["127.0.0.1", "localhost"])], [])
    (here.services.lessons_dir / here.lesson.id).mkdir()
    yield found
    await runner.cleanup()


def png(colour: str = "navy", size: tuple[int, int] = (320, 180)) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", size, colour).save(content, "PNG")
    return content.getvalue()


async def send(here: Site, who: str, content: bytes, lesson: str = "") -> tuple[int, dict[str, object]]:
    headers = {**await here.bearer(who), "Accept-Language": "en"}
    path = f"/api/lessons/{lesson or here.lesson.id}/pictures"
    async with here.request("POST", path, data=content, headers=headers) as response:
        return response.status, await response.json()


async def fetch(here: Site, who: str, digest: str, quality: str = "full", **headers: str) -> tuple[int, str, bytes]:
    path = f"/api/lessons/{here.lesson.id}/pictures/{digest}/{quality}"
    async with here.request("GET", path, headers={**await here.bearer(who), **headers}) as response:
        return response.status, response.headers.get("Cache-Control", ""), await response.read()


async def test_the_lead_sends_a_picture_and_the_classes_of_the_lesson_fetch_it(
    site_under_test: Site, rooms: Rooms
) -> None:
    here = site_under_test
    rooms.rungs[here.lesson.id, here.lead] = "full"
    status, told = await send(here, here.lead, png())
    assert status == 200
    [picture] = told["pictures"]  # type: ignore[misc]
    assert (picture["width"], picture["height"]) == (320, 180)
    assert rooms.told == [picture["digest"]]

    for quality in ("full", "small", "thin"):
        status, cache, content = await fetch(here, here.rooms[0], picture["digest"], quality)
        assert (status, cache) == (200, "private, max-age=31536000, immutable")
        assert Image.open(io.BytesIO(content)).format == "WEBP"
    tag = {"If-None-Match": f'"{picture["digest"]}-thin"'}
    assert (await fetch(here, here.rooms[0], picture["digest"], "thin", **tag))[0] == 304


async def test_on_a_thin_line_the_whole_picture_comes_too(site_under_test: Site, rooms: Rooms) -> None:
    here = site_under_test
    rooms.rungs = {(here.lesson.id, here.lead): "full", (here.lesson.id, here.rooms[0]): "sound"}
    _, told = await send(here, here.lead, png("teal"))
    [picture] = told["pictures"]  # type: ignore[misc]
    plain = await fetch(here, here.lead, picture["digest"], "thin")
    assert await fetch(here, here.rooms[0], picture["digest"], "thin") == plain


async def test_nobody_else_sends_or_fetches(site_under_test: Site, rooms: Rooms) -> None:
    here = site_under_test
    rooms.rungs[here.lesson.id, here.lead] = "full"
    _, told = await send(here, here.lead, png())
    [picture] = told["pictures"]  # type: ignore[misc]
    for who in (here.rooms[0], here.stranger):
        assert (await send(here, who, png()))[0] == 404
    assert (await send(here, here.lead, png(), lesson="nobody-knows"))[0] == 404
    assert (await fetch(here, here.stranger, picture["digest"]))[0] == 404
    assert (await fetch(here, here.admin, picture["digest"]))[0] == 404, "a lesson that is not over is watched inside"
    for digest, quality in (("0" * 64, "full"), (picture["digest"], "log"), ("..%2flog.jsonl", "full")):
        assert (await fetch(here, here.lead, digest, quality))[0] == 404


async def test_a_lesson_that_is_not_open_takes_no_pictures(site_under_test: Site, rooms: Rooms) -> None:
    here = site_under_test
    status, told = await send(here, here.lead, png())
    assert (status, told["code"]) == (409, "room_not_open")
    assert not (here.services.lessons_dir / here.lesson.id / FOLDER).exists()


async def test_what_cannot_be_shown_is_refused_in_words_and_leaves_nothing(site_under_test: Site, rooms: Rooms) -> None:
    here = site_under_test
    rooms.rungs[here.lesson.id, here.lead] = "full"
    whole = png(size=(640, 360))
    for content, code in (
        (b"<html>", "picture_unknown_kind"),
        (whole[: len(whole) - 40], "picture_unreadable"),
    ):
        status, told = await send(here, here.lead, content)
        assert (status, told["code"]) == (400, code)
        assert told["title"]
    status, told = await send(here, here.lead, bytes(UPLOAD_BYTES + 1))
    assert (status, told["code"]) == (413, "picture_too_large")
    folder = here.services.lessons_dir / here.lesson.id
    assert kept_in(folder) == []
    assert list((folder / FOLDER).iterdir()) == []


async def test_after_the_lesson_its_pictures_are_for_who_may_watch_the_recording(
    site_under_test: Site, rooms: Rooms
) -> None:
    here = site_under_test
    rooms.rungs[here.lesson.id, here.lead] = "full"
    _, told = await send(here, here.lead, png())
    [picture] = told["pictures"]  # type: ignore[misc]
    await here.store.lessons.began(here.lesson.id, here.clock())
    rooms.rungs.clear()
    assert (await fetch(here, here.admin, picture["digest"]))[0] == 404
    await here.store.lessons.ended(here.lesson.id, here.clock())
    assert (await fetch(here, here.admin, picture["digest"]))[0] == 200
    assert (await fetch(here, here.lead, picture["digest"]))[0] == 200
    assert (await fetch(here, here.stranger, picture["digest"]))[0] == 404
