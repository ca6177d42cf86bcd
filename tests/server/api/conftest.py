"""A real aiohttp server on a free port, over a real SQLite store in a temporary data directory."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import aiohttp
import pytest
from aiohttp import web

from server.accounts.desk import Desk
from server.accounts.passwords import Hasher
from server.api import site
from server.api.auth import Authenticator
from server.api.context import Services
from server.audit.trail import Trail
from server.devices.build_id import BuildId
from server.devices.desk import DeviceDesk
from server.listeners import STOP_WITHIN_S
from server.metrics import Metrics
from server.origins import Origins
from server.publishing.replay import Publishing, Replay, Summary
from server.recording.package import Participant
from server.store.rows import Lesson
from server.store.store import FILE_NAME, Store, open_store
from tests.server.api.county_people import Api, person
from tests.server.store.county_town import BEFORE, Town, build_town

NOW = 1_800_000_000_000
MINUTE = 60_000


@dataclass
class Clock:
    """The wall clock and the monotonic one, moved by hand."""

    now_ms: int = NOW

    def __call__(self) -> int:
        return self.now_ms

    def monotonic(self) -> float:
        return self.now_ms / 1000


@dataclass
class Shelf:
    """Recordings, in memory: the API's view of the library."""

    replays: dict[str, Replay] = field(default_factory=dict)

    async def search(self, words: str) -> Sequence[Summary]:
        return [summary(entry) for entry in self.replays.values() if words.lower() in entry.title.lower()]

    async def replay(self, lesson_id: str) -> Replay | None:
        return self.replays.get(lesson_id)

    async def recorded(self, lesson_ids: Iterable[str]) -> set[str]:
        return {lesson_id for lesson_id in lesson_ids if lesson_id in self.replays}


@dataclass
class Site:
    """The running server and what a test may want to reach behind it."""

    base: str
    port: int
    store: Store
    clock: Clock
    shelf: Shelf
    folder: Path
    lesson: Lesson
    lead: str
    rooms: list[str]
    stranger: str
    admin: str
    services: Services

    async def link(self, subject: str) -> str:
        return await self.store.credentials.issue("link", subject, self.clock())

    async def bearer(self, subject: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {await self.link(subject)}"}

    def add_recording(self) -> None:
        """The lesson has a recording in the library; its files are the test's business."""
        self.shelf.replays[self.lesson.id] = replay_of(self.lesson)

    @property
    def origin(self) -> dict[str, str]:
        return {"Origin": self.base}

    def request(self, method: str, path: str, **settings: object) -> aiohttp.client._RequestContextManager:
        """One request without a cookie jar, its path sent as written."""
        from yarl import URL

        return self.session.request(method, URL(self.base + path, encoded=True), **settings)  # type: ignore[arg-type]

    session: aiohttp.ClientSession = field(init=False)


async def echo_socket(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await socket.send_str("hello")
    await socket.close()
    return socket


@pytest.fixture
def hasher() -> Hasher:
    """Cheap hashes; a module that measures them brings its own."""
    return Hasher(memory_kib=64, passes=1)


class People(NamedTuple):
    """Who is in every site: a community with a lesson now, its rooms, a stranger's room, an admin."""

    lesson: Lesson
    lead: str
    rooms: list[str]
    stranger: str
    admin: str


@dataclass(frozen=True)
class Templates:
    """Databases to be copied: one with the people of every site, one with another county's town too."""

    people_file: Path
    town_file: Path
    people: People
    town: Town


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Templates:
    """Filled once: the thirty transactions would take longer than most tests."""
    alone, with_town = tmp_path_factory.mktemp("people"), tmp_path_factory.mktemp("town")

    async def fill() -> tuple[People, Town]:
        shutil.copy(empty_database, alone / FILE_NAME)
        store = await open_store(alone)
        people = await add_people(store)
        await store.close()
        shutil.copy(alone / FILE_NAME, with_town / FILE_NAME)
        store = await open_store(with_town)
        town = await build_town(store, "另一个县")
        await store.close()
        return people, town

    return Templates(alone / FILE_NAME, with_town / FILE_NAME, *asyncio.run(fill()))


@pytest.fixture
async def site_under_test(
    request: pytest.FixtureRequest, tmp_path: Path, templates: Templates, hasher: Hasher
) -> AsyncIterator[Site]:
    dist, lessons = tmp_path / "dist", tmp_path / "lessons"
    build_pages(dist)
    lessons.mkdir()
    template = templates.town_file if "town" in request.fixturenames else templates.people_file
    shutil.copy(template, tmp_path / FILE_NAME)
    store, clock, shelf, origins = await open_store(tmp_path), Clock(), Shelf(), Origins()
    services = Services(
        store=store,
        authenticator=Authenticator(store.credentials, clock, clock.monotonic),
        origins=origins,
        recordings=shelf,
        metrics=Metrics(),
        clock=clock,
        ready=lambda: True,
        lessons_dir=lessons,
        dist=dist,
        authority=tmp_path / "ca.crt",
        fingerprint="AA:BB",
        metrics_from=(),
        desk=Desk(store.accounts, hasher, clock.monotonic),
        trail=Trail(store.audit.append, clock),
        devices=DeviceDesk(store, BuildId(dist), clock),
    )
    (tmp_path / "ca.crt").write_text("-----BEGIN CERTIFICATE-----\n")
    runner = web.AppRunner(
        site.build(services, echo_socket), keepalive_timeout=15, auto_decompress=False, shutdown_timeout=STOP_WITHIN_S
    )
    await runner.setup()
    listening = web.TCPSite(runner, "127.0.0.1", 0)
    await listening.start()
    port = int(runner.addresses[0][1])
    origins.replace([("http", port, ["127.0.0.1", "localhost"])], [])
    people = templates.people._replace(rooms=[*templates.people.rooms])
    found = Site(f"http://127.0.0.1:{port}", port, store, clock, shelf, tmp_path, *people, services)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=True) as session:
        found.session = session
        yield found
    await runner.cleanup()
    services.desk.close()
    await store.close()
    shutil.rmtree(dist, ignore_errors=True)


@pytest.fixture
def town(site_under_test, templates: Templates) -> Town:
    """Another county, in the site's database from the start, and the site's clock before its term."""
    site_under_test.clock.now_ms = BEFORE
    return templates.town


@pytest.fixture
async def admin(site_under_test, town: Town) -> Api:
    """The administrator of that county."""
    return await person(site_under_test, town.admin.id)


async def add_people(store: Store) -> People:
    """Puts them into an empty store."""
    county = await store.people.add_county("县", "Asia/Shanghai", NOW)
    centre = await store.people.add_school(county, "centre", "中心小学", NOW)
    lead = await store.people.add_staff(county, centre.id, "lead", "主讲教师", NOW)
    community = await store.communities.create(county, "共同体", centre.id, NOW)
    rooms = []
    for name in ("第一教学点", "第二教学点"):
        school = await store.people.add_school(county, "teaching_point", name, NOW)
        await store.communities.add_teaching_point(community.id, school.id, NOW)
        rooms.append((await store.people.add_classroom(school.id, "教室", "simple", NOW)).id)
    elsewhere = await store.people.add_school(county, "teaching_point", "别处", NOW)
    stranger = await store.people.add_classroom(elsewhere.id, "教室", "simple", NOW)
    admin = await store.people.add_staff(county, None, "county_admin", "管理员", NOW)
    lesson = await store.lessons.plan(
        community_id=community.id,
        lead_id=lead.id,
        classrooms=rooms,
        title="认识分数",
        subject="数学",
        mode="blended",
        planned_start_ms=NOW,
        planned_end_ms=NOW + 45 * MINUTE,
        now_ms=NOW,
    )
    return People(lesson, lead.id, rooms, stranger.id, admin.id)


def build_pages(dist: Path) -> None:
    for page in ("", "teacher", "classroom", "replay"):
        (dist / page).mkdir(parents=True, exist_ok=True)
        (dist / page / "index.html").write_text(f"<!doctype html><title>{page or 'home'}</title>")
    (dist / "assets").mkdir()
    (dist / "assets" / "main-1a2B3c4D.js").write_text("export const a = 1;" * 100)
    (dist / "icon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (dist.parent / "secret.txt").write_text("secret")
    (dist / "leak.txt").symlink_to(dist.parent / "secret.txt")


def replay_of(lesson: Lesson) -> Replay:
    return Replay(
        id=lesson.id,
        title=lesson.title,
        subject=lesson.subject,
        mode=lesson.mode,
        state="finished",
        started="2027-01-15T08:00:00.000Z",
        duration_ms=60_000,
        origin_ms=0,
        people=[Participant(id=lesson.lead_id, role="lead", school="中心小学", name="主讲教师", colour="#112233")],
        media=[],
        chapters=[],
        gaps=[],
        thumbs=None,
        poster=None,
        waveform=None,
        publishing=Publishing(state="done", progress=1.0),
    )


def summary(entry: Replay) -> Summary:
    return Summary(
        id=entry.id,
        title=entry.title,
        subject=entry.subject,
        mode=entry.mode,
        started=entry.started,
        duration_ms=entry.duration_ms,
        bytes=1,
        state=entry.state,
        publishing=entry.publishing,
        poster=None,
        schools=["中心小学"],
    )
